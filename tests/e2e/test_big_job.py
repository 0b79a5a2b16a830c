"""The job of the requirements: 3 buildings x 2 sites x 3 groups x 2 granularities x 30 days, night after night."""
import datetime
import sqlite3
import unittest
import zoneinfo

import harness

SLICES = 3 * 2 * 3 * 2 * 30
OPEN_SLICES = 3 * 2 * 3 * 2 * 3  # of the last three days, which are not settled yet


class BigJob(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.simulator = self.simulate()
        self.write_job(self.simulator)

    def restart_simulator(self, **options):
        self.simulator.stop()
        self.simulator = self.simulate(**options)
        self.write_job(self.simulator)

    def forbid_changes_of_rows(self):
        """From now on a statement that touches a stored row fails."""
        connection = sqlite3.connect(self.database_path)
        for event in ("INSERT", "UPDATE", "DELETE"):
            connection.execute("CREATE TRIGGER no_%s BEFORE %s ON building_insights_rows BEGIN"
                               " SELECT RAISE(ABORT, 'a row was touched'); END" % (event, event))
        connection.commit()
        connection.close()

    def stored(self):
        with self.database() as database:
            return database.all("SELECT * FROM building_insights_rows")

    def assert_few_twice(self, sent, wanted):
        """The page that proves a unit whole begins at its last slice, so that slice comes twice; nothing else does."""
        self.assertGreaterEqual(sent, wanted)
        self.assertLessEqual(sent, wanted + 6 * 25, "rows that were not asked for, or asked for twice")

    def test_every_row_is_stored_once_with_few_requests(self):
        summary = self.occuport("run", "--json", "job.yaml").json()
        truth = self.assert_all_stored(self.simulator)
        stats = self.simulator.stop()
        self.assertEqual(summary["slices"], {"due": SLICES, "fetched": SLICES, "failed": 0, "empty": 0})
        self.assertEqual(summary["rows"], {"received": len(truth), "inserted": len(truth), "updated": 0, "unchanged": 0,
                                           "vanished": 0, "rejected": 0})
        self.assertLessEqual(stats["requests"], 40)
        self.assertEqual(stats["requests"], summary["requests"])
        self.assert_few_twice(stats["rows"], len(truth))
        self.assertEqual((stats["logins"], stats["errors"], stats["expired"]), (1, 0, 0))

    def test_the_derived_columns_tell_the_local_time_of_the_building(self):
        self.occuport("run", "job.yaml")
        with self.database() as database:
            rows = database.all("SELECT BUILDING_ID, DATE_PARTITION, DATE_TIME_START, START_UTC, LOCAL_DATE, LOCAL_HOUR"
                                " FROM building_insights")
        for building, partition, start, utc, date, hour in rows:
            moment = datetime.datetime.fromisoformat(start).astimezone(self.simulator.zone(building))
            self.assertEqual((utc, date, hour), (start, moment.date().isoformat(), moment.hour))
            self.assertEqual(partition, harness.partition(moment.date()))

    def test_a_second_run_fetches_the_open_slices_and_changes_no_row(self):
        self.occuport("run", "job.yaml")
        before = self.stored()
        self.forbid_changes_of_rows()
        self.restart_simulator()
        plan = self.occuport("plan", "--json", "job.yaml").json()
        self.assertEqual(plan["slices"], {"due": OPEN_SLICES, "missing": 0, "failed": 0, "open": OPEN_SLICES,
                                          "forced": 0})
        summary = self.occuport("run", "--json", "job.yaml").json()
        stats = self.simulator.stop()
        last_days = self.simulator.truth("2025-05-29", "2025-05-31")
        self.assertEqual(summary["slices"]["fetched"], OPEN_SLICES)
        self.assertEqual(summary["rows"]["unchanged"], len(last_days))
        self.assert_few_twice(stats["rows"], len(last_days))
        self.assertEqual(stats["logins"], 1)
        self.assertEqual(self.stored(), before)
        with self.database() as database:
            self.assertEqual(database.one("SELECT count(*) FROM corrections"), 0)

    def test_days_settle_and_then_nothing_is_sent(self):
        self.occuport("run", "job.yaml")
        later = harness.NOW + 10 * harness.DAY
        self.restart_simulator(now=later)
        self.assertEqual(self.occuport("run", "--json", "job.yaml", now=later).json()["slices"]["fetched"], OPEN_SLICES)
        self.assert_all_stored(self.simulator, now=later)
        with self.database() as database:
            self.assertEqual(database.all("SELECT DISTINCT STATE FROM completeness"), [("settled",)])
        self.restart_simulator(now=later)
        summary = self.occuport("run", "--json", "job.yaml", now=later).json()
        stats = self.simulator.stop()
        self.assertEqual((summary["slices"]["due"], summary["requests"], summary["logins"]), (0, 0, 0))
        self.assertEqual(stats["requests"], 0)

    def test_a_settled_job_needs_no_api(self):
        self.occuport("run", "job.yaml", now=harness.NOW + 10 * harness.DAY)
        self.simulator.stop()
        self.occuport("run", "job.yaml", now=harness.NOW + 11 * harness.DAY)

    def test_a_night_later_only_the_new_day_and_the_open_ones_are_fetched(self):
        self.write_job(self.simulator, last="yesterday")
        self.occuport("run", "job.yaml")
        tomorrow = harness.NOW + harness.DAY
        self.simulator.stop()
        self.simulator = self.simulate(now=tomorrow, days=("2025-04-28", "2025-06-01"))
        self.write_job(self.simulator, last="yesterday")
        plan = self.occuport("plan", "--json", "job.yaml", now=tomorrow).json()
        self.assertEqual((plan["slices"]["missing"], plan["slices"]["open"]), (36, OPEN_SLICES))
        self.occuport("run", "job.yaml", now=tomorrow)
        truth = self.simulator.truth("2025-05-02", "2025-06-01")
        with self.database() as database:
            self.assert_rows(database.rows(), truth)
            self.assertEqual(len(database.completeness()), SLICES + 36)


if __name__ == "__main__":
    unittest.main()
