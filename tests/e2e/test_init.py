"""`init` on a terminal: a person is asked, and what was written is a job that runs."""
import os
import pty
import select
import subprocess
import time
import unittest

import harness


class Init(harness.EndToEnd):
    def on_terminal(self, answers, code=0):
        """Types an answer whenever a question is there; returns what the screen showed."""
        leader, follower = pty.openpty()
        process = subprocess.Popen([harness.OCCUPORT, "init", "job.yaml"], cwd=self.folder, env=harness.environment(),
                                   stdin=follower, stdout=subprocess.PIPE, stderr=follower, start_new_session=True)
        os.close(follower)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        screen, typed, end = b"", 0, time.monotonic() + harness.RUN_LIMIT
        while time.monotonic() < end:
            ready, _, _ = select.select([leader], [], [], 0.5)
            try:
                more = os.read(leader, 4096) if ready else None
            except OSError:  # what a terminal says when nobody has it open any more
                break
            if more == b"":
                break
            screen += more or b""
            if screen.endswith(b"]: ") and typed < len(answers):
                os.write(leader, answers[typed])
                screen += b"<asked>"
                typed += 1
        os.close(leader)
        out, _ = process.communicate(timeout=harness.RUN_LIMIT)
        self.assertEqual((process.returncode, out, typed), (code, b"", len(answers)), screen.decode())
        return screen.decode()

    def test_answers_make_a_job_that_checks_and_runs(self):
        simulator = self.simulate(buildings=2, sites=2, groups=1, granularities="PT1H")
        sites = sorted({str(series[1]) for series in simulator.series() if series[0] == 72})
        screen = self.on_terminal([b"72\n", b'Tower "B": 5\n', ", ".join(sites).encode() + b"\n", b"\n",
                                   b"Europe/London\n", b"2025-05-01\n", b"my data.db\n"])
        self.assertIn("Building id [71, the demo building]: ", screen)
        self.occuport("check", "job.yaml")
        text = (self.folder / "job.yaml").read_text()
        (self.folder / "job.yaml").write_text(text.replace("api:\n", "api:\n  base_url: %s\n" % simulator.url))
        self.occuport("run", "-q", "job.yaml")
        with self.database(self.folder / "my data.db") as database:
            self.assertEqual(database.all("SELECT DISTINCT BUILDING_ID FROM building_insights"), [(72,)])
            self.assertEqual(database.all("SELECT building_id, name, time_zone FROM buildings"),
                             [(72, 'Tower "B": 5', "Europe/London")])
            self.assertEqual(database.one("SELECT min(DATE_PARTITION) FROM completeness"), 20250501)

    def test_answer_that_cannot_be_right_is_asked_for_again(self):
        screen = self.on_terminal([b"demo\n", b"71\n", b"cost: $5\n", b"\n", b"1 2\n", b"7,7\n", b"\n", b"\n", b"Mars/Olympus\n", b"\n",
                                   b"2025-02-30\n", b"90d\n", b"~/x.db\n", b"\n"])
        for must in ("a whole number", "plain text", "different whole numbers", "a time zone that this system knows", "a date such as"):
            self.assertIn("must be " + must, screen)
        self.occuport("check", "job.yaml")

    def test_end_of_input_writes_nothing(self):
        screen = self.on_terminal([b"71\n", b"\x04"], code=75)
        self.assertIn("nothing was written", screen)
        self.assertFalse((self.folder / "job.yaml").exists())

    def test_file_that_is_there_is_not_asked_about(self):
        (self.folder / "job.yaml").write_text("mine\n")
        screen = self.on_terminal([], code=73)
        self.assertNotIn("[71", screen)
        self.assertEqual((self.folder / "job.yaml").read_text(), "mine\n")

    def test_without_a_terminal_the_examples_stay(self):
        said = self.occuport("init", "job.yaml").err
        self.assertIn("wrote job.yaml; next:\n", said)  # the two variables are set here
        self.assertIn("  occuport check --online job.yaml\n", said)
        for name in ("INNERSPACE_CLIENT_ID", "INNERSPACE_CLIENT_SECRET"):
            (self.folder / "job.yaml").unlink()
            self.assertIn("set INNERSPACE_CLIENT_ID and", self.occuport("init", "job.yaml", env={name: None}).err)
        self.assertIn("  - id: 71 ", (self.folder / "job.yaml").read_text())


if __name__ == "__main__":
    unittest.main()
