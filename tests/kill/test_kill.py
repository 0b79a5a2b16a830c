"""Killed with SIGKILL at every named commit point and at random, each slice is absent or whole, and the next run ends
in the tables of a run that was never killed. The long form is `soak`.

OCCUPORT_TEST_SEED sets the seed of the random moments.
"""
import contextlib
import pathlib
import random
import re
import sqlite3
import tempfile
import unittest

import world
from trial import Trial
from world import harness

SEED = world.seed_of_environment(20250601)
RANDOM_KILLS = 12  # of each kind
POINT_MISSED_MOST = 3  # passes that depend on the order of answers may come out fewer than in the first run


MIGRATIONS = harness.ROOT / "migrations"
DATABASES = ("occupancy.db", "part/.occuport/ledger.db", "one/.occuport/ledger.db")


def take_back(path):
    """Makes a database as the program left it when the migrations ended with 0004."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        old = (MIGRATIONS / "0002_rows_building_insights.sql").read_text()
        script = ["BEGIN"]
        if connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'completeness'").fetchone()[0]:
            script += ["DROP VIEW IF EXISTS building_insights_daily", "DROP VIEW completeness"]
            script += [re.search(r"CREATE VIEW completeness.*?;\n", old, re.S).group()]
        for table in ("rejects", "corrections"):
            script += ["ALTER TABLE %s DROP COLUMN dataset" % table]
        script += ["DROP TABLE IF EXISTS building_insights_days"]
        script += ["DELETE FROM schema_migrations WHERE number > 4", "COMMIT"]
        connection.executescript(";\n".join(script))


def numbers(path):
    with world.stored.copied(path) as connection:
        return tuple(number for number, in connection.execute("SELECT number FROM schema_migrations ORDER BY number"))


class Kill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="occuport-kill-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.count = 0
        cls.nights = []
        for flavour in ("keep", "history"):
            made = world.World(cls.folder / flavour, flavour, SEED)
            cls.addClassCleanup(made.stop)
            cls.nights += made.nights

    def trial(self, night, **keys):
        type(self).count += 1
        return Trial(night, self.folder / ("trial-%d" % self.count), **keys)

    def assert_healed(self, trial):
        trial.finish()
        self.assertEqual(trial.complaints, [])

    def test_no_point_of_the_sources_is_forgotten(self):
        passed = {name for night in self.nights for name in night.passes}
        self.assertEqual(world.names_in_sources(), passed)
        self.assertGreater(len(passed), 30)

    def test_killed_at_every_named_point(self):
        self.assertTrue(self.nights[1].corrections)
        missed = []
        for point in sorted(world.names_in_sources()):
            night = next(night for night in self.nights[1:] + self.nights[:1] if point in night.passes)
            number = (night.passes[point] + 1) // 2
            with self.subTest(point=point, number=number, night=night.number):
                trial = self.trial(night)
                if not trial.kill_at(point, number):
                    missed.append(point)
                self.assert_healed(trial)
        self.assertLessEqual(len(missed), POINT_MISSED_MOST, missed)

    def test_killed_at_random_moments(self):
        dice = random.Random(SEED)
        kills = starts = 0
        while kills < RANDOM_KILLS and starts < 5 * RANDOM_KILLS:
            night = dice.choice(self.nights)
            moments = [dice.uniform(0, night.seconds) for _ in range(dice.randint(1, 4))]
            with self.subTest(seed=SEED, moments=moments, night=night.number):
                trial = self.trial(night)
                for moment in moments:
                    if not trial.kill_after(moment):
                        break
                self.assert_healed(trial)
                kills, starts = kills + trial.kills, starts + trial.starts
        self.assertGreaterEqual(kills, RANDOM_KILLS)

    def test_killed_at_random_changes_of_the_disk(self):
        dice = random.Random(SEED + 1)
        for night in self.nights:
            for number in dice.sample(range(1, night.changes), RANDOM_KILLS // len(self.nights)):
                with self.subTest(seed=SEED, change=number, night=night.number):
                    trial = self.trial(night)
                    self.assertTrue(trial.kill_at_change(number))
                    self.assert_healed(trial)

    def test_killed_inside_the_upgrade_of_an_older_database(self):
        """Each database is of one version or of the other, with all rows, and the next run brings it up to date."""
        night = self.nights[1]
        for point, number in (("migrate.applied", 1), ("migrate.recorded", 1), ("migrate.applied", 2),
                              ("db.committing", 1), ("migrate.applied", 3)):
            with self.subTest(point=point, number=number):
                trial = self.trial(night)
                new = [numbers(trial.folder / path) for path in DATABASES]
                for path in DATABASES:
                    take_back(trial.folder / path)
                old = [numbers(trial.folder / path) for path in DATABASES]
                self.assertEqual([len(old[0]), len(old[1])], [4, 3])
                self.assertTrue(trial.kill_at(point, number))
                for path, before, after in zip(DATABASES, old, new):
                    self.assertIn(numbers(trial.folder / path), (before, after), path)
                self.assert_healed(trial)
                self.assertEqual([numbers(trial.folder / path) for path in DATABASES], new)


if __name__ == "__main__":
    unittest.main()
