"""What commands print, and how a run ends early."""
import json
import random
import signal
import time
import unittest

import harness
from harness import DAY, NOW

SUMMARY = {"run_id": str, "status": str, "exit_code": int, "slices": dict, "rows": dict, "requests": int, "retries": int,
           "logins": int, "throttled": int, "bytes_received": int, "seconds": float, "failures": list,
           "failures_total": int}


class Interface(harness.EndToEnd):
    FIRST, LAST = "2025-05-28", "2025-05-31"

    def prepare(self, fetch=None, **options):
        simulator = self.simulate(**dict({"buildings": 1, "sites": 2, "groups": 2}, **options))
        self.write_job(simulator, first=self.FIRST, last=self.LAST, fetch=fetch)
        return simulator

    def test_the_json_of_run_plan_and_status(self):
        self.prepare()
        before = self.occuport("plan", "--json", "job.yaml").json()
        self.assertEqual(before["slices"], {"due": 32, "missing": 32, "failed": 0, "open": 0, "forced": 0})
        self.assertGreater(before["units"], 0)
        self.assertGreater(before["requests"], 0)
        self.assertIn("seconds_at_rate_limit", before)
        self.assertFalse(self.database_path.exists(), "plan makes no database")
        summary = self.occuport("run", "--json", "job.yaml").json()
        self.assertEqual({key: type(summary[key]) for key in SUMMARY}, SUMMARY)
        self.assertEqual(summary["slices"], {"due": 32, "fetched": 32, "failed": 0, "empty": 0})
        self.assertEqual(set(summary["rows"]), {"received", "inserted", "updated", "unchanged", "vanished", "rejected"})
        after = self.occuport("plan", "--json", "job.yaml").json()
        self.assertEqual((after["slices"]["missing"], after["slices"]["open"]), (0, after["slices"]["due"]))
        status = self.occuport("status", "--json", "job.yaml").json()
        self.assertEqual(status["coverage"], {"due": 32, "settled": 8, "open": 24, "missing": 0, "failed": 0, "empty": 0})
        self.assertEqual((status["newest_partition"], status["last_run"]["run_id"]), (20250531, summary["run_id"]))

    def test_max_age(self):
        self.prepare()
        self.occuport("status", "--max-age", "36h", "job.yaml", code=75)
        self.occuport("run", "job.yaml")
        self.occuport("status", "--max-age", "36h", "job.yaml")
        self.assertIn("ended", self.occuport("status", "--max-age", "36h", "job.yaml", code=75, now=NOW + 3 * DAY).err)

    def test_days_to_come_are_not_fetched_and_hide_no_age(self):
        simulator = self.simulate(buildings=1, sites=1, groups=1)
        self.write_job(simulator, first="2025-05-30", last="2025-12-31")
        # It is the evening of the 1st in the zone of the building; in UTC the 2nd has begun.
        late = NOW + 15 * 3600
        days = {harness.datetime.datetime.fromtimestamp(late, zone).day for zone in (
            harness.datetime.timezone.utc, simulator.zone(71))}
        self.assertEqual(len(days), 2, "another hour is needed")
        run = self.occuport("run", "--json", "job.yaml", now=late).json()
        with self.database() as database:
            newest = database.one("SELECT max(DATE_PARTITION) FROM completeness")
        begun = harness.datetime.datetime.fromtimestamp(late, harness.datetime.timezone.utc).date()
        self.assertEqual(newest, harness.partition(begun))
        self.assertEqual(run["slices"]["due"], (begun - harness.datetime.date(2025, 5, 29)).days * len(simulator.series()))
        self.occuport("status", "--max-age", "36h", "job.yaml", now=late)
        self.assertIn("ended", self.occuport("status", "--max-age", "36h", "job.yaml", code=75, now=late + 4 * DAY).err)

    def test_several_jobs_end_with_the_worst_code(self):
        self.prepare()
        (self.folder / "bad.yaml").write_text("version: 1\n")
        self.occuport("run", "bad.yaml", "job.yaml", code=78)
        with self.database() as database:
            self.assertTrue(database.rows())

    def test_init_writes_a_job_that_passes_check_and_never_overwrites(self):
        self.occuport("init", "new.yaml")
        self.occuport("check", "new.yaml")
        before = (self.folder / "new.yaml").read_bytes()
        self.assertIn("already", self.occuport("init", "new.yaml", code=73).err)
        self.assertEqual((self.folder / "new.yaml").read_bytes(), before)

    def test_logs_go_to_stderr_and_results_to_stdout(self):
        self.prepare()
        result = self.occuport("run", "--json", "-vv", "--log-format", "json", "job.yaml")
        lines = [json.loads(line) for line in result.err.splitlines()]
        self.assertEqual({line.get("run_id") for line in lines}, {result.json()["run_id"]})
        quiet = self.occuport("run", "-q", "job.yaml")
        self.assertEqual((quiet.out, quiet.err), ("", ""))
        self.assertNotIn("\033", self.occuport("status", "job.yaml").out)
        self.assertIn("\033", self.occuport("status", "--color", "always", "job.yaml").out)

    def test_status_shows_gaps_failures_and_series_that_were_never_seen(self):
        simulator = self.prepare()
        path = self.folder / "job.yaml"
        text = path.read_text()
        path.write_text(text.replace("groups: [", 'groups: ["nobody", '))
        self.occuport("run", "job.yaml")
        out = self.occuport("status", "job.yaml").out
        self.assertIn("4 series never had a row (a wrong site or group id looks like that):", out)
        self.assertIn("group nobody PT1H", out)
        self.assertRegex(out, r"\n  2025-05 +#\+\+\+")
        path.write_text(text.replace("from: 2025-05-28", "from: 2025-05-25"))
        out = self.occuport("status", "job.yaml").out
        self.assertIn("24 missing", out)
        self.assertRegex(out, r"\n  2025-05 +\.\.\.#\+\+\+")
        simulator.stop()
        broken = self.prepare(dialect="documented", row_cap=5)
        self.occuport("run", "job.yaml", code=75)
        out = self.occuport("status", "job.yaml").out
        self.assertIn("failed slices, newest first:", out)
        self.assertIn("(tried in 1 run)", out)
        self.assertRegex(out, r"\n  2025-05 +#!!!")
        for line in out.splitlines():
            self.assertTrue(len(line) <= 80 or "building 71" in line or "T12:00:00Z" in line or "settled" in line, line)

    def test_a_signal_ends_a_run_in_a_committed_state(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number):
                self.database_path.unlink(missing_ok=True)
                simulator = self.prepare({"page_size": 20, "concurrency": 1}, latency=50)
                process = self.start_occuport("run", "--json", "job.yaml")
                harness.wait_until(lambda: self.database_path.exists() and self.requests(simulator) > 3, "some requests")
                process.send_signal(number)
                summary = self.finish(process, 75).json()
                self.assertEqual(summary["status"], "interrupted")
                with self.database() as database:
                    self.assertEqual(database.one("SELECT status FROM runs"), "interrupted")
                    self.assertEqual(database.one("SELECT count(*) FROM completeness WHERE STATE = 'failed'"), 0)
                self.occuport("run", "job.yaml")
                self.assert_all_stored(simulator, self.FIRST, self.LAST)

    def requests(self, simulator):
        # The database grows with the first commit; before it, the claims show that units are under way.
        return 4 if (self.folder / "occupancy.db.claims").exists() else 0

    def test_max_runtime_ends_a_run_and_the_next_one_continues(self):
        simulator = self.prepare({"page_size": 20, "concurrency": 1}, latency=60)
        summary = self.occuport("run", "--json", "--max-runtime", "1s", "job.yaml", code=75).json()
        self.assertLess(summary["slices"]["fetched"], 32)
        self.assertIn("max_runtime", summary["message"])
        self.occuport("run", "job.yaml")
        self.assert_all_stored(simulator, self.FIRST, self.LAST)

    def test_killed_at_any_moment_every_slice_is_absent_or_complete(self):
        chance = random.Random(7)
        simulator = self.prepare({"page_size": 20, "concurrency": 2}, latency=10)
        truth = simulator.truth(self.FIRST, self.LAST)
        for _ in range(10):
            process = self.start_occuport("run", "job.yaml")
            time.sleep(chance.uniform(0.02, 0.5))  # the moment of the kill is what varies, nothing is waited for
            process.kill()
            process.communicate()
            if self.database_path.exists():
                self.assert_absent_or_complete(truth)
        self.occuport("run", "job.yaml")
        self.assert_all_stored(simulator, self.FIRST, self.LAST)

    def assert_absent_or_complete(self, truth):
        with self.copy_of_database() as database:
            if not database.one("SELECT count(*) FROM sqlite_schema WHERE name = 'building_insights'"):
                return
            self.assertEqual(database.one("PRAGMA integrity_check"), "ok")
            held = {slice_ for slice_, (state, _) in database.completeness().items() if state in ("open", "settled")}
            self.assert_rows(database.rows(), {key: value for key, value in truth.items() if key[:5] in held})


if __name__ == "__main__":
    unittest.main()
