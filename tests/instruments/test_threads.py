"""No data race: the program with TSan, over everything that its threads do together."""
import signal
import unittest

import instruments  # first: it finds the harness
import harness
import test_csv

DESTINATIONS = ["sqlite: {path: occupancy.db}", "csv: {directory: part}", "csv: {directory: one, layout: single}"]


def setUpModule():
    instruments.threads()


class Canary(unittest.TestCase):
    def test_a_planted_race_is_seen(self):
        code, said = instruments.faults("race")
        self.assertEqual(code, instruments.FOUND, said)
        self.assertIn("ThreadSanitizer: data race", said)

    def test_where_nothing_is_wrong_nothing_is_seen(self):
        self.assertEqual(instruments.faults("none"), (0, ""))


class Threads(test_csv.Csv):
    """The tests of several destinations, of which one fails, are those of test_csv; here is what they leave out."""

    def prepare_slow(self, **options):
        """Units of a page each, so that all threads have something to do all the time."""
        simulator = self.simulate(**dict({"buildings": 2, "sites": 2, "groups": 2}, **options))
        self.fetch = {"page_size": 100, "concurrency": 4}
        self.prepare(DESTINATIONS, simulator)
        return simulator

    def write_job(self, simulator, **keys):
        super().write_job(simulator, **dict({"fetch": getattr(self, "fetch", None)}, **keys))

    def wait_for(self, process):
        """Until it has opened its last destination."""
        lock, pid = self.folder / "one/.occuport/lock", "pid %d," % process.pid
        harness.wait_until(lambda: lock.exists() and pid in lock.read_text(), "the run", harness.RUN_LIMIT)

    def assert_every_destination_is_whole(self, simulator):
        truth = simulator.truth(self.FIRST, self.LAST, self.COLUMNS)
        with self.database() as database:
            self.assert_rows(database.rows(self.COLUMNS), truth)
        self.assertEqual(len(self.partitioned()), len(truth))
        self.assertEqual(len(self.read(self.folder / "one/building_insights.csv")[1]), len(truth))

    def test_a_backfill_and_a_nightly_run_share_the_work(self):
        simulator = self.prepare_slow(latency=40)
        backfill = self.start_occuport("backfill", "-vv", "job.yaml")
        self.wait_for(backfill)
        nightly = self.start_occuport("run", "-vv", "job.yaml")
        self.finish(nightly, 75)  # the CSV files have one writer
        self.finish(backfill, 0)
        self.assert_every_destination_is_whole(simulator)

    def test_a_signal_while_all_threads_work(self):
        simulator = self.prepare_slow(latency=40)
        for number in (signal.SIGTERM, signal.SIGINT):
            process = self.start_occuport("run", "-vv", "job.yaml")
            self.wait_for(process)
            process.send_signal(number)
            self.finish(process, 75)
        self.occuport("run", "job.yaml")
        self.assert_every_destination_is_whole(simulator)

    def test_a_second_signal_leaves_at_once(self):
        simulator = self.prepare_slow(latency=3000)
        process = self.start_occuport("run", "job.yaml")
        self.wait_for(process)
        for _ in range(2):
            process.send_signal(signal.SIGTERM)
        self.finish(process, 75)
        simulator.stop()

    def test_a_server_that_goes_away(self):
        simulator = self.prepare_slow(latency=40)
        process = self.start_occuport("run", "job.yaml")
        self.wait_for(process)
        simulator.process.kill()
        simulator.process.wait()
        simulator.process = None
        code = process.wait(timeout=harness.RUN_LIMIT)
        self.assertIn(code, (69, 75))
        self.finish(process, code)


if __name__ == "__main__":
    unittest.main()
