"""Workers of one job: what they store together, and what becomes of those that die, freeze, or come with another job.
"""
import os
import signal
import time
import unittest

from workers import WRITTEN, Workers, harness


class Together(Workers):
    def test_four_share_a_job(self):
        simulator = self.simulate(latency=80)
        self.job(simulator, fetch={"concurrency": 2, "page_size": 60})
        summaries = self.finish_all(self.start(4))
        self.assert_shared(simulator, summaries)
        busy = [summary for summary in summaries if summary["slices"]["fetched"] > 0]
        self.assertGreater(len(busy), 1)  # one that starts late on a busy machine may have nothing left to do

    def test_one_alone(self):
        simulator = self.simulate()
        self.job(simulator)
        self.assert_shared(simulator, self.finish_all(self.start(1)))
        self.assert_shared_names()

    def assert_shared_names(self):
        self.assertGreater(self.one("SELECT count(*) FROM occuport.sites"), 0)

    def test_a_plain_run_joins(self):
        simulator = self.simulate(latency=150)
        self.job(simulator, fetch={"concurrency": 2, "page_size": 100})
        workers = self.start(2)
        self.until("SELECT count(*) > 0 FROM occuport.work_units WHERE state = 'leased'", "they are at work")
        plain = self.finish(self.start_occuport("run", "--json", "job.yaml"), 0).json()
        summaries = self.finish_all(workers)
        self.assertGreater(plain["slices"]["fetched"], 0)
        self.assert_shared(simulator, summaries + [plain])

    def test_who_comes_late_has_nothing_to_do(self):
        simulator = self.simulate()
        self.job(simulator, last="2025-06-01")
        first = self.finish_all(self.start(1))[0]
        requests = self.requests(simulator)
        late = self.finish(self.start_occuport("run", "--worker", "job.yaml"), 0)
        self.assertIn("other workers have just fetched all of it", late.out)
        self.assertIn("%d due for all workers, 0 fetched" % first["slices"]["due"], late.out)
        self.assertEqual(self.requests(simulator), requests)

    @staticmethod
    def requests(simulator):
        return len(simulator.sessions())

    def test_two_goals_at_once(self):
        """No slice is asked for twice, though both want all of them."""
        simulator = self.simulate(latency=80)
        self.job(simulator, fetch={"concurrency": 2, "page_size": 100})
        past = self.start(2, command="backfill")
        self.until("SELECT count(*) > 0 FROM occuport.work_units WHERE state = 'leased'", "the backfill has begun")
        night = self.start(2)
        self.finish_all(past + night)
        self.assert_all_in(simulator)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_units WHERE state <> 'done'"), 0)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_goals WHERE is_shared"), 2)
        self.assertEqual(self.one(
            "SELECT count(*) FROM (SELECT u.dataset, u.building_id, u.granularity, day, site, name"
            " FROM occuport.work_log l JOIN occuport.work_units u USING (unit_id),"
            " generate_series(l.first_day, l.end_day - 1, interval '1 day') AS day, unnest(l.sites) AS site,"
            " unnest(l.groups) AS name GROUP BY 1, 2, 3, 4, 5, 6 HAVING count(*) > 1) AS twice"), 0)


class Budget(Workers):
    RATE = 25

    def test_one_for_all(self):
        """Four workers that could do ten times as much; login and names included."""
        simulator = self.simulate(latency=5)
        self.job(simulator, fetch={"concurrency": 4, "page_size": 50, "requests_per_second": self.RATE})
        begun = time.monotonic()
        summaries = self.finish_all(self.start(4))
        seconds = time.monotonic() - begun
        self.assert_shared(simulator, summaries)
        requests = sum(summary["requests"] for summary in summaries)
        self.assertGreater(requests, 3 * self.RATE)
        # The bucket of each worker lets a request go at once, and what a worker has reserved may be late.
        self.assertLessEqual(requests, 1.03 * self.RATE * seconds + 4)
        self.assertGreater(min(summary["requests"] for summary in summaries), requests / 4 / 3, "nobody starves")


class Refused(Workers):
    def test_another_form_of_the_job(self):
        simulator = self.simulate(latency=100)
        self.job(simulator, fetch={"concurrency": 2, "page_size": 150})
        self.job(simulator, name="other.yaml", fetch={"concurrency": 2, "page_size": 150}, settle="5d")
        os.makedirs(self.folder / "second")
        os.rename(self.folder / "other.yaml", self.folder / "second/job.yaml")
        worker = self.start(1)
        self.until("SELECT count(*) > 0 FROM occuport.work_units WHERE state = 'leased'", "it is at work")
        refused = self.occuport("run", "--worker", "second/job.yaml", code=75)
        self.assertIn("has another form of this job", refused.err)
        self.assertIn("all workers must run the same file", refused.err)
        self.assert_shared(simulator, self.finish_all(worker))

    def test_how_fast_a_worker_goes_is_its_own_matter(self):
        simulator = self.simulate(latency=50)
        os.makedirs(self.folder / "second")
        self.job(simulator, fetch={"concurrency": 1, "page_size": 200})
        self.job(simulator, name="second/job.yaml", fetch={"concurrency": 4, "page_size": 200, "max_attempts": 5})
        summaries = self.finish_all(self.start(1) + self.start(1, job="second/job.yaml"))
        self.assert_shared(simulator, summaries)

    def test_files_cannot_be_shared(self):
        simulator = self.simulate()
        self.job(simulator, more="  - csv: {directory: out}\n")
        refused = self.occuport("run", "--worker", "job.yaml", code=78)
        self.assertIn("--worker", refused.err)
        self.assertIn("out", refused.err)
        self.assertFalse((self.folder / "out").exists())


class Gone(Workers):
    """A lease that nobody renews."""
    LEASE = 1500

    def begin(self, **keys):
        """Two workers, each with something stored."""
        simulator = self.simulate(latency=100)
        self.job(simulator, fetch={"concurrency": 1, "page_size": 60}, **keys)
        workers = self.start(2, lease=self.LEASE)
        self.until("SELECT count(DISTINCT worker_id) = 2 FROM occuport.work_log", "both have stored something")
        return simulator, workers

    def test_killed(self):
        simulator, workers = self.begin()
        workers[0].kill()
        workers[0].communicate()
        self.finish_all(workers[1:])
        self.assert_all_in(simulator)
        self.assertEqual(self.one(WRITTEN), 0)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_units WHERE state <> 'done'"), 0)

    def test_stopped_gives_back_at_once(self):
        simulator, workers = self.begin()
        workers[0].send_signal(signal.SIGTERM)
        stopped = self.finish(workers[0], 75).json()
        self.assertEqual(stopped["status"], "interrupted")
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_units WHERE worker_id = '%s' AND state = 'leased'"
                                  % stopped["run_id"]), 0)
        other = self.finish_all(workers[1:])
        self.assert_shared(simulator, [stopped] + other)

    def test_frozen_past_its_lease(self):
        simulator, workers = self.begin()
        harness.freeze(workers[0])
        self.finish_all(workers[1:])
        self.assert_all_in(simulator)
        workers[0].send_signal(signal.SIGCONT)
        self.finish_all(workers[:1])
        self.assert_all_in(simulator)
        self.assertEqual(self.one(WRITTEN), 0)

    def test_the_database_is_away_for_longer_than_a_lease(self):
        simulator, workers = self.begin()
        self.server.stop("immediate")
        with self.assertRaises(Exception):
            self.one("SELECT 1")
        time.sleep(2 * self.LEASE / 1000)  # the leases end meanwhile by the clocks of the workers; nothing tells it
        self.server.start()
        self.finish_all(workers)
        self.assert_all_in(simulator)
        self.assertEqual(self.one(WRITTEN), 0)

    def test_all_killed_and_started_again(self):
        simulator, workers = self.begin()
        for worker in workers:
            worker.kill()
            worker.communicate()
        self.finish_all(self.start(2, lease=self.LEASE))
        self.assert_all_in(simulator)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_units WHERE state <> 'done'"), 0)

    def test_time_is_over(self):
        simulator = self.simulate(latency=100)
        self.job(simulator, fetch={"concurrency": 1, "page_size": 50})
        self.finish_all(self.start(1, "--max-runtime", "1s"), 75)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_units WHERE state = 'leased'"), 0)


if __name__ == "__main__":
    unittest.main()
