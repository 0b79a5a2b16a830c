"""Slices that fail while workers share a job: everybody tells the truth about them, and nothing passes for done."""
import signal
import unittest

import gate
from workers import WRITTEN, Workers, harness


class Beside(Workers):
    """A run whose own part went well, beside one that failed to get its own."""

    def begin(self):
        """The first worker has leases, and will fail with all that it asked for."""
        self.small()
        self.gated(fetch={"max_attempts": 1})
        self.held = self.hold(of=lambda call: call.worker == 0, then=lambda call: gate.error(500))
        worker = self.start(1)
        self.until_waiting(self.held, 1, worker[0])
        return worker

    def end(self, failing, other, code):
        """What the run that went well says."""
        self.until("SELECT count(DISTINCT worker_id) = 1 FROM occuport.work_log", "the other has stored something")
        self.held.open()
        failed = self.finish_all(failing, 75)[0]["slices"]["failed"]
        self.assertGreater(failed, 0)
        result = self.finish(other, code)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.completeness WHERE state = 'failed'"), failed)
        return result

    def assert_next_run_completes(self, *words):
        self.occuport(*words, "job.yaml")
        self.assert_all_in(self.simulator)

    def test_a_plain_run_does_not_say_that_all_is_covered(self):
        failing = self.begin()
        result = self.end(failing, self.start_occuport("run", "job.yaml"), 75)
        self.assertIn("slices that other workers asked for failed", result.out)
        self.assertNotIn("covered", result.out)
        self.assert_next_run_completes("run")

    def test_a_plain_run_says_so_to_programs(self):
        failing = self.begin()
        told = self.end(failing, self.start_occuport("run", "--json", "job.yaml"), 75).json()
        self.assertEqual((told["exit_code"], told["slices"]["failed"]), (75, 0))
        self.assertNotEqual(told["status"], "ok")
        # Nobody who comes right after that is told that others have just fetched all of it.
        self.assert_next_run_completes("run", "--worker")

    def test_a_worker_has_done_its_part(self):
        failing = self.begin()
        result = self.end(failing, self.start_occuport("run", "--worker", "job.yaml"), 0)
        self.assertIn("this worker's part is done", result.out)
        self.assertIn("slices that other workers asked for failed", result.out)
        self.assert_next_run_completes("retry")


class Handed(Workers):
    """Units of which slices failed, and whose lease then changes hands."""

    LEASE = 1500

    def die(self, process, what="it has stored something"):
        self.until("SELECT count(*) > 0 FROM occuport.work_log WHERE goal_id = (SELECT max(goal_id) FROM"
                   " occuport.work_goals)", what)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def test_what_the_holder_before_had_booked_does_not_count(self):
        """Half of the unit failed, and its worker is gone: with one more half it is not done."""
        self.FIRST = "2025-05-30"
        self.small(choke_rows=30)
        self.gated(fetch={"max_attempts": 1, "verify": "count", "concurrency": 2})
        hold = gate.Hold(of=lambda call: call.building == 72 and call.first == call.last == 20250530)
        self.addCleanup(hold.open)
        is_spoilt = lambda call: call.worker == 0 and call.building == 72 and call.first == 20250531
        self.gate.judge = lambda call: gate.error(400) if is_spoilt(call) else hold(call)
        unit = "FROM occuport.work_units WHERE building_id = 72"
        first = self.start(1, lease=self.LEASE)[0]
        self.until("SELECT count(*) = 1 %s AND failed_slices = 1" % unit, "the failed half is booked")
        self.until_waiting(hold, 1, first)
        self.die(first)
        second = self.start(1, lease=self.LEASE)
        self.until_waiting(hold, 2, second[0])
        self.until("SELECT count(*) = 1 %s AND lease_no = 2 AND done_slices > 0" % unit, "the half that had failed is stored")
        self.assertEqual(self.select("SELECT state, done_slices, failed_slices " + unit), [("leased", 1, 0)])
        hold.open()
        self.finish_all(second)
        self.assert_all_in(self.simulator)
        self.assertEqual(self.one(WRITTEN), 0)

    def killed_and_another(self, *words, **keys):
        """The first is killed in the middle; ret: what the second stored."""
        hold = self.hold(of=lambda call: call.worker == 1 and self.gate.counts[1] > 1)
        first = self.start(1, *words[1:], command=words[0], lease=self.LEASE, **keys)[0]
        self.until_waiting(hold, 1, first)
        self.die(first)
        hold.open()
        self.gate.judge = lambda call: None
        summary = self.finish_all(self.start(1, *words[1:], command=words[0], lease=self.LEASE, **keys))[0]
        self.assertEqual(self.one(WRITTEN), 0)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_units WHERE state <> 'done'"), 0)
        return summary

    def test_retry(self):
        self.small()
        self.gated(fetch={"max_attempts": 1, "verify": "count"})
        self.gate.judge = lambda call: gate.error(400) if call.building == 72 else None
        self.occuport("run", "-q", "job.yaml", code=75)
        second = self.killed_and_another("retry")
        self.assert_all_in(self.simulator)
        self.assertEqual((second["slices"]["due"], second["slices"]["fetched"]), (10, 8))

    def test_all_of_it_anew(self):
        self.small()
        self.gated(fetch={"verify": "count"})
        self.occuport("run", "-q", "job.yaml")
        other = self.simulate(**dict(self.simulator.options_given, seed=5))  # the same slices, other values
        self.assertEqual(other.buildings(), self.simulator.buildings())
        self.gate.simulator = other
        second = self.killed_and_another("backfill", "--reprocess", "all", now=harness.NOW + harness.DAY)
        self.assert_rows(self.stored(), other.truth(self.FIRST, self.LAST))
        self.assertEqual((second["slices"]["due"], second["slices"]["fetched"]), (20, 18))
        self.assertEqual(self.one("SELECT count(*) FROM occuport.corrections"), 20)


if __name__ == "__main__":
    unittest.main()
