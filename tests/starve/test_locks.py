"""A database that another program holds for longer than the busy timeout.

The timeout is a minute. The preloaded library makes the sleeps of SQLite take no time; it counts how long it meant to
sleep, so the minute is over in a moment.
"""
import sqlite3
import tempfile
import unittest

import starve

NAMES = ["sql", "part"]
FILES = {"sql": "sql/occupancy.db", "part": "part/.occuport/ledger.db"}


class Locks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = starve.World.get(cls)

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="occuport-starve-")
        self.addCleanup(temporary.cleanup)
        self.case = starve.Case(self.world, temporary.name + "/case", NAMES, starve.PLAIN)

    def hold(self, path, *statements):
        connection = sqlite3.connect(self.case.folder / path, isolation_level=None)
        self.addCleanup(connection.close)
        for statement in statements:
            connection.execute(statement).fetchall()
        return connection

    def run_beside(self, connection):
        result = self.case.run(env=self.case.shim_env(no_sleep=1))
        connection.execute("ROLLBACK")
        connection.close()
        self.case.check_harmless(result)
        return result

    def assert_heals(self):
        self.case.heal()
        self.assertEqual(self.case.problems, [], "\n".join(map(str, self.case.problems)))

    def with_old_data(self):
        starve.snapshot(self.world, self.case.folder, NAMES, starve.PLAIN)
        self.case.write_job(self.world.after)

    def test_a_writer_holds_one_destination_and_the_other_goes_on(self):
        for name, path in FILES.items():
            with self.subTest(destination=name):
                self.with_old_data()
                result = self.run_beside(self.hold(path, "BEGIN IMMEDIATE"))
                self.assertEqual(result.code, 74, str(result))
                self.assertRegex(result.err, r"%s: database is locked \(another program holds a lock on it\)" % path)
                other = next(other for other in NAMES if other != name)
                self.assertTrue(self.case.is_new(other), "the other destination is up to date")
                self.assertEqual(starve.read(self.case.folder, name).rows, self.world.old)
                self.assert_heals()

    def test_a_writer_holds_the_claims(self):
        """They only keep two runs from doing the same work: without them the run goes on alone, and says so."""
        self.with_old_data()
        result = self.run_beside(self.hold("sql/occupancy.db.claims", "BEGIN IMMEDIATE"))
        self.assertEqual(result.code, 0, str(result))
        self.assertRegex(result.err, r"warning: .*occupancy\.db\.claims: database is locked")
        self.assertTrue(all(self.case.is_new(name) for name in NAMES))
        self.assert_heals()

    def test_a_reader_holds_nobody_up(self):
        self.with_old_data()
        reader = self.hold(FILES["sql"], "BEGIN", "SELECT count(*) FROM building_insights")
        result = self.case.run(env=self.case.shim_env(no_sleep=1))
        self.assertEqual(result.code, 0, str(result))
        rows = reader.execute("SELECT count(*), sum(OCCUPANCY_MEAN) FROM building_insights").fetchone()
        self.assertEqual(rows[0], len(self.world.old))
        self.assertAlmostEqual(rows[1], sum(value or 0 for (value,) in self.world.old.values()), places=6)
        reader.close()
        self.assertTrue(self.case.is_new("sql"))
        self.assert_heals()

    def test_a_reader_of_a_file_that_is_not_yet_in_wal_mode(self):
        """Switching it to WAL needs the file alone."""
        self.case.write_job(self.world.after)
        self.hold(FILES["sql"], "CREATE TABLE other (x)").close()
        reader = self.hold(FILES["sql"], "BEGIN", "SELECT count(*) FROM other")
        result = self.run_beside(reader)
        self.assertEqual(result.code, 74, str(result))
        self.assertIn("occupancy.db: database is locked", result.err)
        self.assertTrue(self.case.is_new("part"))
        self.assert_heals()


if __name__ == "__main__":
    unittest.main()
