"""The clock is set forward or back in the middle of a run."""
import datetime
import pathlib
import tempfile
import unittest

import starve  # first: it makes the others known
import harness
from harness import DAY, NOW

FIRST, LAST = "2025-05-26", "2025-05-31"
JUMPS = [DAY, -DAY, 3600, -3600]


def seconds_of(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc).timestamp()


class Clock(harness.EndToEnd):
    def simulate_slowly(self, **options):
        return self.simulate(days=(FIRST, LAST), buildings=2, sites=2, groups=2, granularities="PT1H", latency=15, log=True,
                             session_requests=7, **options)

    def run_with_jump(self, simulator, jump):
        """Half of the requests come before the jump. The program's clock is that of the preloaded library."""
        flag = self.folder / "jump"
        log = simulator.folder / "log"
        before = log.read_text().count("\n")
        env = {"LD_PRELOAD": starve.preload(starve.PLAIN), "OCCUPORT_NOW": None, "STARVE_WALL": str(NOW),
               "STARVE_JUMP": str(jump), "STARVE_JUMP_FILE": str(flag)}
        harness.OCCUPORT, program = starve.PLAIN, harness.OCCUPORT
        self.addCleanup(setattr, harness, "OCCUPORT", program)
        process = self.start_occuport("run", "--json", "job.yaml", env=env)
        harness.wait_until(lambda: log.read_text().count("\n") > before + 14, "the middle of the run")
        self.assertIsNone(process.poll(), "it is in the middle of the run")
        flag.touch()
        return self.finish(process, 0)

    def test_the_run_ends_well_and_no_slice_is_called_settled_that_is_not(self):
        for jump in JUMPS:
            with self.subTest(jump=jump):
                self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
                self.database_path = self.folder / "occupancy.db"
                simulator = self.simulate_slowly()
                self.write_job(simulator, first=FIRST, last=LAST, settle="1d",
                               fetch={"page_size": 30, "concurrency": 1, "max_runtime": "10m"})
                summary = self.run_with_jump(simulator, jump).json()
                self.assertEqual((summary["slices"]["failed"], summary["exit_code"]), (0, 0))
                self.assertGreater(summary["logins"], 1, "sessions ended before and after the jump")
                self.assertLess(summary["seconds"], 30)
                self.check_stored(simulator, jump, summary)
                self.check_next_run(simulator)

    def check_stored(self, simulator, jump, summary):
        truth = simulator.truth(FIRST, LAST)
        true_states = self.expected_slices(simulator, truth, FIRST, LAST, settle=1)
        with self.database() as database:
            self.assert_rows(database.rows(), truth)
            stored = database.completeness()
            self.assertEqual(stored.keys(), true_states.keys())
            lies = {key for key, (state, _) in stored.items() if state == "settled" and true_states[key][0] != "settled"}
            self.assertEqual(lies, set())
            if jump > 0:
                self.assertEqual(stored, true_states)
            (status, started, finished, seconds), = database.all(
                "SELECT status, started_at, finished_at, seconds FROM runs")
        started, finished = seconds_of(started), seconds_of(finished)
        self.assertEqual((status, started), ("ok", NOW))
        self.assertTrue(0 <= finished - started <= summary["seconds"] + 2, (started, finished))
        self.assertAlmostEqual(seconds, summary["seconds"], places=2)

    def check_next_run(self, simulator):
        """What looked too young is fetched again; then all is as it should be."""
        self.occuport("run", "job.yaml")
        truth = simulator.truth(FIRST, LAST)
        with self.database() as database:
            self.assert_rows(database.rows(), truth)
            self.assertEqual(database.completeness(), self.expected_slices(simulator, truth, FIRST, LAST, settle=1))
            self.assertEqual(database.one("PRAGMA integrity_check"), "ok")

    def test_waiting_for_a_server_that_is_busy_does_not_become_longer(self):
        """Backoff and the answer's own date are of other clocks."""
        for jump in (DAY, -DAY):
            with self.subTest(jump=jump):
                self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
                self.database_path = self.folder / "occupancy.db"
                simulator = self.simulate_slowly(fail=25)
                self.write_job(simulator, first=FIRST, last=LAST, fetch={"page_size": 30, "concurrency": 1,
                                                                         "max_attempts": 10})
                summary = self.run_with_jump(simulator, jump).json()
                self.assertGreater(summary["retries"], 0)
                self.assertLess(summary["seconds"], 50)
                with self.database() as database:
                    self.assert_rows(database.rows(), simulator.truth(FIRST, LAST))


if __name__ == "__main__":
    unittest.main()
