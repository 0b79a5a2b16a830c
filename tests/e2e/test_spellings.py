"""Starts without a zone, starts without a time, and values that must come out as they went in."""
import csv
import unittest

import harness
from harness import ALL_COLUMNS, KEY

EVERYONE = "00000000-0000-0000-0000-000000000000"


class Spellings(harness.EndToEnd):
    def run_job(self, first, last, columns=harness.COLUMNS, code=0, **options):
        simulator = self.simulate(days=(first, last), **options)
        self.write_job(simulator, first=first, last=last, columns=columns)
        self.occuport("run", "job.yaml", code=code)
        return simulator

    def test_a_start_without_a_zone_gives_its_own_date_and_hour_and_no_utc(self):
        for spelling in ("iso-local", "snowflake-ntz"):
            with self.subTest(spelling=spelling):
                self.database_path.unlink(missing_ok=True)
                simulator = self.run_job("2025-05-29", "2025-05-31", sites=1, groups=1, timestamps=spelling)
                self.assert_all_stored(simulator, "2025-05-29", "2025-05-31")
                with self.database() as database:
                    rows = database.all("SELECT DATE_TIME_START, START_UTC, LOCAL_DATE, LOCAL_HOUR FROM building_insights")
                for start, utc, date, hour in rows:
                    self.assertEqual((utc, date, hour), (None, start[:10], int(start[11:13])))

    def test_an_hour_that_comes_twice_without_a_zone_fails_its_slice_whether_its_rows_differ_or_not(self):
        # The clocks of London and of Toronto go back within the range; the hour has the same text both times.
        simulator = self.simulate(days=("2024-10-26", "2024-11-04"), granularities="PT15M", groups=1,
                                  timestamps="iso-local", seed=5)
        values = {}
        for row in csv.DictReader(simulator.dump("csv").splitlines()):
            key = tuple(int(row[name]) if name in ("BUILDING_ID", "SITE_ID", "DATE_PARTITION") else row[name]
                        for name in KEY)
            values.setdefault(key, []).append(harness.true_value("OCCUPANCY_MEAN", row["OCCUPANCY_MEAN"]))
        twice = {key[:5] for key, found in values.items() if len(found) > 1}
        contradictory = {key[:5] for key, found in values.items() if len(set(found)) > 1}
        self.assertTrue(contradictory, "this seed has no hour whose values differ")
        self.assertTrue(twice - contradictory, "this seed has no hour whose values are the same")
        self.write_job(simulator, first="2024-10-26", last="2024-11-04")
        summary = self.occuport("run", "--json", "job.yaml", code=75).json()
        self.assertEqual({(failure["building_id"], failure["site_id"], failure["group_id"], failure["granularity"],
                           failure["date_partition"]) for failure in summary["failures"]}, twice)
        for failure in summary["failures"]:
            self.assertIn("which comes twice on that day", failure["error"])
        with self.database() as database:
            self.assert_rows(database.rows(), {key: tuple(found) for key, found in values.items() if key[:5] not in twice})

    def test_a_date_alone_is_enough_for_days_and_not_for_hours(self):
        simulator = self.run_job("2025-05-29", "2025-05-31", buildings=1, sites=1, groups=1, timestamps="date",
                                 granularities="P1D")
        self.assert_all_stored(simulator, "2025-05-29", "2025-05-31")
        self.database_path.unlink()
        self.run_job("2025-05-29", "2025-05-31", code=75, buildings=1, sites=1, groups=1, timestamps="date",
                     granularities="PT1H")
        with self.database() as database:
            self.assertEqual(database.rows(), {})
            self.assertEqual(database.all("SELECT DISTINCT STATE FROM completeness"), [("failed",)])

    def test_partitions_that_are_utc_days_across_clock_changes(self):
        for first, last in (("2025-03-29", "2025-04-07"), ("2024-10-05", "2024-10-07")):
            with self.subTest(first=first):
                self.database_path.unlink(missing_ok=True)
                simulator = self.run_job(first, last, sites=1, groups=1, partitions="utc")
                with self.database() as database:
                    self.assert_rows(database.rows(), simulator.truth(first, last))

    def test_numbers_keep_their_type_and_objects_every_character(self):
        columns = ALL_COLUMNS
        kinds = {"plain": {"real", "integer", "null"}, "exponent": {"real", "integer", "null"}, "string": {"text", "null"}}
        for numbers, types in kinds.items():
            with self.subTest(numbers=numbers):
                self.database_path.unlink(missing_ok=True)
                simulator = self.run_job("2025-05-30", "2025-05-31", columns, buildings=1, sites=1, groups=2,
                                         numbers=numbers)
                source = {(row["GROUP_ID"], row["GRANULARITY"], row["DATE_TIME_START"]): row
                          for row in csv.DictReader(simulator.dump("csv").splitlines())}
                with self.database() as database:
                    rows = database.all("SELECT GROUP_ID, GRANULARITY, DATE_TIME_START, LARGEST_ZONE, OCCUPANCY_MEAN"
                                        " FROM building_insights")
                    found = {kind for column in columns[:-1]
                             for kind, in database.all("SELECT DISTINCT typeof(%s) FROM building_insights" % column)}
                self.assertEqual(len(rows), len(source))
                self.assertLessEqual(found, types)
                self.assertIn("null", found, "this world has no null")
                for *key, zone, mean in rows:
                    self.assertEqual(zone or "", source[tuple(key)]["LARGEST_ZONE"])
                    if numbers == "string":
                        self.assertEqual(mean or "", source[tuple(key)]["OCCUPANCY_MEAN"])

    def test_a_group_id_is_a_text_whatever_it_looks_like(self):
        simulator = self.run_job("2025-05-31", "2025-05-31", buildings=1, sites=1, groups=3)
        groups = {group for _, _, group, _ in simulator.series()}
        self.assertTrue(any(group.startswith("all-") for group in groups) and EVERYONE in groups)
        with self.database() as database:
            self.assertEqual({group for group, in database.all("SELECT DISTINCT GROUP_ID FROM building_insights")}, groups)


if __name__ == "__main__":
    unittest.main()
