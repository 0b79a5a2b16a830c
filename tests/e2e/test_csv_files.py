"""CSV files that somebody took away, that are of another layout, or that hold the hours of another time zone."""
import csv
import shutil
import unittest

import harness
import test_moved_rows

PARTITIONED = "csv: {directory: c}"
SINGLE = "csv: {directory: c, layout: single}"


class CsvFiles(test_moved_rows.Stub):
    def setUp(self):
        super().setUp()
        self.given = {day: [("2025-05-%02dT%02d:00:00Z" % (day % 100, hour), hour) for hour in range(24)]
                      for day in range(20250510, 20250514)}
        self.given[20250512] = []  # a day without a row has no file
        self.serve()

    def run_job(self, destination, last="2025-05-13", code=0, **changes):
        self.write(destination, "keep")
        path = self.folder / "job.yaml"
        text = path.read_text().replace("until: 2025-05-11", "until: " + last)
        for old, new in changes.items():
            text = text.replace(old, new)
        path.write_text(text)
        return self.occuport("run", "job.yaml", code=code)

    def rows(self):
        rows = []
        for path in sorted((self.folder / "c").rglob("*.csv")):
            with open(path, newline="") as file:
                rows += [row for row in csv.DictReader(file) if "DATE_TIME_START" in row]
        return rows

    def fetched(self, run):
        return int(run.out.partition(" due, ")[2].partition(" fetched")[0])

    def corrections(self):
        with harness.Database(self.folder / "c/.occuport/ledger.db") as database:
            return database.all("SELECT * FROM corrections")

    def test_another_layout_is_refused(self):
        for first, then in ((PARTITIONED, SINGLE), (SINGLE, PARTITIONED)):
            with self.subTest(then=then):
                shutil.rmtree(self.folder / "c", ignore_errors=True)
                self.run_job(first, last="2025-05-11")
                self.assertEqual(len(self.rows()), 48)
                self.assertIn("another layout needs another directory", self.run_job(then, code=78).err)
                self.assertEqual(len(self.rows()), 48, "nothing was written")
                self.run_job(first)
                self.assertEqual(len(self.rows()), 72)

    def test_files_that_are_gone_are_fetched_again(self):
        for destination in (PARTITIONED, SINGLE):
            with self.subTest(destination=destination):
                shutil.rmtree(self.folder / "c", ignore_errors=True)
                self.run_job(destination)
                for path in (self.folder / "c").glob("building_insights*"):
                    path.unlink() if path.is_file() else shutil.rmtree(path)
                self.assertEqual(self.rows(), [])
                run = self.run_job(destination)
                self.assertEqual(self.fetched(run), 3, "the day without a row is not missed")
                self.assertIn("are gone: they are fetched again", run.err)
                self.assertEqual(len(self.rows()), 72)
                self.assertEqual(self.corrections(), [])
                run = self.run_job(destination)
                self.assertEqual((self.fetched(run), "gone" in run.err), (0, False))

    def test_one_file_that_is_gone(self):
        self.run_job(PARTITIONED)
        (self.folder / "c/building_insights/DATE_PARTITION=20250511/BUILDING_ID=71/rows.csv").unlink()
        run = self.run_job(PARTITIONED)
        self.assertEqual(self.fetched(run), 1)
        self.assertIn("of 1 day of a building", run.err)
        self.assertEqual(len(self.rows()), 72)

    def test_another_time_zone(self):
        for destination in (PARTITIONED, SINGLE):
            with self.subTest(destination=destination):
                shutil.rmtree(self.folder / "c", ignore_errors=True)
                self.run_job(destination)
                self.assertEqual(self.rows()[0]["LOCAL_HOUR"], "20")
                zone = {"America/Toronto": "Australia/Sydney"}
                run = self.run_job(destination, **zone)
                self.assertIn("time zone of 1 building", run.err)
                self.assertEqual([(row["LOCAL_DATE"], int(row["LOCAL_HOUR"])) for row in self.rows()[:24]],
                                 [("2025-05-1%d" % (hour >= 14), (hour + 10) % 24) for hour in range(24)])
                self.assertEqual(self.corrections(), [], "the API changed nothing")
                run = self.run_job(destination, **zone)
                self.assertEqual((self.fetched(run), "time zone" in run.err), (0, False))


class ExtraKeys(harness.EndToEnd):
    DATASET = "datasets:\n  - {name: types, root_field: ZONE_TYPE_INSIGHTS, keys: [ZONE_TYPE], granularities: [P1D]}\n"

    def run_job(self, directory, safe, code=0, dataset=DATASET, last="2025-05-30"):
        self.write_job(self.simulator, first="2025-05-29", last=last, more=dataset)
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace(
            'sqlite: {path: "occupancy.db"}', "csv: {directory: %s, excel_safe: %s}" % (directory, safe)))
        return self.occuport("run", "job.yaml", code=code)

    def files(self, directory):
        return {str(path): path.read_bytes() for path in (self.folder / directory).rglob("*.csv")}

    def test_keys_are_written_in_one_form_only(self):
        self.simulator = self.simulate(buildings=1, sites=1, groups=1)
        for first, then in (("true", "false"), ("false", "true")):
            with self.subTest(then=then):
                self.run_job("c" + first, first)
                before = self.files("c" + first)
                self.assertTrue(before)
                run = self.run_job("c" + first, then, code=78, last="2025-05-31")
                self.assertIn("another excel_safe needs another directory", run.err)
                self.assertEqual(self.files("c" + first), before)
                self.run_job("c" + first, first, last="2025-05-31")
                self.assertGreater(len(self.files("c" + first)), len(before))

    def test_a_directory_without_files_takes_either_form(self):
        self.simulator = self.simulate(buildings=1, sites=1, groups=1)
        self.run_job("c", "true")
        shutil.rmtree(self.folder / "c/types")
        self.run_job("c", "false")
        self.assertTrue((self.folder / "c/types").exists())
        self.run_job("c", "true", code=78)

    def test_a_dataset_without_extra_keys_takes_either_form(self):
        self.simulator = self.simulate(buildings=1, sites=1, groups=1)
        for safe in ("true", "false", "true"):
            self.run_job("c", safe, dataset="")


if __name__ == "__main__":
    unittest.main()
