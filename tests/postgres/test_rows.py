"""Rows in PostgreSQL: equal to those of SQLite and CSV beside it, whatever the API does night after night."""
import csv
import unittest

import compare
import rig
import test_nights  # rig has put its folder on the path
from harness import DAY, NOW

THREE = rig.SQLITE % "occupancy.db" + "  - csv: {directory: csv}\n"


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


class Nights(test_nights.Nights, Equal):
    """The thirty nights of the harness, a dozen of them, into three destinations."""

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
            if night != 4:  # the machine was off
                self.occuport("run", "-q", "job.yaml", now=now)
                self.expect_night(simulator, now)
            simulator.stop()
            if night % 3 == 2:
                self.assert_equal()
        self.assert_equal()

    def test_nights_with_deleted_rows(self):
        self.go_through(12, "delete")
        self.assert_history()
        self.assertTrue([change for change in self.corrections if change[7]], "dropped rows")

    def test_nights_with_kept_rows(self):
        self.go_through(9, "keep")
        with self.both() as two:
            _, vanished, _ = two.rows("building_insights_vanished")
        self.assertGreater(len(vanished), 0)


if __name__ == "__main__":
    unittest.main()
