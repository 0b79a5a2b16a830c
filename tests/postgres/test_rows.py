"""Rows in PostgreSQL: equal to those of SQLite and CSV beside it, whatever the API does night after night."""
import csv
import json
import unittest

import compare
import rig  # puts the folder of the next three on the path
import insights_stub
import stub_api
import test_nights
from harness import DAY, NOW

THREE = rig.SQLITE % "occupancy.db" + "  - csv: {directory: csv}\n"

DATASETS = """datasets:
  - name: building_insights
  - {name: zone_insights, root_field: ZONE_INSIGHTS, keys: [ZONE_ID]}
  - {name: zone_type_insights, root_field: ZONE_TYPE_INSIGHTS, keys: [ZONE_TYPE]}
"""


class Equal(rig.Postgres):
    """A job with three destinations; at the end they are compared."""

    MORE = ""
    WORLD = {"buildings": 2, "sites": 2, "groups": 1}

    def write(self, simulator, more="", **keys):
        self.job(simulator, more=THREE, **keys)
        path = self.folder / "job.yaml"
        path.write_text(path.read_text() + self.MORE + more)

    def both(self):
        return compare.Both(self.database_path, self.server, self.database_name)

    def csv_rows(self):
        """The rows of the files: texts as they stand there, values as numbers."""
        names = rig.harness.KEY + rig.harness.COLUMNS
        rows = []
        for path in (self.folder / "csv").rglob("*.csv"):
            with open(path, newline="") as file:
                rows += [tuple(row[name] for name in names) for row in csv.DictReader(file) if "GROUP_ID" in row]
        return sorted(row[:6] + tuple(float(value) if value else None for value in row[6:]) for row in rows)

    def assert_equal(self, names=compare.VIEWS + compare.TABLES):
        with self.both() as two:
            found = two.differences(names)
            if found:
                self.fail("\n".join(found))
            stored = sorted(tuple(map(str, row[:6])) + row[6:] for row in two.lite.execute(
                "SELECT %s FROM building_insights" % ", ".join(rig.harness.KEY + rig.harness.COLUMNS)))
            for view in compare.VIEWS:
                self.assertEqual(two.names(view), [name.lower() for name in compare.columns_of(two.lite, view)])
        self.assertEqual(self.csv_rows(), stored)

    def counters(self):
        return self.select("SELECT sum(n_tup_ins), sum(n_tup_upd), sum(n_tup_del) FROM pg_stat_user_tables"
                           " WHERE schemaname = 'occuport' AND relname LIKE 'building_insights%'")[0]


class Straight(Equal):
    def test_first_run_and_again(self):
        simulator = self.simulate(**self.WORLD)
        self.write(simulator)
        self.occuport("run", "-q", "job.yaml")
        self.assert_all_in(simulator)
        self.assert_equal()
        with self.both() as two:
            types = two.types("building_insights")
        self.assertEqual((types["occupancy_mean"], types["start_utc"], types["local_date"], types["building_id"]),
                         ("double precision", "timestamp with time zone", "date", "bigint"))
        self.select("SELECT pg_stat_force_next_flush()")
        before = self.counters()
        again = self.occuport("backfill", "job.yaml", "--reprocess", "all")
        self.assertIn("unchanged", again.out)
        self.server.wait_for("SELECT true")
        self.assertEqual(self.counters(), before)
        self.assert_equal()


class Odd(Equal):
    """What is no plain number under its own day."""

    WORLD = {"buildings": 2, "sites": 1, "groups": 1}
    FIRST, LAST = "2025-05-27", "2025-05-31"
    COLUMNS = ["OCCUPANCY_MEAN", "OCCUPANCY_MAX", "LARGEST_ZONE", "PERCENT_CAPACITY"]

    def run_with(self, columns=None, code=0, more="", **options):
        simulator = self.simulate(**dict(self.WORLD, **options))
        self.write(simulator, columns=columns or self.COLUMNS[:1], more=more, fetch={"max_attempts": 4})
        self.occuport("backfill", "-q", "job.yaml", "--reprocess", "all", code=code)
        simulator.stop()
        self.assert_tables()

    NAMES = compare.VIEWS + compare.TABLES

    def assert_tables(self, names=None):
        with self.both() as two:
            found = two.differences(names or self.NAMES)
        if found:
            self.fail("\n".join(found))

    def test_rows_that_change_their_partition(self):
        for vanished in ("keep", "delete"):
            with self.subTest(vanished=vanished):
                self.MORE = "on_vanished: %s\n" % vanished
                for partitions in ("utc", "local", "utc", "utc"):
                    self.run_with(partitions=partitions, seed=3, gaps=10, late=20, restate=10)
                self.database_path.unlink()
                self.server.run("DROP SCHEMA occuport CASCADE", self.database_name)

    def test_spellings(self):
        for timestamps in ("iso-z", "epoch", "snowflake-tz", "iso-local", "iso-z"):
            self.run_with(timestamps=timestamps)
        self.assertGreater(self.one("SELECT count(*) FROM occuport.spellings"), 4)

    def test_values_of_all_kinds(self):
        """A column is a number as long as only numbers have come, then it is jsonb with the same values."""
        self.run_with(self.COLUMNS)
        with self.both() as two:
            self.assertEqual(two.types("building_insights")["occupancy_max"], "double precision")
        self.run_with(self.COLUMNS, flaws="string:10,huge:10,nested:10,null:10")
        self.NAMES = tuple(name for name in self.NAMES if name != "sites")  # their numbers are numbers
        self.run_with(self.COLUMNS + ["OCCUPANCY_MEAN_POS"], numbers="string")
        self.run_with(self.COLUMNS)

    def run_values(self, values, start="T00:00:00Z"):
        """A day for each JSON text; start: behind the date, of each."""
        def answer(call):
            if "BUILDING_INSIGHTS" not in call.query:
                return stub_api.error("validation-failed")
            body = json.loads(insights_stub.data(call).body)
            for row in body["data"]["BUILDING_INSIGHTS"]:
                row["OCCUPANCY_MEAN"] = "@%d@" % (row["DATE_PARTITION"] % 100)
            text = json.dumps(body)
            for day, value in enumerate(values, 1):
                text = text.replace('"@%d@"' % day, value)
            return stub_api.Answer(text.replace("T00:00:00Z", start).encode())

        api = stub_api.StubApi(answer, stub_api.session)
        try:
            self.job(None, url=api.url, buildings=insights_stub.buildings(1), more=THREE, first="2025-05-01",
                     last="2025-05-%02d" % len(values))
            self.occuport("backfill", "-q", "job.yaml", "--reprocess", "all")
        finally:
            api.close()
        self.assert_tables(("building_insights", "building_insights_daily", "occupancy_daily"))
        with self.both() as two:
            return two.types("building_insights")["occupancy_mean"]

    def test_numbers_that_no_double_holds(self):
        self.assertEqual(self.run_values(["null"] * 3), "double precision")
        self.assertEqual(self.run_values(["1", "2.5", "9007199254740992"]), "double precision")
        self.assertEqual(self.run_values(["9007199254740993", "0.1", "-9223372036854775808"]), "numeric")
        self.assertEqual(self.select("SELECT occupancy_mean::text FROM occuport.building_insights ORDER BY date_partition"),
                         [("9007199254740993",), ("0.1",), ("-9223372036854775808",)])
        self.assertEqual(self.run_values(["1", "12345678901234567890123", "true"]), "jsonb")

    def test_starts_that_no_pattern_gives_back(self):
        """A fraction of a second; the same instant in another spelling is the same row."""
        for start in ("T00:00:00.125Z", "T00:00:00.5+00:00", " 00:00:00.25", "T00:00:00.125Z", "T00:00:00Z"):
            self.run_values(["1", "2", "3"], start)
            self.assert_tables(("building_insights_named", "completeness", "corrections"))
        self.assertEqual(self.one("SELECT count(*) FROM occuport.odd_starts"), 9)

    def test_texts_and_objects(self):
        self.assertEqual(self.run_values(['"a"', '"b\\"c"', "null"]), "text")
        self.assertEqual(self.run_values(['"a"', "1", '{"a": [1, 2]}']), "jsonb")
        self.assertEqual(self.run_values(["7", "8", "9"]), "jsonb")

    def test_objects_that_jsonb_does_not_take(self):
        """Whatever PostgreSQL has no such value for, it comes in, and is given back."""
        self.assertEqual(self.run_values(['{"a": "\\u00e9"}', '{"a": "\\u0000"}', '["\\ud800"]', "[1e999999]",
                                          '["\\ud83d\\ude00"]', "[" * 50 + "]" * 50]), "jsonb")

    def test_columns_that_come_later(self):
        for count in (1, 2, 4, 3, 4):
            self.run_with(self.COLUMNS[:count])

    def test_zone_of_a_building_changes(self):
        for zones in ("America/Toronto,Europe/London", "Asia/Kathmandu,Europe/London", "Asia/Kathmandu,America/St_Johns"):
            self.run_with(zones=zones)

    def test_datasets_with_keys_of_their_own(self):
        names = ("building_insights", "zone_insights", "zone_type_insights")
        views = tuple(name + end for name in names for end in ("", "_named", "_daily")) + ("completeness", "corrections")
        for drop in (0, 5):
            simulator = self.simulate(**dict(self.WORLD, granularities="PT1H,P1D", drop=drop))
            self.write(simulator, more=DATASETS)
            self.occuport("backfill", "-q", "job.yaml", "--reprocess", "all")
            simulator.stop()
            self.assert_tables(views)
        with self.both() as two:
            self.assertEqual((two.types("zone_insights")["zone_id"], two.types("zone_type_insights")["zone_type"]),
                             ("bigint", "text"))


class Nights(test_nights.Nights, Equal):
    """The first nights of the thirty of the harness, into three destinations."""

    test_thirty_nights = None
    WORLD = test_nights.Nights.WORLD

    def write_nightly_job(self, simulator):
        self.write(simulator, first=self.FIRST, last="yesterday", settle="%dd" % test_nights.SETTLE,
                   fetch={"max_attempts": 6, "page_size": 500})

    def go_through(self, nights, vanished):
        self.MORE = "on_vanished: %s\n" % vanished
        names = set(self.world(NOW, fail=0).series())
        for night in range(nights):
            now = NOW - 28 * DAY + night * DAY
            simulator = self.world(now)
            simulator.series_of_the_job = names
            self.write_nightly_job(simulator)
            if night != 3:  # the machine was off
                self.occuport("run", "-q", "job.yaml", now=now)
                self.expect_night(simulator, now)
            simulator.stop()
            if night == 4:
                self.assert_equal()
        self.assert_equal()

    def test_nights_with_deleted_rows(self):
        self.go_through(9, "delete")
        self.assert_history()
        self.assertTrue([change for change in self.corrections if change[7]], "dropped rows")

    def test_nights_with_kept_rows(self):
        self.go_through(6, "keep")
        with self.both() as two:
            _, vanished, _ = two.rows("building_insights_vanished")
        self.assertGreater(len(vanished), 0)


if __name__ == "__main__":
    unittest.main()
