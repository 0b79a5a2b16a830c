"""`discover`: the block it prints is a valid job block, and names what the server has."""
import json
import re
import unittest

import harness
import stub_api

HOSTILE = "Tower \"A\"\\ ${HOME} #1\u2028buildings: [] \u0085 \u00c9"


class Discover(harness.EndToEnd):
    def starter(self, url, name="job.yaml"):
        """What `init` writes, for this server."""
        self.occuport("init", name)
        path = self.folder / name
        text = path.read_text().replace("\napi:\n", "\napi:\n  base_url: %s\n" % url, 1)
        path.write_text(text.replace("requests_per_second: 10", "requests_per_second: 0"))
        return path

    def pasted(self, path, block):
        """The job with the block in the place of its buildings."""
        text = path.read_text()
        begin = text.index("buildings:\n")
        path.write_text(text[:begin] + block + "\n" + text[text.index("destinations:\n"):])

    def discover(self, code=0, **options):
        self.simulator = self.simulate(**dict({"buildings": 3, "sites": 2, "groups": 3}, **options))
        self.path = self.starter(self.simulator.url)
        result = self.occuport("discover", "job.yaml", code=code)
        if code == 0:
            self.pasted(self.path, result.out)
            self.occuport("check", "job.yaml")
        return result

    def expect_series(self, out, series):
        found, building, part = set(), None, None
        for line in out.splitlines():
            line = re.sub(r"\s+#.*", "", line)
            if line.startswith("  - id: "):
                building, sites = int(line[8:]), []
            elif line.strip() in ("sites:", "groups:"):
                part = line.strip()
            elif line.startswith("      - ") and part == "sites:":
                sites.append(int(line[8:]))
            elif line.startswith("      - "):
                found |= {(building, site, json.loads(line[8:])) for site in sites}
        self.assertEqual(found, {key[:3] for key in series})

    def test_everything_of_a_server_that_offers_everything(self):
        out = self.discover().out
        self.expect_series(out, self.simulator.series())
        for part in ("OCCUPANCY_MEAN (Float)", "# Granularities seen: P1D, PT1H", 'time_zone: "Europe/London"',
                     "# code S1, floor ", "seen in the rows of 2025-05-31"):
            self.assertIn(part, out)

    def test_the_block_can_be_run(self):
        self.discover(buildings=1)
        text = self.path.read_text().replace("from: 30d", "from: 2025-05-31").replace("until: yesterday", "until: 2025-05-31")
        self.path.write_text(text)
        self.occuport("run", "job.yaml")
        with self.database() as database:
            self.assertEqual(database.one("SELECT count(*) FROM building_insights"), 2 * 3 * 24)

    def test_a_server_of_the_documented_dialect_without_introspection(self):
        out = self.discover(dialect="documented", no_introspection=True).out
        self.expect_series(out, self.simulator.series())
        self.assertIn("columns of BUILDING_INSIGHTS are not shown", out)

    def test_a_hidden_limit_of_rows_hides_nothing(self):
        for limit in (1, 7, 100):
            with self.subTest(limit=limit):
                (self.folder / "job.yaml").unlink(missing_ok=True)
                out = self.discover(row_cap=limit, buildings=2, sites=3, groups=6).out
                self.expect_series(out, self.simulator.series())
                self.assertEqual(len(re.findall("# code S\\d, floor ", out)), 2 * 3)
                self.assertNotIn("Nothing shows", out)

    def test_what_may_be_hidden_by_a_limit_is_told(self):
        for options in ({"dialect": "documented"}, {"no_introspection": True}):
            with self.subTest(**options):
                (self.folder / "job.yaml").unlink(missing_ok=True)
                out = self.discover(row_cap=100, groups=6, **options).out
                self.assertIn("Nothing shows that all rows of that day came", out)
                self.assertIn("Nothing shows that all rows of SITE and FLOOR came", out)
                self.assertEqual(out.count("Nothing shows"), 2)

    def test_a_server_that_does_not_read_on_is_told_and_asked_no_more(self):
        """It shows an order, and gives the same page whatever is asked for, or fails behind the first one."""
        shown = {"name": "BUILDING_INSIGHTS", "args": [
            {"name": name, "type": {"kind": "SCALAR", "name": "Int"}} for name in ("where", "order_by", "limit")],
            "type": {"kind": "OBJECT", "name": "BUILDING_INSIGHTS"}}
        row = {"SITE_ID": 5, "GROUP_ID": "g", "GRANULARITY": "PT1H"}
        for refuses in (False, True):
            pages = []

            def answer(call):
                if "__schema" in call.query:
                    return stub_api.answer_json({"data": {"__schema": {"queryType": {"fields": [shown]}}}})
                if "__type" in call.query:
                    return stub_api.answer_json({"data": {"__type": {"fields": [
                        {"name": name, "args": [], "type": {"kind": "SCALAR", "name": "Int"}} for name in row]}}})
                root = re.search(r"\{ (\w+)", call.query).group(1)
                if root != "BUILDING_INSIGHTS":
                    return stub_api.answer_json({"data": {root: []}})
                pages.append(call.query)
                if refuses and len(pages) > 1:
                    return stub_api.error("validation-failed")
                return stub_api.answer_json({"data": {root: [row]}})

            with self.subTest(refuses=refuses):
                api = stub_api.StubApi(answer)
                self.addCleanup(api.close)
                (self.folder / "job.yaml").unlink(missing_ok=True)
                self.starter(api.url)
                out = self.occuport("discover", "job.yaml").out
                self.assertIn("Nothing shows that all rows of that day came", out)
                self.assertIn('      - "g"', out)
                self.assertEqual(len(pages), 2)

    def test_without_sites_and_floors_the_building_of_the_job_is_found_by_its_rows(self):
        out = self.discover(deny_columns="SITE_CODE,FLOOR_CODE").out
        self.expect_series(out, [key for key in self.simulator.series() if key[0] == 71])

    def test_rows_of_an_older_day_do(self):
        out = self.discover(days=("2025-05-20", "2025-05-28"), granularities="PT1H").out
        self.assertIn("seen in the rows of 2025-05-28", out)

    def test_a_server_without_rows_has_no_block(self):
        result = self.discover(code=78, days=("2025-01-01", "2025-01-02"))
        self.assertIn("# building 71: no group is known, and no rows were seen", result.out)
        self.assertNotIn("\nbuildings:", result.out)

    def test_refused_credentials(self):
        self.starter(self.simulate(buildings=1).url)
        result = self.occuport("discover", "job.yaml", code=77, env={"INNERSPACE_CLIENT_ID": "nobody"})
        self.assertEqual(result.out, "")

    def answer(self, call):
        """A server with BUILDING and GROUP, and texts that try to be YAML."""
        def field(name, kind="SCALAR", of="String"):
            return {"name": name, "args": [], "type": {"kind": kind, "name": of}}

        types = {name: [field(column) for column in columns] for name, columns in self.TABLES.items()}
        if "__schema" in call.query:
            fields = [field(name, "OBJECT", name) for name in types]
            return stub_api.answer_json({"data": {"__schema": {"queryType": {"fields": fields}}}})
        asked = re.search(r'__type\(name: "(\w+)"\)', call.query)
        if asked:
            return stub_api.answer_json({"data": {"__type": {"fields": types[asked.group(1)]}}})
        root = re.search(r"\{ (\w+)", call.query).group(1)
        return stub_api.answer_json({"data": {root: self.ROWS[root]}})

    TABLES = {"BUILDING_INSIGHTS": ["SITE_ID"], "BUILDING": ["ID", "NAME"], "GROUP": ["GROUP_ID", "GROUP_NAME"]}
    ROWS = {
        "SITE": [{"ID": "5", "BUILDING_ID": 9, "SITE_CODE": HOSTILE, "TIME_ZONE": "Mars/Olympus"}, {"ID": None}, {}],
        "FLOOR": [],
        "BUILDING": [{"ID": 9, "NAME": HOSTILE}, {"ID": 10, "NAME": "x\nbuildings: []"}, {"ID": "none", "NAME": "y"}],
        "GROUP": [{"GROUP_ID": "g${X}", "GROUP_NAME": HOSTILE}, {"GROUP_ID": 7, "GROUP_NAME": None}],
        "BUILDING_INSIGHTS": [],
    }

    def test_names_of_buildings_and_groups_and_texts_that_try_to_be_more(self):
        api = stub_api.StubApi(self.answer)
        self.addCleanup(api.close)
        path = self.starter(api.url)
        out = self.occuport("discover", "job.yaml").out
        self.assertEqual(out.count("\nbuildings:"), 1)
        self.assertIn('      - "g$${X}"  # Tower "A"', out)
        self.assertIn("# not known to this system: Mars/Olympus", out)
        self.assertIn("# building 10, x?buildings: []: no site is known", out)
        self.pasted(path, out)
        self.assertIn("1 building, 1 series", self.occuport("check", "job.yaml").out)


if __name__ == "__main__":
    unittest.main()
