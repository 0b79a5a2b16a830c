"""The API moves rows to an earlier partition: its days begin to be those of the building, which lies west of UTC.

The rows of the evening of May 10 come under May 11 at first. They move to May 10, with new values.
"""
import csv
import re
import unittest

import harness
import stub_api

BUILDING = "buildings:\n  - {id: 71, time_zone: America/Toronto, sites: [1], groups: [g]}\n"
EVENING = range(20, 24)


class Stub(harness.EndToEnd):
    """What the API gives: {day: [(start, value)]}."""

    def serve(self):
        def answer(call):
            if "BUILDING_INSIGHTS" not in call.query:
                return stub_api.error("validation-failed")
            page, _, aggregate = call.query.partition("_aggregate(")
            rows = [{"BUILDING_ID": 71, "SITE_ID": 1, "GROUP_ID": "g", "GRANULARITY": "PT1H", "DATE_PARTITION": day,
                     "DATE_TIME_START": start, "OCCUPANCY_MEAN": value}
                    for day in stub_api.rows_of(call, lambda site, group, day: day)
                    for start, value in self.given.get(day, [])]
            data = {"BUILDING_INSIGHTS": rows}
            if aggregate:
                low, high = re.search(r"DATE_PARTITION: \{(?:_gte: (\d+), _lte: |_eq: ())(\d+)\}", aggregate).group(1, 3)
                count = sum(len(rows) for day, rows in self.given.items() if int(low or high) <= day <= int(high))
                data["BUILDING_INSIGHTS_aggregate"] = {"aggregate": {"count": count}}
            return stub_api.answer_json({"data": data})
        self.api = stub_api.StubApi(answer)
        self.addCleanup(self.api.close)

    def write(self, destination, vanished, **keys):
        text = harness.job_text(self.api.url, BUILDING, first="2025-05-10", last="2025-05-11",
                                more="on_vanished: %s\n" % vanished, fetch={"verify": "count"}, **keys)
        (self.folder / "job.yaml").write_text(text.replace('sqlite: {path: "occupancy.db"}', destination))


class Moved(Stub):
    DESTINATION = None

    def stored(self):
        """{start: (partition, value)}; each start is there once."""
        raise NotImplementedError

    def states(self):
        raise NotImplementedError

    def publish(self, evening_day, value):
        hours = {day: [("2025-05-%dT%02d:00:00-04:00" % (day % 100, hour), 1) for hour in range(20)]
                 for day in (20250510, 20250511)}
        self.evening = [("2025-05-10T%02d:00:00-04:00" % hour, value) for hour in EVENING]
        hours[evening_day] = sorted(hours[evening_day] + self.evening)
        self.given = hours

    def assert_as_given(self):
        self.assertEqual(self.stored(), {start: (day, value) for day, rows in self.given.items() for start, value in rows})
        self.assertEqual(self.states(), {20250510: "settled", 20250511: "settled"})

    def begin(self, vanished):
        self.publish(20250511, 1)
        self.serve()
        self.write(self.DESTINATION, vanished)
        self.occuport("run", "-q", "job.yaml")
        self.assert_as_given()
        self.publish(20250510, 2)

    def fetch(self, first, last):
        return self.occuport("backfill", "--from", first, "--to", last, "--reprocess", "all", "--json", "job.yaml").json()

    def in_one_unit(self, vanished):
        self.begin(vanished)
        rows = self.fetch("2025-05-10", "2025-05-11")["rows"]
        self.assert_as_given()
        self.assertEqual((rows["inserted"] + rows["updated"], rows["vanished"], rows["unchanged"]), (4, 4, 40))
        self.assertIn("0 of 2", self.occuport("plan", "job.yaml").out)

    def earlier_day_first(self, vanished):
        self.begin(vanished)
        self.fetch("2025-05-10", "2025-05-10")
        self.assertEqual(self.states(), {20250510: "settled", 20250511: "settled"})
        self.fetch("2025-05-11", "2025-05-11")
        self.assertEqual(self.states(), {20250510: "open", 20250511: "settled"}, "May 10 lacks its evening")
        self.occuport("run", "-q", "job.yaml")
        self.assert_as_given()
        self.assertIn("0 of 2", self.occuport("plan", "job.yaml").out)

    def rows_that_are_just_gone(self):
        """The day before is asked once more, and has nothing to give: that is all."""
        self.begin("delete")
        self.given[20250510] = self.given[20250510][:20]
        self.fetch("2025-05-11", "2025-05-11")
        self.occuport("run", "-q", "job.yaml")
        self.assert_as_given()

    def test_in_one_unit_keep(self):
        self.in_one_unit("keep")

    def test_in_one_unit_delete(self):
        self.in_one_unit("delete")

    def test_earlier_day_first_keep(self):
        self.earlier_day_first("keep")

    def test_earlier_day_first_delete(self):
        self.earlier_day_first("delete")

    def test_rows_that_are_just_gone(self):
        self.rows_that_are_just_gone()


class Sqlite(Moved):
    DESTINATION = "sqlite: {path: occupancy.db}"

    def stored(self):
        with self.database() as database:
            rows = database.all("SELECT DATE_TIME_START, DATE_PARTITION, OCCUPANCY_MEAN FROM building_insights")
        self.assertEqual(len({row[0] for row in rows}), len(rows))
        return {start: (day, value) for start, day, value in rows}

    def states(self):
        with self.database() as database:
            return dict(database.all("SELECT DATE_PARTITION, STATE FROM completeness"))


class CsvSingle(Moved):
    DESTINATION = "csv: {directory: c, layout: single}"

    def stored(self):
        with open(self.folder / "c/building_insights.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len({row["DATE_TIME_START"] for row in rows}), len(rows))
        return {row["DATE_TIME_START"]: (int(row["DATE_PARTITION"]), float(row["OCCUPANCY_MEAN"])) for row in rows}

    def states(self):
        with harness.Database(self.folder / "c/.occuport/ledger.db") as database:
            spans = database.all("SELECT first_day, end_day, settled FROM ledger_spans")
        return {harness.partition(harness.datetime.date(1970, 1, 1) + harness.datetime.timedelta(days=day)):
                "settled" if settled else "open" for first, end, settled in spans for day in range(first, end)}


def load_tests(loader, tests, pattern):
    """Without the class that the others are made of."""
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in (Sqlite, CsvSingle))


if __name__ == "__main__":
    unittest.main()
