"""backfill, retry, corrections, and what a changed job makes due."""
import unittest

import harness
from harness import DAY, NOW


class Backfill(harness.EndToEnd):
    FIRST, LAST = "2025-05-20", "2025-05-31"

    def small(self, **options):
        return self.simulate(**dict({"buildings": 1, "sites": 2, "groups": 2}, **options))

    def job(self, simulator, **keys):
        self.write_job(simulator, **dict({"first": self.FIRST, "last": self.LAST}, **keys))

    def summary(self, *args, **keys):
        return self.occuport(*args, "--json", "job.yaml", **keys).json()

    def test_a_range_is_fetched_and_the_rest_stays_missing(self):
        simulator = self.small()
        self.job(simulator)
        summary = self.summary("backfill", "--from", "2025-05-22", "--to", "2025-05-23")
        self.assertEqual(summary["slices"]["due"], 2 * 2 * 2 * 2)
        with self.database() as database:
            self.assert_rows(database.rows(), simulator.truth("2025-05-22", "2025-05-23"))
            states = dict(database.all("SELECT STATE, count(*) FROM completeness GROUP BY 1"))
        self.assertEqual(states, {"settled": 16, "missing": 8 * 10})
        self.occuport("run", "job.yaml")
        self.assert_all_stored(simulator, self.FIRST, self.LAST)

    def test_days_before_the_coverage_are_fetched_and_are_no_coverage(self):
        simulator = self.small()
        self.job(simulator)
        self.occuport("backfill", "--from", "2025-05-01", "--to", "2025-05-02", "job.yaml")
        with self.database() as database:
            self.assert_rows(database.rows(), simulator.truth("2025-05-01", "2025-05-02"))
            self.assertEqual(database.one("SELECT count(*) FROM completeness WHERE STATE <> 'missing'"), 0)
        self.assertEqual(self.summary("backfill", "--from", "2025-05-01", "--to", "2025-05-02")["slices"]["due"], 0)

    def test_filters_choose_buildings_sites_and_groups(self):
        simulator = self.simulate(buildings=2, sites=2, groups=2)
        self.job(simulator)
        self.occuport("backfill", "--building", "72", "--site", "72002", "--group",
                      "00000000-0000-0000-0000-000000000000", "job.yaml")
        with self.database() as database:
            self.assertEqual(database.all("SELECT DISTINCT BUILDING_ID, SITE_ID, GROUP_ID FROM building_insights"),
                             [(72, 72002, "00000000-0000-0000-0000-000000000000")])

    def test_an_id_that_the_job_does_not_hold_is_a_usage_error(self):
        self.job(self.small())
        for option, value in (("--building", "99"), ("--site", "5"), ("--group", "nobody")):
            result = self.occuport("backfill", option, value, "job.yaml", code=64)
            self.assertIn("%s %s: job.yaml has no such" % (option, value), result.err)
        self.assertIn("--from lies after --to", self.occuport(
            "backfill", "--from", "2025-05-30", "--to", "2025-05-29", "job.yaml", code=64).err)

    def test_a_range_without_a_day_of_the_coverage_is_not_all_covered(self):
        self.job(self.small(), last="yesterday")
        for command in ("plan", "backfill"):
            for args, told in ((("--from", "2027-01-01", "--to", "2027-02-01"), "2027-01-01: the last day to fetch"),
                               (("--to", "2025-05-19"), "2025-05-19: the first day to fetch of job.yaml is 2025-05-20")):
                self.assertIn(told, self.occuport(command, *args, "job.yaml", code=64).err)

    def test_before_a_coverage_that_begins_later_only_days_that_have_begun_are_fetched(self):
        simulator = self.small()
        self.job(simulator, first="2025-07-20", last="yesterday")
        self.assertIn("nothing due yet", self.occuport("check", "job.yaml").out)
        self.assertEqual(self.summary("run")["slices"]["due"], 0)
        before = self.summary("plan", "--from", "2025-05-30")["slices"]["due"]
        self.assertEqual(before, self.summary("backfill", "--from", "2025-05-30")["slices"]["fetched"])
        with self.database() as database:
            self.assertLess(database.one("SELECT max(DATE_PARTITION) FROM building_insights"), 20250602)
        self.assertEqual(before, 2 * 4 * 2, "two days, four places, two granularities")

    def test_a_coverage_that_never_begins_is_refused(self):
        simulator = self.small()
        self.job(simulator, first="90d", last="2020-05-20")
        for command in ("check", "run", "plan", "status"):
            self.assertRegex(self.occuport(command, "job.yaml", code=78).err,
                             r"'coverage.from' \(90d: now 2025-\d\d-\d\d\) is after 'coverage.until' \(2020-05-20\)")
        self.job(simulator, first="10d", last="2025-05-22")
        self.occuport("check", "job.yaml")

    def test_plan_counts_the_days_before_the_coverage_that_it_was_asked_for(self):
        self.job(self.small())
        self.assertIn(": 120 of 120 slices are due", self.occuport("plan", "--from", "2025-05-17", "job.yaml").out)

    def test_plan_says_why_and_takes_the_same_filters(self):
        simulator = self.small()
        self.job(simulator)
        self.occuport("run", "job.yaml")
        plan = self.summary("plan", "--from", "2025-05-28", "--to", "2025-05-29", "--reprocess", "all")
        self.assertEqual(plan["slices"], {"due": 16, "missing": 0, "failed": 0, "open": 8, "forced": 8})
        self.assertEqual(self.summary("plan", "--reprocess", "missing")["slices"]["due"], 0)

    def test_restated_values_are_corrections_and_a_second_look_changes_nothing(self):
        simulator = self.small()
        self.job(simulator)
        self.occuport("run", "job.yaml")
        simulator.stop()
        other = self.small(seed=2)
        self.job(other)
        summary = self.summary("backfill", "--reprocess", "all")
        truth, old = other.truth(self.FIRST, self.LAST), simulator.truth(self.FIRST, self.LAST)
        changed = {key for key in truth if truth[key] != old[key]}
        self.assertEqual(truth.keys(), old.keys())
        self.assertEqual(summary["rows"], {"received": len(truth), "inserted": 0, "updated": len(changed),
                                           "unchanged": len(truth) - len(changed), "vanished": 0, "rejected": 0})
        with self.database() as database:
            self.assert_rows(database.rows(), truth)
            corrections = {row[:5]: row[5:] for row in database.all(
                "SELECT building_id, site_id, group_id, granularity, date_partition, inserted, updated, vanished"
                " FROM corrections")}
        expected = {}
        for key in changed:
            inserted, updated, vanished = expected.get(key[:5], (0, 0, 0))
            expected[key[:5]] = (inserted, updated + 1, vanished)
        self.assertEqual(corrections, expected)
        again = self.summary("backfill", "--reprocess", "all")
        self.assertEqual((again["rows"]["updated"], again["rows"]["unchanged"]), (0, len(truth)))

    def test_vanished_rows_are_kept_and_told_once(self):
        simulator = self.small()
        self.job(simulator)
        self.occuport("run", "job.yaml")
        simulator.stop()
        other = self.small(gaps=40)
        self.job(other)
        gone = simulator.truth(self.FIRST, self.LAST).keys() - other.truth(self.FIRST, self.LAST).keys()
        self.assertTrue(gone)
        self.assertEqual(self.summary("backfill", "--reprocess", "all")["rows"]["vanished"], len(gone))
        self.assertEqual(self.summary("backfill", "--reprocess", "all")["rows"]["vanished"], 0)
        with self.database() as database:
            self.assert_rows(database.rows(), simulator.truth(self.FIRST, self.LAST))

    def test_with_delete_a_slice_is_emptied_only_when_two_runs_agree(self):
        simulator = self.small()
        self.job(simulator, more="on_vanished: delete\n")
        self.occuport("run", "job.yaml")
        simulator.stop()
        other = self.small(gaps=40)
        self.job(other, more="on_vanished: delete\n")
        old, new = simulator.truth(self.FIRST, self.LAST), other.truth(self.FIRST, self.LAST)
        first = self.summary("backfill", "--reprocess", "all")
        self.assertEqual(first["rows"]["vanished"], 0)
        with self.database() as database:
            self.assert_rows(database.rows(), old)
            self.assertTrue(database.one("SELECT count(*) FROM completeness WHERE STATE = 'open'"))
        second = self.summary("run", now=NOW + 10 * DAY)
        self.assertEqual(second["rows"]["vanished"], len(old.keys() - new.keys()))
        with self.database() as database:
            self.assert_rows(database.rows(), new)
            self.assertEqual(database.all("SELECT DISTINCT STATE FROM completeness WHERE STATE NOT IN ('settled', 'open')"), [])
        # What is gone may have moved to the days before, which are asked once more: they have not got it.
        third = self.summary("run", now=NOW + 10 * DAY)["rows"]
        self.assertEqual((third["inserted"], third["updated"], third["vanished"]), (0, 0, 0))
        with self.database() as database:
            self.assertEqual(database.one("SELECT count(*) FROM completeness WHERE STATE <> 'settled'"), 0)

    def test_a_larger_settle_opens_days_again(self):
        simulator = self.small()
        self.job(simulator, settle="0s")
        self.occuport("run", "job.yaml")
        self.assertEqual(self.summary("plan")["slices"]["due"], 0)
        self.job(simulator, settle="5d")
        days = 5 * 2 * 2 * 2  # the 27th has ended five days and eight hours ago
        self.assertEqual(self.summary("plan")["slices"], {"due": days, "missing": 0, "failed": 0, "open": days, "forced": 0})
        self.assertEqual(self.summary("status")["coverage"]["open"], days)
        self.assertEqual(self.summary("run")["slices"], {"due": days, "fetched": days, "failed": 0, "empty": 0})
        with self.database() as database:
            self.assertEqual(dict(database.all("SELECT STATE, count(*) FROM completeness GROUP BY 1")),
                             {"settled": 12 * 8 - days, "open": days})
        self.assertEqual(self.summary("run", now=NOW + 5 * DAY)["slices"]["due"], days)
        self.assertEqual(self.summary("plan", now=NOW + 5 * DAY)["slices"]["due"], 0)

    def test_an_added_column_makes_every_slice_due(self):
        simulator = self.small()
        self.job(simulator)
        self.occuport("run", "job.yaml", now=NOW + 10 * DAY)
        self.job(simulator, columns=["OCCUPANCY_MEAN", "OCCUPANCY_MAX"])
        plan = self.summary("plan", now=NOW + 10 * DAY)
        self.assertEqual(plan["slices"]["forced"], plan["slices"]["due"])
        self.assertEqual(plan["slices"]["due"], 8 * 12)
        self.occuport("run", "job.yaml", now=NOW + 10 * DAY)
        self.assert_all_stored(simulator, self.FIRST, self.LAST, ["OCCUPANCY_MEAN", "OCCUPANCY_MAX"], NOW + 10 * DAY)

    def test_a_removed_series_keeps_its_rows_and_is_no_coverage(self):
        simulator = self.simulate(buildings=2, sites=1, groups=1)
        self.job(simulator)
        self.occuport("run", "job.yaml")
        text = (self.folder / "job.yaml").read_text()
        self.assertIn("  - id: 72", text)
        (self.folder / "job.yaml").write_text(text[:text.index("  - id: 72")])
        self.occuport("run", "job.yaml")
        with self.database() as database:
            self.assert_rows(database.rows(), simulator.truth(self.FIRST, self.LAST))
            self.assertEqual(database.all("SELECT DISTINCT BUILDING_ID FROM completeness"), [(71,)])

    def test_retry_takes_only_the_failed_slices(self):
        simulator = self.small()
        self.job(simulator)
        simulator.stop()
        broken = self.small(dialect="documented", row_cap=5)  # nothing of it can be proved complete but the days
        self.job(broken, first="2025-05-30")
        self.occuport("run", "job.yaml", code=75)
        with self.database() as database:
            failed = database.one("SELECT count(*) FROM completeness WHERE STATE = 'failed'")
        self.assertTrue(failed)
        broken.stop()
        healed = self.small()
        self.job(healed, first="2025-05-30")
        self.assertEqual(self.summary("retry")["slices"]["due"], failed)
        self.assert_all_stored(healed, "2025-05-30", self.LAST)


if __name__ == "__main__":
    unittest.main()
