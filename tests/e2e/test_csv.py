"""The CSV destination, and several destinations of one job."""
import csv
import os
import shutil
import subprocess
import unittest

import harness
from harness import DAY, KEY, NOW

DERIVED = ["START_UTC", "LOCAL_DATE", "LOCAL_HOUR"]


class Csv(harness.EndToEnd):
    FIRST, LAST = "2025-05-25", "2025-05-31"
    COLUMNS = ["OCCUPANCY_MEAN", "LARGEST_ZONE"]

    def prepare(self, destinations, simulator=None, more="", columns=None):
        simulator = simulator or self.simulate(buildings=2, sites=2, groups=2)
        self.write_job(simulator, first=self.FIRST, last=self.LAST, columns=columns or self.COLUMNS, more=more)
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace("  - sqlite: {path: \"occupancy.db\"}", "\n".join(
            "  - " + line for line in destinations)))
        return simulator

    def read(self, path):
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            header = next(reader)
            return header, list(reader)

    def partitioned(self):
        rows = []
        for path in sorted((self.folder / "part/building_insights").glob("DATE_PARTITION=*/BUILDING_ID=*/rows.csv")):
            header, own = self.read(path)
            self.assertEqual(header, KEY + self.COLUMNS + DERIVED)
            day, building = path.parts[-3].split("=")[1], path.parts[-2].split("=")[1]
            self.assertTrue(all(row[0] == building and row[4] == day for row in own), path)
            rows += own
        return rows

    def files(self):
        return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in self.folder.rglob("*.csv")}

    def assert_no_temporary_files(self):
        self.assertEqual([path for path in self.folder.rglob("*") if "occuport-" in path.name], [])
        self.assertEqual([path for path in self.folder.rglob(".occuport/tmp/*")], [])

    def test_both_layouts_and_the_database_hold_the_same_rows(self):
        simulator = self.prepare(["sqlite: {path: occupancy.db}", "csv: {directory: part}",
                                  "csv: {directory: one, layout: single}"])
        self.occuport("run", "job.yaml")
        truth = simulator.truth(self.FIRST, self.LAST, self.COLUMNS)
        with self.database() as database:
            self.assert_rows(database.rows(self.COLUMNS), truth)
            stored = database.all("SELECT %s FROM building_insights" % ", ".join(KEY + self.COLUMNS + DERIVED))
        as_text = sorted(["" if value is None else repr(value) if isinstance(value, float) else str(value)
                          for value in row] for row in stored)
        header, single = self.read(self.folder / "one/building_insights.csv")
        self.assertEqual(header, KEY + self.COLUMNS + DERIVED)
        number = lambda rows: sorted(row[:6] + [repr(float(row[6])) if row[6] else ""] + row[7:] for row in rows)
        as_number = sorted(row[:6] + [repr(float(row[6])) if row[6] else ""] + row[7:] for row in as_text)
        self.assertEqual(number(single), as_number)
        self.assertEqual(number(self.partitioned()), as_number)
        order = [(int(row[0]), int(row[1]), row[2].encode(), row[3], row[8]) for row in single]
        self.assertEqual(order, sorted(order))
        self.assert_no_temporary_files()

    def test_a_run_on_unchanged_data_touches_no_file(self):
        self.prepare(["csv: {directory: part}", "csv: {directory: one, layout: single}"])
        self.occuport("run", "job.yaml")
        before = self.files()
        summary = self.occuport("run", "--json", "job.yaml").json()
        self.assertGreater(summary["rows"]["unchanged"], 0)
        self.assertEqual(self.files(), before)

    @unittest.skipUnless(shutil.which("mlr"), "Miller is not installed")
    def test_miller_reads_the_files(self):
        self.prepare(["csv: {directory: part}"])
        self.occuport("run", "job.yaml")
        paths = [str(path) for path in (self.folder / "part").rglob("rows.csv")]
        out = subprocess.run(["mlr", "--icsv", "--ojson", "cat"] + paths, stdout=subprocess.PIPE, check=True, text=True)
        self.assertEqual(out.stdout.count('"BUILDING_ID"'), len(self.partitioned()))

    def test_corrections_of_both_destinations_are_the_same(self):
        first = self.prepare(["sqlite: {path: occupancy.db}", "csv: {directory: one, layout: single}"])
        self.occuport("run", "job.yaml")
        first.stop()
        second = self.simulate(buildings=2, sites=2, groups=2, seed=3, gaps=30)
        self.prepare(["sqlite: {path: occupancy.db}", "csv: {directory: one, layout: single}"], second)
        self.occuport("backfill", "--reprocess", "all", "job.yaml")
        sql = ("SELECT building_id, site_id, group_id, granularity, date_partition, inserted, updated, vanished"
               " FROM corrections ORDER BY 1, 2, 3, 4, 5")
        with self.database() as database, self.database(self.folder / "one/.occuport/ledger.db") as ledger:
            self.assertTrue(database.all(sql))
            self.assertEqual(database.all(sql), ledger.all(sql))

    def test_an_edited_file_is_reported_by_place_and_left_alone(self):
        destinations = ["csv: {directory: one, layout: single}", "sqlite: {path: occupancy.db}"]
        first = self.prepare(destinations)
        self.occuport("run", "job.yaml")
        first.stop()
        path = self.folder / "one/building_insights.csv"
        lines = path.read_text().splitlines(keepends=True)
        lines[4] = lines[4].replace(lines[4].split(",")[4], "soon", 1)
        path.write_text("".join(lines))
        edited = path.read_bytes()
        second = self.prepare(destinations, self.simulate(buildings=2, sites=2, groups=2, seed=5))
        result = self.occuport("backfill", "--json", "--reprocess", "all", "job.yaml", code=74)
        self.assertRegex(result.err, r"one/building_insights\.csv:5:\d+: DATE_PARTITION is no date")
        self.assertIn("building_insights.csv:5:", result.json()["message"])
        self.assertEqual(path.read_bytes(), edited)
        with self.database() as database:  # the other destination has the new values all the same
            self.assert_rows(database.rows(self.COLUMNS), second.truth(self.FIRST, self.LAST, self.COLUMNS))

    def test_a_destination_that_fails_does_not_stop_the_other_and_catches_up(self):
        simulator = self.prepare(["sqlite: {path: gone/occupancy.db}", "csv: {directory: part}"])
        result = self.occuport("run", "--json", "job.yaml", code=73)
        self.assertIn("this destination is left out", result.err)
        truth = simulator.truth(self.FIRST, self.LAST, self.COLUMNS)
        self.assertEqual(len(self.partitioned()), len(truth))
        os.mkdir(self.folder / "gone")
        summary = self.occuport("run", "--json", "job.yaml").json()
        self.assertEqual(summary["rows"]["inserted"], len(truth))
        with self.database(self.folder / "gone/occupancy.db") as database:
            self.assert_rows(database.rows(self.COLUMNS), truth)
        self.assertEqual(self.occuport("run", "--json", "job.yaml", now=NOW + 10 * DAY).json()["slices"]["failed"], 0)
        self.assertEqual(self.occuport("run", "--json", "job.yaml", now=NOW + 10 * DAY).json()["slices"]["due"], 0)

    def test_a_destination_that_cannot_grow_does_not_stop_the_other_and_catches_up(self):
        """A limit on the size of a file stands for the full disk: the log of the database meets it, the CSV file does not."""
        simulator = self.prepare(["sqlite: {path: occupancy.db}", "csv: {directory: one, layout: single}"])
        truth = simulator.truth(self.FIRST, self.LAST, self.COLUMNS)
        result = self.occuport("run", "--json", "job.yaml", code=74, file_limit=300000)
        self.assertRegex(result.err, r"destination sqlite: .*occupancy\.db: .*; the run goes on without it")
        self.assertEqual(result.json()["rows"]["inserted"], len(truth), "the counts are those of the one that works")
        self.assertEqual(len(self.read(self.folder / "one/building_insights.csv")[1]), len(truth))
        with self.database() as database:
            self.assertEqual(database.rows(self.COLUMNS), {})
            self.assertEqual(database.one("SELECT count(*) FROM ledger_spans"), 0)
            self.assertEqual(database.one("PRAGMA integrity_check"), "ok")
        self.assertEqual(self.occuport("run", "--json", "job.yaml").json()["rows"]["inserted"], len(truth))
        with self.database() as database:
            self.assert_rows(database.rows(self.COLUMNS), truth)
        self.assert_no_temporary_files()

    def test_one_place_that_is_spelled_in_two_ways_is_one_destination(self):
        """The job cannot tell that they are the same: the first is used, and the others are refused for what they are."""
        simulator = self.prepare(["csv: {directory: part}", "csv: {directory: other}", "sqlite: {path: occupancy.db}",
                                  "sqlite: {path: same.db}", "sqlite: {path: part/.occuport/ledger.db}"])
        (self.folder / "other").symlink_to("part")
        (self.folder / "part").mkdir()
        (self.folder / "same.db").symlink_to("occupancy.db")
        self.occuport("check", "job.yaml")
        for _ in range(2):  # the second time all of it was there before
            result = self.occuport("run", "--json", "job.yaml", code=78)
            for place, first in {"other": "part", "same.db": "occupancy.db", "part/.occuport/ledger.db": "part"}.items():
                self.assertIn("%s is the same place as %s, another destination of the job: leave one of them out; this"
                              " destination is left out" % (self.folder / place, self.folder / first), result.err)
            self.assertEqual(result.json()["slices"]["failed"], 0)
            truth = simulator.truth(self.FIRST, self.LAST, self.COLUMNS)
            self.assertEqual(len(self.partitioned()), len(truth))
            with self.database() as database:
                self.assert_rows(database.rows(self.COLUMNS), truth)

    def test_a_second_run_at_the_same_files_says_who_holds_them(self):
        simulator = self.simulate(buildings=1, sites=1, groups=1, latency=2000)
        self.prepare(["csv: {directory: part}"], simulator)
        first = self.start_occuport("run", "job.yaml")
        lock = self.folder / "part/.occuport/lock"
        harness.wait_until(lambda: lock.exists() and "pid" in lock.read_text(), "the lock")
        result = self.occuport("run", "job.yaml", code=75)
        self.assertIn("pid %d, since 2025-06-01T12:00:00Z" % first.pid, result.err)
        self.finish(first, 0)


if __name__ == "__main__":
    unittest.main()
