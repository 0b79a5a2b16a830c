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
        for when in ("INSERT ON runs", "UPDATE OF finished_at ON runs"):
            self.run_and_hang_up(when)
        self.assertEqual(self.select("SELECT status, exit_code FROM occuport.runs"), [("ok", 0)] * 3)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.flushes WHERE flushed_at < now() - interval '30 days'"), 0)
        self.assert_all_in(self.simulator)

    def run_and_hang_up(self, when):
        self.server.run("SET search_path = occuport; CREATE SEQUENCE once; CREATE FUNCTION hang_up() RETURNS trigger"
                        " LANGUAGE plpgsql AS $$ BEGIN IF nextval('once') = 1 THEN"
                        " PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN new; END $$;"
                        " CREATE TRIGGER hang_up BEFORE %s FOR EACH ROW EXECUTE FUNCTION hang_up()" % when,
                        database=self.database_name)
        self.run_job()
        self.assertGreater(self.one("SELECT last_value FROM occuport.once"), 1)
        self.server.run("DROP FUNCTION occuport.hang_up CASCADE; DROP SEQUENCE occuport.once",
                        database=self.database_name)

    def test_the_session_ends_while_the_columns_are_noted(self):
        self.job(self.simulator)
        self.run_job()
        job = self.folder / "job.yaml"
        job.write_text(job.read_text().replace("columns: [OCCUPANCY_MEAN]", "columns: all"))
        self.run_and_hang_up("INSERT ON schema_changes")
        self.assert_all_in(self.simulator)
        self.assertEqual(self.one("SELECT count(*) - count(DISTINCT column_name) FROM occuport.schema_changes"), 0)

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
