"""PostgreSQL on bad days: what is stored stays true, what can be waited for is waited for, the rest is said plainly."""
import os
import pathlib
import time
import unittest

import proxy
import rig
import server


class Bad(rig.Postgres):
    def setUp(self):
        super().setUp()
        # Small pages, so that there are several flushes to break.
        self.simulator = self.simulate(buildings=2, sites=2, groups=1)

    def slow(self, dsn=None, latency=150, **keys):
        """A job whose rows come over some seconds: a flush a second."""
        self.simulator = self.simulate(buildings=2, sites=2, groups=1, latency=latency)
        self.job(self.simulator, dsn, fetch={"page_size": 96, "concurrency": 2}, **keys)

    def run_job(self, code=0, *options):
        return self.occuport("run", "--json", *options, "job.yaml", code=code).json()

    def assert_counted_once(self, summary):
        truth = len(self.simulator.truth(self.FIRST, self.LAST))
        self.assertEqual((summary["rows"]["inserted"], summary["rows"]["updated"], summary["rows"]["unchanged"]),
                         (truth, 0, 0))


class Refused(Bad):
    def refused(self, dsn, codes, *words):
        self.job(self.simulator, dsn)
        result = self.finish_any(self.start_occuport("run", "job.yaml", env=rig.IMPATIENT), codes)
        for word in words:
            self.assertIn(word, result.err)
        return result

    def test_nobody_listens(self):
        port = server.free_port()
        self.refused("host=127.0.0.1 port=%d dbname=x user=y" % port, (74,), "127.0.0.1", str(port),
                     "Connection refused")

    def test_a_host_without_a_name(self):
        self.refused("host=nowhere.invalid dbname=x user=y", (74,), "nowhere.invalid")

    def test_a_database_that_is_not_there(self):
        self.refused(self.dsn(database="elsewhere"), (73,), 'database "elsewhere" does not exist')

    def test_a_user_that_is_not_there(self):
        self.refused(self.dsn(user="stranger"), (73,), 'role "stranger" does not exist')

    def test_no_right_to_make_the_schema(self):
        self.server.run("CREATE ROLE nobody_much LOGIN")
        self.refused(self.dsn(user="nobody_much"), (73, 74), "permission denied")

    def test_a_schema_of_a_newer_program_is_left_alone(self):
        self.job(self.simulator)
        self.run_job()
        before = self.stored()
        self.server.run("INSERT INTO occuport.schema_migrations SELECT (jsonb_populate_record(m, jsonb_build_object("
                        "'number', 9999, 'name', 'of tomorrow', 'checksum', 'other'))).* FROM occuport.schema_migrations"
                        " m LIMIT 1", database=self.database_name)
        for command in ("run", "status", "plan"):
            result = self.finish_any(self.start_occuport(command, "job.yaml"), (73, 74))
            self.assertIn("newer", result.err)
        self.assertEqual(self.stored(), before)

    def test_another_migration_under_a_known_number_is_refused(self):
        self.job(self.simulator)
        self.run_job()
        self.server.run("UPDATE occuport.schema_migrations SET checksum = 'other' WHERE number = 1",
                        database=self.database_name)
        self.finish_any(self.start_occuport("run", "job.yaml"), (73, 74))

    def test_another_schema_of_the_same_database_is_a_world_of_its_own(self):
        for schema in ("occuport", "second"):
            self.job(self.simulator, schema=schema)
            self.run_job()
        for schema in ("occuport", "second"):
            self.assert_all_in(self.simulator, schema)


class Beside(Bad):
    def test_postgresql_first_and_a_file_second_share_by_the_file(self):
        self.job(self.simulator, more=rig.SQLITE % "occupancy.db")
        result = self.occuport("run", "-v", "job.yaml")
        self.assertNotIn("without regard to other runs", result.err)
        self.assertTrue((self.folder / "occupancy.db.claims").exists())
        self.assert_all_in(self.simulator)


class Restart(Bad):
    def setUp(self):
        super().setUp()
        self.road = proxy.Proxy(self.server.port)
        self.addCleanup(self.road.close)

    def by_road(self):
        return self.road.dsn(self.server, database=self.database_name)

    def test_the_session_ends_at_the_begin_or_the_end_of_the_run(self):
        """All rows are stored by the one, none by the other: it is only tried again."""
        self.job(self.simulator)
        self.run_job()
        self.server.run("UPDATE occuport.flushes SET flushed_at = now() - interval '31 days'", database=self.database_name)
        for when in ("INSERT", "UPDATE OF finished_at"):
            self.server.run("SET search_path = occuport; CREATE SEQUENCE once; CREATE FUNCTION hang_up() RETURNS trigger"
                            " LANGUAGE plpgsql AS $$ BEGIN IF nextval('once') = 1 THEN"
                            " PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN new; END $$;"
                            " CREATE TRIGGER hang_up BEFORE %s ON runs FOR EACH ROW EXECUTE FUNCTION hang_up()" % when,
                            database=self.database_name)
            self.run_job()
            self.assertGreater(self.one("SELECT last_value FROM occuport.once"), 1)
            self.server.run("DROP FUNCTION occuport.hang_up CASCADE; DROP SEQUENCE occuport.once",
                            database=self.database_name)
        self.assertEqual(self.select("SELECT status, exit_code FROM occuport.runs"), [("ok", 0)] * 3)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.flushes WHERE flushed_at < now() - interval '30 days'"), 0)
        self.assert_all_in(self.simulator)

    def test_restarted_during_copy(self):
        self.slow(self.by_road())
        self.road.on_copy = lambda: self.server.restart("immediate")
        summary = self.run_job()
        self.assertIsNone(self.road.on_copy, "no COPY came")
        self.assert_counted_once(summary)
        self.assert_all_in(self.simulator)

    def test_the_answer_to_commit_is_lost(self):
        for when in ("after", "before"):
            with self.subTest(when=when):
                schema = "lost_" + when
                self.slow(self.by_road(), schema=schema)
                self.road.cut_at_commit(when)
                summary = self.run_job()
                self.assertTrue(self.road.lost.is_set(), "no COMMIT came")
                self.assert_counted_once(summary)
                self.assert_all_in(self.simulator, schema)

    def test_the_answer_to_every_other_commit_is_lost(self):
        """What was committed is never written, nor counted, again."""
        self.slow(self.by_road())
        self.road.cut_each = True
        summary = self.run_job()
        self.assertGreater(self.road.commits, 1)
        self.assert_counted_once(summary)
        self.assert_all_in(self.simulator)

    def test_a_signal_ends_the_wait_for_a_server_that_is_gone(self):
        self.slow(self.by_road())

        def cut():
            self.road.closed = True
            self.road.cut()

        self.road.on_copy = cut
        process = self.start_occuport("run", "--json", "job.yaml")
        rig.harness.wait_until(lambda: self.road.turned_away > 0 or process.poll() is not None, "a new attempt")
        process.terminate()
        began = time.monotonic()
        process.wait(timeout=60)
        self.assertLess(time.monotonic() - began, 30)
        self.assertIn("the connection is lost", self.finish(process, 74).err)
        # Nothing is half stored.
        truth = self.simulator.truth(self.FIRST, self.LAST)
        stored = self.stored()
        self.assertEqual({key: truth.get(key) for key in stored}, stored)
        counts = {slice_: count for slice_, (_, count) in self.completeness().items() if count}
        self.assertEqual(sum(counts.values()), len(stored))

    def test_a_second_without_network(self):
        self.slow(self.by_road())

        def cut():
            self.road.closed = True
            self.road.cut()

        self.road.on_copy = cut
        process = self.start_occuport("run", "--json", "job.yaml")
        rig.harness.wait_until(lambda: self.road.closed or process.poll() is not None, "a COPY")
        rig.harness.wait_until(lambda: self.road.turned_away > 0 or process.poll() is not None, "a new attempt")
        self.road.closed = False
        summary = self.finish(process, 0).json()
        self.assert_counted_once(summary)
        self.assert_all_in(self.simulator)


class Locks(Bad):
    SERVER = {"trust": True, "settings": {"deadlock_timeout": "2s"}}

    def test_a_deadlock_is_tried_again(self):
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
        self.assertIn("deadlock detected", self.server.log())
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

    def test_a_reader_that_is_long_at_the_rows_is_waited_for(self):
        """A new column needs the table for a moment, and waits 5 s at a time: a query of minutes ends no run."""
        self.job(self.simulator, last="2025-05-26")
        self.run_job()  # all tables are there
        with server.Session(self.dsn()) as other:
            other.run("BEGIN; SELECT count(*) FROM occuport.building_insights_rows")
            self.job(self.simulator, columns=["OCCUPANCY_MEAN", "OCCUPANCY_MAX"])
            process = self.start_occuport("run", "--json", "job.yaml")
            rig.harness.wait_until(lambda: self.server.log().count("due to lock timeout") >= 3
                                   or process.poll() is not None, "three waits", 60)
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


class Failover(Bad):
    def setUp(self):
        super().setUp()
        self.primary = server.Server(trust=True)
        self.addCleanup(self.primary.close)
        self.standby = self.primary.replica(synchronous=True, trust=True)

    def test_a_standby_takes_over_in_the_middle(self):
        self.database_name = "postgres"
        dsn = ("host=127.0.0.1,127.0.0.1 port=%d,%d dbname=postgres user=postgres target_session_attrs=read-write"
               % (self.primary.port, self.standby.port))
        self.slow(dsn)
        process = self.start_occuport("run", "--json", "job.yaml")
        self.primary.wait_for("SELECT to_regclass('occuport.building_insights_rows') IS NOT NULL")
        self.primary.wait_for("SELECT count(*) > 0 FROM occuport.building_insights_rows")
        self.assertIsNone(process.poll(), "it ended before the primary did")
        self.primary.stop("immediate")
        self.standby.promote()
        summary = self.finish(process, 0).json()
        type(self).server, shared = self.standby, type(self).server
        try:
            self.assert_counted_once(summary)
            self.assert_all_in(self.simulator)
        finally:
            type(self).server = shared


@unittest.skipIf(os.geteuid() != 0, "a small disk can be mounted by root only")
class Full(Bad):
    """A tablespace on a disk of 16 MB, which the server alone sees: its mount goes with it."""

    def setUp(self):
        super().setUp()
        mount = 'mkdir -p /mnt && mount -t tmpfs -o size=16m,uid=%d,mode=700 small /mnt && exec "$@"' % server.USER.pw_uid
        self.small = server.Server(trust=True, before=["unshare", "--mount", "--", "sh", "-c", mount, "sh"])
        self.addCleanup(self.small.close)
        self.small.run("CREATE TABLESPACE small LOCATION '/mnt'")
        self.small.run("CREATE DATABASE small TABLESPACE small")
        self.filler = pathlib.Path("/proc/%d/root/mnt/filler" % self.small.process.pid)

    def test_a_full_disk_is_said_and_once_there_is_room_all_is_stored(self):
        self.job(self.simulator, self.small.dsn(database="small"), last="2025-05-24")
        self.run_job()
        self.job(self.simulator, self.small.dsn(database="small"))
        with open(self.filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 12))
            except OSError:
                pass
        result = self.occuport("run", "--json", "job.yaml", code=74)
        self.assertIn("No space left on device", result.err)
        self.assertTrue(self.small.is_running())
        self.filler.unlink()
        self.run_job()
        type(self).server, shared = self.small, type(self).server
        self.database_name = "small"
        try:
            self.assert_all_in(self.simulator)
        finally:
            type(self).server = shared


if __name__ == "__main__":
    unittest.main()
