-- One row a series and partition: what most dashboards ask of a year. Kept beside the rows, in the same transaction, by
-- lib/sink/sqlite_days.c, which also adds the columns (a mean and a greatest value for each of the job) and fills the
-- table of a database that is older than it. The view building_insights_daily shows it.

CREATE TABLE building_insights_days (
    date_partition INTEGER NOT NULL,
    series_id      INTEGER NOT NULL,
    row_count      INTEGER NOT NULL,
    PRIMARY KEY (date_partition, series_id)
) WITHOUT ROWID;
