"""The JSON that programs read: its fields are a contract, field by field and type by type."""
import unittest

import harness
import stub_api

NUMBER = (int, float)
FAILURE = {"building_id": int, "site_id": int, "group_id": str, "granularity": str, "date_partition": int, "error": str}
COUNTS = dict.fromkeys(("due", "fetched", "failed", "empty"), int)
ROWS = dict.fromkeys(("received", "inserted", "updated", "unchanged", "vanished", "rejected"), int)
SUMMARY = {"run_id": str, "status": str, "exit_code": int, "slices": COUNTS, "rows": ROWS, "requests": int, "retries": int,
           "logins": int, "throttled": int, "bytes_received": int, "seconds": NUMBER, "failures": list,
           "failures_total": int}
PLAN = {"slices": dict.fromkeys(("due", "missing", "failed", "open", "forced"), int), "units": int, "requests": int,
        "seconds_at_rate_limit": NUMBER}
STATUS = {"coverage": dict.fromkeys(("due", "settled", "open", "missing", "failed", "empty"), int),
          "newest_partition": int, "newest_fetch": str, "last_run": {"run_id": str, "status": str, "exit_code": int}}
BUILDINGS = "granularities: [P1D]\nbuildings:\n  - {id: 71, sites: [1, 2], groups: [g, h]}\n"
DAYS = 30


class Json(harness.EndToEnd):
    def assert_shape(self, value, shape, where=""):
        if not isinstance(shape, dict):
            self.assertIsInstance(value, shape, where)
            self.assertNotIsInstance(value, bool, where)
            return
        for name, inner in shape.items():
            self.assertIn(name, value, where)
            self.assert_shape(value[name], inner, where + "." + name)

    def answer_with_bad_starts(self, call):
        rows = stub_api.rows_of(call, lambda site, group, day: {
            "BUILDING_ID": 71, "SITE_ID": site, "GROUP_ID": group, "GRANULARITY": "P1D", "DATE_PARTITION": day,
            "DATE_TIME_START": "some day" if day % 100 > 1 else "2025-05-01T00:00:00Z", "OCCUPANCY_MEAN": 1})
        return stub_api.answer_json({"data": {"BUILDING_INSIGHTS": rows, "BUILDING_INSIGHTS_aggregate": {
            "aggregate": {"count": len(rows)}}}})

    def write_stub_job(self):
        api = stub_api.StubApi(self.answer_with_bad_starts)
        self.addCleanup(api.close)
        (self.folder / "job.yaml").write_text(harness.job_text(
            api.url, BUILDINGS, first="2025-05-01", last="2025-05-%02d" % DAYS, fetch={"verify": "count"}))

    def test_the_summary_of_a_run_with_more_failures_than_are_listed(self):
        self.write_stub_job()
        failed = (DAYS - 1) * 4
        summary = self.occuport("run", "--json", "job.yaml", code=65).json()
        self.assert_shape(summary, SUMMARY)
        self.assertEqual(summary["slices"], {"due": DAYS * 4, "fetched": 4, "failed": failed, "empty": 0})
        self.assertEqual((summary["rows"]["inserted"], summary["rows"]["rejected"]), (4, failed))
        self.assertEqual((summary["failures_total"], len(summary["failures"])), (failed, 100))
        for failure in summary["failures"]:
            self.assert_shape(failure, FAILURE)
        self.assertEqual((summary["status"], summary["exit_code"]), ("failed", 65))
        with self.database() as database:
            self.assertEqual(database.one("SELECT count(*) FROM rejects"), failed)
            self.assertEqual(dict(database.all("SELECT STATE, count(*) FROM completeness GROUP BY 1")),
                             {"failed": failed, "settled": 4})

    def test_plan_and_status_before_a_run(self):
        self.write_stub_job()
        plan = self.occuport("plan", "--json", "job.yaml").json()
        self.assert_shape(plan, PLAN)
        self.assertEqual(plan["slices"], {"due": DAYS * 4, "missing": DAYS * 4, "failed": 0, "open": 0, "forced": 0})
        status = self.occuport("status", "--json", "job.yaml").json()
        self.assert_shape(status["coverage"], STATUS["coverage"])
        self.assertEqual(status["coverage"]["missing"], DAYS * 4)
        self.assertEqual((status["newest_partition"], status["newest_fetch"], status["last_run"]), (None, None, None))
        self.assertFalse(self.database_path.exists(), "looking makes no database")

    def test_plan_and_status_after_a_run(self):
        self.write_stub_job()
        run_id = self.occuport("run", "--json", "job.yaml", code=65).json()["run_id"]
        status = self.occuport("status", "--json", "job.yaml").json()
        self.assert_shape(status, STATUS)
        self.assertEqual(status["coverage"], {"due": DAYS * 4, "settled": 4, "open": 0, "missing": 0,
                                              "failed": (DAYS - 1) * 4, "empty": 0})
        self.assertEqual((status["last_run"]["run_id"], status["last_run"]["exit_code"]), (run_id, 65))
        self.assertEqual((status["newest_partition"], status["newest_fetch"]), (20250501, "2025-06-01T12:00:00Z"))
        plan = self.occuport("plan", "--json", "job.yaml").json()
        self.assertEqual(plan["slices"]["failed"], (DAYS - 1) * 4)

    def test_a_backfill_has_the_summary_of_a_run(self):
        self.write_stub_job()
        summary = self.occuport("backfill", "--from", "2025-05-01", "--to", "2025-05-01", "--json", "job.yaml").json()
        self.assert_shape(summary, SUMMARY)
        self.assertEqual((summary["slices"]["fetched"], summary["failures"], summary["failures_total"]), (4, [], 0))

    def test_several_jobs_give_a_line_each(self):
        self.write_stub_job()
        (self.folder / "other.yaml").write_text((self.folder / "job.yaml").read_text().replace("occupancy.db", "other.db"))
        lines = self.occuport("plan", "--json", "job.yaml", "other.yaml").out.splitlines()
        self.assertEqual(len(lines), 2)


if __name__ == "__main__":
    unittest.main()
