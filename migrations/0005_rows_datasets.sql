-- A database holds the rows of several datasets. building_insights has its tables from 0002; those of another dataset
-- are made when a job first names it (lib/sink/sqlite_tables.c), which then also adds a count of their rows to this
-- view, at the mark in it. DATASET tells whose slice it is.
-- PROOF: how the slice was proved complete; "several": it was stored before that was kept day by day.

DROP VIEW completeness;

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
        WHERE r.date_partition = k.date_partition AND r.series_id = k.series_id) /* and of further datasets */
    END AS ROW_COUNT,
    -- A settled slice was fetched at or after this: settled neighbours share the oldest time, which can lie before the day.
    CASE WHEN l.settled THEN max(l.fetched_at, strftime('%Y-%m-%dT%H:%M:%SZ', k.day * 86400, 'unixepoch'))
        ELSE l.fetched_at
    END AS FETCHED_AT,
    CASE CASE -- lib/store/spans.h, enum span_proof
        WHEN l.proof_days IS NULL THEN l.proofs
        ELSE instr('123456789ABCDEF', substr(hex(substr(l.proof_days, (k.day - l.first_day) / 2 + 1, 1)),
            (k.day - l.first_day) % 2 + 1, 1))
    END
        WHEN 1 THEN 'count' WHEN 2 THEN 'empty page' WHEN 4 THEN 'short page' WHEN 8 THEN 'calendar'
        ELSE CASE WHEN l.proofs <> 0 THEN 'several' END
    END AS PROOF,
    n.dataset AS DATASET
FROM known k
JOIN series n ON n.series_id = k.series_id
LEFT JOIN ledger_spans l ON l.series_id = k.series_id AND l.first_day = k.span_day AND l.end_day > k.day;
