-- The rows of the SQLite destination. The columns of the job are added to
-- building_insights_rows by ALTER TABLE as jobs name them, and the view
-- building_insights is made anew then (lib/sink/sqlite_schema.c).
--
-- Led by the partition: a night's rows go to the end of the tree, a slice is
-- one short stretch of it, and a dashboard that asks for some dates reads only those.

CREATE TABLE building_insights_rows (
    date_partition INTEGER NOT NULL,
    series_id      INTEGER NOT NULL,
    start          INTEGER NOT NULL, -- seconds since the epoch as the spelling tells; negative: minus an odd_starts id
    spelling_id    INTEGER NOT NULL,
    local_offset   INTEGER NOT NULL, -- quarter hours east of UTC in the building's zone; 0 when the text has no zone
    PRIMARY KEY (date_partition, series_id, start)
) WITHOUT ROWID;

-- DATE_TIME_START is stored as a number and given back character for
-- character: strftime(pattern, start + utc_offset).
CREATE TABLE spellings (
    spelling_id INTEGER PRIMARY KEY,
    pattern     TEXT    NOT NULL,
    zone_known  INTEGER NOT NULL,
    utc_offset  INTEGER NOT NULL, -- seconds east, as written
    UNIQUE (pattern, zone_known, utc_offset)
);

-- The starts that no pattern gives back (a fraction of a second): kept as text.
CREATE TABLE odd_starts (
    odd_id     INTEGER PRIMARY KEY,
    text       TEXT    NOT NULL UNIQUE,
    seconds    INTEGER NOT NULL,
    zone_known INTEGER NOT NULL
);

-- Rows whose partition is not the local day of their start. A row is unique by
-- series and start over all partitions; for all other rows the primary key says so already.
CREATE TABLE building_insights_strays (
    series_id      INTEGER NOT NULL,
    start          INTEGER NOT NULL,
    date_partition INTEGER NOT NULL,
    PRIMARY KEY (series_id, start)
) WITHOUT ROWID;

-- Rows that the API no longer returns and that are kept (on_vanished: keep).
CREATE TABLE building_insights_vanished (
    date_partition INTEGER NOT NULL,
    series_id      INTEGER NOT NULL,
    start          INTEGER NOT NULL,
    run_id         TEXT    NOT NULL, -- the first run that missed it
    PRIMARY KEY (date_partition, series_id, start)
) WITHOUT ROWID;

CREATE VIEW completeness AS
WITH RECURSIVE covered (job, series_id, building_id, day, end_day) AS (
    SELECT s.job, s.series_id, b.building_id, b.first_day, b.end_day
    FROM coverage_series s
    JOIN series n ON n.series_id = s.series_id
    JOIN coverage_buildings b ON b.job = s.job AND b.building_id = n.building_id
    WHERE b.first_day < b.end_day
    UNION ALL
    SELECT job, series_id, building_id, day + 1, end_day FROM covered WHERE day + 1 < end_day
),
slices AS ( -- a slice that two jobs promise is told once
    SELECT c.* FROM covered c
    WHERE NOT EXISTS (
        SELECT 1 FROM coverage_series s
        JOIN coverage_buildings b ON b.job = s.job AND b.building_id = c.building_id
        WHERE s.series_id = c.series_id AND s.job < c.job AND c.day >= b.first_day AND c.day < b.end_day)
),
known AS (
    SELECT s.*,
        CAST(strftime('%Y%m%d', s.day * 86400, 'unixepoch') AS INTEGER) AS date_partition,
        (SELECT l.first_day FROM ledger_spans l
         WHERE l.series_id = s.series_id AND l.first_day <= s.day
         ORDER BY l.first_day DESC LIMIT 1) AS span_day
    FROM slices s
)
SELECT n.building_id AS BUILDING_ID, n.site_id AS SITE_ID, n.group_id AS GROUP_ID, n.granularity AS GRANULARITY,
    k.date_partition AS DATE_PARTITION,
    CASE
        WHEN EXISTS (SELECT 1 FROM ledger_failures f WHERE f.series_id = k.series_id AND f.day = k.day) THEN 'failed'
        WHEN l.series_id IS NULL THEN 'missing'
        WHEN l.settled AND NOT EXISTS ( -- a job that promises it and wants columns that it was not fetched with
            SELECT 1 FROM coverage_series s
            JOIN coverage_buildings b ON b.job = s.job AND b.building_id = k.building_id
            WHERE s.series_id = k.series_id AND k.day >= b.first_day AND k.day < b.end_day
            AND b.columns_id <> l.columns_id AND NOT EXISTS (
                SELECT 1 FROM column_set_covers v WHERE v.columns_id = l.columns_id AND v.wanted_id = b.columns_id))
            THEN 'settled'
        ELSE 'open'
    END AS STATE,
    CASE WHEN l.series_id IS NOT NULL THEN (
        SELECT count(*) FROM building_insights_rows r
        WHERE r.date_partition = k.date_partition AND r.series_id = k.series_id)
    END AS ROW_COUNT,
    -- A settled slice was fetched at or after this: settled neighbours share the oldest time, which can lie before the day.
    CASE WHEN l.settled THEN max(l.fetched_at, strftime('%Y-%m-%dT%H:%M:%SZ', k.day * 86400, 'unixepoch'))
        ELSE l.fetched_at
    END AS FETCHED_AT
FROM known k
JOIN series n ON n.series_id = k.series_id
LEFT JOIN ledger_spans l ON l.series_id = k.series_id AND l.first_day = k.span_day AND l.end_day > k.day;
