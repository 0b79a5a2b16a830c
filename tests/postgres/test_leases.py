"""Leases that change hands at bad moments: what is on its way then is stored once, by whoever has the lease."""
import signal
import unittest

import gate
from workers import WRITTEN, Workers, harness


class Refused(Workers):
    """By the fence, because others have the lease now."""

    def take_away(self, unit):
        """As another worker does whose lease it was in between, and who gave it back."""
        self.server.run("UPDATE occuport.work_units SET state = 'waiting', lease_no = lease_no + 1, worker_id = NULL,"
                        " lease_until = NULL WHERE unit_id = %d" % unit, database=self.database_name)

    def test_what_was_asked_for_under_an_older_lease(self):
        """The unit is its own again and asked for anew: what comes of the first time is not stored as well."""
        self.small()
        self.gated(fetch={"concurrency": 2, "verify": "count"})
        hold = self.hold(of=lambda call: call.building == 72 and call.last == 20250531)
        worker = self.start(1, lease=1500)
        self.until_waiting(hold, 1, worker[0])
        self.take_away(self.one("SELECT unit_id FROM occuport.work_units WHERE building_id = 72 AND end_day ="
                                " '2025-06-01'"))
        self.until_waiting(hold, 2, worker[0])
        hold.open()
        self.assert_shared(self.simulator, self.finish_all(worker))

    def part_of_a_flush(self, spoilt):
        """Four answers come at once; the lease of one is another worker's then. What becomes of both, and the unit.

        spoilt: the one fails besides.
        """
        self.small()
        self.gated(fetch={"concurrency": 4, "verify": "count", "max_attempts": 1})
        lost = {}

        def judge(call):
            if call.worker == 0 and call.building == 72 and call.last == 20250529:
                lost["answered"] = True
                return spoilt
            return None

        hold = self.hold(of=lambda call: call.last < 20250531)  # the first two are needed to find out about the API
        first = self.start(1)
        self.until_waiting(hold, 4, first[0])
        unit = self.one("SELECT unit_id FROM occuport.work_units WHERE building_id = 72 AND end_day = '2025-05-30'"
                        " AND state = 'leased'")
        harness.freeze(first[0])
        self.server.run("UPDATE occuport.work_units SET lease_until = clock_timestamp() WHERE unit_id = %d" % unit,
                        database=self.database_name)
        second = self.start(1)
        self.until_waiting(hold, 5, second[0])
        self.assertEqual(self.one("SELECT lease_no FROM occuport.work_units WHERE unit_id = %d" % unit), 2)
        hold.then = judge
        hold.open()
        first[0].send_signal(signal.SIGCONT)
        summaries = self.finish_all(first + second)
        self.assertIn("answered", lost)
        self.assertEqual(self.select("SELECT unit_id, lease_no FROM occuport.work_units WHERE lease_no > 1"), [(unit, 2)])
        return summaries

    def test_one_of_a_flush_is_another_workers(self):
        summaries = self.part_of_a_flush(None)
        self.assert_shared(self.simulator, summaries)
        self.assertEqual([summary["slices"]["fetched"] for summary in summaries], [18, 2])

    def test_what_is_refused_is_no_failure(self):
        summaries = self.part_of_a_flush(gate.error(500))
        self.assert_shared(self.simulator, summaries)
        self.assertEqual([(summary["slices"]["failed"], summary["failures"], summary["failures_total"])
                          for summary in summaries], [(0, [], 0)] * 2)


class Trimmed(Workers):
    """What others had before is looked at in the ledger, on the thread that keeps the leases."""

    def setUp(self):
        super().setUp()
        self.server.configure(log_statement="all")
        self.addCleanup(self.server.run, "ALTER SYSTEM RESET ALL")

    def test_in_few_questions_and_for_no_longer_than_a_beat_can_wait(self):
        self.small(sites=2, groups=2)
        self.gated(fetch={"concurrency": 4, "verify": "count"})
        hold = self.hold(of=lambda call: True)
        first = self.start(1)[0]
        self.until_waiting(hold, 1, first)
        first.kill()
        first.communicate()
        self.server.run("UPDATE occuport.work_units SET state = 'waiting', lease_no = lease_no + 1, worker_id = NULL,"
                        " lease_until = NULL", database=self.database_name)
        hold.open()
        self.gate.judge = lambda call: None
        read = len(self.server.log())
        self.finish_all(self.start(1, env={"OCCUPORT_LIMITS": "work.trim_ms=1"}))
        self.assert_all_in(self.simulator)
        self.assertEqual(self.one(WRITTEN), 0)
        log = self.server.log()[read:]
        self.assertNotIn("empty_days, unixepoch(fetched_at) FROM ledger_spans WHERE series_id", log)
        self.assertIn("JOIN series n ON n.series_id = l.series_id WHERE n.dataset", log)
        self.assertGreater(self.one("SELECT max(lease_no) FROM occuport.work_units"), 2, "none was given back")


if __name__ == "__main__":
    unittest.main()
