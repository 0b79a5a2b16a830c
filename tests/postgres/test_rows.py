"""Rows in PostgreSQL: what SQLite and CSV hold beside it, over nights and whatever the API does."""
import sqlite3
import unittest

import rig
from harness import NOW

THREE = rig.SQLITE % "occupancy.db" + "  - csv: {directory: csv}\n"


class Rows(rig.Postgres):
    def test_straight(self):
        simulator = self.simulate(buildings=2, sites=2, groups=2)
        self.job(simulator)
        self.occuport("run", "-q", "job.yaml")
        self.assert_all_in(simulator)


if __name__ == "__main__":
    unittest.main()
