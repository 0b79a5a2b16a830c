"""A nightly run and a backfill of the same job at the same time."""
import random
import signal
import time
import unittest

import harness

SEED = 20250601


class Sharing(harness.EndToEnd):
    FIRST, LAST = "2025-05-12", "2025-05-31"

    def prepare(self, latency=60, rate=0):
        simulator = self.simulate(buildings=2, sites=2, groups=2, latency=latency)
        # Small pages, so that there are many units to share.
        self.write_job(simulator, first=self.FIRST, last=self.LAST,
                       fetch={"page_size": 200, "concurrency": 2, "requests_per_second": rate})
        return simulator

    def assert_whole(self, simulator):
        self.assert_all_stored(simulator, self.FIRST, self.LAST)
        with self.database() as database:
            self.assertEqual(database.one("SELECT count(*) FROM corrections"), 0)
            self.assertEqual(database.one("PRAGMA integrity_check"), "ok")

    def test_no_slice_is_fetched_by_both(self):
        simulator = self.prepare()
        backfill = self.start_occuport("backfill", "--json", "job.yaml")
        nightly = self.start_occuport("run", "--json", "job.yaml")
        summaries = [self.finish(process, 0).json() for process in (backfill, nightly)]
        fetched = [summary["slices"]["fetched"] for summary in summaries]
        self.assertEqual(sum(fetched), 2 * 2 * 2 * 2 * 20, fetched)
        self.assertEqual([summary["rows"]["unchanged"] for summary in summaries], [0, 0])
        self.assert_whole(simulator)

    def test_the_nightly_run_comes_first(self):
        simulator = self.prepare(latency=500)  # so that the backfill is at it long after the nightly run has begun
        backfill = self.start_occuport("backfill", "--json", "job.yaml")
        harness.wait_until(lambda: self.database_path.exists() and self.stored_spans() > 0, "the first slices")
        nightly = self.start_occuport("run", "--json", "job.yaml")
        summary = self.finish(nightly, 0).json()
        result = self.finish(backfill, 0)
        self.assertIn("a run of the same job comes first", result.err)
        self.assertGreater(summary["slices"]["fetched"], 0)
        self.assertEqual(summary["slices"]["fetched"] + result.json()["slices"]["fetched"], 2 * 2 * 2 * 2 * 20)
        self.assert_whole(simulator)

    def stored_spans(self):
        try:
            with self.database() as database:
                return database.one("SELECT count(*) FROM ledger_spans")
        except harness.sqlite3.OperationalError:
            return 0

    def test_both_stay_inside_one_budget(self):
        rate = 20
        simulator = self.prepare(latency=0, rate=rate)
        begin = time.monotonic()
        processes = [self.start_occuport(command, "--json", "job.yaml") for command in ("backfill", "run")]
        requests = sum(self.finish(process, 0).json()["requests"] for process in processes)
        seconds = time.monotonic() - begin
        self.assertGreater(requests, 2 * rate)
        self.assertLessEqual(requests, rate * (seconds + 1) + 1, "%d requests in %.2f s" % (requests, seconds))
        self.assert_whole(simulator)

    def test_killed_and_started_again_at_random_nothing_is_lost_or_doubled(self):
        chance = random.Random(SEED)
        simulator = self.prepare(latency=20)
        running = {"backfill": None, "run": None}
        kills = 0
        while kills < 12:
            for command, process in running.items():
                if process is None or process.poll() is not None:
                    running[command] = self.start_occuport(command, "job.yaml")
            time.sleep(chance.uniform(0.05, 0.4))  # the moment of the kill is what varies, nothing is waited for
            victim = chance.choice(list(running))
            running[victim].send_signal(signal.SIGKILL)
            running[victim].communicate()
            kills += 1
        for process in running.values():
            if process.poll() is None:
                process.communicate(timeout=harness.RUN_LIMIT)
        self.occuport("backfill", "job.yaml")
        self.occuport("run", "job.yaml")
        self.assert_whole(simulator)
        with self.database() as database:
            self.assertEqual(database.one("SELECT count(*) FROM runs WHERE status = 'running'"), 0)


class Columns(harness.EndToEnd):
    """Two runs of one job, of which the one that comes later knows a column more, and has a server that is quicker."""
    FIRST, LAST = "2025-05-12", "2025-05-31"
    MORE = ["OCCUPANCY_MEAN", "OCCUPANCY_MAX"]
    SLICES = 4 * 20
    LACKING = ("SELECT coalesce(sum(end_day - first_day), 0) FROM ledger_spans JOIN column_sets USING (columns_id)"
               " WHERE columns NOT LIKE '%OCCUPANCY_MAX%'")

    def job_of(self, simulator, columns="all"):
        self.write_job(simulator, first=self.FIRST, last=self.LAST, columns=self.MORE,
                       fetch={"page_size": 200, "concurrency": 1})
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace("[%s]" % ", ".join(self.MORE), columns))

    def simulator_of(self, **keys):
        return self.simulate(buildings=2, sites=2, groups=1, granularities="PT1H", **keys)

    def lacking(self):
        try:
            with self.database() as database:
                return database.one(self.LACKING)
        except harness.sqlite3.OperationalError:
            return 0

    def begin(self):
        """One that lets the later one go first."""
        process = self.start_occuport("backfill", "--json", "job.yaml")
        harness.wait_until(lambda: self.database_path.exists() and self.lacking() > 0, "the first slices")
        return process

    def assert_the_later_one_has_all(self, simulator, first, columns):
        """While the first one is still at it, and behind that."""
        later = self.start_occuport("run", "--json", "job.yaml")
        self.assertEqual(self.finish(later, 0).json()["slices"]["fetched"], self.SLICES)
        self.assertEqual(self.lacking(), 0)
        self.assertLess(self.finish(first, 0).json()["slices"]["fetched"], self.SLICES)
        self.assertEqual(self.lacking(), 0)
        self.assert_all_stored(simulator, self.FIRST, self.LAST, columns)
        with self.database() as database:
            self.assertEqual(database.one("SELECT count(*) FROM corrections"), 0)

    def test_one_was_added_to_the_job(self):
        self.job_of(self.simulator_of(latency=700), "[OCCUPANCY_MEAN]")
        first = self.begin()
        simulator = self.simulator_of()
        self.job_of(simulator, "[%s]" % ", ".join(self.MORE))
        self.assert_the_later_one_has_all(simulator, first, self.MORE)

    def test_the_api_has_a_new_one(self):
        self.job_of(self.simulator_of(deny_columns="OCCUPANCY_MAX", latency=700))
        first = self.begin()
        simulator = self.simulator_of()
        self.job_of(simulator)
        self.assert_the_later_one_has_all(simulator, first, harness.ALL_COLUMNS)


if __name__ == "__main__":
    unittest.main()
