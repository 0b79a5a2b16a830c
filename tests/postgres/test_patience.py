"""Workers and a database that lets them wait: behind a process that is frozen, behind a lock, while it is away.
"""
import os
import signal
import threading
import time
import unittest

import proxy
import server
import test_workers
from rig import harness

LEASE = 1500


class Patience(test_workers.Workers):
    def start_one(self, *args, job="job.yaml", command="run", **limits):
        limits = dict({"work.lease_ms": LEASE}, **{name.replace("__", "."): value for name, value in limits.items()})
        text = ",".join("%s=%d" % item for item in limits.items())
        return self.start_occuport(command, "--worker", "--json", *args, job, env={"OCCUPORT_LIMITS": text})

    def at_work(self, simulator_latency=100, count=1, **keys):
        simulator = self.simulate(latency=simulator_latency)
        self.job(simulator, fetch={"concurrency": 1, "page_size": 60}, **keys)
        return simulator


class Frozen(Patience):
    """Its session holds the locks of the units, and no limit of the server ends a session that waits for rows."""

    def freeze_in_copy(self, road, worker):
        frozen = threading.Event()

        def freeze():
            harness.freeze(worker)
            frozen.set()

        self.until("SELECT count(*) > 0 FROM occuport.work_log", "it has stored something")
        road.on_copy = freeze
        self.assertTrue(frozen.wait(60))

    def start_by(self, road, simulator):
        os.mkdir(self.folder / "road")
        self.job(simulator, name="road/job.yaml", fetch={"concurrency": 1, "page_size": 60},
                 dsn=road.dsn(self.server, database=self.database_name))
        return self.start_one(job="road/job.yaml")

    def assert_goes_on(self, simulator, other, worker, codes):
        """While the worker is frozen, and when it is no longer."""
        try:
            told = self.finish(other, 0)
            self.assertIn("is frozen in the middle of a transaction: its session was ended", told.err)
            self.assert_all_in(simulator)
        finally:
            worker.send_signal(signal.SIGCONT)
        self.finish_any(worker, codes)
        self.assert_all_in(simulator)
        self.assertEqual(self.one(test_workers.WRITTEN), 0)

    def test_another_is_at_work(self):
        simulator = self.at_work()
        other = self.start_one()
        with proxy.Proxy(self.server.port) as road:
            worker = self.start_by(road, simulator)
            self.until("SELECT count(DISTINCT worker_id) = 2 FROM occuport.work_log", "both have stored something")
            self.freeze_in_copy(road, worker)
            self.assert_goes_on(simulator, other, worker, (0,))

    def test_another_comes(self):
        simulator = self.at_work()
        with proxy.Proxy(self.server.port) as road:
            worker = self.start_by(road, simulator)
            self.freeze_in_copy(road, worker)
            # The other plans anew, so that the goal of the frozen one may be gone.
            self.assert_goes_on(simulator, self.start_one(), worker, (0, 75))


class Away(Patience):
    """The database when a worker comes."""

    def test_it_is_waited_for(self):
        simulator = self.at_work()
        self.server.stop()
        worker = self.start_one()
        time.sleep(1)  # it finds nobody meanwhile; nothing else tells it
        self.server.start()
        self.assertIn("trying again", self.finish(worker, 0).err)
        self.assert_all_in(simulator)

    def test_not_for_ever(self):
        self.at_work()
        self.server.stop()
        self.addCleanup(self.server.start)
        self.finish(self.start_one(postgres__patience_ms=1000), 74)

    def test_a_signal_ends_it(self):
        self.at_work()
        self.server.stop()
        self.addCleanup(self.server.start)
        worker = self.start_one()
        begun = time.monotonic()
        time.sleep(1)
        worker.send_signal(signal.SIGTERM)
        self.finish(worker, 75)
        self.assertLess(time.monotonic() - begun, 15)

    def test_the_time_is_over_while_another_plans(self):
        simulator = self.at_work()
        self.finish(self.start_one(), 0)
        self.assert_all_in(simulator)
        planner = server.Session(self.dsn())
        self.addCleanup(planner.close)
        planner.run("SET search_path TO occuport")
        planner.run("BEGIN")
        planner.run("SELECT pg_advisory_xact_lock(work_lock_key('job', 2))")
        told = self.finish(self.start_one("--max-runtime", "1s"), 75)
        self.assertIn("max_runtime", told.err)


class Locked(Patience):
    """Somebody holds a table of the queue."""

    def lock(self, table):
        session = server.Session(self.dsn())
        self.addCleanup(session.close)
        session.run("BEGIN")
        session.run("LOCK TABLE occuport.%s IN ACCESS EXCLUSIVE MODE" % table)
        return session

    def test_sigterm_is_obeyed(self):
        self.at_work()
        worker = self.start_one()
        self.until("SELECT count(*) > 0 FROM occuport.work_log", "it has stored something")
        self.lock("work_workers")
        self.server.wait_for("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
                             self.database_name)
        begun = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        self.finish(worker, 75)
        self.assertLess(time.monotonic() - begun, 15)

    def test_a_lock_is_waited_for(self):
        simulator = self.at_work()
        worker = self.start_one()
        self.until("SELECT count(*) > 0 FROM occuport.work_log", "it has stored something")
        session = self.lock("work_workers")
        self.server.wait_for("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
                             self.database_name)
        time.sleep(2 * LEASE / 1000)  # statements of the worker come to their limit meanwhile; nothing tells it
        session.run("COMMIT")
        self.finish(worker, 0)
        self.assert_all_in(simulator)

    def test_not_for_ever(self):
        self.at_work()
        worker = self.start_one(work__away_ms=2000)
        self.until("SELECT count(*) > 0 FROM occuport.work_log", "it has stored something")
        self.lock("work_workers")
        told = self.finish(worker, 74)
        self.assertIn("could not be renewed", told.err)
        self.assertRegex(told.err, "the queue of work: .*trying again")  # and what was in the way


if __name__ == "__main__":
    unittest.main()
