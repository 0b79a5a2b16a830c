"""What others hold: it is waited for, told, and for good it ends the run."""
import pathlib
import time
import unittest

import rig
import server
import test_bad_days

OPERATIONS = pathlib.Path(__file__).resolve().parents[2] / "docs/operations.md"


class Locks(test_bad_days.Bad):
    SERVER = {"trust": True, "settings": {"deadlock_timeout": "2s"}}

    def setUp(self):
        super().setUp()
        self.before = self.waits()

    def waits(self, what="due to lock timeout"):
        """That came to the limit of time; the log is that of all tests of the class."""
        return self.server.log().count(what)

    def until_tried(self, process, times=3):
        rig.harness.wait_until(lambda: self.waits() >= self.before + times or process.poll() is not None,
                               "%d waits" % times, 60)
        self.assertIsNone(process.poll())

    def test_a_deadlock_is_tried_again(self):
        before = self.waits("deadlock detected")
        self.job(self.simulator, last="2025-05-26")
        self.run_job()  # all tables are there
        self.slow()
        with server.Session(self.dsn()) as other:
            process = self.start_occuport("run", "--json", "job.yaml")
            self.server.wait_for("SELECT count(*) > 0 FROM occuport.work_units WHERE state = 'leased'",
                                 self.database_name)
            other.run("SET deadlock_timeout = '600s'; SET search_path = occuport; BEGIN;"
                      " SELECT count(*) FROM (SELECT FROM series FOR UPDATE) s")
            self.server.wait_for("SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = '%s' AND wait_event_type ="
                                 " 'Lock' AND application_name LIKE 'occuport%%'" % self.database_name)
            other.begin("LOCK TABLE building_insights_rows IN ACCESS EXCLUSIVE MODE")
            said = other.end()  # the deadlock was resolved: not against us
            other.run("COMMIT")
            self.finish(process, 0)
        self.assertGreater(self.waits("deadlock detected"), before)
        self.assertNotIn("deadlock", said)
        self.assert_all_in(self.simulator)

    def hold_series(self, other):
        """Starts a run, whose first flush waits for the series that the other session holds: its rows are copied."""
        self.job(self.simulator, last="2025-05-26")
        self.run_job()  # all tables are there
        self.slow()
        process = self.start_occuport("run", "--json", "job.yaml")
        self.server.wait_for("SELECT count(*) > 0 FROM occuport.work_units WHERE state = 'leased'", self.database_name)
        other.run("SET search_path = occuport; BEGIN; SELECT count(*) FROM (SELECT FROM series FOR UPDATE) s")
        self.server.wait_for("SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = '%s' AND wait_event_type ="
                             " 'Lock' AND application_name LIKE 'occuport%%'" % self.database_name)
        return process

    def test_rows_that_another_stored_under_another_day_during_the_copy_are_not_doubled(self):
        with server.Session(self.dsn()) as other:
            process = self.hold_series(other)
            # What the slice of the day before holds, as another worker would have stored it: the first row of the 31st.
            said = other.run("WITH row AS (INSERT INTO building_insights_rows SELECT"
                             " (jsonb_populate_record(NULL::building_insights_rows, to_jsonb(r) ||"
                             " jsonb_build_object('start', r.start + 5 * 86400, 'date_partition', 20250530))).*"
                             " FROM (SELECT DISTINCT ON (series_id) * FROM building_insights_rows WHERE date_partition"
                             " = 20250526 ORDER BY series_id, start) r RETURNING *), stray AS (INSERT INTO"
                             " building_insights_strays SELECT building_id, start, date_partition, series_id FROM row"
                             " RETURNING 1) SELECT count(*) FROM stray; COMMIT")
            self.assertGreater(int(said), 0)
            self.finish(process, 0)
        self.assertEqual(self.waits(), self.before, "the test was too slow for its one attempt")
        self.assert_all_in(self.simulator)

    def test_series_that_are_gone_end_the_run(self):
        """As after a failover to a standby that was behind: their numbers will be those of other series."""
        with server.Session(self.dsn()) as other:
            process = self.hold_series(other)
            before = self.one("SELECT count(*) FROM occuport.building_insights_rows")
            other.run("SET session_replication_role = replica; DELETE FROM series; COMMIT")
            process.wait(timeout=60)
            self.assertIn("no longer has what was committed", self.finish(process, 74).err)
            self.assertEqual(self.one("SELECT count(*) FROM occuport.building_insights_rows"), before)

    def locked(self, **limits):
        """A run whose first flush waits for the table of rows, which the other session does not give."""
        self.job(self.simulator, last="2025-05-26")
        self.run_job()  # all tables are there
        self.slow()
        text = ",".join("postgres.%s=%d" % limit for limit in dict({"lock_ms": 200}, **limits).items())
        other = server.Session(self.dsn())
        self.addCleanup(other.close)
        other.run("BEGIN; LOCK TABLE occuport.building_insights_rows IN SHARE MODE")
        return other, self.start_occuport("run", "--json", "job.yaml", env={"OCCUPORT_LIMITS": text})

    def test_a_lock_that_is_held_for_long_is_told_and_waited_for(self):
        other, process = self.locked(tell_ms=300)
        self.until_tried(process)
        asked = next(part for part in OPERATIONS.read_text().split("```") if "pg_blocking_pids" in part)
        rig.harness.wait_until(lambda: any("LOCK TABLE" in row[3] for row in self.select(asked[3:].strip().rstrip(";"))),
                               "who is in the way, as the manual finds it out")
        other.run("COMMIT")
        summary = self.finish(process, 0)
        self.assertIn("others hold locks of the database that this run waits for", summary.err)
        self.assert_all_in(self.simulator)

    def test_a_lock_that_is_held_for_good_ends_the_run(self):
        other, process = self.locked(again_ms=1500)
        told = self.finish(process, 74)
        self.assertIn("destination postgres", told.err)
        self.assertIn("another session holds what is needed", told.err)
        other.run("COMMIT")
        self.run_job()
        self.assert_all_in(self.simulator)

    def begin_behind(self, table, mode="ACCESS EXCLUSIVE", again_ms=60000):
        """A run that finds a table of the bookkeeping locked."""
        self.job(self.simulator, last="2025-05-26")
        self.run_job()
        self.job(self.simulator)
        other = server.Session(self.dsn())
        self.addCleanup(other.close)
        other.run("BEGIN; LOCK TABLE occuport.%s IN %s MODE" % (table, mode))
        text = "postgres.lock_ms=200,postgres.tell_ms=300,work.lease_ms=1500,postgres.again_ms=%d" % again_ms
        return other, self.start_occuport("run", "--json", "job.yaml", env={"OCCUPORT_LIMITS": text})

    def test_a_lock_is_waited_for_wherever_it_is_met(self):
        for table in ("ledger_spans", "runs", "work_units", "column_sets"):
            with self.subTest(table=table):
                self.before = self.waits()
                other, process = self.begin_behind(table)
                self.until_tried(process)
                other.run("COMMIT")
                self.finish(process, 0)
                self.assert_all_in(self.simulator)

    def test_what_is_locked_for_good_ends_the_run_wherever_it_is_met(self):
        """Also where others let it come further each time before it is stopped."""
        for table, mode in (("ledger_spans", "ACCESS EXCLUSIVE"), ("work_units", "SHARE"), ("runs", "SHARE")):
            with self.subTest(table=table):
                other, process = self.begin_behind(table, mode, again_ms=2000)
                told = self.finish(process, 74)
                self.assertIn("others hold locks of the database that this run waits for", told.err)
                other.run("COMMIT")

    def test_a_signal_ends_the_wait_for_a_lock(self):
        other, process = self.locked()
        self.until_tried(process, 1)
        process.terminate()
        began = time.monotonic()
        self.finish(process, 74)
        self.assertLess(time.monotonic() - began, 30)
        other.run("COMMIT")
        self.run_job()
        self.assert_all_in(self.simulator)

    def test_a_reader_that_is_long_at_the_rows_is_waited_for(self):
        """A new column needs the table for a moment, and waits 5 s at a time: a query of minutes ends no run."""
        self.job(self.simulator, last="2025-05-26")
        self.run_job()  # all tables are there
        with server.Session(self.dsn()) as other:
            other.run("BEGIN; SELECT count(*) FROM occuport.building_insights_rows")
            self.job(self.simulator, columns=["OCCUPANCY_MEAN", "OCCUPANCY_MAX"])
            process = self.start_occuport("run", "--json", "job.yaml")
            self.until_tried(process)
            other.run("COMMIT")
            self.finish(process, 0)

    def test_a_database_that_is_serializable_unless_told_otherwise(self):
        """Locks would be of no use then: what is seen is what was there before the wait for one."""
        self.server.run("ALTER DATABASE \"%s\" SET default_transaction_isolation TO 'serializable'" % self.database_name)
        self.slow(latency=20)
        processes = [self.start_occuport("run", "--worker", "--json", "job.yaml") for _ in range(3)]
        summaries = [self.finish(process, 0).json() for process in processes]
        truth = len(self.simulator.truth(self.FIRST, self.LAST))
        self.assertEqual(sum(summary["rows"]["inserted"] for summary in summaries), truth)
        self.assert_all_in(self.simulator)


if __name__ == "__main__":
    unittest.main()
