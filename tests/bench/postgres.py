"""The figures of PostgreSQL: postgres.py BUILD [--only SCENARIO,...] [--json FILE]. BUILD is a release, as for run.py.

million: a million rows from the simulator into PostgreSQL by one process, beside `psql \\copy` of the same rows into the
same table. workers: the same job by 1, 2, 4 and 8 workers against a server that takes its time. budget: eight of them
under a common number of requests a second. dashboards (only when asked for by name: ten minutes and 12 GB): 50 million
rows by one process, and what dashboards ask of them.

The server is one of tests/postgres/server.py: on this machine, on a Unix socket, with the settings of Debian but for
shared_buffers and max_wal_size, and with fsync on.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

from harness import Figure, Programs, World, machine, measure, once

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "postgres"))
import server  # noqa: E402

MILLION = "--buildings 5 --sites 20 --groups 10 --granularities PT1H --from 2025-01-01 --to 2025-02-11"
ROWS = 1008000
SHARED = "--buildings 16 --sites 5 --groups 5 --granularities PT1H --from 2025-01-01 --to 2025-01-30"
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
FIFTY_MILLION = "--buildings 114 --sites 10 --groups 5 --granularities PT1H --from 2025-01-01 --to 2025-12-31"
LATENCY = 250  # ms: what bounds the workers
BUDGET = 60    # requests a second, of all workers together

DASHBOARDS = [
    ("one building, one month, by hour", "SELECT DATE_TIME_START, avg(OCCUPANCY_MEAN) FROM building_insights WHERE"
     " BUILDING_ID = 75 AND DATE_PARTITION BETWEEN 20250601 AND 20250630 GROUP BY DATE_TIME_START"),
    ("all buildings, one year, by day", "SELECT BUILDING_ID, DATE_PARTITION, avg(AVG_OCCUPANCY_MEAN),"
     " max(MAX_OCCUPANCY_MEAN) FROM building_insights_daily GROUP BY BUILDING_ID, DATE_PARTITION"),
    ("hour-of-week profile of one site", "SELECT extract(dow FROM LOCAL_DATE), LOCAL_HOUR, avg(OCCUPANCY_MEAN)"
     " FROM building_insights WHERE SITE_ID = 75003 GROUP BY 1, 2"),
    ("peak per building per month", "SELECT BUILDING_ID, DATE_PARTITION / 100, max(MAX_OCCUPANCY_MEAN)"
     " FROM building_insights_daily GROUP BY 1, 2"),
    ("one day of everything", "SELECT BUILDING_ID, avg(OCCUPANCY_MEAN) FROM building_insights"
     " WHERE DATE_PARTITION = 20250615 GROUP BY 1"),
    ("one series, one year", "SELECT DATE_TIME_START, OCCUPANCY_MEAN FROM building_insights WHERE BUILDING_ID = 75"
     " AND SITE_ID = 75003 AND GROUP_ID = (SELECT min(GROUP_ID) FROM completeness WHERE BUILDING_ID = 75)"),
]


class Requests:
    """The moment of each request to the API, as the simulator logs them."""

    def __init__(self):
        self.times = []

    def follow(self, stream):
        for line in stream:
            if b"/v2/api" in line:
                self.times.append(time.monotonic())

    def rate(self):
        """A second, over the middle four fifths: at the beginning and at the end there is not enough to ask for."""
        cut = len(self.times) // 10
        middle = self.times[cut:len(self.times) - cut]
        return (len(middle) - 1) / (middle[-1] - middle[0])

    def most_in_a_second(self):
        most, first = 0, 0
        for last, moment in enumerate(self.times):
            while moment - self.times[first] >= 1:
                first += 1
            most = max(most, last - first + 1)
        return most


class LoggedWorld(World):
    """A World whose requests are counted while it is there."""

    def __init__(self, programs, folder, switches, serve):
        super().__init__(programs, folder, switches, serve)
        self.close()
        (self.folder / "port").unlink()
        self.process = subprocess.Popen(
            [programs.simulator, *self.switches, *serve.split(), "--gzip", "off", "--log", "--port", "0", "--port-file",
             str(self.folder / "port"), "--time-limit", "3600"], stderr=subprocess.PIPE)
        self.requests = Requests()
        threading.Thread(target=lambda: self.requests.follow(self.process.stderr), daemon=True).start()
        while not (self.folder / "port").exists() or not (self.folder / "port").read_text():
            time.sleep(0.02)
        self.url = "http://127.0.0.1:" + (self.folder / "port").read_text().strip()


class Bench:
    def __init__(self, programs, folder, database):
        self.programs, self.folder, self.database = programs, folder, database
        self.results = {}

    def destination(self, schema):
        return '{postgres: {dsn: "%s", schema: %s}}' % (self.database.dsn(), schema)

    def drop(self, schema):
        self.database.run("DROP SCHEMA IF EXISTS %s CASCADE" % schema)
        self.database.run("CHECKPOINT")

    def million(self):
        """A million rows by one process, beside psql."""
        with World(self.programs, self.folder / "million", MILLION, "--remember") as world:
            job = world.job("postgres.yaml", "2025-01-01", "2025-02-11", self.destination("occuport"))
            own = measure(self.programs.stopwatch, "occuport", [self.programs.occuport, "run", "-q", "--json", job],
                          self.folder, before=lambda _: self.drop("occuport"))
            again = measure(self.programs.stopwatch, "occuport, nothing changed",
                            [self.programs.occuport, "backfill", "--reprocess", "all", "-q", "--json", job], self.folder)
        copied = self.copy()
        size = self.database.one("SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree("
                                 "'occuport.building_insights_rows')") / ROWS
        for figure in (own, again, copied):
            print("  %-28s %7.2f s wall %7.2f s CPU %7.1f MB %10s rows/s" % (
                figure.name, figure.wall, figure.cpu, figure.memory, format(int(figure.rate), ",")), flush=True)
        print("  %.2f of psql \\copy, %.0f bytes a row" % (own.rate / copied.rate, size), flush=True)
        self.results["million"] = {"rows_per_second": own.rate, "again_rows_per_second": again.rate,
                                   "copy_rows_per_second": copied.rate, "of_copy": own.rate / copied.rate,
                                   "memory_mb": own.memory, "cpu_seconds": own.cpu, "bytes_a_row": size}

    def copy(self):
        """The same rows into the same table, which is emptied, with all its indexes, by psql."""
        table, path = "occuport.building_insights_rows", self.folder / "rows.copy"
        psql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.database.dsn(), "-c"]
        subprocess.run(psql + ["\\copy (SELECT * FROM %s) TO '%s'" % (table, path)], check=True)

        def empty(_):
            self.database.run("TRUNCATE " + table)
            self.database.run("CHECKPOINT")
        runs = []
        for i in range(4):
            empty(i)
            run, _ = once(self.programs.stopwatch, psql + ["\\copy %s FROM '%s'" % (table, path)], self.folder)
            runs += [run] if i > 0 else []
        assert self.database.one("SELECT count(*) FROM " + table) == ROWS
        return Figure("psql \\copy", runs, ROWS)

    def share(self, world, count, name, fetch):
        """A job by so many workers at once: (seconds, requests by their summaries, rows)."""
        job = world.job(name + ".yaml", "2025-01-01", "2025-01-30", self.destination(name), fetch)
        self.drop(name)
        begin = time.monotonic()
        processes = [subprocess.Popen([self.programs.occuport, "run", "--worker", "-q", "--json", job], cwd=self.folder,
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(count)]
        outputs = [process.communicate()[0] for process in processes]
        wall = time.monotonic() - begin
        if any(process.returncode for process in processes):
            raise SystemExit("workers ended with %s: %s" % ([p.returncode for p in processes], outputs))
        summaries = [json.loads(output) for output in outputs]
        return wall, sum(s["requests"] for s in summaries), sum(s["rows"]["inserted"] for s in summaries)

    def workers(self):
        """The same job by 1, 2, 4 and 8 workers; the API takes 250 ms an answer and each worker has 2 under way."""
        found, rows = {}, None
        with World(self.programs, self.folder / "workers", SHARED, "--latency %d" % LATENCY) as world:
            for count in (1, 2, 4, 8):
                wall, requests, stored = self.share(world, count, "workers%d" % count,
                                                    "requests_per_second: 0, concurrency: 2, page_size: 360")
                found[count] = {"seconds": wall, "requests": requests}
                rows = rows or stored
                assert stored == rows, "%d rows, and %d by one worker" % (stored, rows)
                print("  %d workers %7.2f s, %5d requests (%.3f of one worker's), %.2f of linear" % (
                    count, wall, requests, requests / found[1]["requests"], found[1]["seconds"] / wall / count), flush=True)
        self.results["workers"] = {str(count): dict(row, of_linear=found[1]["seconds"] / row["seconds"] / count,
                                                    of_requests=row["requests"] / found[1]["requests"])
                                   for count, row in found.items()}

    def dashboards(self):
        """What dashboards ask of 50 million rows, median of three, by psql with its start; jit is off, as roles.sql has it."""
        with World(self.programs, self.folder / "dashboards", FIFTY_MILLION) as world:
            job = world.job("dashboards.yaml", "2025-01-01", "2025-12-31", self.destination("occuport"))
            self.drop("occuport")
            run = measure(self.programs.stopwatch, "50 million rows", [self.programs.occuport, "run", "-q", "--json", job],
                          self.folder, count=1, warm=False)
        print("  %-34s %8.1f s, %s rows, %s rows/s, %.1f MB" % (run.name, run.wall, format(run.rows, ","),
                                                             format(int(run.rate), ","), run.memory), flush=True)
        self.database.run("VACUUM ANALYZE")
        sizes = self.database.rows("SELECT pg_size_pretty(sum(pg_table_size(relid))) AS heap,"
                                   " pg_size_pretty(sum(pg_indexes_size(relid))) AS keys FROM pg_partition_tree('occuport.building_insights_rows')")[0]
        print("  tables %s, indexes %s" % sizes, flush=True)
        self.results["dashboards"] = {"rows": run.rows, "rows_per_second": run.rate, "memory_mb": run.memory}
        for name, sql in DASHBOARDS:
            times = []
            for i in range(4):
                before = time.monotonic()
                self.database.run("SET jit = off; SET search_path = occuport; CREATE TEMPORARY TABLE answer AS " + sql)
                times += [time.monotonic() - before] if i > 0 else []
            self.results["dashboards"][name] = sorted(times)[1]
            print("  %-34s %8.3f s" % (name, sorted(times)[1]), flush=True)

    def budget(self):
        """Eight workers who could ask far more often than the budget lets them."""
        with LoggedWorld(self.programs, self.folder / "budget", SHARED, "--latency 20") as world:
            wall, requests, _ = self.share(world, 8, "budget", "requests_per_second: %d, concurrency: 4, page_size: 200"
                                           % BUDGET)
            rate, most = world.requests.rate(), world.requests.most_in_a_second()
        print("  %d requests in %.1f s: %.2f a second of %d (%+.1f %%), at most %d in one second" % (
            requests, wall, rate, BUDGET, (rate / BUDGET - 1) * 100, most), flush=True)
        self.results["budget"] = {"budget": BUDGET, "rate": rate, "off": rate / BUDGET - 1, "requests": requests,
                                  "most_in_a_second": most}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--only", help="some of million, workers, budget, dashboards")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures there")
    options = parser.parse_args()
    programs = Programs(options.build)
    with tempfile.TemporaryDirectory(prefix="occuport-bench-", dir="/var/tmp") as folder, \
            server.Server(fsync=True, settings=SETTINGS) as database:
        print("%s, %s" % (machine(), re.sub(r" on .*", "", database.one("SELECT version()"))), flush=True)
        bench = Bench(programs, pathlib.Path(folder), database)
        for name in (options.only or "million,workers,budget").split(","):
            print("%s: %s" % (name, getattr(bench, name).__doc__), flush=True)
            getattr(bench, name)()
    if options.json:
        options.json.write_text(json.dumps(dict(bench.results, machine=machine()), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
