"""A job with PostgreSQL beside files: runs of one machine share by the file, a second machine waits for its turn."""
import unittest

import proxy
import rig
import server

HELD = ("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND mode = 'ShareLock' AND granted"
        " AND classid::bigint = (hashtext('occuport job occuport job')::bigint & 4294967295)")

ASKED = b"FROM LEDGER_SPANS L JOIN SERIES"  # the ledger, for a plan


class Beside(rig.Postgres):
    def setUp(self):
        super().setUp()
        self.simulator = self.simulate(buildings=2, sites=1, groups=1, latency=50)
        self.road = proxy.Proxy(self.server.port)
        self.addCleanup(self.road.close)

    def job_in(self, folder, more=rig.SQLITE % "occupancy.db", **keys):
        (self.folder / folder).mkdir(exist_ok=True)
        self.job(self.simulator, name=folder + "/job.yaml", more=more, fetch={"page_size": 24, "concurrency": 1}, **keys)
        return folder + "/job.yaml"

    def test_two_of_one_file_share_and_one_of_another_is_told_to_wait(self):
        first = self.start_occuport("run", self.job_in("here"))
        self.server.wait_for("SELECT (%s) = 1" % HELD, self.database_name)
        second = self.start_occuport("run", "here/job.yaml")
        self.server.wait_for("SELECT (%s) = 2" % HELD, self.database_name)
        done = self.occuport("run", self.job_in("there"), code=75)
        self.assertIn("another run holds the job", done.err)
        self.finish(first, 0)
        self.finish(second, 0)
        self.assert_all_in(self.simulator)
        self.assertEqual(self.one(HELD), 0)
        self.occuport("run", "there/job.yaml")

    def test_a_folder_may_be_spelled_in_two_ways(self):
        first = self.start_occuport("run", self.job_in("here"))
        self.server.wait_for("SELECT (%s) = 1" % HELD, self.database_name)
        (self.folder / "link").symlink_to("here")
        second = self.start_occuport("run", "link/job.yaml")
        self.server.wait_for("SELECT (%s) = 2" % HELD, self.database_name)
        self.finish(first, 0)
        self.finish(second, 0)
        self.assert_all_in(self.simulator)

    def test_another_takes_the_job_while_the_connection_is_away(self):
        name = self.job_in("here", dsn=self.road.dsn(self.server, database=self.database_name))

        def cut():
            self.road.closed = True
            self.road.cut()
        self.road.on_copy = cut
        process = self.start_occuport("run", name)
        rig.harness.wait_until(lambda: self.road.on_copy is None or process.poll() is not None, "a COPY")
        self.server.wait_for("SELECT (%s) = 0" % HELD, self.database_name)
        with server.Session(self.dsn()) as other:
            other.run("SELECT pg_advisory_lock_shared(hashtext('occuport job occuport job'), 1)")
            self.road.closed = False
            done = self.finish(process, 75)
        self.assertIn("another run holds the job", done.err)
        self.assertIn("another run holds the job", " ".join(done.out.split()))

    def test_it_is_held_again_on_another_connection(self):
        name = self.job_in("here", dsn=self.road.dsn(self.server, database=self.database_name))
        self.road.on_copy = self.road.cut
        process = self.start_occuport("run", name)
        rig.harness.wait_until(lambda: self.road.on_copy is None or process.poll() is not None, "a COPY")
        self.server.wait_for("SELECT count(*) > 0 FROM occuport.flushes", self.database_name)
        self.server.wait_for("SELECT (%s) = 1" % HELD, self.database_name)
        self.assertIsNone(process.poll())
        self.finish(process, 0)
        self.assert_all_in(self.simulator)


class Planning(rig.Postgres):
    """A file has all of it already, PostgreSQL nothing: what one ledger says is nothing about what the other has."""

    def setUp(self):
        super().setUp()
        self.simulator = self.simulate(buildings=2, sites=1, groups=1)
        self.write_job(self.simulator, first=self.FIRST, last=self.LAST)
        self.slices = self.occuport("run", "--json", "job.yaml").json()["slices"]["due"]
        self.road = proxy.Proxy(self.server.port)
        self.addCleanup(self.road.close)
        self.job(self.simulator, self.road.dsn(self.server, database=self.database_name),
                 more=rig.SQLITE % "occupancy.db")

    def test_a_connection_that_is_lost_meanwhile(self):
        self.road.on_statement = (ASKED, self.road.cut)
        done = self.occuport("run", "job.yaml")
        self.assertIsNone(self.road.on_statement, "the ledger was not asked")
        self.assertIn("the connection is lost", done.err)
        self.assert_all_in(self.simulator)

    def test_a_server_that_is_gone_meanwhile(self):
        def cut():
            self.road.closed = True
            self.road.cut()
        self.road.on_statement = (ASKED, cut)
        done = self.occuport("run", "--json", "job.yaml", env=rig.IMPATIENT, code=74)
        self.assertIn("this destination is left out", done.err)
        self.assertLess(done.json()["slices"]["due"], self.slices)  # the last days, which are not settled
        self.assertEqual(self.one("SELECT count(*) FROM occuport.flushes"), 0)
        self.road.closed = False
        self.occuport("run", "job.yaml")
        self.assert_all_in(self.simulator)


if __name__ == "__main__":
    unittest.main()
