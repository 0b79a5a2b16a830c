"""What the tests of workers share. Which lease wrote which slice is in the table work_log."""
import time

import gate
import rig
from rig import harness

WRITTEN = """
SELECT count(*) FROM (
  SELECT l.goal_id, u.dataset, u.building_id, u.granularity, day, site, name
  FROM occuport.work_log l JOIN occuport.work_units u USING (unit_id),
       generate_series(l.first_day, l.end_day - 1, interval '1 day') AS day, unnest(l.sites) AS site,
       unnest(l.groups) AS name
  WHERE l.failed_slices = 0
  GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING count(DISTINCT l.lease_no) > 1 OR count(*) > 1) AS twice"""


class Workers(rig.Postgres):
    def start(self, count=1, *args, command="run", job="job.yaml", lease=None, env=None, **keys):
        """lease: milliseconds; of a program that was built for tests."""
        env = dict(env or {})
        if lease is not None:
            env["OCCUPORT_LIMITS"] = "work.lease_ms=%d" % lease
        return [self.start_occuport(command, "--worker", "--json", *args, job, env=env, **keys) for _ in range(count)]

    def finish_all(self, processes, code=0):
        return [self.finish(process, code).json() for process in processes]

    def until(self, sql, what, limit=harness.START_LIMIT):
        def holds():
            try:
                held = self.one(sql)
            except AssertionError:
                held = False  # there are no tables yet
            if not held:
                time.sleep(0.05)  # each look is a program of its own
            return held
        harness.wait_until(holds, what, limit)

    def assert_written_once(self):
        self.assertEqual(self.one(WRITTEN), 0)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_units WHERE state <> 'done'"), 0)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_workers"), 0)

    def assert_shared(self, simulator, summaries):
        """All of it once, by all of them together."""
        self.assert_all_in(simulator)
        self.assert_written_once()
        due = {summary["slices"]["due"] for summary in summaries}
        self.assertEqual(due, {sum(summary["slices"]["fetched"] for summary in summaries)})
        self.assertEqual(sum(summary["rows"]["inserted"] for summary in summaries), len(self.stored()))

    # --- with a gate before the simulator

    def small(self, **options):
        """Ten units of 48 rows: two buildings, a site and a group each, two days at a time."""
        self.simulator = self.simulate(**dict({"buildings": 2, "sites": 1, "groups": 1, "granularities": "PT1H"}, **options))
        self.gate = gate.Gate(self.simulator)
        self.addCleanup(self.gate.close)

    def gated(self, name="job.yaml", fetch=None, lines="", **keys):
        """lines: of other blocks of the job."""
        (self.folder / name).parent.mkdir(exist_ok=True)
        self.job(self.simulator, name=name, url=self.gate.url,
                 fetch=dict({"page_size": 50, "concurrency": 1, "timeout": "60s"}, **(fetch or {})), **keys)
        with open(self.folder / name, "a") as job:
            job.write(lines)

    def hold(self, **keys):
        self.gate.judge = gate.Hold(**keys)
        self.addCleanup(self.gate.judge.open)
        return self.gate.judge

    def until_waiting(self, hold, count=1, process=None):
        harness.wait_until(lambda: len(hold.waiting) >= count or (process and process.poll() is not None),
                           "%d requests at the gate" % count)
        self.assertGreaterEqual(len(hold.waiting), count, "it has ended")
