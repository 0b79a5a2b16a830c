"""valgrind on the program as it is released: every command, and every way in which a run ends.

It sees what ASan cannot: that something decides on memory that nobody has written. A command takes two seconds under
it, so the jobs of one kind are given to one command; tests/instruments/soak runs all end-to-end tests.
"""
import signal
import unittest

import instruments  # first: it finds the harness
import harness
import stub_api
from harness import DAY, NOW

BUILDINGS = "buildings:\n  - id: 71\n    sites: [1]\n    groups: [\"g\"]\n"


def setUpModule():
    instruments.memory()


class Canary(unittest.TestCase):
    def test_planted_faults_are_seen(self):
        for kind, words in (("leak", "definitely lost"), ("uninitialised", "depends on uninitialised value")):
            with self.subTest(kind=kind):
                code, said = instruments.faults(kind)
                self.assertEqual(code, instruments.FOUND, said)
                self.assertIn(words, said)

    def test_where_nothing_is_wrong_nothing_is_seen(self):
        self.assertEqual(instruments.faults("none"), (0, ""))


class Memory(harness.EndToEnd):
    FIRST, LAST = "2025-05-29", "2025-05-31"
    MORE = "  - csv: {directory: part}\n  - csv: {directory: one, layout: single}\n"

    def finish(self, process, code):
        result = super().finish(process, code)
        self.assertNotRegex(result.err, r"(?m)^==\d+==")
        return result

    def job(self, name, url, **keys):
        """A job for one slice, with a database of its own."""
        text = harness.job_text(url, BUILDINGS, first=self.LAST, last=self.LAST, database=name + ".db",
                                fetch={"max_attempts": 2, "timeout": "5s"}, **keys)
        (self.folder / (name + ".yaml")).write_text(text)
        return name + ".yaml"

    def prepare(self, **options):
        simulator = self.simulate(**dict({"buildings": 1, "sites": 2, "groups": 2}, **options))
        self.write_job(simulator, first=self.FIRST, last=self.LAST, columns=harness.ALL_COLUMNS,
                       fetch={"page_size": 50, "concurrency": 2})
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace('{path: "occupancy.db"}\n', '{path: "occupancy.db"}\n' + self.MORE))
        return simulator

    def test_every_command(self):
        simulator = self.prepare()
        self.occuport("check", "--online", "job.yaml")
        self.occuport("plan", "job.yaml")
        self.occuport("run", "-vv", "--json", "job.yaml")
        self.assert_all_stored(simulator, self.FIRST, self.LAST, harness.ALL_COLUMNS)
        self.occuport("status", "--max-age", "36h", "job.yaml", code=75, now=NOW + 3 * DAY)
        self.occuport("discover", "job.yaml")
        simulator.stop()
        self.prepare(seed=3, gaps=30, no_aggregates=True)  # other values, and rows that are gone
        self.occuport("backfill", "--reprocess", "all", "--newest-first", "--building", "71", "job.yaml")

    def test_bad_jobs_and_bad_usage(self):
        bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            "%s: &%s [%s]\n" % (new, new, ",".join(["*" + old] * 9)) for old, new in zip("abcdefgh", "bcdefghi"))
        wrong = harness.job_text("http://api.innerspace.io", BUILDINGS, last="2025-05-32",
                                 more="granularites: [PT1H]\n")
        jobs = {"bomb": bomb, "wrong": wrong, "empty": "", "binary": "\0\1\2", "open": "version: [", "deep": "[" * 1000,
                "unset": harness.job_text("https://a", BUILDINGS).replace("${INNERSPACE_CLIENT_ID}", "${NOT_SET}")}
        for name, text in jobs.items():
            (self.folder / (name + ".yaml")).write_text(text)
        result = self.occuport("check", "nowhere.yaml", *(name + ".yaml" for name in jobs), code=78)
        for name in jobs:
            self.assertIn(name + ".yaml", result.err)
        self.occuport("run", "--no-such", "job.yaml", code=64)

    def stub(self, answer, token=stub_api.session):
        api = stub_api.StubApi(answer, token)
        self.addCleanup(api.close)
        return api.url

    def test_servers_that_are_no_good(self):
        holder, nobody = stub_api.dead_address()
        self.addCleanup(holder.close)
        refuse = lambda call: stub_api.answer_json({"error": "invalid_client"}, 401)
        answers = {"html": lambda call: stub_api.html(200), "garbage": lambda call: stub_api.Answer("%$!"),
                   "nothing": lambda call: None,
                   "half": lambda call: stub_api.Answer('{"data":{"BUILDING_INSIGHTS":[{"BUILDING_ID":7', cut=40),
                   "errors": lambda call: stub_api.error("unexpected")}
        jobs = [self.job("nobody", nobody), self.job("refused", self.stub(None, refuse))]
        jobs += [self.job(name, self.stub(answer)) for name, answer in answers.items()]
        result = self.occuport("run", *jobs, code=77)
        self.assertIn("Connection refused", result.err)
        self.assertIn("client_secret", result.err)

    def test_destinations_that_are_no_good(self):
        (self.folder / "notes.db").write_text("the minutes of the meeting\n" * 100)
        (self.folder / "folder.db").mkdir()
        jobs = [self.job(name, "https://a.invalid") for name in ("notes", "folder", "nowhere")]
        nowhere = self.folder / "nowhere.yaml"
        nowhere.write_text(nowhere.read_text().replace("nowhere.db", "no/where.db"))
        self.occuport("run", *jobs, code=73)

    def test_a_server_that_is_killed(self):
        simulator = self.prepare(latency=50)
        process = self.start_occuport("run", "job.yaml")
        harness.wait_until((self.folder / "occupancy.db.claims").exists, "the first units", harness.RUN_LIMIT)
        simulator.process.kill()
        simulator.process.wait()
        simulator.process = None
        code = process.wait(timeout=harness.RUN_LIMIT)
        self.assertIn(code, (69, 75))
        self.finish(process, code)

    def test_a_signal(self):
        self.prepare(latency=200)
        process = self.start_occuport("run", "--json", "job.yaml")
        harness.wait_until((self.folder / "occupancy.db.claims").exists, "the first units", harness.RUN_LIMIT)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(self.finish(process, 75).json()["status"], "interrupted")


if __name__ == "__main__":
    unittest.main()
