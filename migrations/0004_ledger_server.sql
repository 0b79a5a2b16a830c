-- What the server showed of itself: its columns over time, its sites and floors.

-- With columns: all, what changed in the columns of a dataset. The first run notes each as added; what is known now is the
-- last line of each column.
CREATE TABLE schema_changes (
    change_id   INTEGER PRIMARY KEY,
    seen_at     TEXT NOT NULL,
    run_id      TEXT NOT NULL,
    dataset     TEXT NOT NULL,
    column_name TEXT NOT NULL,
    change      TEXT NOT NULL, -- added, gone, type
    from_type   TEXT,          -- as the server names types; NULL: it was not there
    to_type     TEXT           -- NULL: it is gone
);

CREATE INDEX schema_changes_by_column ON schema_changes (dataset, column_name, change_id);

-- The tables SITE and FLOOR of the server, with their names of columns. What it no longer shows stays: old rows point to it.
CREATE TABLE sites (
    SITE_ID     INTEGER PRIMARY KEY,
    SITE_CODE,
    BUILDING_ID INTEGER,
    FLOOR_ID    INTEGER,
    ALTITUDE,
    LATITUDE,
    LONGITUDE,
    TIME_ZONE
);

CREATE TABLE floors (
    FLOOR_ID    INTEGER PRIMARY KEY,
    FLOOR_CODE,
    BUILDING_ID INTEGER,
    LEVEL,
    NAME,
    TIME_ZONE
);
