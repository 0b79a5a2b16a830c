-- A database holds slices of several datasets, and two of them have slices of the same building, site, group,
-- granularity and day: what is told of a slice must say whose it is. What is there already is of building_insights.

ALTER TABLE rejects ADD COLUMN dataset TEXT NOT NULL DEFAULT 'building_insights';
ALTER TABLE corrections ADD COLUMN dataset TEXT NOT NULL DEFAULT 'building_insights';
