"""`check --online`: what it learned of the server, in under ten lines, and which mistakes it finds."""
import os
import unittest

import harness


class CheckOnline(harness.EndToEnd):
    FIRST, LAST = "2025-05-28", "2025-05-31"

    def check(self, code=0, api="", columns=harness.COLUMNS, fetch=None, **options):
        self.simulator = self.simulate(**dict({"buildings": 1, "sites": 2, "groups": 2, "zones": "UTC", "granularities": "PT1H"}, **options))
        self.write_job(self.simulator, first=self.FIRST, last=self.LAST, columns=columns, fetch=fetch)
        if api:
            path = self.folder / "job.yaml"
            path.write_text(path.read_text().replace("fetch:", "  %s\nfetch:" % api, 1))
        result = self.occuport("check", "--online", "job.yaml", code=code)
        self.assertLess(len(result.out.splitlines()), 10)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("occupancy")], [])
        return result

    def test_a_server_that_offers_everything(self):
        result = self.check()
        for line in ("dialect: hasura", "paging: offered; count: offered; introspection: offered",
                     "the server also has OCCUPANCY_MAX,", "2025-05-31: 24 rows"):
            self.assertIn(line, result.out)
        self.assertLessEqual(self.simulator.stop()["requests"], 6)

    def test_a_day_without_rows_may_be_a_wrong_site(self):
        self.assertNotIn("quiet day", self.check().out)
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace("71001", "71009"))
        result = self.occuport("check", "--online", "job.yaml")
        self.assertIn(": 0 rows\n    of group 00000000-0000-0000-0000-000000000000\n    a quiet day, or a site or group that is not yours: see occuport discover job.yaml\n",
                      result.out)

    def test_a_server_of_the_documented_dialect(self):
        result = self.check(dialect="documented")
        self.assertIn("dialect: documented", result.out)
        self.assertIn("paging: not offered; count: not offered; introspection: offered", result.out)
        self.assertIn("2025-05-31: 24 rows", result.out)

    def test_a_server_without_count_and_introspection(self):
        result = self.check(no_aggregates=True, no_introspection=True)
        self.assertIn("paging: offered; count: not offered; introspection: not offered (", result.out)

    def test_the_count_is_seen_without_introspection(self):
        self.assertIn("count: offered; introspection: not offered", self.check(no_introspection=True).out)

    def test_the_documented_dialect_of_the_job_asks_nothing_more(self):
        result = self.check(api="dialect: documented")
        self.assertIn("dialect: documented", result.out)
        self.assertIn("introspection: not asked", result.out)

    def test_an_unknown_column_is_named_with_what_it_may_have_been(self):
        result = self.check(78, columns=["OCCUPANCY_MEEN", "OCCUPANCY_MAX", "WEATHER"])
        self.assertIn("no column 'OCCUPANCY_MEEN' (did you mean OCCUPANCY_MEAN?), 'WEATHER' in", result.err)
        self.assertNotIn("OCCUPANCY_MAX", result.err)
        self.assertEqual(result.out, "")

    def test_an_unknown_column_is_named_without_introspection(self):
        for dialect in ("hasura", "documented"):
            with self.subTest(dialect=dialect):
                result = self.check(78, columns=["OCCUPANCY_MEEN"], no_introspection=True, dialect=dialect)
                self.assertIn("'OCCUPANCY_MEEN'", result.err)

    def test_a_column_that_the_role_may_not_see_is_unknown(self):
        self.assertIn("'OCCUPANCY_MEAN'", self.check(78, deny_columns="OCCUPANCY_MEAN").err)

    def test_refused_credentials(self):
        self.simulator = self.simulate(buildings=1)
        self.write_job(self.simulator, first=self.FIRST, last=self.LAST)
        result = self.occuport("check", "--online", "job.yaml", code=77, env={"INNERSPACE_CLIENT_ID": "nobody"})
        self.assertEqual(result.out, "")

    def test_nobody_there(self):
        (self.folder / "job.yaml").write_text(harness.job_text(
            "http://127.0.0.1:1", "buildings: [{id: 71, sites: [1], groups: [a]}]\n", fetch={"max_attempts": 1}))
        self.occuport("check", "--online", "job.yaml", code=69)

    def test_a_mistake_in_the_job_is_told_before_anything_is_sent(self):
        self.simulator = self.simulate(buildings=1)
        self.write_job(self.simulator, first="2025-05-31", last="2025-05-40")
        self.occuport("check", "--online", "job.yaml", code=78)
        self.assertEqual(self.simulator.stop()["requests"], 0)

    def test_days_that_are_all_to_come(self):
        self.FIRST, self.LAST = "2026-01-01", "2026-01-02"
        self.assertIn("2025-05-31: 24 rows", self.check().out)

    def test_without_the_option_nothing_is_sent(self):
        self.simulator = self.simulate(buildings=1)
        self.write_job(self.simulator)
        self.assertNotIn("login", self.occuport("check", "job.yaml").out)
        self.assertEqual(self.simulator.stop()["requests"], 0)


if __name__ == "__main__":
    unittest.main()
