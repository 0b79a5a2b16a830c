"""What fails costs what fails, and nothing else: one building, one slice, a burst, a quota; and a run says the right thing."""
import json
import re
import threading
import time
import unittest

import insights_stub
import stub_api
from insights_stub import DAYS, buildings, building_of, data

UNCLEAR = stub_api.answer_json({"data": None, "errors": [{"message": "internal error"}]})


def is_schema(call):
    return "__" in call.query


class Troubles(insights_stub.StubRuns):
    def run_with_bad(self, is_bad, error, count, code=75, sites=1, **keys):
        def answer(call):
            if is_schema(call):
                return stub_api.error("validation-failed")
            return error if is_bad(building_of(call)) else data(call)
        return self.run_stub(answer, buildings(count, sites), code=code, **keys)

    def test_a_first_building_whose_errors_have_no_reason(self):
        summary = self.run_with_bad(lambda building: building == 71, UNCLEAR, 4)
        self.assertEqual(self.settled(), {72: DAYS, 73: DAYS, 74: DAYS})
        self.assertEqual(summary["dialect"], "hasura", "the others are asked in the best form")
        self.assertEqual(summary["slices"]["failed"], DAYS)

    def test_many_bad_buildings_at_the_beginning_of_the_plan(self):
        for error in (UNCLEAR, stub_api.error("unexpected"), stub_api.Answer("down", 500, "text/plain")):
            with self.subTest(body=error.body):
                self.database_path.unlink(missing_ok=True)
                self.run_with_bad(lambda building: building < 93, error, 60, last=1, fetch={"max_attempts": 1})
                self.assertEqual(self.settled(), {building: 1 for building in range(93, 131)})

    def test_a_large_bad_building_among_good_ones(self):
        def answer(call):
            return stub_api.Answer("down", 500, "text/plain") if building_of(call) == 71 else data(call)
        block = buildings(30).replace("{id: 71, sites: [1]", "{id: 71, sites: %s" % json.dumps(list(range(1, 61))))
        self.run_stub(answer, block, code=75, fetch={"page_size": 40})
        self.assertEqual(self.settled(), {building: DAYS for building in range(72, 101)})
        with self.database() as database:
            self.assertNotIn("cannot be reached", database.one("SELECT message FROM runs") or "")

    def test_only_a_bad_building_is_due_and_the_api_is_there(self):
        summary = self.run_with_bad(lambda building: True, stub_api.error("unexpected"), 30, last=2,
                                    fetch={"max_attempts": 1})
        self.assertNotIn("cannot be reached", json.dumps(summary))
        self.assertGreaterEqual(summary["slices"]["failed"], 20)

    def test_a_refused_building_does_not_make_the_units_of_others_small(self):
        summary = self.run_with_bad(lambda building: building == 71, stub_api.error("permission-denied"), 40)
        self.assertEqual(self.settled(), {building: DAYS for building in range(72, 111)})
        self.assertLess(summary["requests"], 3 * DAYS + 39 * 2 + 10)
        self.assertNotIn("rows at once", self.learned())

    def test_a_building_with_validation_errors_does_not_make_the_units_of_others_small(self):
        summary = self.run_with_bad(lambda building: building == 80, stub_api.error("validation-failed"), 40, sites=3)
        self.assertEqual(self.settled(), {building: 3 * DAYS for building in range(71, 111) if building != 80})
        self.assertLess(summary["requests"], 2 * 3 * DAYS + 2 * 39 + 20)

    def test_larger_units_are_tried_again_after_a_trial_that_was_refused(self):
        sizes, tried = [], []

        def answer(call):
            size = len(insights_stub.asked(call.query.partition("_aggregate(")[0]))
            sizes.append(size)
            if building_of(call) in (71, 72) and size > 40:
                return stub_api.Answer("", 413)
            if building_of(call) > 80 and size > 40 and not tried:
                tried.append(len(sizes))
                return stub_api.error("permission-denied")
            return data(call)
        self.run_stub(answer, buildings(250, sites=3), fetch={"max_attempts": 1, "concurrency": 1})
        self.assertGreater(max(sizes[tried[0]:]), 40)

    def test_one_slice_that_is_always_too_slow(self):
        def answer(call):
            bad = building_of(call) == 71 and 20250510 in [day for day, _ in insights_stub.asked(
                call.query.partition("_aggregate(")[0])]
            return stub_api.error("tenant-time-limit-exceeded") if bad else data(call)
        summary = self.run_stub(answer, buildings(40), code=75)
        self.assertEqual(summary["slices"], {"due": 40 * DAYS, "fetched": 40 * DAYS - 1, "failed": 1, "empty": 0})
        self.assertLess(summary["requests"], 140)

    def test_a_building_that_is_always_too_slow(self):
        for bad in (71, 80):
            with self.subTest(building=bad):
                self.database_path.unlink(missing_ok=True)
                self.run_with_bad(lambda building: building == bad, stub_api.error("tenant-time-limit-exceeded"), 30,
                                  sites=3, fetch={"max_attempts": 1})
                good = {building: 3 * DAYS for building in range(71, 101) if building != bad}
                self.assertEqual(self.settled(), good)

    def test_good_slices_behind_bad_ones_of_the_same_building(self):
        def answer(call):
            bad = building_of(call) == 71 and any(
                site <= 10 for _, site in insights_stub.asked(call.query.partition("_aggregate(")[0]))
            return stub_api.error("unexpected") if bad else data(call)
        for count in (1, 2):
            with self.subTest(buildings=count):
                self.database_path.unlink(missing_ok=True)
                self.run_stub(answer, buildings(count, sites=40), code=75, fetch={"max_attempts": 1})
                self.assertEqual(sum(self.settled().values()), (30 + 40 * (count - 1)) * DAYS)

    def test_a_gateway_that_answers_504_for_a_moment(self):
        until = time.monotonic() + 1.5
        summary = self.run_stub(
            lambda call: stub_api.Answer("", 504) if time.monotonic() < until else data(call), buildings(40),
            fetch={"max_attempts": 6})
        self.assertEqual(self.states(), {"settled": 40 * DAYS})
        self.assertLess(summary["requests"], 160)
        self.assertNotIn("rows at once", self.learned())

    def test_throttling_of_a_unit_of_many_pages(self):
        def answer(call):
            if call.number % 3 == 0:
                return stub_api.Answer("", 429, headers=(("Retry-After", "0"),))
            return data(call)
        summary = self.run_stub(answer, buildings(1, sites=20), fetch={"page_size": 20, "max_attempts": 2})
        self.assertEqual(self.states(), {"settled": 20 * DAYS})
        self.assertGreater(summary["throttled"], 10)

    def test_a_quota_that_is_spent_for_seconds_and_gives_no_hint(self):
        lock, spent = threading.Lock(), {"since": None, "left": 10}

        def answer(call):
            with lock:
                now = time.monotonic()
                if spent["since"] is not None and now > spent["since"] + 4:
                    spent.update(since=None, left=10)
                spent["left"] -= 1
                if spent["left"] < 0:
                    spent["since"] = spent["since"] or now
                    return stub_api.Answer("", 429)
            return data(call)
        summary = self.run_stub(answer, buildings(12), fetch={"max_attempts": 1})
        self.assertEqual(self.states(), {"settled": 12 * DAYS})
        self.assertGreater(summary["throttled"], 0)

    def test_validation_errors_of_another_server_under_400(self):
        def answer(call):
            refused = "NOPE" in call.query or is_schema(call)
            return stub_api.answer_json({"errors": [{"message": "no", "extensions": {
                "code": "GRAPHQL_VALIDATION_FAILED"}}]}, 400) if refused else data(call)
        self.run_stub(answer, buildings(4), code=78, columns=["OCCUPANCY_MEAN", "NOPE"])
        with self.database() as database:
            self.assertIn("no column 'NOPE'", database.one("SELECT message FROM runs"))
            self.assertEqual(database.one("SELECT count(*) FROM building_insights"), 0)

    def test_a_count_that_is_refused_with_an_unknown_code_under_400(self):
        def answer(call):
            refused = "_aggregate" in call.query or is_schema(call)
            return stub_api.answer_json({"errors": [{"message": "no", "extensions": {"code": "BAD_USER_INPUT"}}]},
                                        400) if refused else data(call)
        summary = self.run_stub(answer, buildings(4))
        self.assertEqual(summary["dialect"], "hasura")
        self.assertIn("counts: no", self.learned())

    def test_an_operator_that_only_the_second_page_needs(self):
        def answer(call):
            if is_schema(call) or "_aggregate" in call.query or "_gt:" in call.query:
                return stub_api.error("validation-failed")
            return data(call)
        summary = self.run_stub(answer, buildings(6), last=1)
        self.assertEqual(summary["dialect"], "documented")
        self.assertEqual(self.states(), {"settled": 6})

    def test_lists_that_are_too_long_where_counts_are_not_wanted(self):
        def answer(call):
            sites = re.search(r"SITE_ID: \{_in: \[(.*?)\]", call.query)
            if is_schema(call) or (sites and sites.group(1).count(",") >= 4):
                return stub_api.error("validation-failed")
            return data(call)
        summary = self.run_stub(answer, buildings(1, sites=20), last=4, fetch={"verify": "pages"})
        self.assertEqual(summary["dialect"], "hasura")
        self.assertEqual(self.states(), {"settled": 80})

    def test_a_key_column_that_the_api_does_not_have(self):
        simulator = self.simulate(buildings=1, sites=1, groups=1)
        self.write_job(simulator, more="datasets:\n  - {name: zone_insights, root_field: ZONE_INSIGHTS, keys: [ZONE_IDD]}\n")
        result = self.occuport("run", "job.yaml", code=78)
        self.assertIn("no column 'ZONE_IDD' (did you mean ZONE_ID?) in ZONE_INSIGHTS", result.err)

    def test_short_sessions_against_a_server_that_is_always_too_slow(self):
        simulator = self.simulate(buildings=1, sites=1, groups=1, session_requests=1, choke_rows=1, choke_style="504")
        self.write_job(simulator, first="2025-05-29", fetch={"max_attempts": 1})
        self.occuport("run", "job.yaml", code=75)


if __name__ == "__main__":
    unittest.main()
