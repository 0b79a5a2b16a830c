"""The queue itself: what counts as stored, and goals beside each other."""
import unittest

from test_workers import Workers

# How often each slice was stored since the newest goal but `back` was published.
TIMES = """
SELECT count(*) AS times
FROM occuport.work_log l JOIN occuport.work_units u USING (unit_id),
     generate_series(l.first_day, l.end_day - 1, interval '1 day') AS day, unnest(l.sites) AS site,
     unnest(l.groups) AS name
WHERE l.noted_at >= (SELECT published_at FROM occuport.work_goals ORDER BY goal_id DESC OFFSET %d LIMIT 1)
GROUP BY u.dataset, u.building_id, u.granularity, day, site, name"""


class Stored(Workers):
    def test_all_of_it_again_for_two_goals_at_once(self):
        """Each is stored once for both, whatever the ledger says: there it has the time of the oldest day beside it,
        and that by the clock of a machine, which here stands still."""
        simulator = self.simulate(latency=60)
        self.job(simulator, fetch={"concurrency": 2, "page_size": 100})
        first = self.finish_all(self.start(2))[0]
        all_again = self.start(1, "--reprocess", "all", command="backfill")
        self.until("SELECT count(*) > 0 FROM occuport.work_log l JOIN occuport.work_goals g USING (goal_id)"
                   " WHERE g.reprocess = 3", "the first has stored something")
        most_again = self.start(1, "--reprocess", "all", "--from", "2025-05-23", command="backfill")
        self.finish_all(all_again + most_again)
        self.assert_all_in(simulator)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_goals WHERE is_shared"), 2)
        self.assertEqual(self.one("SELECT count(*) FROM (%s) AS t" % TIMES % 1), first["slices"]["due"])
        self.assertEqual(self.one("SELECT max(times) FROM (%s) AS t" % TIMES % 0), 1)


class Poison(Workers):
    def test_a_unit_that_ended_all_who_had_it(self):
        """It is booked as failed by whoever gets it next, without being tried, and a later run fetches it."""
        simulator = self.simulate(latency=60)
        self.job(simulator, fetch={"concurrency": 1, "page_size": 60})
        run = self.start_occuport("run", "--json", "job.yaml")
        self.until("SELECT count(*) > 0 FROM occuport.work_log", "it is at work")
        self.server.run("UPDATE occuport.work_units SET expired = 6, lease_no = 6 WHERE unit_id ="
                        " (SELECT max(unit_id) FROM occuport.work_units WHERE state = 'waiting')", self.database_name)
        marked = self.one("SELECT slices FROM occuport.work_units WHERE expired = 6")
        ended = self.finish(run, 75)
        summary = ended.json()
        self.assertIn("6 workers in a row that had it", ended.err)
        self.assertEqual(summary["slices"]["fetched"], summary["slices"]["due"] - marked)
        failed = [key for key, told in self.completeness().items() if told[0] == "failed"]
        self.assertEqual(len(failed), marked)
        self.assertIn("ended or became silent before they stored anything of it",
                      self.one("SELECT max(error) FROM occuport.ledger_failures"))
        self.finish(self.start_occuport("run", "job.yaml"), 0)
        self.assert_all_in(simulator)


if __name__ == "__main__":
    unittest.main()
