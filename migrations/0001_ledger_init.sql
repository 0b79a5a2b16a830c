-- The bookkeeping, the same for every destination: series, what the jobs
-- promise (coverage), what was fetched (spans), what failed, and the runs.
--
-- Days are numbers since 1970-01-01, ranges half-open [first_day, end_day).
-- Times are UTC text, 2025-05-01T04:00:00Z.

CREATE TABLE series (
    series_id   INTEGER PRIMARY KEY,
    dataset     TEXT    NOT NULL,
    building_id INTEGER NOT NULL,
    site_id     INTEGER NOT NULL,
    group_id    TEXT    NOT NULL,
    granularity TEXT    NOT NULL,
    UNIQUE (dataset, building_id, granularity, site_id, group_id)
);

CREATE TABLE buildings (
    building_id INTEGER PRIMARY KEY,
    name        TEXT,
    time_zone   TEXT NOT NULL
);

-- The sets of columns that rows were fetched with. A set covers another when it has all its columns.
CREATE TABLE column_sets (
    columns_id INTEGER PRIMARY KEY,
    columns    TEXT NOT NULL UNIQUE -- names, sorted, separated by blanks
);

CREATE TABLE column_set_covers (
    columns_id INTEGER NOT NULL,
    wanted_id  INTEGER NOT NULL,
    PRIMARY KEY (columns_id, wanted_id)
) WITHOUT ROWID;

-- A job whose series, columns and zones have the same fingerprint as at its last run need not be declared again.
CREATE TABLE jobs (
    job         TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL
);

-- What the jobs promise to hold. The range is kept per building, since only
-- it moves from night to night.
CREATE TABLE coverage_buildings (
    job         TEXT    NOT NULL,
    building_id INTEGER NOT NULL,
    columns_id  INTEGER NOT NULL,
    first_day   INTEGER NOT NULL,
    end_day     INTEGER NOT NULL,
    PRIMARY KEY (job, building_id)
) WITHOUT ROWID;

CREATE TABLE coverage_series (
    series_id INTEGER NOT NULL,
    job       TEXT    NOT NULL,
    PRIMARY KEY (series_id, job)
) WITHOUT ROWID;

-- Days of a series that were fetched whole. Spans of one series never
-- overlap; neighbours that are settled with the same columns are one span, so
-- years of history are one row.
CREATE TABLE ledger_spans (
    series_id  INTEGER NOT NULL,
    first_day  INTEGER NOT NULL,
    end_day    INTEGER NOT NULL,
    settled    INTEGER NOT NULL, -- 1: fetched at least `settle` after each of its days had ended
    columns_id INTEGER NOT NULL,
    proofs     INTEGER NOT NULL, -- bits: how completeness was proved (lib/store/spans.h)
    fetched_at TEXT    NOT NULL, -- of a merged span: the oldest of its parts
    empty_days BLOB,             -- bit i: day first_day + i had no row; NULL: every day had one
    PRIMARY KEY (series_id, first_day)
) WITHOUT ROWID;

-- Slices whose latest attempt failed. Rows of an earlier fetch may be there all the same.
CREATE TABLE ledger_failures (
    series_id INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    attempts  INTEGER NOT NULL, -- runs that tried in a row
    kind      TEXT    NOT NULL,
    error     TEXT    NOT NULL,
    failed_at TEXT    NOT NULL,
    run_id    TEXT    NOT NULL,
    PRIMARY KEY (series_id, day)
) WITHOUT ROWID;

-- With on_vanished: delete, a slice that had rows and came back empty is emptied only when a fetch of another run
-- agrees: here is noted which run saw it first.
CREATE TABLE empty_sightings (
    series_id INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    run_id    TEXT    NOT NULL,
    PRIMARY KEY (series_id, day)
) WITHOUT ROWID;

-- For destinations that are no database: rows that stay although the API no longer returns them, so that each
-- is told once. start is DATE_TIME_START as it came.
CREATE TABLE missed_rows (
    series_id INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    start     TEXT    NOT NULL,
    PRIMARY KEY (series_id, day, start)
) WITHOUT ROWID;

CREATE TABLE runs (
    run_id          TEXT PRIMARY KEY,
    job             TEXT NOT NULL,
    command         TEXT NOT NULL,
    status          TEXT NOT NULL, -- running, ok, failed, interrupted, died
    exit_code       INTEGER,
    started_at      TEXT NOT NULL,
    finished_at     TEXT,
    seconds         REAL,
    slices_due      INTEGER,
    slices_fetched  INTEGER,
    slices_failed   INTEGER,
    slices_empty    INTEGER,
    rows_received   INTEGER,
    rows_inserted   INTEGER,
    rows_updated    INTEGER,
    rows_unchanged  INTEGER,
    rows_vanished   INTEGER,
    rows_rejected   INTEGER,
    requests        INTEGER,
    retries         INTEGER,
    logins          INTEGER,
    throttled       INTEGER,
    bytes_received  INTEGER,
    dialect         TEXT,
    message         TEXT,          -- why it did not end well
    pid             INTEGER NOT NULL,
    version         TEXT NOT NULL
);

-- Rows that were not accepted. The columns name the slice; SITE_ID and the
-- rest are null for a row that belongs to no slice that was asked for.
CREATE TABLE rejects (
    reject_id      INTEGER PRIMARY KEY,
    run_id         TEXT NOT NULL,
    seen_at        TEXT NOT NULL,
    building_id    INTEGER,
    site_id        INTEGER,
    group_id       TEXT,
    granularity    TEXT,
    date_partition INTEGER,
    reason         TEXT NOT NULL,
    raw            TEXT NOT NULL
);

-- What a later fetch changed in a slice that had been fetched before.
CREATE TABLE corrections (
    correction_id  INTEGER PRIMARY KEY,
    run_id         TEXT    NOT NULL,
    seen_at        TEXT    NOT NULL,
    building_id    INTEGER NOT NULL,
    site_id        INTEGER NOT NULL,
    group_id       TEXT    NOT NULL,
    granularity    TEXT    NOT NULL,
    date_partition INTEGER NOT NULL,
    inserted       INTEGER NOT NULL,
    updated        INTEGER NOT NULL,
    vanished       INTEGER NOT NULL
);
