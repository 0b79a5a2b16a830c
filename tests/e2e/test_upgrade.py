"""A database of an earlier version, and one that was repaired by hand: the next run makes it true."""
import contextlib
import sqlite3
import subprocess
import unittest

import harness

# What a database looked like before building_insights_days.
DOWNGRADE = """DROP VIEW occupancy_daily; DROP VIEW occupancy_peak; DROP VIEW building_insights_daily;
DROP TABLE building_insights_days; DELETE FROM schema_migrations WHERE number >= 7"""
DAYS = "SELECT count(*), sum(ROW_COUNT), max(MAX_OCCUPANCY_MEAN) FROM building_insights_daily"
ROWS = ("SELECT count(*), sum(n), max(m) FROM (SELECT count(*) AS n, max(OCCUPANCY_MEAN) AS m FROM building_insights"
        " GROUP BY BUILDING_ID, SITE_ID, GROUP_ID, GRANULARITY, DATE_PARTITION)")


class Upgrade(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.simulator = self.simulate(buildings=1)
        self.write_job(self.simulator)
        self.occuport("run", "-q", "job.yaml")

    def change(self, sql, *values):
        with contextlib.closing(sqlite3.connect(self.database_path)) as connection:
            if values:
                connection.execute(sql, values)
            else:
                connection.executescript(sql)
            connection.commit()

    def assert_days(self):
        with self.database() as database:
            self.assertEqual(database.all(DAYS), database.all(ROWS))

    def test_days_are_made_of_the_rows_that_are_there(self):
        self.change(DOWNGRADE)
        self.occuport("run", "-q", "job.yaml")
        self.assert_days()

    def test_upgrade_waits_for_a_run_of_the_earlier_version(self):
        self.change(DOWNGRADE)
        old = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(old.wait)
        self.addCleanup(old.kill)
        self.change("INSERT INTO runs (run_id, job, command, status, started_at, pid, version)"
                    " VALUES ('old', 'another', 'run', 'running', '2025-06-01T00:00:00Z', ?, '0.0.9')", old.pid)
        self.assertIn("is of an earlier version", self.occuport("run", "job.yaml", code=75).err)
        with self.database() as database:
            self.assertEqual(database.one("SELECT max(number) FROM schema_migrations"), 6)
        old.kill()
        old.wait()
        self.occuport("run", "-q", "job.yaml")
        self.assert_days()

    def test_rows_that_the_ledger_does_not_know_are_merged_and_not_doubled(self):
        self.change("DELETE FROM ledger_spans")
        summary = self.occuport("run", "--json", "job.yaml").json()
        self.assertEqual(summary["rows"]["inserted"], 0)
        self.assertEqual(summary["rows"]["unchanged"], summary["rows"]["received"])
        self.assert_all_stored(self.simulator)
        self.assert_days()

    def test_views_of_somebody_else_stay(self):
        self.change("DROP VIEW occupancy_daily; CREATE VIEW occupancy_daily AS SELECT 'mine' AS whose;"
                    "DROP VIEW building_insights_daily")
        self.occuport("run", "-q", "job.yaml")
        with self.database() as database:
            self.assertEqual(database.all("SELECT * FROM occupancy_daily"), [("mine",)])
            self.assertGreater(database.one("SELECT count(*) FROM occupancy_peak"), 0)
        self.assert_days()


if __name__ == "__main__":
    unittest.main()
