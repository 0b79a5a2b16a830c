"""The figures of docs/benchmarks.md: run.py BUILD [--only SCENARIO,...] [--json FILE]. Called by ./dev bench.

Every scenario runs against the simulator on the same machine, which remembers its answers, so that the second time a
question costs it nothing but sending bytes; the first run of each client is the one that makes it remember, and does not
count. Wall and CPU are the median of three runs, memory is the largest of them.
"""
import argparse
import json
import pathlib
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time

from harness import Programs, World, clear, machine, measure, once

MILLION = "--buildings 5 --sites 20 --groups 10 --granularities PT1H --from 2025-01-01 --to 2025-02-11"
SLICES = "--buildings 5 --sites 10 --groups 10 --granularities PT1H --from 2025-01-01 --to 2025-01-10"
YEAR = "--buildings 23 --sites 10 --groups 5 --granularities PT1H --from 2025-01-01 --to 2025-12-31"
NIGHT = "--buildings 2 --sites 10 --groups 10 --granularities PT1H --from 2025-01-01 --to 2025-06-30"

DASHBOARDS = [
    ("one building, one month, by hour", "SELECT DATE_TIME_START, avg(OCCUPANCY_MEAN) FROM building_insights WHERE"
     " BUILDING_ID = 75 AND DATE_PARTITION BETWEEN 20250601 AND 20250630 GROUP BY DATE_TIME_START"),
    ("all buildings, one year, by day", "SELECT BUILDING_ID, DATE_PARTITION, avg(AVG_OCCUPANCY_MEAN),"
     " max(MAX_OCCUPANCY_MEAN) FROM building_insights_daily GROUP BY BUILDING_ID, DATE_PARTITION"),
    ("hour-of-week profile of one site", "SELECT strftime('%w', LOCAL_DATE), LOCAL_HOUR, avg(OCCUPANCY_MEAN)"
     " FROM building_insights WHERE SITE_ID = 75003 GROUP BY 1, 2"),
    ("peak per building per month", "SELECT BUILDING_ID, DATE_PARTITION / 100, max(MAX_OCCUPANCY_MEAN)"
     " FROM building_insights_daily GROUP BY 1, 2"),
]


class Bench:
    def __init__(self, programs, folder):
        self.programs, self.folder = programs, folder
        self.figures = {}  # scenario -> figures, in order

    def measure(self, name, command, cwd, **more):
        return measure(self.programs.stopwatch, name, command, cwd, **more)

    def note(self, scenario, *figures):
        """Prints them; beside the first of their scenario, which is occuport, as a ratio of wall time."""
        shown = self.figures.setdefault(scenario, [])
        for figure in figures:
            shown.append(figure)
            print("  %-34s %8.2f s wall %8.2f s CPU %7.1f MB%s%s%s%s" % (
                figure.name, figure.wall, figure.cpu, figure.memory,
                " %10s rows/s" % format(int(figure.rate), ",") if figure.rate else "",
                " %6d requests" % figure.requests if figure.requests else "",
                " %12s bytes" % format(figure.bytes, ",") if figure.bytes else "",
                " %6.2f x" % (figure.wall / shown[0].wall) if figure is not shown[0] and figure.rate else ""), flush=True)

    def occuport(self, name, job, command="run", before=None, **more):
        words = [self.programs.occuport, *command.split(), "-q", "--json"]
        return self.measure(name, lambda i: words + [job(i) if callable(job) else job], self.folder, before=before, **more)

    def sample(self, name, command, world, job, target, first, last, before, mode="pages", **more):
        words = lambda i: [*command, world.url, job, *target(i), "--from", first, "--until", last, "--mode", mode]
        return self.measure(name, words, self.folder, before=before, **more)

    def million(self):
        """The same million rows by everyone, into SQLite and into CSV."""
        programs, first, last = self.programs, "2025-01-01", "2025-02-11"
        database = self.folder / "million.db"
        fresh = lambda _: clear(database)
        with World(programs, self.folder / "million", MILLION, "--remember") as world:
            job = world.job("sqlite.yaml", first, last, "{sqlite: {path: %s}}" % database)
            self.note("million into SQLite", self.occuport("occuport", job, before=fresh))
            self.note("million again, nothing changed",
                      self.occuport("occuport", job, "backfill --reprocess all"))
            self.bytes_a_row = database.stat().st_size / 1008000
            clients = [("Python (requests, sqlite3)", programs.python)]
            if programs.node:
                clients.append(("Node (undici, better-sqlite3)", programs.node))
            for name, command in clients:
                self.note("million into SQLite", self.sample(name, command, world, job, lambda _: ["--sqlite", database],
                                                             first, last, fresh))
            self.note("million into SQLite", self.measure("curl | jq | sqlite3", [programs.pipeline, world.url, job, database,
                                                     first, last], self.folder, count=1, before=fresh))
            self.ceilings(world, job)
            self.million_csv(world, first, last, clients)

    def million_csv(self, world, first, last, clients):
        out = lambda i: self.folder / ("csv-%d" % i)  # never removed before the end: new files after many removals are slow
        jobs = lambda i: world.job("csv.yaml", first, last, "{csv: {directory: %s}}" % out(i))
        self.note("million into partitioned CSV", self.occuport("occuport", jobs))
        for at, (name, command) in enumerate(clients):
            folder = lambda i, at=at: self.folder / ("csv-%d-%d" % (at, i))
            self.note("million into partitioned CSV",
                      self.sample(name.split(",")[0] + ")" * ("(" in name), command, world, world.folder / "sqlite.yaml",
                                  lambda i: ["--csv", folder(i)], first, last, lambda i: folder(i).mkdir()))

    def ceilings(self, world, job):
        import requests
        answer = requests.post(world.url + "/v2/oauth/token", json={
            "client_id": "demo", "client_secret": "demo-secret", "audience": "https://global-config.innerspace.io"})
        query = ('query Page { BUILDING_INSIGHTS(where: {BUILDING_ID: {_eq: 71}, GRANULARITY: {_eq: "PT1H"}}, limit: 10000,'
                 " order_by: [{DATE_PARTITION: asc}, {SITE_ID: asc}, {GROUP_ID: asc}, {DATE_TIME_START: asc}]) {"
                 " DATE_PARTITION BUILDING_ID SITE_ID GROUP_ID GRANULARITY DATE_TIME_START OCCUPANCY_MEAN } }")
        page = requests.post(world.url + "/v2/api", json={"operationName": "Page", "variables": {}, "query": query},
                             headers={"X-Session-Id": answer.json()["session_id"]}).content
        (self.folder / "page.json").write_bytes(page)
        raw = self.folder / "raw.db"
        self.note("million into SQLite",
                  self.measure("ceiling: upsert only", [self.programs.ceiling, "upsert", raw, "1008000", "50000"], self.folder,
                          before=lambda _: clear(raw)),
                  self.measure("ceiling: reading only", [self.programs.ceiling, "parse", self.folder / "page.json", "100"],
                          self.folder))

    def slices(self):
        """5,000 slices, one a request, against a server that takes its time."""
        programs, first, last = self.programs, "2025-01-01", "2025-01-10"
        database = self.folder / "slices.db"
        with World(programs, self.folder / "slices", SLICES, "--remember --latency 20 --dialect documented") as world:
            job = world.job("slices.yaml", first, last, "{sqlite: {path: %s}}" % database,
                            "requests_per_second: 0, concurrency: 16", ", dialect: documented")
            fresh = lambda _: clear(database)
            self.note("5,000 slices, 20 ms each", self.occuport("occuport, 16 at once", job, before=fresh))
            for name, command in [("Python, one connection", programs.python), ("Node, 8 connections", programs.node)]:
                if command:
                    self.note("5,000 slices, 20 ms each",
                              self.sample(name, command, world, job, lambda _: ["--sqlite", database], first, last, fresh,
                                          "slices", count=1, warm=False))

    def year(self):
        """Ten million rows: memory, and what a dashboard asks."""
        first, last = "2025-01-01", "2025-12-31"
        database = self.folder / "year.db"
        with World(self.programs, self.folder / "year", YEAR) as world:
            small = world.job("small.yaml", first, "2025-02-05", "{sqlite: {path: %s}}" % (self.folder / "small.db"))
            self.note("memory", self.occuport("1 million rows of that year", small, count=1, warm=False))
            job = world.job("year.yaml", first, last, "{sqlite: {path: %s}}" % database)
            self.note("memory", self.occuport("10 million rows", job, count=1, warm=False))
        self.dashboards = []
        connection = sqlite3.connect(database)
        for name, sql in DASHBOARDS:
            times = []
            for i in range(4):
                before = time.monotonic()
                rows = len(connection.execute(sql).fetchall())
                times += [time.monotonic() - before] if i > 0 else []
            self.dashboards.append((name, statistics.median(times), rows))
            print("  %-34s %8.3f s, %d rows" % (name, statistics.median(times), rows), flush=True)

    def night(self):
        """200 series, all known but yesterday."""
        database = self.folder / "night.db"
        with World(self.programs, self.folder / "night", NIGHT, "--remember") as world:
            until = world.job("until.yaml", "2025-01-01", "2025-06-29", "{sqlite: {path: %s}}" % database)
            once(self.programs.stopwatch, [self.programs.occuport, "run", "-q", until], self.folder)
            job = world.job("night.yaml", "2025-01-01", "2025-06-30", "{sqlite: {path: %s}}" % database)
            kept = self.folder / "night.kept"
            shutil.copy(database, kept)

            def again(_):
                clear(database)
                shutil.copy(kept, database)
            self.note("a night of 200 series", self.occuport("occuport", job, before=again, count=9))

    def plan(self):
        """20,000 series of five years each, all of it known."""
        folder = self.folder / "covered"
        here = pathlib.Path(__file__).resolve().parent
        once(self.programs.stopwatch, ["/usr/bin/python3", here / "covered.py", self.programs.occuport, folder], self.folder)
        for name in ("plan", "run -q", "status"):
            self.note("20,000 series x 5 years", self.measure(name, [self.programs.occuport, *name.split(), "job.yaml"], folder))
        self.note("starting", self.measure("occuport --version", [self.programs.occuport, "--version"], folder, count=40))


def results(bench):
    found = {"machine": machine(), "scenarios": {}, "bytes_a_row": getattr(bench, "bytes_a_row", None),
             "dashboards": getattr(bench, "dashboards", [])}
    for scenario, figures in bench.figures.items():
        found["scenarios"][scenario] = [
            {"name": f.name, "wall": f.wall, "cpu": f.cpu, "memory": f.memory, "rows": f.rows, "requests": f.requests,
             "bytes": f.bytes} for f in figures]
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--only", help="some of million, slices, year, night, plan")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures there")
    options = parser.parse_args()
    programs = Programs(options.build)
    with tempfile.TemporaryDirectory(prefix="occuport-bench-", dir="/var/tmp") as folder:
        folder = pathlib.Path(folder)
        reason = programs.find_node(folder / "node") if not options.only or "million" in options.only else "not asked for"
        if reason:
            print("without Node: %s" % reason)
        bench = Bench(programs, folder)
        for name in (options.only or "million,slices,year,night,plan").split(","):
            scenario = getattr(bench, name)
            print("%s: %s" % (name, scenario.__doc__), flush=True)
            scenario()
        if options.json:
            options.json.write_text(json.dumps(results(bench), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
