"""Bad input and bad days: each a plain message, its exit code, and nothing stored is harmed."""
import os
import sqlite3
import unittest

import harness
import stub_api
from harness import NOW


class BadJobs(harness.EndToEnd):
    def refused(self, content, place_and_message, env=None):
        (self.folder / "job.yaml").write_bytes(content)
        for command in ("check", "run", "plan", "status"):
            result = self.occuport(command, "job.yaml", code=78, env=env)
            self.assertIn(place_and_message, result.err)
            self.assertEqual(result.out, "")
        self.assertEqual(os.listdir(self.folder), ["job.yaml"])

    def good(self, **keys):
        return harness.job_text("https://api.innerspace.io", "buildings:\n  - id: 71\n    sites: [1]\n    groups: [\"g\"]\n",
                                **keys)

    def test_no_file_no_text_no_file_at_all(self):
        self.assertIn("nowhere.yaml", self.occuport("check", "nowhere.yaml", code=78).err)
        (self.folder / "folder").mkdir()
        self.assertIn("directory", self.occuport("run", "folder", code=78).err)
        (self.folder / "empty.yaml").touch()
        self.assertIn("empty", self.occuport("run", "empty.yaml", code=78).err)
        (self.folder / "binary.yaml").write_bytes(bytes(range(256)))
        self.assertRegex(self.occuport("run", "binary.yaml", code=78).err, r"binary\.yaml:\d+:\d+: ")

    def test_every_mistake_is_told_at_once_with_its_place(self):
        text = self.good(more="granularites: [PT1H]\n").replace("version: 1", "version: 2").replace("id: 71", "id: seventy")
        text = text.replace("until: 2025-05-31", "until: 2025-05-32")
        (self.folder / "job.yaml").write_text(text)
        err = self.occuport("check", "job.yaml", code=78).err
        for line in ("job.yaml:1:10: ", "job.yaml:9:10: ", "job.yaml:15:9: ", "job.yaml:18:1: ",
                     "did you mean 'granularities'?", "^", "4 errors in the job"):
            self.assertIn(line, err)

    def test_an_unset_variable_is_named_where_it_is_used(self):
        (self.folder / "job.yaml").write_text(self.good())
        result = self.occuport("check", "job.yaml", code=78, env={"INNERSPACE_CLIENT_SECRET": None})
        self.assertRegex(result.err, r"job\.yaml:5:18: .*INNERSPACE_CLIENT_SECRET")
        self.occuport("plan", "job.yaml", env={"INNERSPACE_CLIENT_SECRET": None})

    def test_plain_http_is_only_for_this_machine(self):
        self.refused(self.good().replace("https://api.innerspace.io", "http://api.innerspace.io").encode(), "job.yaml:3:13: ")

    def test_an_entity_bomb_is_refused(self):
        bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            "%s: &%s [%s]\n" % (new, new, ",".join(["*" + old] * 9)) for old, new in zip("abcdefgh", "bcdefghi"))
        self.refused(bomb.encode(), "job.yaml:")

    def test_usage_errors(self):
        for args in (["fly"], ["run"], ["run", "--no-such", "job.yaml"], ["status", "--max-age", "soon", "job.yaml"], []):
            with self.subTest(args=args):
                self.occuport(*args, code=64)


class BadDestinations(harness.EndToEnd):
    FIRST, LAST = "2025-05-30", "2025-05-31"

    def job(self, database):
        simulator = self.simulate(buildings=1, sites=1, groups=1)
        self.write_job(simulator, first=self.FIRST, last=self.LAST, database=database)

    def test_a_folder_that_is_not_there_and_a_folder(self):
        self.job("nowhere/occupancy.db")
        self.assertIn("nowhere/occupancy.db", self.occuport("run", "job.yaml", code=73).err)
        (self.folder / "folder").mkdir()
        self.job("folder")
        self.assertIn("directory", self.occuport("run", "job.yaml", code=73).err)

    def test_a_file_that_is_no_database_is_left_as_it_is(self):
        path = self.folder / "notes.txt"
        path.write_text("the minutes of the meeting\n" * 100)
        before = path.read_bytes()
        self.job("notes.txt")
        for command in ("run", "status", "plan"):
            self.assertIn("not a SQLite database", self.occuport(command, "job.yaml", code=74).err)
        self.assertEqual(path.read_bytes(), before)

    def test_a_database_of_a_newer_program_is_left_as_it_is(self):
        self.job("occupancy.db")
        self.occuport("run", "job.yaml")
        connection = sqlite3.connect(self.database_path)
        connection.execute("INSERT INTO schema_migrations VALUES (9000, '9000_ledger_new.sql', 'x', '2030-01-01')")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = connection.execute("SELECT total(ROW_COUNT) FROM completeness").fetchone()
        connection.close()
        for command in ("run", "status", "plan"):
            self.assertIn("newer occuport", self.occuport(command, "job.yaml", code=74, now=NOW + 10 * harness.DAY).err)
        with self.database() as database:
            self.assertEqual(database.all("SELECT total(ROW_COUNT) FROM completeness")[0], before)

    def test_a_dashboard_that_reads_does_not_disturb_a_run(self):
        self.job("occupancy.db")
        self.occuport("run", "job.yaml")
        reader = sqlite3.connect(self.database_path)
        reader.execute("BEGIN")
        before = reader.execute("SELECT count(*) FROM runs").fetchone()
        self.occuport("run", "job.yaml")
        self.assertEqual(reader.execute("SELECT count(*) FROM runs").fetchone(), before)
        reader.close()


class BadApis(harness.EndToEnd):
    BUILDINGS = "buildings:\n  - id: 71\n    sites: [1]\n    groups: [\"g\"]\n"

    def run_against(self, url, code, fragment, attempts=2):
        (self.folder / "job.yaml").write_text(harness.job_text(
            url, self.BUILDINGS, first="2025-05-31", last="2025-05-31", fetch={"max_attempts": attempts, "timeout": "5s"}))
        result = self.occuport("run", "--json", "job.yaml", code=code)
        self.assertIn(fragment, result.err)
        self.assertNotIn(stub_api.SESSION, result.err + result.out)
        with self.database() as database:
            self.assertEqual(database.rows([]), {})
            self.assertEqual(database.one("SELECT count(*) FROM ledger_spans"), 0)
        return result

    def against(self, answer, code, fragment, **keys):
        api = stub_api.StubApi(answer, **keys)
        self.addCleanup(api.close)
        return self.run_against(api.url, code, fragment)

    def test_a_refused_login_says_what_to_check(self):
        for code in (400, 401, 403):
            result = self.against(None, 77, "client_secret", token=lambda call, code=code: stub_api.answer_json(
                {"error": "invalid_client"}, code))
            self.assertIn("client_id", result.err)

    def test_a_login_without_a_session(self):
        self.against(None, 77, "session_id", token=lambda call: stub_api.answer_json({"expires_in": 5}))

    def test_nobody_there(self):
        holder, url = stub_api.dead_address()
        self.addCleanup(holder.close)
        self.assertEqual(self.run_against(url, 69, "Connection refused").json()["status"], "failed")

    def test_html_garbage_nothing_and_half_an_answer(self):
        for answer, fragment in ((lambda call: stub_api.html(200), "HTML"),
                                 (lambda call: stub_api.Answer("%$!"), "JSON"),
                                 (lambda call: stub_api.Answer(""), "empty"),
                                 (lambda call: None, "127.0.0.1"),
                                 (lambda call: stub_api.Answer('{"data":{"BUILDING_INS', cut=40), "127.0.0.1")):
            with self.subTest(fragment=fragment):
                result = self.against(answer, 75, "")
                self.assertIn(fragment, result.json()["failures"][0]["error"])

    def test_errors_with_200(self):
        for code in ("unexpected", "data-connector-error"):
            result = self.against(lambda call, code=code: stub_api.error(code, "the machine is tired"), 75, "")
            self.assertIn("the machine is tired", result.json()["failures"][0]["error"])
        result = self.against(lambda call: stub_api.error("permission-denied"), 75, "")
        self.assertIn("permission-denied", result.json()["failures"][0]["error"])

    def test_a_session_that_never_works(self):
        self.against(lambda call: stub_api.error("access-denied"), 77, "session")

    def test_rows_of_something_else_are_quarantined(self):
        def answer(call):
            count = {"BUILDING_INSIGHTS_aggregate": {"aggregate": {"count": 1}}} if "_aggregate" in call.query else {}
            row = {"BUILDING_ID": 71, "SITE_ID": 1, "GROUP_ID": "g", "GRANULARITY": "PT1H", "DATE_PARTITION": 20250531,
                   "DATE_TIME_START": "the day after", "OCCUPANCY_MEAN": 1}
            return stub_api.answer_json({"data": dict(count, BUILDING_INSIGHTS=[row])})
        result = self.against(answer, 65, "")
        self.assertGreaterEqual(result.json()["rows"]["rejected"], 1)
        with self.database() as database:
            self.assertIn("the day after", database.one("SELECT raw FROM rejects LIMIT 1"))
            self.assertEqual(database.all("SELECT STATE FROM completeness"), [("failed",)])


if __name__ == "__main__":
    unittest.main()
