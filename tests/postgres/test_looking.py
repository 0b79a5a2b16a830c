"""Commands that only look at a PostgreSQL destination: what they say before anything is stored, and when they cannot."""
import re
import unittest

import rig
import harness  # by the path that rig adds
from report_page import Page


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
            done = self.occuport(command, "job.yaml", code=74)
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


class CheckOnline(rig.Postgres):
    """check --online: whether a run could store what it fetches, without a trace."""

    def setUp(self):
        super().setUp()
        self.simulator = self.simulate(buildings=1, sites=1, groups=1)
        self.job(self.simulator)

    def check(self, code=0, **keys):
        self.job(self.simulator, **keys)
        return self.occuport("check", "--online", "job.yaml", code=code)

    def test_before_and_after_the_first_run(self):
        out = self.check().out
        self.assertRegex(out, r"server: PostgreSQL \d+\S* .*at postgresql.*, schema occuport\n")
        self.assertRegex(out, r"connection: (not encrypted|a socket of this machine), as user postgres\n")
        self.assertIn("schema: not there yet; the first run makes it\n", out)
        self.assertIn("rights: may make tables, may write rows\n", out)
        self.assertEqual(self.one("SELECT count(*) FROM pg_namespace WHERE nspname = 'occuport'"), 0)
        self.occuport("run", "-q", "job.yaml")
        self.assertRegex(self.check().out, r"schema: version \d+, up to date\n")
        runs = self.one("SELECT count(*) FROM occuport.runs")
        self.assertEqual(runs, 1, "nothing is noted")

    def test_who_may_not_write_is_told(self):
        self.server.run("DROP ROLE IF EXISTS looker; CREATE ROLE looker LOGIN", self.database_name)
        self.assertIn("may not make it", self.check(73, dsn=self.dsn(user="looker")).err)
        self.job(self.simulator)
        self.occuport("run", "-q", "job.yaml")
        self.assertIn("permission denied", self.check(74, dsn=self.dsn(user="looker")).err)
        self.server.run("GRANT USAGE ON SCHEMA occuport TO looker; GRANT SELECT ON ALL TABLES IN SCHEMA occuport TO"
                        " looker", self.database_name)
        done = self.check(74, dsn=self.dsn(user="looker"))
        self.assertIn("the user may not write rows", done.err)
        self.assertIn("rights: may not make tables, may not write rows\n", done.out)
        self.server.run("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA occuport TO looker", self.database_name)
        self.assertIn("rights: may not make tables, may write rows\n", self.check(0, dsn=self.dsn(user="looker")).out)
        self.server.run("DELETE FROM occuport.schema_migrations WHERE number = (SELECT max(number) FROM"
                        " occuport.schema_migrations)", self.database_name)
        done = self.check(73, dsn=self.dsn(user="looker"))
        self.assertIn("may not bring the tables up to date", done.err)
        self.assertIn("the next run brings it to", done.out)

    def test_what_cannot_be_reached_is_said_in_the_words_of_the_server(self):
        self.assertIn('database "nowhere" does not exist', self.check(73, dsn=self.dsn(database="nowhere")).err)
        dead = "host=127.0.0.1 port=1 dbname=x user=y password=s3cret connect_timeout=2"
        done = self.check(74, dsn=dead)
        self.assertIn("refused", done.err)
        self.assertNotIn("s3cret", done.err + done.out)
        self.assertIn("the API answers", done.out)


class AtWork(rig.Postgres):
    def test_who_is_at_the_job_is_counted(self):
        self.job(self.simulate(buildings=1, sites=1, groups=1, latency=100), fetch={"page_size": 24, "concurrency": 1})
        process = self.start_occuport("run", "-q", "job.yaml")
        self.server.wait_for("SELECT to_regclass('occuport.work_units') IS NOT NULL", self.database_name)
        self.server.wait_for("SELECT count(*) > 0 FROM occuport.work_units WHERE state = 'leased'", self.database_name)
        self.assertIn("runs:\n  1 worker at it now\n", self.occuport("status", "job.yaml").out)
        self.finish(process, 0)
        self.assertNotIn("at it now", self.occuport("status", "job.yaml").out)


class WhatIsStored(rig.Postgres):
    """A PostgreSQL and an SQLite destination that hold the same are told of in the same words."""

    COLUMNS = ["OCCUPANCY_MEAN", "OCCUPANCY_MAX"]

    def both(self, more="", **options):
        simulator = self.simulate(**dict({"buildings": 2, "sites": 2, "groups": 2, "gaps": 10}, **options))
        self.job(simulator, name="stored.yaml", columns=self.COLUMNS)
        self.write_job(simulator, name="file.yaml", first=self.FIRST, last=self.LAST, columns=self.COLUMNS)
        return simulator

    def told(self, *words, code=0):
        """What both say, without what is another in each run."""
        told = []
        for name in ("stored", "file"):
            out = self.occuport(*words, name + ".yaml", code=code).out
            out = re.sub(r"\b%s(\.yaml)?\b" % name, "JOB", out)
            out = re.sub(r'"seconds":[0-9.]+|"run_id":"[^"]*"|\b[0-9.]+s\b', "", out)
            told.append(re.sub(r"\b\d+ requests|\"requests\":\d+", "requests", out))
        return told

    def assert_told_alike(self, *words, code=0):
        postgres, file = self.told(*words, code=code)
        self.assertEqual(postgres, file)
        return postgres

    def run_nights(self, code=0):
        for now in (harness.NOW, harness.NOW + harness.DAY):
            for job in ("stored.yaml", "file.yaml"):
                self.occuport("run", "-q", job, now=now, code=code)

    def assert_reports_alike(self):
        postgres, file = (Page(text) for text in self.told("report", "-o", "-"))
        for page in (postgres, file):
            for table in page.tables:
                if "run" in table.caption.lower():  # how long it took, and how many requests that were
                    table.rows = [row[:3] for row in table.rows]
        self.assertEqual([(table.caption, table.rows) for table in postgres.tables],
                         [(table.caption, table.rows) for table in file.tables])
        self.assertEqual(postgres.section_text["weeks"], file.section_text["weeks"])
        self.assertEqual(postgres.section_text["days"], file.section_text["days"])
        return postgres

    def test_status_plan_and_report_after_two_nights(self):
        self.both(granularities="PT1H,P1D")
        self.run_nights()
        self.assertIn("settled", self.assert_told_alike("status"))
        self.assert_told_alike("status", "--json")
        self.assert_told_alike("plan")
        page = self.assert_reports_alike()
        self.assertIn("Mon", str([table.rows for table in page.tables if table.figure]))

    def test_failed_slices_corrections_and_names_are_told(self):
        self.both(flaws="no-start:2", restate=5, granularities="PT1H,P1D")
        self.run_nights(code=65)
        self.assertIn("failed slices", self.assert_told_alike("status"))
        self.assert_told_alike("status", "--json")
        page = self.assert_reports_alike()
        self.assertTrue(page.table("Slices whose last attempt failed").rows[1:])

    def test_a_run_that_could_not_begin(self):
        self.both().stop()
        for job in ("stored.yaml", "file.yaml"):
            self.occuport("run", "-q", job, code=69)
        self.assertIn("cannot be reached", self.assert_told_alike("status"))
        self.assert_told_alike("status", "--json")


if __name__ == "__main__":
    unittest.main()
