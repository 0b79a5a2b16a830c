"""What is stored as complete is complete, also where a server cuts its answers and the dialect changes in the middle."""
import re
import unittest

import insights_stub
import stub_api
from insights_stub import asked, buildings, building_of


def hours(call, count, most=None):
    """The first hours of each slice, at most so many rows when the query has no limit."""
    rows = [{"BUILDING_ID": building_of(call), "SITE_ID": site, "GROUP_ID": "g", "GRANULARITY": "PT1H",
             "DATE_PARTITION": day, "DATE_TIME_START": "2025-05-%02dT%02d:00:00Z" % (day % 100, hour),
             "OCCUPANCY_MEAN": 1} for day, site in asked(call.query) for hour in range(count)]
    limit = re.search(r"limit: (\d+)", call.query)
    return stub_api.answer_json({"data": {"BUILDING_INSIGHTS": rows[:int(limit.group(1)) if limit else most]}})


def hourly(count):
    return buildings(count).replace("P1D", "PT1H")


class Proofs(insights_stub.StubRuns):
    def test_a_limit_of_its_own_where_none_is_sent(self):
        """The long page that came with a limit is no evidence for pages without one."""
        def answer(call):
            if "__" in call.query or "_aggregate" in call.query or "_gt:" in call.query:
                return stub_api.error("validation-failed")
            return hours(call, 24, most=20)
        summary = self.run_stub(answer, hourly(4), code=75, last=1)
        self.assertEqual(summary["dialect"], "documented")
        self.assertEqual(self.states(), {"failed": 4})

    def test_one_building_whose_further_pages_are_refused(self):
        """The others have shown that the API can read on: it fails alone."""
        def answer(call):
            if "__" in call.query or "_aggregate" in call.query or (building_of(call) == 81 and "_gt" in call.query):
                return stub_api.error("validation-failed")
            return hours(call, 10)
        summary = self.run_stub(answer, hourly(40), code=75, last=1, fetch={"concurrency": 2})
        self.assertEqual(summary["dialect"], "hasura")
        self.assertEqual(self.states(), {"settled": 39, "failed": 1})


if __name__ == "__main__":
    unittest.main()
