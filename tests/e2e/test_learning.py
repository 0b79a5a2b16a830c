"""What a run learns of a server it cannot see: what it understands, how much it can take, and when it is no use."""
import re
import unittest

import insights_stub
import stub_api
from insights_stub import DAYS, asked, buildings, building_of, data


class Learning(insights_stub.StubRuns):
    def test_a_list_that_is_too_long_does_not_cost_the_dialect(self):
        def answer(call):
            sites = re.search(r"SITE_ID: \{_in: \[(.*?)\]", call.query)
            if "__" in call.query or (sites and sites.group(1).count(",") >= 8):
                return stub_api.error("validation-failed")
            return data(call)
        summary = self.run_stub(answer, buildings(2, sites=40), last=4)
        self.assertEqual(summary["dialect"], "hasura")
        self.assertEqual(self.states(), {"settled": 2 * 40 * 4})
        self.assertLess(summary["requests"], 60)
        self.assertIn("counts: yes", self.learned())

    def test_a_size_that_times_out_is_halved_at_once_and_not_asked_for_again(self):
        refused = []

        def answer(call):
            if len(asked(call.query.partition("_aggregate(")[0])) > 50:
                refused.append(call)
                return stub_api.error("tenant-time-limit-exceeded")
            return data(call)
        summary = self.run_stub(answer, buildings(12, sites=10), fetch={"concurrency": 2})
        self.assertEqual(self.states(), {"settled": 12 * 10 * DAYS})
        self.assertEqual(summary["retries"], 0, "a timeout of what can be halved is not tried again")
        self.assertLess(len(refused), 10, "12 buildings of 200 rows, and only the first were asked for whole")
        self.assertRegex(self.learned(), r"at most \d+ rows at once")

    def test_one_bad_building_holds_nobody_up(self):
        summary = self.run_stub(lambda call: stub_api.error("unexpected") if building_of(call) == 71 else data(call),
                                buildings(8), code=75, fetch={"max_attempts": 1})
        with self.database() as database:
            self.assertEqual(database.all("SELECT BUILDING_ID, count(*) FROM completeness WHERE STATE = 'settled' GROUP BY 1"),
                             [(building, DAYS) for building in range(72, 79)])
            self.assertEqual(database.all("SELECT DISTINCT BUILDING_ID FROM completeness WHERE STATE <> 'settled'"), [(71,)])
        self.assertGreater(summary["slices"]["failed"], 0)

    def test_an_api_that_goes_down_is_left_alone(self):
        def answer(call):
            return data(call) if call.number <= 4 else stub_api.Answer("down", 500, "text/plain")
        result = self.run_stub(answer, buildings(60), code=75, last=2, fetch={"concurrency": 40, "max_attempts": 20})
        self.assertLess(result["requests"], 260)
        self.assertGreater(result["slices"]["fetched"], 0)
        with self.database() as database:
            self.assertRegex(database.one("SELECT message FROM runs"), r"of the last 128 requests failed; the last: HTTP 500")

    def test_an_api_that_was_never_up_is_unreachable(self):
        summary = self.run_stub(lambda call: stub_api.Answer("down", 500, "text/plain"), buildings(60), code=69, last=2,
                                fetch={"concurrency": 40, "max_attempts": 1})
        self.assertLess(summary["requests"], 200)

    def test_near_misses_of_a_column(self):
        for options, near in (({}, "OCCUPANCY_MEAN"), ({"no_introspection": True}, "OCCUPANCY_MEAN")):
            with self.subTest(options=options):
                simulator = self.simulate(buildings=1, sites=1, groups=1, **options)
                self.write_job(simulator, columns=["OCCUPANCY_MEN"])
                result = self.occuport("run", "job.yaml", code=78)
                self.assertIn("no column 'OCCUPANCY_MEN' (did you mean %s?)" % near, result.err)
                with self.database() as database:
                    self.assertEqual(database.one("SELECT count(*) FROM building_insights"), 0)

    def test_the_reason_of_each_slice_is_kept(self):
        for options, fetch, proofs in (({}, {"verify": "count"}, {"count"}),
                                       ({"dialect": "documented"}, None, {"calendar", "short page"}),
                                       ({"no_aggregates": True}, {"page_size": 24}, {"empty page", "short page"})):
            with self.subTest(options=options):
                self.database_path.unlink(missing_ok=True)
                simulator = self.simulate(buildings=1, sites=2, groups=2, **options)
                self.write_job(simulator, first="2025-05-20", fetch=fetch)
                self.occuport("run", "job.yaml")
                with self.database() as database:
                    found = {proof for (proof,) in database.all("SELECT DISTINCT PROOF FROM completeness")}
                    self.assertLessEqual(found, proofs)
                    self.assertTrue(found)

    def test_the_schema_tells_what_was_refused(self):
        simulator = self.simulate(buildings=1, sites=2, groups=2, no_aggregates=True)
        self.write_job(simulator)
        result = self.occuport("run", "job.yaml")
        self.assertIn("the API answers the hasura dialect, without counts", result.err)
        self.assertIn("counts: no; schema: told", self.learned())

    def test_counts_that_the_job_needs_and_the_api_lacks(self):
        for options, words in (({}, "offers no BUILDING_INSIGHTS_aggregate, which fetch.verify: count needs"),
                               ({"no_introspection": True}, "fetch.verify: count needs its _aggregate")):
            with self.subTest(options=options):
                simulator = self.simulate(buildings=1, sites=1, groups=1, no_aggregates=True, **options)
                self.write_job(simulator, fetch={"verify": "count"})
                self.assertIn(words, self.occuport("run", "job.yaml", code=78).err)

    def test_errors_without_a_code_lead_to_a_form_that_works(self):
        def answer(call):
            if "limit:" in call.query or "__" in call.query:
                return stub_api.answer_json({"data": None, "errors": [{"message": "internal error"}]})
            row = re.search(r"DATE_PARTITION: \{_eq: (\d+)\}.*", call.query)
            day = int(row.group(1))
            return stub_api.answer_json({"data": {"BUILDING_INSIGHTS": [{
                "BUILDING_ID": 71, "SITE_ID": 1, "GROUP_ID": "g", "GRANULARITY": "P1D", "DATE_PARTITION": day,
                "DATE_TIME_START": "2025-05-%02d" % (day % 100), "OCCUPANCY_MEAN": 1}]}})
        summary = self.run_stub(answer, buildings(1), last=3, fetch={"max_attempts": 2})
        self.assertEqual(summary["dialect"], "documented")
        self.assertEqual(self.states(), {"settled": 3})


if __name__ == "__main__":
    unittest.main()
