"""Thirty nights with late, restated and dropped rows and a failing API: the tables are the truth, the history is true."""
import datetime
import unittest

import harness
from harness import DAY, NOW, partition

NIGHTS = 30
SETTLE = 4


class Nights(harness.EndToEnd):
    FIRST = "2025-05-01"
    # Everything that the simulator changes, it changes within three days of the end of a day: before the day is settled.
    WORLD = {"buildings": 2, "sites": 2, "groups": 1, "late": 40, "restate": 20, "restate_days": 2, "drop": 3,
             "drop_after": 2, "fail": 10}

    def setUp(self):
        super().setUp()
        self.stored = {}    # key to values: what the database must hold
        self.fetched = set()  # slices that were fetched
        self.settled = set()
        self.sighted = set()  # slices that had rows and came back empty once
        self.corrections = []

    def world(self, now, **more):
        return self.simulate(now=now, days=(self.FIRST, "2025-06-30"), **dict(self.WORLD, **more))

    def due(self, simulator, now):
        """Slices of the coverage that are not settled, with whether they settle now."""
        for series in simulator.series_of_the_job:
            zone = simulator.zone(series[0])
            today = datetime.datetime.fromtimestamp(now, zone).date()
            day = datetime.date.fromisoformat(self.FIRST)
            while day < today:
                slice_ = series + (partition(day),)
                end = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), zone).timestamp()
                if slice_ not in self.settled:
                    yield slice_, now >= end + SETTLE * DAY
                day += datetime.timedelta(days=1)

    def expect_night(self, simulator, now):
        """Moves the model on by one run that fetches every due slice."""
        truth = {}
        for key, values in simulator.truth(self.FIRST, "2025-06-30").items():
            truth.setdefault(key[:5], {})[key] = values
        mine = {}
        for key, values in self.stored.items():
            mine.setdefault(key[:5], {})[key] = values
        due = list(self.due(simulator, now))
        for slice_, settles in due:
            new, old = truth.get(slice_, {}), mine.get(slice_, {})
            held_back = not new and old and slice_ not in self.sighted
            if held_back:
                self.sighted.add(slice_)
                settles = False
                new = old
            elif new or old:
                self.sighted.discard(slice_)
            changes = (len(new.keys() - old.keys()), sum(old[key] != new[key] for key in new.keys() & old.keys()),
                       len(old.keys() - new.keys()))
            if slice_ in self.fetched and any(changes):
                self.corrections.append(slice_ + changes)
            self.reopen(slice_, old.keys() - new.keys(), {slice_ for slice_, _ in due})
            for key in old:
                del self.stored[key]
            self.stored.update(new)
            self.fetched.add(slice_)
            if settles:
                self.settled.add(slice_)

    def reopen(self, slice_, dropped, due):
        """A row that a day no longer has may be given under an earlier one: what is not due anyway is fetched again."""
        for key in dropped:
            start = datetime.datetime.fromisoformat(key[5]).astimezone(datetime.timezone.utc).date()
            first = partition(start - datetime.timedelta(days=1))
            self.settled -= {one for one in self.settled if one[:4] == slice_[:4] and first <= one[4] < slice_[4]
                             and one not in due}

    def assert_history(self):
        with self.database() as database:
            self.assert_rows(database.rows(), self.stored)
            history = database.all("SELECT building_id, site_id, group_id, granularity, date_partition, inserted, updated,"
                                   " vanished FROM corrections")
            states = database.completeness()
        self.assertEqual(sorted(history), sorted(self.corrections))
        self.assertEqual({slice_ for slice_, (state, _) in states.items() if state == "settled"}, self.settled)

    def write_nightly_job(self, simulator):
        self.write_job(simulator, first=self.FIRST, last="yesterday", settle="%dd" % SETTLE, more="on_vanished: delete\n",
                       fetch={"max_attempts": 6, "page_size": 500})

    def test_thirty_nights(self):
        names = None
        for night in range(NIGHTS):
            now = NOW - 28 * DAY + night * DAY
            simulator = self.world(now)
            names = names or {line for line in self.world(NOW, fail=0).series()}
            simulator.series_of_the_job = names
            self.write_nightly_job(simulator)
            if night in (9, 10, 11):  # three nights on which the machine was off
                simulator.stop()
                continue
            self.occuport("run", "-q", "job.yaml", now=now)
            self.expect_night(simulator, now)
            simulator.stop()
            if night % 5 == 0:
                self.assert_history()
        self.assert_history()
        self.assertTrue([change for change in self.corrections if change[5]], "late rows")
        self.assertTrue([change for change in self.corrections if change[6]], "restated rows")
        self.assertTrue([change for change in self.corrections if change[7]], "dropped rows")


if __name__ == "__main__":
    unittest.main()
