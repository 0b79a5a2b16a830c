"""The tables sites and floors, and the view that joins them."""
import csv
import os
import unittest

import harness
from harness import DAY, NOW

SITES = ["SITE_ID", "SITE_CODE", "BUILDING_ID", "FLOOR_ID", "ALTITUDE", "LATITUDE", "LONGITUDE", "TIME_ZONE"]
FLOORS = ["FLOOR_ID", "FLOOR_CODE", "BUILDING_ID", "LEVEL", "NAME", "TIME_ZONE"]


class Dimensions(harness.EndToEnd):
    FIRST, LAST = "2025-05-30", "2025-05-31"

    def serve(self, destination="sqlite: {path: occupancy.db}", **options):
        simulator = self.simulate(**dict({"buildings": 2, "sites": 2, "groups": 1, "granularities": "PT1H"}, **options))
        self.write_job(simulator, first=self.FIRST, last=self.LAST)
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace('sqlite: {path: "occupancy.db"}', destination))
        return simulator

    def test_sites_and_floors_are_stored(self):
        simulator = self.serve()
        summary = self.occuport("run", "--json", "job.yaml").json()
        with self.database() as database:
            sites = database.all("SELECT %s FROM sites" % ", ".join(SITES))
            floors = database.all("SELECT %s FROM floors" % ", ".join(FLOORS))
        self.assertEqual({row[0] for row in sites}, {series[1] for series in simulator.series()})
        self.assertEqual({row[2] for row in sites}, {71, 72})
        self.assertLessEqual({row[3] for row in sites}, {row[0] for row in floors})
        self.assertEqual({row[7] for row in sites}, {"America/Toronto", "Europe/London"})
        self.assertTrue(all(isinstance(row[4], (int, float)) and row[1] for row in sites))
        self.assertEqual(simulator.stop()["requests"], summary["requests"])

    def test_the_view_has_every_row_once_with_its_names(self):
        self.serve()
        self.occuport("run", "job.yaml")
        with self.database() as database:
            plain = database.all("SELECT * FROM building_insights ORDER BY 1, 2, 3, 4, 5, 6")
            named = database.all("SELECT * FROM building_insights_named ORDER BY 1, 2, 3, 4, 5, 6")
            names = [row[1] for row in database.all("PRAGMA table_info(building_insights_named)")]
            self.assertEqual(names[-6:], ["BUILDING_NAME", "SITE_CODE", "FLOOR_ID", "FLOOR_CODE", "FLOOR_NAME",
                                          "FLOOR_LEVEL"])
            self.assertEqual([row[:-6] for row in named], plain)
            self.assertTrue(plain)
            self.assertTrue(all(value is not None for row in named for value in row[-5:]))
            self.assertEqual(database.one("SELECT count(DISTINCT BUILDING_ID || SITE_CODE) FROM building_insights_named"), 4)

    def test_a_second_run_writes_nothing_and_keeps_what_is_no_longer_shown(self):
        self.serve(destination="csv: {directory: csv}")
        self.occuport("run", "job.yaml")
        paths = [self.folder / "csv" / name for name in ("sites.csv", "floors.csv")]
        before = [(os.stat(path).st_ino, path.read_text()) for path in paths]
        self.occuport("run", "job.yaml")
        self.assertEqual([(os.stat(path).st_ino, path.read_text()) for path in paths], before)
        text = (self.folder / "job.yaml").read_text()
        self.serve(destination="csv: {directory: csv}", buildings=1)
        self.assertNotEqual((self.folder / "job.yaml").read_text(), text)
        self.occuport("run", "job.yaml")
        self.assertEqual([path.read_text() for path in paths], [old[1] for old in before])

    def test_csv_files(self):
        simulator = self.serve(destination="csv: {directory: csv, layout: single}")
        self.occuport("run", "job.yaml")
        with open(self.folder / "csv/sites.csv", newline="") as stream:
            rows = list(csv.DictReader(stream))
        self.assertEqual(list(rows[0]), SITES)
        self.assertEqual([int(row["SITE_ID"]) for row in rows], sorted({key[1] for key in simulator.series()}))
        with open(self.folder / "csv/floors.csv", newline="") as stream:
            self.assertEqual(next(csv.reader(stream)), FLOORS)

    def test_ids_that_come_as_text(self):
        self.serve(stringify_ids=True)
        self.occuport("run", "job.yaml")
        with self.database() as database:
            self.assertEqual(database.one("SELECT count(*) FROM building_insights_named WHERE FLOOR_NAME IS NULL"), 0)

    def test_a_server_without_them_is_no_failure_and_no_news(self):
        self.serve(deny_columns="SITE_CODE,FLOOR_CODE")
        result = self.occuport("run", "job.yaml")
        self.assertNotIn("SITE", result.err)
        with self.database() as database:
            self.assertEqual(database.one("SELECT count(*) FROM sites"), 0)
            self.assertGreater(database.one("SELECT count(*) FROM building_insights_named"), 0)

    def test_a_run_with_nothing_to_do_asks_nothing(self):
        simulator = self.serve()
        self.occuport("run", "job.yaml", now=NOW + 9 * DAY)
        summary = self.occuport("run", "--json", "job.yaml", now=NOW + 9 * DAY).json()
        self.assertEqual(summary["requests"], 0)
        simulator.stop()


if __name__ == "__main__":
    unittest.main()
