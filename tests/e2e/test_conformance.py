"""Every query that occuport can send is GraphQL: a server on the reference implementation accepts it and its rows arrive."""
import json
import pathlib
import re
import shutil
import subprocess
import unittest
import urllib.request

import harness
import public_sample

HERE = pathlib.Path(__file__).resolve().parent.parent / "conformance"
GROUPS = json.loads((HERE / "groups.json").read_text())
SITES = {71: [900000222, 900000223], 72: [5, 6, 7]}
DAYS = 10
HOURS = {"PT1H": 24, "P1D": 1}


def missing():
    """Why the server cannot run here, or None."""
    if shutil.which("node") is None:
        return "node is not installed"
    tried = subprocess.run(["node", str(HERE / "server.js")], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return tried.stderr.strip() if tried.returncode == 77 else None


REASON = missing()


def truth(granularities=("PT1H", "P1D")):
    rows = set()
    for building, sites in SITES.items():
        for site in sites:
            for group in GROUPS:
                for granularity in granularities:
                    for day in range(1, DAYS + 1):
                        for hour in range(HOURS[granularity]):
                            rows.add((building, site, group, granularity, 20250500 + day,
                                      "2025-05-%02dT%02d:00:00Z" % (day, hour), (day * 31 + site + hour * 7) % 100 / 4))
    return rows


@unittest.skipIf(REASON, REASON)
class Conformance(harness.EndToEnd):
    def serve(self, *switches):
        self.log = self.folder / "queries.log"
        self.log.unlink(missing_ok=True)
        server = subprocess.Popen(["node", str(HERE / "server.js"), "--log", str(self.log), *switches],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (server.stdin.close(), server.wait(timeout=10), server.stdout.close()))
        self.url = "http://127.0.0.1:" + server.stdout.readline().strip()

    def write_job_of_all(self, fetch=None, dialect="auto", granularities=("PT1H", "P1D"), more=""):
        lines = ["granularities: [%s]" % ", ".join(granularities), "buildings:"]
        for building, sites in SITES.items():
            lines.append("  - {id: %d, sites: %s, groups: %s}" % (building, json.dumps(sites), json.dumps(GROUPS, ensure_ascii=False)))
        text = harness.job_text(self.url, "\n".join(lines) + "\n" + more, first="2025-05-01", last="2025-05-10",
                                columns=["OCCUPANCY_MEAN"], fetch=fetch)
        (self.folder / "job.yaml").write_text(text.replace("fetch:", "  dialect: %s\nfetch:" % dialect, 1))

    def queries(self):
        return [json.loads(line) for line in self.log.read_text().split("\n")[:-1]]

    def refused(self):
        return [entry for entry in self.queries() if entry["errors"]]

    def assert_all_rows(self, granularities=("PT1H", "P1D")):
        with self.database() as database:
            rows = database.all("SELECT BUILDING_ID, SITE_ID, GROUP_ID, GRANULARITY, DATE_PARTITION, DATE_TIME_START,"
                                " OCCUPANCY_MEAN FROM building_insights")
            states = database.all("SELECT DISTINCT STATE FROM completeness")
        self.assertEqual(len(rows), len(set(rows)))
        self.assertEqual(set(rows), truth(granularities))
        self.assertEqual(states, [("settled",)])

    def run_all(self, refused=0, **keys):
        self.database_path.unlink(missing_ok=True)
        self.write_job_of_all(**keys)
        summary = self.occuport("run", "--json", "job.yaml").json()
        self.assert_all_rows(keys.get("granularities", ("PT1H", "P1D")))
        self.assertEqual([entry["errors"] for entry in self.refused()[refused:]], [])
        return summary

    def test_pages_of_every_size(self):
        """Units are cut to a page, so only slices and groups break off here; the levels above come with a row cap."""
        for page_size in (10000, 500, 100, 30, 7):
            for verify in ("auto", "count", "pages"):
                with self.subTest(page_size=page_size, verify=verify):
                    self.serve()
                    summary = self.run_all(fetch={"page_size": page_size, "verify": verify},
                                           granularities=("P1D",) if page_size < 30 else ("PT1H", "P1D"))
                    self.assertEqual(summary["dialect"], "hasura")

    def forms(self):
        """The columns that the queries read on by, as tuples; () for a first page."""
        forms = set()
        for entry in self.queries():
            where = entry["query"].split(" order_by:")[0]
            forms.add(tuple(re.findall(r"([A-Z_]+): \{_gt: ", where)))
        return forms

    def test_every_level_of_the_key_is_read_on_by(self):
        """The server caps its answers below a unit: at one row, and where slices end with a page."""
        start, group = ("DATE_TIME_START",), ("GROUP_ID",)
        inner, outer = ("SITE_ID",) + group, ("DATE_PARTITION", "SITE_ID") + group
        for cap, granularities, verify, forms in ((1, ("P1D",), "pages", {inner + start, outer + start}),
                                                  (24, ("PT1H", "P1D"), "auto", {inner, outer, inner + start, outer + start})):
            with self.subTest(cap=cap):
                self.serve("--row-cap", str(cap))
                self.run_all(fetch={"verify": verify}, granularities=granularities)
                self.assertEqual(self.forms() - {()}, forms)
        self.serve()
        self.run_all(fetch={"page_size": 7}, granularities=("PT1H",))
        self.assertIn(start, self.forms())

    def test_the_query_of_the_public_sample(self):
        group = "00000000-0000-0000-0000-000000000000"
        rows = [{"DATE_TIME_START": row[5], "OCCUPANCY_MEAN": row[6]} for row in sorted(truth(("PT1H",)), reverse=True)
                if row[:3] == (71, 900000222, group) and row[4] == 20250501]
        body = json.dumps({"operationName": "MyQuery", "variables": {}, "query": public_sample.QUERY}).encode()
        for switches in ([], ["--documented"], ["--no-aggregates", "--no-introspection"]):
            with self.subTest(switches=switches):
                self.serve(*switches)
                request = urllib.request.Request(self.url + "/v2/api", body, {"X-Session-Id": "conformance-session"})
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                with opener.open(request, timeout=10) as answer:
                    self.assertEqual(json.load(answer), {"data": {"BUILDING_INSIGHTS": rows}})

    def test_without_counts_and_without_introspection(self):
        for switches in (["--no-aggregates"], ["--no-aggregates", "--no-introspection"]):
            with self.subTest(switches=switches):
                self.serve(*switches)
                refused = len(switches)
                self.run_all(refused=refused, fetch={"page_size": 100})
                self.assertEqual(len(self.refused()), refused, "the count, and the schema where it is hidden")

    def test_the_documented_dialect(self):
        for switches, dialect in ((["--documented"], "auto"), (["--documented", "--no-introspection"], "auto"),
                                  (["--documented"], "documented"), ([], "documented")):
            with self.subTest(switches=switches, dialect=dialect):
                self.serve(*switches)
                summary = self.run_all(refused=0 if dialect == "documented" else 6, dialect=dialect)
                self.assertEqual(summary["dialect"], "documented")
                if dialect == "documented":
                    self.assertFalse(self.refused())

    def test_a_dataset_with_a_key_more(self):
        self.serve()
        self.write_job_of_all(fetch={"page_size": 50}, granularities=("P1D",), more="datasets:\n  - name: building_insights\n"
                              "  - {name: zone_insights, root_field: ZONE_INSIGHTS, keys: [ZONE_ID]}\n")
        self.occuport("run", "job.yaml")
        self.assertFalse(self.refused())
        with self.database() as database:
            self.assertEqual(database.one("SELECT count(*) FROM zone_insights"), 3 * len(truth(("P1D",))))
            self.assertEqual(database.one("SELECT count(DISTINCT ZONE_ID) FROM zone_insights"), 3)

    def test_what_the_other_commands_ask(self):
        self.serve()
        self.write_job_of_all()
        self.occuport("check", "--online", "job.yaml")
        self.occuport("discover", "job.yaml", now=1746964800)  # the day behind the rows
        self.assertFalse(self.refused())
        self.assertTrue(any("__schema" in entry["query"] for entry in self.queries()))

    def test_an_unknown_column(self):
        self.serve()
        self.write_job_of_all()
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace("[OCCUPANCY_MEAN]", "[OCCUPANCY_MAEN]"))
        self.assertIn("'OCCUPANCY_MAEN' (did you mean OCCUPANCY_MEAN?)", self.occuport("run", "job.yaml", code=78).err)


if __name__ == "__main__":
    if REASON:
        print("skipped: " + REASON, flush=True)
    unittest.main()
