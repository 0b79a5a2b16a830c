"""What people read on stdout fits a terminal of 80 columns; a run and its status fit 24 lines."""
import unittest

import harness


class Width(harness.EndToEnd):
    def assert_fits(self, text, lines=None):
        self.assertEqual([line for line in text.splitlines() if len(line) > 79], [])
        if lines is not None:
            self.assertLess(text.count("\n"), lines, text)  # the prompt is a line, too

    def test_good_job_fits_a_screen(self):
        self.write_job(self.simulate(sites=2, groups=1), fetch={"concurrency": 4})
        for command in (["plan"], ["run"], ["run"], ["status"], ["check"], ["check", "--online"]):
            self.assert_fits(self.occuport(*command, "job.yaml").out, 24)
        self.assert_fits(self.occuport("discover", "job.yaml").out)

    def test_job_that_fails_fits_a_screen(self):
        simulator = self.simulate(buildings=1, sites=1, groups=1, choke_rows=1, choke_style="504")
        self.write_job(simulator, fetch={"max_attempts": 1})
        run = self.occuport("run", "job.yaml", code=75).out
        self.assert_fits(run, 24)
        self.assertRegex(run, r"(?m)^      occuport run job.yaml$")
        self.assert_fits(self.occuport("status", "job.yaml").out, 28)

    def test_login_that_is_refused_fits_a_screen(self):
        self.write_job(self.simulate(buildings=1, sites=1))
        run = self.occuport("run", "job.yaml", code=77, env={"INNERSPACE_CLIENT_SECRET": "wrong"}).out
        self.assert_fits(run, 24)
        self.assertRegex(run, r"(?m)^      occuport check --online job.yaml$")


if __name__ == "__main__":
    unittest.main()
