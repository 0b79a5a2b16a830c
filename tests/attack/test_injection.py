"""Texts of a job and of answers stay texts: in GraphQL, in SQL, in paths and in CSV."""
import csv
import json
import pathlib
import re
import unittest

import stage
import stub_api

GROUPS = ["'; DROP TABLE runs; --", '"}}) { __typename } #', "\\", '\\"', "$x ${y}", "{a: 1}", "%s%n%x", "../../../../tmp/evil",
          "/etc/passwd", "x" * 256, "a,b\"c", "=1+1", "CON", ".", "..", "\u202eg\u2066", "<script>alert(1)</script>", "*/ /*", "null"]
WORDS = ["SELECT", "TABLE", "ORDER", "GROUP", "rowid", "oid", "_rowid_", "sqlite_master", "INDEX", "start", "series_id"]
STRING = re.compile(r'GROUP_ID: \{_(?:eq|in): (\[?"(?:[^"\\]|\\.)*"(?:, "(?:[^"\\]|\\.)*")*\]?)\}')


def groups_asked(call):
    """The literals of the filter, read as GraphQL does: one that ends early would leave a query that this does not match."""
    found = json.loads(STRING.search(call.query).group(1))
    return found if isinstance(found, list) else [found]


class Injection(stage.Attack):
    DAY = 20250531

    def rows(self, call, **more):
        return [dict({"BUILDING_ID": 71, "SITE_ID": 1, "GROUP_ID": group, "GRANULARITY": "P1D", "DATE_PARTITION": self.DAY,
                      "DATE_TIME_START": "2025-05-31T00:00:00Z", "OCCUPANCY_MEAN": 1}, **more)
                for group in sorted(groups_asked(call), key=str.encode) if "_gt" not in call.query]

    def serve_rows(self, **more):
        self.asked = set()

        def reply(call):
            if "BUILDING_INSIGHTS(" not in call.query:
                return stub_api.error("not-found")
            self.asked.update(groups_asked(call))
            rows = self.rows(call, **more)
            data = {"BUILDING_INSIGHTS": rows}
            if "_aggregate(" in call.query:
                data["BUILDING_INSIGHTS_aggregate"] = {"aggregate": {"count": len(groups_asked(call))}}
            return stub_api.answer_json({"data": data})
        return self.stub(reply)

    def test_group_ids_in_the_query_in_tables_and_in_files(self):
        api = self.serve_rows()
        above = self.folder
        self.folder = above / "some" / "where"
        self.folder.mkdir(parents=True)
        self.database_path = self.folder / "occupancy.db"
        block = "granularities: [P1D]\nbuildings:\n  - {id: 71, sites: [1], groups: %s}\n" % json.dumps(
            [group.replace("$", "$$") for group in GROUPS])
        for layout in ("partitioned", "single"):
            with self.subTest(layout=layout):
                self.write(api.url, "  - csv: {directory: csv-%s, layout: %s}\n%s" % (layout, layout, block))
                self.database_path.unlink(missing_ok=True)
                for _ in range(2):  # the second run reads it all back
                    self.attack("run", "job.yaml", codes=(0,))
                self.assertEqual(self.asked, set(GROUPS))
                with self.database() as database:
                    self.assertEqual({row[2] for row in database.rows([])}, set(GROUPS))
                    self.assertEqual(database.one("SELECT count(*) FROM runs"), 2)
                    self.assertEqual(database.one("PRAGMA integrity_check"), "ok")
                name = "csv-%s/building_insights" % layout + (
                    ".csv" if layout == "single" else "/DATE_PARTITION=20250531/BUILDING_ID=71/rows.csv")
                with open(self.folder / name, newline="", encoding="utf-8") as file:
                    self.assertEqual({row["GROUP_ID"] for row in csv.DictReader(file)}, set(GROUPS))
                outside = [path for path in above.rglob("*") if not path.is_relative_to(self.folder)]
                self.assertEqual(outside, [above / "some"])
                self.assertFalse(pathlib.Path("/tmp/evil").exists())
                self.attack("status", "job.yaml", codes=(0,))

    def test_columns_that_are_words_of_sql(self):
        api = self.serve_rows(**{word: index for index, word in enumerate(WORDS)})
        self.write(api.url, columns=WORDS)
        self.attack("run", "job.yaml", codes=(0,))
        with self.database() as database:
            row = database.all("SELECT %s FROM building_insights" % ", ".join('"%s"' % word for word in WORDS))
            self.assertEqual(row, [tuple(range(len(WORDS)))])

    def test_names_that_would_leave_a_query_or_a_folder_are_refused(self):
        for name in ("../evil", "a/b", ".", "..", "a\\b", "A", "a b", "a;b", "x" * 42, "a\"b", "-rf"):
            with self.subTest(dataset=name):
                self.refused("datasets: [{name: %s, root_field: X}]\n" % json.dumps(name))
        for name in ("a b", "a)", 'a"', "a{b", "__schema", "1a", "a-b", "é", "a;DROP TABLE runs", "a\u0000"):
            with self.subTest(column=name):
                self.refused("", columns=[json.dumps(name)])
                self.refused("datasets: [{name: x, root_field: %s}]\n" % json.dumps(name))
        for granularity in ('PT1H"', "PT1H}, SITE_ID: {", "../P1D", "P"):
            with self.subTest(granularity=granularity):
                self.refused("", block="granularities: [%s]\nbuildings:\n  - {id: 71, sites: [1], groups: [g]}\n" %
                             json.dumps(granularity))
        for site in ("1]}, {", "1e3", "9223372036854775808", "0x", "1; DROP"):
            with self.subTest(site=site):
                self.refused("", block="buildings:\n  - {id: 71, sites: ['%s'], groups: [g]}\n" % site)

    def refused(self, more, block=stage.BUILDINGS, **keys):
        self.write("http://127.0.0.1:9", block, more=more, **keys)
        self.attack("run", "job.yaml", codes=(78,))
        self.assertEqual([path.name for path in self.folder.iterdir()], ["job.yaml"])

    def test_values_that_look_like_sql(self):
        value = "x'); DROP TABLE runs; --"
        api = self.serve_rows(OCCUPANCY_MEAN=value)
        self.write(api.url)
        self.attack("run", "job.yaml", codes=(0,))
        with self.database() as database:
            self.assertEqual(database.all("SELECT OCCUPANCY_MEAN FROM building_insights"), [(value,)])

    def test_formulas_in_csv_are_data_unless_the_job_asks_for_excel_safe(self):
        for text in ('=HYPERLINK("http://127.0.0.1/"&A1)', "+1+1", "-1+1", "@SUM(1)", "\t=1+1"):
            for safe in (False, True):
                with self.subTest(text=text, safe=safe):
                    api = self.serve_rows(OCCUPANCY_MEAN=text)
                    self.write(api.url, "  - csv: {directory: csv, layout: single, excel_safe: %s}\n%s" % (
                        json.dumps(safe), stage.BUILDINGS))
                    (self.folder / "csv" / "building_insights.csv").unlink(missing_ok=True)
                    self.attack("backfill", "--from", "2025-05-31", "--to", "2025-05-31", "--reprocess", "all", "job.yaml",
                                codes=(0,))
                    with open(self.folder / "csv" / "building_insights.csv", newline="", encoding="utf-8") as file:
                        cell = next(csv.DictReader(file))["OCCUPANCY_MEAN"]
                    self.assertEqual(cell, ("'" if safe else "") + text)


if __name__ == "__main__":
    unittest.main()
