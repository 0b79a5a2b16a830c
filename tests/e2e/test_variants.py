"""Whatever the API turns out to be: the same tables, or a failure that says so."""
import unittest

import harness
from harness import ALL_COLUMNS, DAY, NOW


class Variants(harness.EndToEnd):
    FIRST, LAST = "2025-05-29", "2025-05-31"

    def same_tables(self, fetch=None, columns=harness.COLUMNS, now=NOW, api="", **options):
        simulator = self.simulate(**dict({"buildings": 2, "sites": 2, "groups": 2}, **options))
        self.write_job(simulator, first=self.FIRST, last=self.LAST, fetch=fetch, columns=columns)
        if api:
            path = self.folder / "job.yaml"
            path.write_text(path.read_text().replace("fetch:", "  %s\nfetch:" % api, 1))
        summary = self.occuport("run", "--json", "job.yaml", now=now).json()
        self.assert_all_stored(simulator, self.FIRST, self.LAST, columns, now)
        return summary

    def test_a_hidden_row_cap(self):
        self.same_tables(row_cap=100)

    def test_a_row_cap_that_bounds_the_count_as_well(self):
        self.same_tables(row_cap=100, count_capped=True)

    def test_a_row_cap_of_one(self):
        self.same_tables(row_cap=1, buildings=1, sites=1, groups=1)

    def test_a_row_cap_that_equals_the_page(self):
        self.same_tables({"page_size": 50}, row_cap=50)

    def test_no_aggregates(self):
        self.same_tables(no_aggregates=True)

    def test_no_introspection(self):
        self.same_tables(no_introspection=True)

    def test_cap_and_neither_aggregates_nor_introspection(self):
        self.same_tables(row_cap=100, no_aggregates=True, no_introspection=True)

    def test_small_pages(self):
        self.same_tables({"page_size": 7})

    def test_the_documented_dialect_is_found_by_itself(self):
        self.assertEqual(self.same_tables(dialect="documented")["dialect"], "documented")

    def test_the_documented_dialect_when_the_job_names_it(self):
        self.assertEqual(self.same_tables(api="dialect: documented")["dialect"], "documented")

    def test_sessions_of_seven_requests(self):
        for style in ("401", "200"):
            with self.subTest(style=style):
                self.database_path.unlink(missing_ok=True)
                summary = self.same_tables({"page_size": 24}, session_requests=7, expiry_style=style)
                self.assertLessEqual(summary["logins"], summary["requests"] / 7 + 8)

    def test_sessions_of_one_request(self):
        self.same_tables({"page_size": 100}, session_requests=1, sites=1)

    def test_every_spelling_of_the_start(self):
        for spelling in ("iso-z", "iso-offset", "snowflake-ntz", "snowflake-tz", "epoch"):
            with self.subTest(spelling=spelling):
                self.database_path.unlink(missing_ok=True)
                self.same_tables(timestamps=spelling)

    def test_partitions_that_are_utc_days(self):
        simulator = self.simulate(buildings=2, sites=1, groups=1, partitions="utc")
        self.write_job(simulator, first=self.FIRST, last=self.LAST)
        self.occuport("run", "job.yaml")
        with self.database() as database:
            self.assert_rows(database.rows(), simulator.truth(self.FIRST, self.LAST))
        self.assertEqual(self.occuport("run", "--json", "job.yaml").json()["rows"]["updated"], 0)

    def test_every_spelling_of_numbers(self):
        for numbers in ("plain", "string", "exponent"):
            with self.subTest(numbers=numbers):
                self.database_path.unlink(missing_ok=True)
                self.same_tables(numbers=numbers)

    def test_ids_as_strings(self):
        self.same_tables(stringify_ids=True)

    def test_objects_nulls_and_gaps(self):
        self.same_tables(columns=ALL_COLUMNS, gaps=30)

    def test_without_compression(self):
        self.same_tables(gzip="off")

    def test_all_granularities(self):
        self.same_tables(granularities="PT15M,PT1H,P1D,P1W,P1M", buildings=1)

    def test_clock_changes(self):
        for first, last in (("2025-03-07", "2025-03-10"), ("2025-03-29", "2025-04-07"), ("2024-10-05", "2024-10-07"),
                            ("2024-10-26", "2024-11-04")):
            with self.subTest(first=first):
                self.database_path.unlink(missing_ok=True)
                simulator = self.simulate(days=(first, last), sites=1, groups=1)
                self.write_job(simulator, first=first, last=last)
                self.occuport("run", "job.yaml")
                self.assert_all_stored(simulator, first, last)
                with self.database() as database:
                    wrong = database.all(
                        "SELECT * FROM building_insights WHERE GRANULARITY = 'PT1H' AND"
                        " CAST(replace(LOCAL_DATE, '-', '') AS INTEGER) <> DATE_PARTITION")
                self.assertEqual(wrong, [])

    def test_an_hour_that_comes_twice_and_has_no_zone_fails_its_day(self):
        """Toronto sets its clocks back on the 3rd of November: two rows of each series say 01:00."""
        first, last = "2024-11-02", "2024-11-04"
        for dialect, rows in (("hasura", "iso-local"), ("documented", "iso-local"), ("hasura", "iso-z")):
            with self.subTest(dialect=dialect, rows=rows):
                self.database_path.unlink(missing_ok=True)
                simulator = self.simulate(days=(first, last), buildings=1, sites=1, groups=1, zones="America/Toronto",
                                          granularities="PT1H,P1D", timestamps=rows, dialect=dialect)
                self.write_job(simulator, first=first, last=last)
                twice = rows == "iso-local"
                run = self.occuport("run", "--json", "job.yaml", code=75 if twice else 0).json()
                self.assertEqual([failure["date_partition"] for failure in run["failures"]], [20241103] if twice else [])
                for failure in run["failures"]:
                    self.assertIn("two rows begin at 01:00, which comes twice on that day", failure["error"])
                with self.database() as database:
                    self.assertEqual(dict(database.all("SELECT STATE, count(*) FROM completeness GROUP BY 1")),
                                     {"settled": 5, "failed": 1} if twice else {"settled": 6})

    def test_verify_pages_asks_for_no_count(self):
        self.same_tables({"verify": "pages"}, no_aggregates=True)

    def test_verify_count_needs_an_aggregate(self):
        self.same_tables({"verify": "count"})
        self.database_path.unlink()
        simulator = self.simulate(no_aggregates=True)
        self.write_job(simulator, first=self.FIRST, last=self.LAST, fetch={"verify": "count"})
        self.assertIn("verify: count needs", self.occuport("run", "job.yaml", code=78).err)

    def test_an_unknown_column_is_named_and_nothing_is_stored(self):
        for columns, options in ((["OCCUPANCY_MEAN", "NOPE"], {}),
                                 (["OCCUPANCY_MAX", "OCCUPANCY_MEAN"], {"deny_columns": "OCCUPANCY_MAX"})):
            with self.subTest(columns=columns):
                self.database_path.unlink(missing_ok=True)
                simulator = self.simulate(**options)
                self.write_job(simulator, first=self.FIRST, last=self.LAST, columns=columns)
                wrong = "NOPE" if not options else "OCCUPANCY_MAX"
                self.assertIn("no column '%s'" % wrong, self.occuport("run", "job.yaml", code=78).err)
                with self.database() as database:
                    self.assertEqual(database.rows([]), {})
                    self.assertEqual(database.one("SELECT count(*) FROM ledger_spans"), 0)

    def test_a_capped_documented_dialect_fails_what_it_cannot_prove(self):
        simulator = self.simulate(buildings=1, sites=1, groups=1, dialect="documented", row_cap=5)
        self.write_job(simulator, first=self.FIRST, last=self.LAST)
        self.occuport("run", "job.yaml", code=75)
        with self.database() as database:
            states = dict(database.all("SELECT GRANULARITY || ' ' || STATE, count(*) FROM completeness GROUP BY 1"))
            self.assertEqual(states.get("PT1H failed"), 3, states)
            self.assertNotIn("PT1H settled", states)
            self.assertNotIn("PT1H open", states)


if __name__ == "__main__":
    unittest.main()
