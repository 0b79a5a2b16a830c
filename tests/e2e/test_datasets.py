"""Several datasets in one job: some built in, others described in the job, with a key column more."""
import contextlib
import csv
import datetime
import re
import sqlite3
import unittest

import stub_api
from harness import COLUMNS, DAY, KEY, NOW, EndToEnd, job_text, partition, stored_value, true_value

# name, root field, key column, form of the simulator's dump
DATASETS = [("building_insights", "BUILDING_INSIGHTS", None, "csv"),
            ("zone_insights", "ZONE_INSIGHTS", "ZONE_ID", "zones"),
            ("zone_type_insights", "ZONE_TYPE_INSIGHTS", "ZONE_TYPE", "zone-types")]
ALL = """datasets:
  - name: building_insights
  - {name: zone_insights, root_field: ZONE_INSIGHTS, keys: [ZONE_ID]}
  - {name: zone_type_insights, root_field: ZONE_TYPE_INSIGHTS, keys: [ZONE_TYPE]}
"""
FIRST, LAST = "2025-05-26", "2025-05-31"


def key_value(column, text):
    return int(text) if column == "ZONE_ID" else text


class Datasets(EndToEnd):
    def small_world(self, **options):
        return self.simulate(**dict({"days": ("2025-05-20", LAST), "buildings": 2, "sites": 2, "groups": 2,
                                     "granularities": "PT1H,P1D"}, **options))

    def job(self, simulator, name="job.yaml", datasets=ALL, more="", **keys):
        text = job_text(simulator.url, simulator.buildings(), first=FIRST, last=LAST, more=datasets + more, **keys)
        (self.folder / name).write_text(text)

    def job_with_csv(self, simulator, layout, **keys):
        self.job(simulator, **keys)
        text = (self.folder / "job.yaml").read_text()
        (self.folder / "job.yaml").write_text(
            text.replace("destinations:\n", "destinations:\n  - csv: {directory: out, layout: %s}\n" % layout))

    def truth(self, simulator, extra, form, columns=COLUMNS):
        low, high = (partition(datetime.date.fromisoformat(day)) for day in (FIRST, LAST))
        rows = {}
        for row in csv.DictReader(simulator.dump(form).splitlines()):
            if low <= int(row["DATE_PARTITION"]) <= high:
                key = (int(row["BUILDING_ID"]), int(row["SITE_ID"]), row["GROUP_ID"], row["GRANULARITY"],
                       int(row["DATE_PARTITION"]), row["DATE_TIME_START"])
                key += (key_value(extra, row[extra]),) if extra else ()
                self.assertNotIn(key, rows)
                rows[key] = tuple(true_value(column, row[column]) for column in columns)
        return rows

    def stored(self, database, name, extra, columns=COLUMNS):
        names = KEY + ([extra] if extra else [])
        rows = {}
        for row in database.all("SELECT %s FROM %s" % (", ".join(names + columns), name)):
            self.assertNotIn(row[:len(names)], rows)
            rows[row[:len(names)]] = tuple(map(stored_value, columns, row[len(names):]))
        return rows

    def assert_all(self, simulator, columns=COLUMNS):
        """Every dataset holds the truth, and completeness tells the rows of each slice."""
        with self.database() as database:
            for name, _, extra, form in DATASETS:
                truth = self.truth(simulator, extra, form, columns)
                self.assertTrue(truth)
                self.assert_rows(self.stored(database, name, extra, columns), truth)
                counts = {}
                for key in truth:
                    counts[key[:5]] = counts.get(key[:5], 0) + 1
                told = database.all("SELECT BUILDING_ID, SITE_ID, GROUP_ID, GRANULARITY, DATE_PARTITION, ROW_COUNT"
                                    " FROM completeness WHERE DATASET = ? AND STATE IN ('open', 'settled')", name)
                self.assertEqual({row[:5]: row[5] for row in told if row[5] > 0}, counts)
            self.assertEqual(database.one("SELECT count(*) FROM completeness WHERE STATE IN ('failed', 'missing')"), 0)

    def csv_rows(self, name, extra, columns=COLUMNS):
        single = self.folder / "out" / (name + ".csv")
        paths = [single] if single.exists() else sorted((self.folder / "out" / name).glob("*/*/rows.csv"))
        rows = {}
        for path in paths:
            with open(path, newline="") as file:
                for row in csv.DictReader(file):
                    key = (int(row["BUILDING_ID"]), int(row["SITE_ID"]), row["GROUP_ID"], row["GRANULARITY"],
                           int(row["DATE_PARTITION"]), row["DATE_TIME_START"])
                    key += (key_value(extra, row[extra]),) if extra else ()
                    self.assertNotIn(key, rows)
                    rows[key] = tuple(true_value(column, row[column]) for column in columns)
        return rows

    def assert_all_in_csv(self, simulator):
        for name, _, extra, form in DATASETS:
            self.assert_rows(self.csv_rows(name, extra), self.truth(simulator, extra, form))

    def test_one_run_stores_all_datasets_and_a_second_changes_nothing(self):
        simulator = self.small_world()
        self.job_with_csv(simulator, "partitioned")
        first = self.occuport("run", "--json", "job.yaml").json()
        self.assert_all(simulator)
        self.assert_all_in_csv(simulator)
        self.assertEqual(first["slices"]["due"], 3 * 2 * 2 * 2 * 2 * 6)
        self.assertEqual(first["slices"]["fetched"], first["slices"]["due"])
        self.assertEqual(first["logins"], 1)
        rows = sum(len(self.truth(simulator, extra, form)) for _, _, extra, form in DATASETS)
        self.assertEqual(first["rows"]["inserted"], rows)
        again = self.occuport("backfill", "--reprocess", "all", "--json", "job.yaml").json()
        self.assertEqual((again["rows"]["inserted"], again["rows"]["updated"], again["rows"]["vanished"]), (0, 0, 0))
        self.assertEqual(again["rows"]["unchanged"], rows)
        with self.database() as database:
            self.assertEqual(database.one("SELECT count(*) FROM runs"), 2)
            self.assertEqual(database.one("SELECT rows_inserted FROM runs ORDER BY rowid LIMIT 1"), rows)
            self.assertEqual(database.one("SELECT count(*) FROM corrections"), 0)

    def test_a_single_csv_file_a_dataset(self):
        simulator = self.small_world(buildings=1)
        self.job_with_csv(simulator, "single")
        self.occuport("run", "job.yaml")
        self.assert_all_in_csv(simulator)
        header = (self.folder / "out/zone_type_insights.csv").read_text().splitlines()[0]
        self.assertEqual(header.split(",")[:8], KEY + ["ZONE_TYPE", "OCCUPANCY_MEAN"])
        before = {path.name: path.read_bytes() for path in (self.folder / "out").glob("*.csv")}
        self.occuport("backfill", "--reprocess", "all", "job.yaml")
        self.assertEqual({path.name: path.read_bytes() for path in (self.folder / "out").glob("*.csv")}, before)

    def test_pages_and_caps_that_end_between_the_zones_of_one_start(self):
        for number, (fetch, options) in enumerate([({"page_size": 7}, {}), ({"page_size": 5, "verify": "pages"}, {}),
                                                   ({}, {"row_cap": 4}), ({"page_size": 3}, {"row_cap": 1}),
                                                   ({}, {"row_cap": 11, "count_capped": True}),
                                                   ({"page_size": 6}, {"no_aggregates": True})]):
            with self.subTest(fetch=fetch, **options):
                simulator = self.small_world(buildings=1, sites=1, groups=1, **options)
                self.database_path = self.folder / ("db-%d" % number)
                self.job(simulator, fetch=fetch, database=str(self.database_path))
                self.occuport("run", "job.yaml")
                self.assert_all(simulator)
                simulator.stop()

    def test_columns_and_granularities_of_a_dataset(self):
        simulator = self.small_world(buildings=1)
        self.job(simulator, datasets="datasets:\n  - {name: building_insights, columns: [OCCUPANCY_MAX]}\n"
                 "  - {name: zone_insights, root_field: ZONE_INSIGHTS, keys: [ZONE_ID], granularities: [P1D]}\n")
        self.occuport("run", "job.yaml")
        with self.database() as database:
            self.assertEqual(database.all("SELECT DISTINCT GRANULARITY FROM zone_insights"), [("P1D",)])
            self.assertEqual(len(database.all("SELECT DISTINCT GRANULARITY FROM building_insights")), 2)
            self.assertIn("OCCUPANCY_MAX", database.one("SELECT sql FROM sqlite_schema"
                                                        " WHERE name = 'building_insights'"))
            self.assertNotIn("OCCUPANCY_MAX", database.one("SELECT sql FROM sqlite_schema WHERE name = 'zone_insights'"))

    def test_what_is_restated_and_what_vanishes_in_a_later_run(self):
        options = {"restate": 20, "restate_days": 3, "drop": 25, "drop_after": 1, "buildings": 1, "groups": 1}
        simulator = self.small_world(**options)
        self.job(simulator, more="on_vanished: delete\n")
        self.occuport("run", "job.yaml")
        self.assert_all(simulator)
        simulator.stop()
        later = self.small_world(now=NOW + DAY, **options)
        self.job(later, more="on_vanished: delete\n")
        summary = self.occuport("run", "--json", "job.yaml", now=NOW + DAY).json()
        self.assertGreater(summary["rows"]["updated"], 0)
        self.assertGreater(summary["rows"]["vanished"], 0)
        self.assert_all(later)
        with self.database() as database:
            told = dict(database.all("SELECT dataset, sum(updated + vanished) FROM corrections GROUP BY dataset"))
        self.assertEqual(sorted(told), sorted(name for name, _, _, _ in DATASETS))
        self.assertEqual(sum(told.values()), summary["rows"]["updated"] + summary["rows"]["vanished"])

    def test_what_vanished_is_kept_and_told_once(self):
        options = {"drop": 25, "drop_after": 1, "buildings": 1, "groups": 1}
        simulator = self.small_world(**options)
        self.job_with_csv(simulator, "partitioned")
        self.occuport("run", "job.yaml")
        before = {name: self.truth(simulator, extra, form) for name, _, extra, form in DATASETS}
        simulator.stop()
        later = self.small_world(now=NOW + DAY, **options)
        self.job_with_csv(later, "partitioned")
        first = self.occuport("run", "--json", "job.yaml", now=NOW + DAY).json()
        again = self.occuport("run", "--json", "job.yaml", now=NOW + DAY).json()
        self.assertGreater(first["rows"]["vanished"], 0)
        self.assertEqual(again["rows"]["vanished"], 0)
        with self.database() as database:
            for name, _, extra, _ in DATASETS:
                self.assert_rows(self.stored(database, name, extra), before[name])
                self.assert_rows(self.csv_rows(name, extra), before[name])

    def test_the_documented_dialect_stores_what_it_can_prove_and_fails_the_rest(self):
        simulator = self.small_world(dialect="documented", no_introspection=True)
        self.job(simulator, fetch={"concurrency": 1})
        for _ in range(2):  # a longer page seen later proves a shorter one in the next run
            summary = self.occuport("run", "--json", "job.yaml", code=75).json()
        self.assertEqual(summary["dialect"], "documented")
        self.assertTrue(all(failure["dataset"] != "building_insights" for failure in summary["failures"]))
        with self.database() as database:
            for name, _, extra, form in DATASETS:
                truth = self.truth(simulator, extra, form)
                failed = set(database.all("SELECT BUILDING_ID, SITE_ID, GROUP_ID, GRANULARITY, DATE_PARTITION"
                                          " FROM completeness WHERE DATASET = ? AND STATE = 'failed'", name))
                self.assert_rows(self.stored(database, name, extra),
                                 {key: values for key, values in truth.items() if key[:5] not in failed})
                self.assertEqual(bool(failed), extra is not None)
                self.assertTrue(any(key[:5] not in failed and key[3] == "PT1H" for key in truth))

    def test_a_destination_that_failed_is_left_out_until_the_run_ends_and_catches_up(self):
        """The files of the first dataset are in place when their ledger fails: what changed in them is not forgotten."""
        simulator = self.small_world(buildings=1, drop=5)
        self.job_with_csv(simulator, "partitioned")
        self.occuport("run", "job.yaml")
        simulator.stop()
        simulator = self.small_world(buildings=1)
        self.job_with_csv(simulator, "partitioned")
        before = {name: self.csv_rows(name, extra) for name, _, extra, _ in DATASETS}
        ledger = self.folder / "out/.occuport/ledger.db"
        with contextlib.closing(sqlite3.connect(ledger)) as database:
            for table in ("corrections", "sites", "floors"):
                database.execute("CREATE TRIGGER no_%s BEFORE INSERT ON %s BEGIN SELECT RAISE(ABORT, 'not today'); END"
                                 % (table, table))
        result = self.occuport("backfill", "--json", "--reprocess", "all", "job.yaml", code=74)
        self.assertEqual(result.err.count("destination csv"), 1, result.err)
        self.assertIn("not today; the run goes on without it", result.err)
        self.assert_all(simulator)
        for name, _, extra, form in DATASETS[1:]:
            self.assertNotEqual(before[name], self.truth(simulator, extra, form))
            self.assertEqual(self.csv_rows(name, extra), before[name])
        with contextlib.closing(sqlite3.connect(ledger)) as database:
            for table in ("corrections", "sites", "floors"):
                database.execute("DROP TRIGGER no_" + table)
        self.occuport("backfill", "--reprocess", "all", "job.yaml")
        self.assert_all_in_csv(simulator)
        told = "SELECT dataset, count(*), sum(inserted), sum(updated), sum(vanished) FROM corrections GROUP BY 1"
        with self.database() as database, self.database(ledger) as files:
            self.assertEqual(files.all(told), database.all(told))

    def test_a_dataset_that_the_job_no_longer_names_is_no_longer_promised_and_stays(self):
        simulator = self.small_world(buildings=1, groups=1)
        self.job(simulator)
        self.occuport("run", "job.yaml")
        with self.database() as database:
            zones = database.one("SELECT count(*) FROM zone_insights")
        self.job(simulator, datasets="")
        self.occuport("run", "job.yaml")
        with self.database() as database:
            self.assertEqual(database.all("SELECT DISTINCT DATASET FROM completeness"), [("building_insights",)])
            self.assertEqual(database.one("SELECT count(*) FROM zone_insights"), zones)
        self.job(simulator)
        self.assertEqual(self.occuport("plan", "--json", "job.yaml").json()["slices"]["missing"], 0)

    def test_plan_status_and_check_sum_and_name_the_datasets(self):
        simulator = self.small_world(buildings=1, sites=1, groups=1)
        self.job(simulator)
        slices = 3 * 2 * 6
        plan = self.occuport("plan", "--json", "job.yaml").json()
        self.assertEqual(plan["slices"], {"due": slices, "missing": slices, "failed": 0, "open": 0, "forced": 0})
        self.assertIn("12 of them in zone_insights", self.occuport("plan", "job.yaml").out)
        self.assertIn("dataset zone_type_insights: ZONE_TYPE_INSIGHTS, keys ZONE_TYPE; 12 slices",
                      self.occuport("check", "job.yaml").out)
        self.occuport("run", "job.yaml")
        status = self.occuport("status", "--json", "--max-age", "36h", "job.yaml").json()
        self.assertEqual(status["coverage"]["due"], slices)
        self.assertEqual(status["coverage"]["settled"] + status["coverage"]["open"], slices)
        self.assertEqual(status["newest_partition"], 20250531)
        self.assertIn("dataset zone_insights: 12 slices", self.occuport("status", "job.yaml").out)

    def test_a_column_that_one_dataset_lacks_is_named_with_it(self):
        simulator = self.small_world(buildings=1)
        self.job(simulator, datasets="datasets:\n  - {name: zone_insights, root_field: ZONE_INSIGHTS, keys: [ZONE_ID],"
                 " columns: [NO_SUCH]}\n")
        result = self.occuport("run", "job.yaml", code=78)
        self.assertIn("NO_SUCH", result.err)
        self.assertIn("ZONE_INSIGHTS", result.err)

    def test_a_key_or_a_root_field_that_the_api_lacks_is_named(self):
        simulator = self.small_world(buildings=1)
        for dataset, name in [("{name: z, root_field: ZONE_INSIGHTS, keys: [NO_ZONE]}", "NO_ZONE"),
                              ("{name: z, root_field: NO_INSIGHTS}", "NO_INSIGHTS"),
                              ("{name: z, root_field: ZONE_INSIGHTS, keys: [ZONE_ID], start: NO_START}", "NO_START")]:
            with self.subTest(name):
                self.job(simulator, datasets="datasets:\n  - %s\n" % dataset)
                self.assertIn(name, self.occuport("run", "job.yaml", code=78).err)

    def test_a_row_without_its_key_is_rejected_by_name_and_fails_its_slice_alone(self):
        simulator = self.small_world(buildings=1, sites=1, groups=1)
        self.job(simulator, datasets="datasets:\n  - name: building_insights\n"
                 "  - {name: zone_insights, root_field: ZONE_INSIGHTS, keys: [OCCUPANCY_MEAN], columns: [ZONE_ID]}\n")
        summary = self.occuport("run", "--json", "job.yaml", code=65).json()
        self.assertGreater(summary["rows"]["rejected"], 0)
        self.assertEqual({failure["dataset"] for failure in summary["failures"]}, {"zone_insights"})
        with self.database() as database:
            reasons = database.all("SELECT DISTINCT dataset, reason FROM rejects")
            self.assert_rows(self.stored(database, "building_insights", None), self.truth(simulator, None, "csv"))
        self.assertIn(("zone_insights", "the key OCCUPANCY_MEAN is neither a whole number nor a text"), reasons)

    def test_another_key_under_the_same_name_is_refused_before_anything_changes(self):
        simulator = self.small_world(buildings=1, groups=1)
        self.job(simulator)
        self.occuport("run", "job.yaml")
        self.job(simulator, datasets="datasets:\n  - {name: zone_insights, root_field: ZONE_TYPE_INSIGHTS,"
                 " keys: [ZONE_TYPE]}\n")
        result = self.occuport("run", "job.yaml", code=78)
        self.assertIn("[ZONE_ID]", result.err)
        self.assert_all(simulator)

    def test_a_corrected_root_field_or_start_makes_every_slice_due(self):
        """A first guess at a name may be answered, with nothing or with the rows of something else."""
        def answer(call):
            root = re.search(r"\{ (\w+)\(where", call.query)
            if root is None:
                return stub_api.error("validation-failed")
            place = {"EMPTY": [], "ZONES": [1], "OTHERS": [2]}[root.group(1)]
            rows = stub_api.rows_of(call, lambda site, group, day: {
                "BUILDING_ID": 71, "SITE_ID": site, "GROUP_ID": group, "GRANULARITY": "P1D", "DATE_PARTITION": day,
                "DATE_TIME_START": "2025-05-%02d 00:00:00" % (day % 100), "BEGIN": "2025-05-%02d 06:00:00" % (day % 100),
                "ZONE_ID": 7, "VALUE": place[0]}) if place else []
            data = {root.group(1): rows, root.group(1) + "_aggregate": {"aggregate": {"count": len(rows)}}}
            return stub_api.answer_json({"data": data})

        api = stub_api.StubApi(answer)
        self.addCleanup(api.close)
        buildings = "buildings:\n  - {id: 71, time_zone: America/Toronto, sites: [1], groups: [g]}\ngranularities: [P1D]\n"
        for root, start, due, values in (("EMPTY", "DATE_TIME_START", 6, []), ("ZONES", "DATE_TIME_START", 6, [(1, 6)]),
                                         ("ZONES", "DATE_TIME_START", 0, [(1, 6)]), ("OTHERS", "DATE_TIME_START", 6, [(2, 6)]),
                                         ("OTHERS", "BEGIN", 6, [(2, 6)])):
            (self.folder / "job.yaml").write_text(job_text(
                api.url, buildings, "2025-05-20", "2025-05-25", fetch={"verify": "count"}, columns=["VALUE"], more=
                "on_vanished: delete\ndatasets:\n  - {name: zones, root_field: %s, start: %s, keys: [ZONE_ID]}\n" % (root, start)))
            forced = due if root != "EMPTY" else 0
            self.assertEqual(self.occuport("plan", "--json", "job.yaml").json()["slices"]["forced"], forced, (root, start))
            self.assertEqual(self.occuport("run", "--json", "job.yaml").json()["slices"]["fetched"], due, (root, start))
            with self.database() as database:
                self.assertEqual(database.all("SELECT VALUE, count(*) FROM zones GROUP BY 1"), values)
                self.assertEqual(database.all("SELECT DISTINCT STATE FROM completeness"), [("settled",)])

    def test_bad_job_files_say_what_is_wrong_and_where(self):
        simulator = self.small_world(buildings=1)
        for datasets, part in [("dataset: building_insights\n" + ALL, "two ways to say the same"),
                               ("datasets:\n  - {name: zone_insights}\n", "needs 'root_field'"),
                               ("datasets:\n  - {name: runs, root_field: RUNS}\n", "no dataset can be named 'runs'"),
                               ("datasets:\n  - {name: building_insights, start: X}\n", "is built in"),
                               ("dataset: zone_insights\n", "'dataset' must be building_insights")]:
            with self.subTest(part):
                self.job(simulator, datasets=datasets)
                self.assertIn(part, self.occuport("check", "job.yaml", code=78).err)


if __name__ == "__main__":
    unittest.main()
