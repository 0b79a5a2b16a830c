"""What the first answers teach, where the schema is hidden and one building, slice or column misleads."""
import re
import unittest

import insights_stub
import stub_api
from insights_stub import DAYS, asked, building_of, buildings, data

UNCLEAR = stub_api.answer_json({"data": None, "errors": [{"message": "internal error"}]})
REFUSED = stub_api.error("validation-failed")


def hides_schema(answer):
    return lambda call: REFUSED if "__" in call.query else answer(call)


def rows_asked(call):
    return asked(call.query.partition("_aggregate(")[0])


class Negotiation(insights_stub.StubRuns):
    def all_but_71(self, count):
        return {building: DAYS for building in range(72, 71 + count)}

    def test_a_column_that_fails_in_one_building(self):
        def answer(call):
            return UNCLEAR if building_of(call) == 71 and "OCCUPANCY_MEAN" in call.query else data(call)
        summary = self.run_stub(hides_schema(answer), buildings(10), code=75, fetch={"max_attempts": 2})
        self.assertEqual(self.settled(), self.all_but_71(10))
        self.assertEqual(summary["dialect"], "hasura")

    def test_an_unknown_column_where_errors_have_no_reason(self):
        for count in (1, 2):
            with self.subTest(buildings=count):
                self.database_path.unlink(missing_ok=True)
                self.run_stub(hides_schema(lambda call: UNCLEAR if "NOPE" in call.query else data(call)),
                              buildings(count), code=78, columns=["OCCUPANCY_MEAN", "NOPE"])
                self.assertIn("no column 'NOPE'", self.message())
                self.assertNotIn("MEAN", self.message())

    def test_a_server_that_stumbles_over_the_question_for_columns(self):
        def answer(call):
            if building_of(call) != 71:
                return data(call)
            return UNCLEAR if "OCCUPANCY_MEAN" in call.query else stub_api.error("unexpected")
        self.run_stub(hides_schema(answer), buildings(10), code=75, fetch={"max_attempts": 2})
        self.assertEqual(self.settled(), self.all_but_71(10))

    def test_a_building_that_misleads_to_the_documented_dialect_and_fails_there(self):
        def answer(call):
            if building_of(call) != 71:
                return data(call)
            return UNCLEAR if "limit:" in call.query else stub_api.error("unexpected")
        summary = self.run_stub(hides_schema(answer), buildings(10), code=75, fetch={"max_attempts": 2})
        self.assertEqual(summary["dialect"], "hasura")
        self.assertEqual(self.settled(), self.all_but_71(10))

    def test_no_counts_and_one_bad_slice_in_the_only_building(self):
        for bad in ((20250501, 1), (20250502, 1)):
            def answer(call):
                return UNCLEAR if "_aggregate" in call.query or bad in rows_asked(call) else data(call)
            with self.subTest(bad=bad):
                self.database_path.unlink(missing_ok=True)
                summary = self.run_stub(hides_schema(answer), buildings(1, sites=3), code=75, fetch={"max_attempts": 2})
                self.assertEqual(summary["dialect"], "hasura")
                self.assertEqual(self.states(), {"settled": 3 * DAYS - 1, "failed": 1})

    def test_neither_long_lists_nor_counts(self):
        def answer(call):
            sites = re.search(r"SITE_ID: \{_in: \[(.*?)\]", call.query)
            is_long = sites is not None and sites.group(1).count(",") >= 8
            return REFUSED if is_long or "_aggregate" in call.query else data(call)
        summary = self.run_stub(hides_schema(answer), buildings(2, sites=40), last=4)
        self.assertEqual(summary["dialect"], "hasura")
        self.assertEqual(self.states(), {"settled": 320})


if __name__ == "__main__":
    unittest.main()
