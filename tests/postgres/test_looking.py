"""Commands that only look at a PostgreSQL destination: what they say before anything is stored, and when they cannot."""
import re
import unittest

import rig


class NothingYet(rig.Postgres):
    """Before the first run a database looks like a file that is not there."""

    def setUp(self):
        super().setUp()
        self.simulator = self.simulate()
        self.job(self.simulator)
        self.write_job(self.simulator, name="file.yaml", first=self.FIRST, last=self.LAST)

    def assert_same(self, *words):
        told = [re.sub(r'^(\{"job":")?%s' % name, r"\1JOB", self.occuport(*words, name + ".yaml").out, flags=re.M)
                for name in ("job", "file")]
        self.assertEqual(told[0], told[1])
        self.assertTrue(told[0])

    def test_status_and_plan_say_that_all_is_missing(self):
        self.assert_same("status")
        self.assert_same("status", "--json")
        self.assert_same("plan")

    def test_looking_makes_nothing(self):
        self.occuport("status", "job.yaml")
        self.occuport("report", "-o", "-", "job.yaml")
        self.assertEqual(self.one("SELECT count(*) FROM pg_namespace WHERE nspname = 'occuport'"), 0)

    def test_a_server_that_cannot_be_reached(self):
        self.job(self.simulator, dsn="host=127.0.0.1 port=1 dbname=x user=y password=s3cret connect_timeout=2")
        for command in ("status", "plan", "report"):
            done = self.occuport(command, "job.yaml", code=73)
            self.assertIn("127.0.0.1", done.err)
            self.assertNotIn("s3cret", done.err)

    def test_a_database_that_is_not_there(self):
        self.job(self.simulator, dsn=self.dsn(database="nowhere"))
        self.assertIn('database "nowhere" does not exist', self.occuport("status", "job.yaml", code=73).err)

    def test_a_dsn_of_a_variable_that_is_not_set(self):
        self.job(self.simulator, dsn="${OCCUPANCY_DSN}")
        self.assertIn("not set", self.occuport("status", "job.yaml", code=78).err)
        self.assertIn("OCCUPANCY_DSN", self.occuport("check", "job.yaml", code=78).err)

    def test_a_bad_dsn_is_shown_with_its_line_and_not_with_its_password(self):
        self.job(self.simulator, dsn="host=127.0.0.1 password=s3cret s4cret")
        for command in ("check", "status", "run"):
            done = self.occuport(command, "job.yaml", code=78)
            self.assertRegex(done.err, r"job\.yaml:\d+")
            self.assertNotIn("s3cret", done.err)
            self.assertNotIn("s4cret", done.err)

    def test_a_schema_of_a_newer_program_is_not_looked_at(self):
        self.server.run('CREATE SCHEMA occuport; CREATE TABLE occuport.schema_migrations (number int, name text,'
                        " checksum text, applied_at timestamptz); INSERT INTO occuport.schema_migrations VALUES"
                        " (9999, '9999_rows_future.sql', 'x', now())", self.database_name)
        self.assertIn("newer occuport", self.occuport("status", "job.yaml", code=74).err)


if __name__ == "__main__":
    unittest.main()
