"""Rows that the API moves to an earlier partition, stored in PostgreSQL."""
import unittest

import rig  # puts the folder of the next on the path
import test_moved_rows


class Moved(test_moved_rows.Moved, rig.Postgres):
    @property
    def DESTINATION(self):
        return 'postgres: {dsn: "%s", schema: occuport}' % self.dsn()

    def stored(self):
        rows = self.select("SELECT DATE_TIME_START, DATE_PARTITION, OCCUPANCY_MEAN FROM occuport.building_insights")
        self.assertEqual(len({row[0] for row in rows}), len(rows))
        return {start: (int(day), float(value)) for start, day, value in rows}

    def states(self):
        return {int(day): state for day, state in self.select("SELECT DATE_PARTITION, STATE FROM occuport.completeness")}


if __name__ == "__main__":
    unittest.main()
