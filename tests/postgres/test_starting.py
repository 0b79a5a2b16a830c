"""A run starts while a process that is frozen, or slow, is in the middle of storing rows."""
import unittest

import rig
import server

STORING = "SELECT pg_advisory_xact_lock_shared(hashtext('occuport rows'), hashtext('occuport'))"
LIMITS = {"OCCUPORT_LIMITS": "work.lease_ms=600,postgres.tell_ms=300"}


class Starting(rig.Postgres):
    def setUp(self):
        super().setUp()
        self.simulator = self.simulate(buildings=2, sites=1, groups=1)
        self.job(self.simulator, more=rig.SQLITE % "occupancy.db")
        self.occuport("run", "job.yaml")
        self.session = server.Session(self.dsn())
        self.addCleanup(self.session.close)
        self.session.run("BEGIN")
        self.session.run(STORING)

    def start(self):
        return self.start_occuport("run", "job.yaml", env=LIMITS)

    def assert_waits(self, columns=rig.harness.COLUMNS):
        """It is told of, and ends with the transaction of the other."""
        process = self.start()
        told = b""
        while b"others hold locks" not in told:
            line = process.stderr.readline()
            self.assertTrue(line, told)
            told += line
        self.assertIsNone(process.poll())
        self.session.run("COMMIT")
        self.finish(process, 0)
        self.assert_all_in(self.simulator, columns=columns)

    def test_nothing_is_to_be_made(self):
        self.finish(self.start(), 0)
        self.assert_all_in(self.simulator)

    def test_another_form_of_the_job(self):
        self.server.run("UPDATE occuport.jobs SET fingerprint = 'another'", self.database_name)
        self.assert_waits()
        self.assertEqual(self.one("SELECT count(*) FROM occuport.jobs WHERE fingerprint = 'another'"), 0)

    def test_another_zone(self):
        self.server.run("UPDATE occuport.buildings SET time_zone = 'Asia/Tokyo'", self.database_name)
        self.assert_waits()

    def test_another_column(self):
        columns = rig.harness.ALL_COLUMNS[:2]
        self.job(self.simulator, more=rig.SQLITE % "occupancy.db", columns=columns)
        self.assert_waits(columns)


if __name__ == "__main__":
    unittest.main()
