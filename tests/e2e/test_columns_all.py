"""`columns: all`: whatever the server shows is stored, and what changes in it is recorded."""
import csv
import fcntl
import sqlite3
import unittest

import harness
from harness import ALL_COLUMNS, DAY, NOW


class ColumnsAll(harness.EndToEnd):
    FIRST, LAST = "2025-05-29", "2025-05-31"
    CHANGES = "SELECT column_name, change, from_type, to_type FROM schema_changes WHERE change_id > ? ORDER BY change_id"

    def serve(self, **options):
        """A simulator with a job for all its columns; the same rows whatever the role may see."""
        simulator = self.simulate(**dict({"buildings": 1, "sites": 2, "groups": 2, "granularities": "PT1H"}, **options))
        self.write_job(simulator, first=self.FIRST, last=self.LAST)
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace("columns: [OCCUPANCY_MEAN]", "columns: all"))
        return simulator

    def changes(self, after=0):
        with self.database() as database:
            return database.all(self.CHANGES, after)

    def alter(self, sql):
        connection = sqlite3.connect(self.database_path)
        with connection:
            connection.execute(sql)
        connection.close()

    def test_every_column_is_stored_with_its_values(self):
        simulator = self.serve()
        self.occuport("run", "job.yaml")
        self.assert_all_stored(simulator, self.FIRST, self.LAST, ALL_COLUMNS)
        self.assertEqual([row[0] for row in self.changes()], ALL_COLUMNS)
        self.assertEqual({row[1] for row in self.changes()}, {"added"})
        with self.database() as database:
            names = [row[1] for row in database.all("PRAGMA table_info(building_insights)")]
        self.assertEqual(names, harness.KEY + ALL_COLUMNS + ["START_UTC", "LOCAL_DATE", "LOCAL_HOUR"])

    def test_a_server_of_the_documented_dialect(self):
        simulator = self.serve(dialect="documented", sites=1, groups=1)
        self.assertEqual(self.occuport("run", "--json", "job.yaml").json()["dialect"], "documented")
        self.assert_all_stored(simulator, self.FIRST, self.LAST, ALL_COLUMNS)

    def test_a_new_column_is_added_and_fetched_for_all_days(self):
        self.serve(deny_columns="OCCUPANCY_MAX,LARGEST_ZONE")
        self.occuport("run", "job.yaml")
        known = len(self.changes())
        simulator = self.serve()
        self.assertIn("new column OCCUPANCY_MAX", self.occuport("run", "job.yaml", now=NOW + 9 * DAY).err)
        self.assert_all_stored(simulator, self.FIRST, self.LAST, ALL_COLUMNS, now=NOW + 9 * DAY)
        self.assertEqual(self.changes(known), [("OCCUPANCY_MAX", "added", None, "Float"),
                                               ("LARGEST_ZONE", "added", None, "VARIANT")])

    def test_a_column_that_is_gone_is_recorded_and_its_data_stays(self):
        simulator = self.serve()
        self.occuport("run", "job.yaml")
        known = len(self.changes())
        self.serve(deny_columns="OCCUPANCY_MAX")
        result = self.occuport("check", "--online", "job.yaml", code=78)
        self.assertIn("no longer has the column 'OCCUPANCY_MAX'", result.err)
        self.assertIn("no longer has the column OCCUPANCY_MAX", self.occuport("run", "job.yaml").err)
        self.assertEqual(self.changes(known), [("OCCUPANCY_MAX", "gone", "Float", None)])
        self.assert_all_stored(simulator, self.FIRST, self.LAST, ALL_COLUMNS)
        self.assertNotIn("OCCUPANCY_MAX", self.occuport("run", "job.yaml").err)
        self.occuport("check", "--online", "job.yaml")
        self.assertEqual(len(self.changes(known)), 1)

    def test_a_type_that_changes_is_recorded_and_the_values_stored(self):
        simulator = self.serve()
        self.occuport("run", "job.yaml")
        self.alter("UPDATE schema_changes SET to_type = 'String' WHERE column_name = 'OCCUPANCY_MEAN'")
        known = len(self.changes())
        self.assertIn("column OCCUPANCY_MEAN was String and is Float now", self.occuport("run", "job.yaml").err)
        self.assertEqual(self.changes(known), [("OCCUPANCY_MEAN", "type", "String", "Float")])
        self.assert_all_stored(simulator, self.FIRST, self.LAST, ALL_COLUMNS)

    def test_a_named_column_that_is_gone_ends_the_run(self):
        self.serve(deny_columns="OCCUPANCY_MAX")
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace("columns: all", "columns: [OCCUPANCY_MAX]"))
        self.assertIn("'OCCUPANCY_MAX'", self.occuport("run", "job.yaml", code=78).err)

    def test_without_introspection_the_columns_must_be_named(self):
        self.serve(no_introspection=True)
        for command in (["run"], ["check", "--online"]):
            with self.subTest(command=command):
                result = self.occuport(*command, "job.yaml", code=78)
                self.assertIn("name the columns in the job", result.err)
        self.assertFalse(self.database_path.exists())

    def test_commands_that_send_nothing_take_what_is_known(self):
        simulator = self.serve()
        self.assertEqual(self.occuport("plan", "--json", "job.yaml").json()["slices"]["missing"], 12)
        self.occuport("run", "job.yaml", now=NOW + 9 * DAY)
        simulator.stop()
        self.assertEqual(self.occuport("plan", "--json", "job.yaml", now=NOW + 9 * DAY).json()["slices"]["due"], 0)
        coverage = self.occuport("status", "--json", "job.yaml", now=NOW + 9 * DAY).json()["coverage"]
        self.assertEqual((coverage["settled"], coverage["due"]), (12, 12))

    def test_a_server_that_is_down_leaves_a_failed_run_behind_and_all_data(self):
        simulator = self.serve()
        self.occuport("run", "job.yaml")
        simulator.stop()
        self.occuport("run", "job.yaml", code=69)
        self.assert_all_stored(simulator, self.FIRST, self.LAST, ALL_COLUMNS)
        with self.database() as database:
            self.assertEqual(database.all("SELECT exit_code FROM runs ORDER BY started_at, rowid"), [(0,), (69,)])

    def test_csv_files_and_their_ledger(self):
        self.serve(deny_columns="OCCUPANCY_MAX")
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace('sqlite: {path: "occupancy.db"}', "csv: {directory: csv}"))
        self.occuport("run", "job.yaml")
        text, serving = path.read_text(), self.serve()
        address = [line for line in path.read_text().splitlines() if "base_url" in line][0]
        path.write_text("\n".join(address if "base_url" in line else line for line in text.splitlines()) + "\n")
        self.occuport("run", "job.yaml")
        rows = {}
        for file in sorted((self.folder / "csv").glob("building_insights/*/*/rows.csv")):
            with open(file, newline="") as stream:
                for row in csv.DictReader(stream):
                    key = tuple(int(row[name]) if name in ("BUILDING_ID", "SITE_ID", "DATE_PARTITION") else row[name]
                                for name in harness.KEY)
                    rows[key] = tuple(harness.true_value(name, row[name]) for name in ALL_COLUMNS)
        self.assert_rows(rows, serving.truth(self.FIRST, self.LAST, ALL_COLUMNS))
        with harness.Database(self.folder / "csv/.occuport/ledger.db") as ledger:
            self.assertEqual([row[:2] for row in ledger.all(self.CHANGES, 4)], [("OCCUPANCY_MAX", "added")])

    def test_a_destination_that_was_left_out_when_one_came(self):
        """The first of the job, so that it is the other one alone that knows the new column."""
        def serve(**options):
            simulator = self.serve(**options)
            path = self.folder / "job.yaml"
            path.write_text(path.read_text().replace("destinations:\n", "destinations:\n  - csv: {directory: csv}\n"))
            return simulator
        later = NOW + 9 * DAY
        serve(deny_columns="OCCUPANCY_MAX")
        self.occuport("run", "job.yaml", now=later)
        simulator = serve()
        with open(self.folder / "csv/.occuport/lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("this destination is left out", self.occuport("run", "job.yaml", now=later, code=75).err)
        slices = 2 * 2 * 3
        self.assertEqual(self.occuport("plan", "--json", "job.yaml", now=later).json()["slices"]["due"], slices)
        coverage = self.occuport("status", "--json", "job.yaml", now=later).json()["coverage"]
        self.assertEqual((coverage["settled"], coverage["open"]), (0, slices))
        self.occuport("run", "job.yaml", now=later)
        self.assert_all_stored(simulator, self.FIRST, self.LAST, ALL_COLUMNS, now=later)
        self.assertEqual(self.occuport("plan", "--json", "job.yaml", now=later).json()["slices"]["due"], 0)


if __name__ == "__main__":
    unittest.main()
