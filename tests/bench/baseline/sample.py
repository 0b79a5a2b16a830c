"""The baseline of the benchmarks: what an analyst writes who follows the vendor's Python sample.

--mode pages asks for the rows of a building and granularity page after page; --mode slices asks for one building, site,
group, granularity and day in a request, as the public sample does. One connection. An error ends it, nothing resumes.
"""
import argparse
import csv
import datetime
import itertools
import pathlib
import sqlite3
import time

import requests
import yaml

KEYS = ["BUILDING_ID", "SITE_ID", "GROUP_ID", "GRANULARITY", "DATE_PARTITION", "DATE_TIME_START"]


class Api:
    def __init__(self, base_url, api):
        self.url = base_url.rstrip("/") + "/v2/api"
        self.requests = 0
        self.session = requests.Session()
        answer = self.session.post(base_url.rstrip("/") + "/v2/oauth/token", json={
            "client_id": api["client_id"],
            "client_secret": api["client_secret"],
            "audience": api.get("audience", "https://global-config.innerspace.io"),
        })
        answer.raise_for_status()
        self.session.headers["X-Session-Id"] = answer.json()["session_id"]

    def rows(self, arguments, columns):
        query = "query Insights { BUILDING_INSIGHTS(%s) { %s } }" % (arguments, " ".join(columns))
        answer = self.session.post(self.url, json={"operationName": "Insights", "variables": {}, "query": query})
        answer.raise_for_status()
        body = answer.json()
        if body.get("errors"):
            raise SystemExit("the API says: %s" % body["errors"])
        self.requests += 1
        return [tuple(row[column] for column in columns) for row in body["data"]["BUILDING_INSIGHTS"]]


class Sqlite:
    def __init__(self, path, columns):
        self.database = sqlite3.connect(path)
        metrics = columns[len(KEYS):]
        self.database.execute(
            "CREATE TABLE IF NOT EXISTS building_insights (BUILDING_ID INTEGER, SITE_ID INTEGER, GROUP_ID TEXT,"
            " GRANULARITY TEXT, DATE_PARTITION INTEGER, DATE_TIME_START TEXT, %s, PRIMARY KEY (%s))" % (
                ", ".join(name + " REAL" for name in metrics), ", ".join(KEYS)))
        self.upsert = "INSERT INTO building_insights (%s) VALUES (%s) ON CONFLICT (%s) DO UPDATE SET %s" % (
            ", ".join(columns), ", ".join("?" * len(columns)), ", ".join(KEYS),
            ", ".join("%s = excluded.%s" % (name, name) for name in metrics))

    def write(self, rows):
        self.database.executemany(self.upsert, rows)
        self.database.commit()


class Csv:
    def __init__(self, directory, columns):
        self.root = pathlib.Path(directory) / "building_insights"
        self.columns = columns

    def write(self, rows):
        for (building, day), part in itertools.groupby(rows, key=lambda row: (row[0], row[4])):
            folder = self.root / ("DATE_PARTITION=%d" % day) / ("BUILDING_ID=%d" % building)
            folder.mkdir(parents=True, exist_ok=True)
            with open(folder / "rows.csv", "a", newline="") as out:
                writer = csv.writer(out)
                if out.tell() == 0:
                    writer.writerow(self.columns)
                writer.writerows(part)


def pages(api, job, columns, options):
    order = ", ".join("{%s: asc}" % name for name in ("DATE_PARTITION", "SITE_ID", "GROUP_ID", "DATE_TIME_START"))
    for building, granularity in itertools.product(job["buildings"], job.get("granularities", ["PT1H"])):
        where = 'BUILDING_ID: {_eq: %d}, GRANULARITY: {_eq: "%s"}, DATE_PARTITION: {_gte: %s, _lte: %s}' % (
            building["id"], granularity, options.first.strftime("%Y%m%d"), options.until.strftime("%Y%m%d"))
        for offset in itertools.count(0, options.page_size):
            page = api.rows("where: {%s}, order_by: [%s], limit: %d, offset: %d" % (
                where, order, options.page_size, offset), columns)
            yield page
            if len(page) < options.page_size:
                break


def slices(api, job, columns, options):
    days = [options.first + datetime.timedelta(days=n) for n in range((options.until - options.first).days + 1)]
    for building in job["buildings"]:
        for site, group, granularity, day in itertools.product(
                building["sites"], building["groups"], job.get("granularities", ["PT1H"]), days):
            where = 'BUILDING_ID: {_eq: %d}, SITE_ID: {_eq: %d}, GROUP_ID: {_eq: "%s"}, GRANULARITY: {_eq: "%s"}' % (
                building["id"], site, group, granularity)
            yield api.rows("where: {%s, DATE_PARTITION: {_eq: %s}}" % (where, day.strftime("%Y%m%d")), columns)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("base_url")
    parser.add_argument("job", type=pathlib.Path)
    destination = parser.add_mutually_exclusive_group(required=True)
    destination.add_argument("--sqlite", metavar="FILE")
    destination.add_argument("--csv", metavar="DIR")
    parser.add_argument("--from", dest="first", type=datetime.date.fromisoformat, required=True)
    parser.add_argument("--until", type=datetime.date.fromisoformat, required=True)
    parser.add_argument("--mode", choices=["pages", "slices"], required=True)
    parser.add_argument("--page-size", type=int, default=10000)
    options = parser.parse_args()
    begin = time.monotonic()
    job = yaml.safe_load(options.job.read_text())
    columns = KEYS + job.get("columns", ["OCCUPANCY_MEAN"])
    api = Api(options.base_url, job["api"])
    sink = Sqlite(options.sqlite, columns) if options.sqlite else Csv(options.csv, columns)
    count = 0
    for rows in (pages if options.mode == "pages" else slices)(api, job, columns, options):
        sink.write(rows)
        count += len(rows)
    print("%d rows, %d requests, %.3f s" % (count, api.requests, time.monotonic() - begin))


if __name__ == "__main__":
    main()
