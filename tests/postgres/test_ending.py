"""Workers that end, or come to the end of the work: nobody waits for them, and nothing is fetched again for them."""
import os
import signal
import time
import unittest

import server
from workers import Workers, harness

HELD = "SELECT count(*) FROM occuport.work_units WHERE state = 'leased'"


class Leaving(Workers):
    """Leases are given back before whatever takes long then."""

    def begin(self, *args, **keys):
        """A worker that waits for an answer. Its leases would last for a minute."""
        self.small()
        self.gated(**dict({"fetch": {"verify": "count"}}, **keys))
        hold = self.hold(of=lambda call: call.worker == 0 and self.gate.counts[0] > 2)
        worker = self.start(1, *args)[0]
        self.until_waiting(hold, 1, worker)
        self.until(HELD + " HAVING count(*) > 0", "it has leases")
        return worker

    def assert_others_go_on(self, worker):
        self.until("SELECT count(*) = 0 FROM (%s HAVING count(*) > 0) s" % HELD, "it has given them back")
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_workers"), 0)
        begun = time.monotonic()
        other = self.finish_all(self.start(1))[0]
        self.assertLess(time.monotonic() - begun, 20)
        self.assertGreater(other["slices"]["fetched"], 0)
        self.assertIsNone(worker.poll(), "it is not at its end yet")
        self.assert_all_in(self.simulator)

    def test_a_hook_that_takes_long(self):
        script = self.folder / "page-me"
        script.write_text("#!/bin/sh\necho > begun\ntimeout 60 sh -c 'read -r _ < go'\n")
        script.chmod(0o755)
        os.mkfifo(self.folder / "go")
        worker = self.begin("--max-runtime", "6s", lines="notify: {on_failure: [./page-me]}\n")
        harness.wait_until((self.folder / "begun").exists, "the hook is running")
        self.assertEqual(self.one(HELD), 0)
        self.assert_others_go_on(worker)
        (self.folder / "go").write_text("\n")
        self.finish(worker, 75)

    def test_the_end_cannot_be_noted_for_long(self):
        worker = self.begin()
        with server.Session(self.dsn()) as other:
            other.run("BEGIN; LOCK TABLE occuport.runs IN SHARE MODE")
            worker.send_signal(signal.SIGTERM)
            self.until("SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type ="
                       " 'Lock'", "the end is to be noted")
            self.assertEqual(self.one(HELD), 0)
            self.assertEqual(self.one("SELECT count(*) FROM occuport.work_workers"), 0)
            other.run("COMMIT")
        self.finish(worker, 75)
        self.finish_all(self.start(1))
        self.assert_all_in(self.simulator)


class Late(Workers):
    """Rows that cannot be stored as soon as they are there: their leases are at work, not idle."""

    def begin(self):
        self.small()
        self.gated(fetch={"concurrency": 2, "verify": "count"})
        self.occuport("backfill", "-q", "--from", "2025-05-22", "--to", "2025-05-22", "job.yaml")  # the tables are there
        self.gate.counts.clear()

    def assert_nothing_in_vain(self, summaries):
        self.assert_all_in(self.simulator)
        self.assert_written_once()
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_units WHERE lease_no > 1"), 0)
        self.assertEqual(sum(self.gate.counts.values()) - 2, self.units())  # two for names
        self.assertEqual({summary["slices"]["due"] for summary in summaries},
                         {sum(summary["slices"]["fetched"] for summary in summaries)})

    def units(self):
        return self.one("SELECT count(*) FROM occuport.work_units JOIN (SELECT max(goal_id) AS goal_id FROM"
                        " occuport.work_goals) g USING (goal_id)")

    def test_a_flush_of_seconds(self):
        self.begin()
        self.server.run("CREATE FUNCTION occuport.dawdle() RETURNS trigger LANGUAGE plpgsql AS"
                        " $$ BEGIN PERFORM pg_sleep(2.5); RETURN new; END $$; CREATE TRIGGER dawdle BEFORE INSERT ON"
                        " occuport.flushes FOR EACH ROW EXECUTE FUNCTION occuport.dawdle()", database=self.database_name)
        self.assert_nothing_in_vain(self.finish_all(self.start(2)))

    def test_the_database_is_away_at_the_end(self):
        self.begin()
        hold = self.hold()
        workers = self.start(2)
        self.until_waiting(hold, 2)
        hold.open()
        harness.wait_until(lambda: sum(self.gate.counts.values()) >= 10, "all is asked for")
        self.server.stop("immediate")
        time.sleep(4)  # nothing tells that leases are not given back as soon as it is there again
        self.server.start()
        self.assert_nothing_in_vain(self.finish_all(workers))


if __name__ == "__main__":
    unittest.main()
