"""What workers are at together, when it is lost, when the day changes, and with more than one dataset."""
import signal
import unittest

from workers import WRITTEN, Workers, harness

GIVEN_UP = "the work was given up while this worker was away for long: run again"
FETCHED = ("SELECT count(*) AS times FROM occuport.work_log l JOIN occuport.work_units u USING (unit_id),"
           " generate_series(l.first_day, l.end_day - 1, interval '1 day') AS day WHERE day < '2025-05-29'"
           " GROUP BY building_id, day")


class Lost(Workers):
    """Another command publishes while the only worker is out of reach."""

    def freeze(self):
        """The one worker has stored something, and waits for an answer."""
        self.small()
        self.gated(fetch={"verify": "count"})
        hold = self.hold(of=lambda call: self.gate.counts[0] > 2)
        worker = self.start(1, lease=1500)[0]
        self.until("SELECT count(*) > 0 FROM occuport.work_log", "it has stored something")
        self.until_waiting(hold, 1, worker)
        harness.freeze(worker)
        hold.open()  # the answer is there when it goes on: rows of a lease that is gone
        self.until("SELECT count(*) = 0 FROM occuport.work_workers WHERE seen_until > clock_timestamp()", "it is gone")
        return worker

    def go_on(self, worker):
        stored = self.stored()
        worker.send_signal(signal.SIGCONT)
        result = self.finish(worker, 75)
        self.assertIn(GIVEN_UP, result.err)
        self.assertIn(GIVEN_UP, result.json()["message"])
        self.assertEqual(self.stored(), stored)
        self.occuport("run", "--worker", "job.yaml")
        self.assert_all_in(self.simulator)

    def test_to_another_form_of_the_job(self):
        worker = self.freeze()
        self.gated(name="second/job.yaml", last="2025-05-24")
        self.occuport("run", "second/job.yaml")
        self.go_on(worker)

    def test_to_another_command_after_a_long_time(self):
        worker = self.freeze()
        self.server.run("UPDATE occuport.work_workers SET seen_until = clock_timestamp() - interval '11 minutes'",
                        database=self.database_name)
        self.occuport("backfill", "--to", "2025-05-24", "job.yaml")
        self.go_on(worker)

    def test_not_so_soon(self):
        """Another command leaves it alone, and helps nobody and hinders nobody."""
        worker = self.freeze()
        self.occuport("backfill", "--to", "2025-05-24", "job.yaml")
        worker.send_signal(signal.SIGCONT)
        self.finish(worker, 0)
        self.assert_all_in(self.simulator)
        self.assertEqual(self.one(WRITTEN), 0)


class Forgotten(Workers):
    """The database that it comes back to has never heard of the worker: a standby that was behind has taken over."""

    def test_it_is_there_again_with_its_goal(self):
        self.small()
        self.gated(fetch={"verify": "count"})
        hold = self.hold(of=lambda call: self.gate.counts[0] > 2)
        worker = self.start(1)[0]
        self.until_waiting(hold, 1, worker)
        self.server.run("DELETE FROM occuport.work_workers; DELETE FROM occuport.work_budget;"
                        " SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                        " AND pid <> pg_backend_pid()", database=self.database_name)
        self.until("SELECT count(*) = 1 FROM occuport.work_workers JOIN occuport.work_goals USING (goal_id)", "it is back")
        hold.open()
        self.finish(worker, 0)
        self.assert_all_in(self.simulator)
        self.assert_written_once()

    def test_one_that_was_silent_for_long_ends_beside_another_form_of_the_job(self):
        self.small()
        self.gated(fetch={"verify": "count"})
        hold = self.hold(of=lambda call: self.gate.counts[0] > 2)
        worker = self.start(1, lease=1500)[0]
        self.until_waiting(hold, 1, worker)
        harness.freeze(worker)
        self.until("SELECT count(*) = 0 FROM occuport.work_workers WHERE seen_until > clock_timestamp()", "it is gone")
        self.server.run("INSERT INTO occuport.work_workers (worker_id, job, command, fingerprint, host, pid, seen_until)"
                        " SELECT 'x', job, command, 'x', host, pid, clock_timestamp() + interval '2.5 s'"
                        " FROM occuport.work_workers", database=self.database_name)
        worker.send_signal(signal.SIGCONT)
        hold.open()
        self.assertIn("another form of this job", self.finish(worker, 75).err)


class Midnight(Workers):
    FIRST, LAST = "2025-05-26", "2025-06-01"
    TOMORROW = harness.NOW + harness.DAY

    def setUp(self):
        super().setUp()
        self.small(now=self.TOMORROW, days=("2025-04-28", "2025-06-01"))
        self.gated(last="yesterday", fetch={"verify": "count"})

    def assert_covered(self):
        """As of tomorrow."""
        truth = self.simulator.truth(self.FIRST, self.LAST)
        self.assert_rows(self.stored(), truth)
        told = self.completeness()
        self.assertEqual(told.keys(), self.expected_slices(self.simulator, truth, self.FIRST, self.LAST).keys())
        self.assertLessEqual({state for state, _ in told.values()}, {"open", "settled"})

    def test_workers_of_two_days(self):
        """Both goals are reached, and what the one has just fetched is not asked for by the other."""
        hold = self.hold(of=lambda call: call.worker == 0)
        before = self.start(1)
        self.until_waiting(hold, 1, before[0])
        after = self.start(1, now=self.TOMORROW)
        self.until("SELECT count(*) = 2 FROM occuport.work_goals", "there are two goals")
        hold.open()
        summaries = self.finish_all(before + after)
        self.assert_covered()
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_units WHERE state <> 'done'"), 0)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.corrections"), 0)
        self.assertEqual(sum(summary["rows"]["inserted"] for summary in summaries), len(self.stored()))
        # Days that may still change are due again for who plans a day later.
        self.assertEqual(self.select("SELECT DISTINCT times FROM (%s) s" % FETCHED), [(1,)])

    def test_the_worker_of_yesterday_is_dead(self):
        hold = self.hold(of=lambda call: self.gate.counts[0] > 2)
        before = self.start(1, lease=1500)[0]
        self.until_waiting(hold, 1, before)
        before.kill()
        before.communicate()
        hold.open()
        self.gate.judge = lambda call: None
        self.finish_all(self.start(1, now=self.TOMORROW, lease=1500))
        self.assert_covered()


if __name__ == "__main__":
    unittest.main()
