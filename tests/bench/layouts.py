"""Storage layouts of hourly rows in SQLite, compared by measurement: layouts.py [--rows N] [--folder DIR] [LAYOUT...]

One year of 20 buildings, about N rows of one metric, loaded as a first run does: 10 days of a building in a
transaction, series by series. Then the last million rows once more with nothing changed, and four dashboard queries:
warm, the median of 3. Only the time in SQLite counts. That every layout gives the same answers is checked. Prints a
Markdown table. All but `text` hold what occuport holds besides: the id of the spelling of the start, the local offset.
"""
import argparse
import datetime
import itertools
import math
import pathlib
import sqlite3
import statistics
import tempfile
import time

BUILDINGS = range(71, 91)
FIRST = datetime.date(2024, 1, 1)
DAYS, CHUNK_DAYS = 365, 10
OFFSET = -5 * 3600  # the buildings are in Panama: no daylight saving time, so `text` gets by with a constant
MONTH = (datetime.date(2024, 3, 1), datetime.date(2024, 3, 31))
VALUES = [round(n / 60, 6) for n in range(6000)]

# In occuport's dictionary the dataset leads: no index finds a building. SQLite then reads the month of a query once;
# with an index it reads the month once for each series of the building. The other layouts want the index.
SERIES = ("CREATE TABLE series (series_id INTEGER PRIMARY KEY, dataset TEXT NOT NULL, building_id INTEGER NOT NULL,"
          " site_id INTEGER NOT NULL, group_id TEXT NOT NULL, granularity TEXT NOT NULL,"
          " UNIQUE (%s, granularity, site_id, group_id));")
ROWS = ("CREATE TABLE rows (date_partition INTEGER NOT NULL, series_id INTEGER NOT NULL, start INTEGER NOT NULL,"
        " spelling_id INTEGER NOT NULL, local_offset INTEGER NOT NULL, mean REAL%s;")
BY_SERIES = " FROM rows r JOIN series n ON n.series_id = r.series_id "
LOCAL = "r.start + r.local_offset * 900"
LOCAL_WEEK_HOUR = "strftime('%w', {0}, 'unixepoch'), ({0}) / 3600 % 24".format(LOCAL)


def upsert(table, columns, key):
    others = [name for name in columns if name not in key]
    return "INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (%s) DO UPDATE SET %s WHERE %s" % (
        table, ", ".join(columns), ", ".join("?" * len(columns)), ", ".join(key),
        ", ".join("%s = excluded.%s" % (name, name) for name in others),
        " OR ".join("%s.%s IS NOT excluded.%s" % (table, name, name) for name in others))


def queries(month_of_building):
    """Those of the layouts with a dictionary of series; they differ in how they find a month of a building."""
    return [
        "SELECT r.start, avg(r.mean)" + BY_SERIES + "WHERE n.building_id = 75 AND n.granularity = 'PT1H' AND "
        + month_of_building + " GROUP BY r.start ORDER BY 1",
        "SELECT n.building_id, r.date_partition, avg(r.mean), max(r.mean)" + BY_SERIES
        + "WHERE n.granularity = 'PT1H' GROUP BY 1, 2 ORDER BY 1, 2",
        "SELECT " + LOCAL_WEEK_HOUR + ", avg(r.mean)" + BY_SERIES
        + "WHERE n.building_id = 75 AND n.site_id = 75001 AND n.granularity = 'PT1H' GROUP BY 1, 2 ORDER BY 1, 2",
        "SELECT n.building_id, r.date_partition / 100, max(r.mean)" + BY_SERIES
        + "WHERE n.granularity = 'PT1H' GROUP BY 1, 2 ORDER BY 1, 2",
    ]


def epoch(day):
    return (day - datetime.date(1970, 1, 1)).days * 86400 - OFFSET


def number(day):
    return day.year * 10000 + day.month * 100 + day.day


BY_START = "r.start BETWEEN %d AND %d" % (epoch(MONTH[0]), epoch(MONTH[1]) + 86399)
BY_PARTITION = "r.date_partition BETWEEN %d AND %d" % (number(MONTH[0]), number(MONTH[1]))
KEYS = ["BUILDING_ID", "SITE_ID", "GROUP_ID", "GRANULARITY", "DATE_PARTITION", "DATE_TIME_START"]
COLUMNS = ["date_partition", "series_id", "start", "spelling_id", "local_offset", "mean"]

# Name: what it is, its tables, its upsert, its queries.
LAYOUTS = {
    "text": (
        "one table, primary key of the six columns",
        "CREATE TABLE rows (BUILDING_ID INTEGER, SITE_ID INTEGER, GROUP_ID TEXT, GRANULARITY TEXT,"
        " DATE_PARTITION INTEGER, DATE_TIME_START TEXT, MEAN REAL, PRIMARY KEY (%s));" % ", ".join(KEYS),
        upsert("rows", KEYS + ["MEAN"], KEYS),
        ["SELECT unixepoch(DATE_TIME_START), avg(MEAN) FROM rows WHERE BUILDING_ID = 75 AND GRANULARITY = 'PT1H' AND "
         + BY_PARTITION[2:] + " GROUP BY DATE_TIME_START ORDER BY 1",
         "SELECT BUILDING_ID, DATE_PARTITION, avg(MEAN), max(MEAN) FROM rows WHERE GRANULARITY = 'PT1H' GROUP BY 1, 2"
         " ORDER BY 1, 2",
         "SELECT strftime('%w', DATE_TIME_START, '-5 hours'),"
         " CAST(strftime('%H', DATE_TIME_START, '-5 hours') AS INTEGER), avg(MEAN) FROM rows"
         " WHERE BUILDING_ID = 75 AND SITE_ID = 75001 AND GRANULARITY = 'PT1H'"
         " GROUP BY 1, 2 ORDER BY 1, 2",
         "SELECT BUILDING_ID, DATE_PARTITION / 100, max(MEAN) FROM rows WHERE GRANULARITY = 'PT1H' GROUP BY 1, 2"
         " ORDER BY 1, 2"]),
    "series-start": (
        "series dictionary, WITHOUT ROWID, key (series, start)",
        SERIES % "building_id" + ROWS % ", PRIMARY KEY (series_id, start)) WITHOUT ROWID",
        upsert("rows", COLUMNS, ["series_id", "start"]),
        queries(BY_START)),
    "date-series-start": (
        "series dictionary, WITHOUT ROWID, key (date, series, start): occuport's",
        SERIES % "dataset, building_id" + ROWS % ", PRIMARY KEY (date_partition, series_id, start)) WITHOUT ROWID",
        upsert("rows", COLUMNS, ["date_partition", "series_id", "start"]),
        queries(BY_PARTITION)),
    "rowid": (
        "series dictionary, rowid, unique (series, start), index (date)",
        SERIES % "building_id" + ROWS % ")" + "CREATE UNIQUE INDEX by_series ON rows (series_id, start);"
        "CREATE INDEX by_date ON rows (date_partition);",
        upsert("rows", COLUMNS, ["series_id", "start"]),
        queries(BY_START)),
}
QUESTIONS = ["a building, a month, by hour", "all buildings, a year, by day", "hour of week of a site", "peak a month"]


def make_series(rows):
    """(building, site, group) in the order of their ids: as many as give a year of about so many rows."""
    a_building = max(1, round(rows / (len(BUILDINGS) * DAYS * 24)))
    sites = min(a_building, 10)
    groups = max(1, round(a_building / sites))
    return [(building, building * 1000 + site, "%08x-5bdc-4c03-89b1-b6459f1e0a3f" % (group * 0x28c93c42))
            for building in BUILDINGS for site in range(1, sites + 1) for group in range(groups)]


def make_unit(series, building, chunk, is_text):
    """The rows of ten days of a building, sorted by series and start, as the API is asked for them."""
    rows = []
    hours = []
    for day_number in range(chunk * CHUNK_DAYS, min((chunk + 1) * CHUNK_DAYS, DAYS)):
        day = FIRST + datetime.timedelta(days=day_number)
        for hour in range(24):
            start = epoch(day) + hour * 3600
            text = datetime.datetime.fromtimestamp(start, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            hours.append((number(day), start, text, hour, day_number * 24 + hour))
    for series_id, (of_building, site, group) in enumerate(series, 1):
        if of_building != building:
            continue
        for date_partition, start, text, hour, number_of_hour in hours:
            value = VALUES[(series_id * 7919 + number_of_hour * 1009) % 6000] if 7 <= hour < 20 else 0
            if is_text:
                rows.append((building, site, group, "PT1H", date_partition, text, value))
            else:
                rows.append((date_partition, series_id, start, 1, OFFSET // 900, value))
    return rows


def timed(action):
    begin = time.perf_counter()
    result = action()
    return time.perf_counter() - begin, result


def store(database, sql, units):
    """The rows of the units by upsert, a transaction each: how many, and the seconds without those of making them."""
    count = seconds = 0
    for rows in units:
        count += len(rows)
        seconds += timed(lambda: (database.executemany(sql, rows), database.commit()))[0]
    return count, seconds


def measure(path, name, options):
    _, schema, sql, selects = LAYOUTS[name]
    database = sqlite3.connect(path)
    database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
                           "PRAGMA cache_size = %d;" % (-1024 * options.cache_mb) + schema)
    series = make_series(options.rows)
    if name != "text":
        database.executemany("INSERT INTO series VALUES (?, 'building_insights', ?, ?, ?, 'PT1H')",
                             [(series_id, *key) for series_id, key in enumerate(series, 1)])
        database.commit()
    units = list(itertools.product(range(math.ceil(DAYS / CHUNK_DAYS)), BUILDINGS))

    def made(some):
        return (make_unit(series, building, chunk, name == "text") for chunk, building in some)

    count, load = store(database, sql, made(units))
    load += timed(lambda: database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())[0]
    size = path.stat().st_size / count
    before = database.total_changes
    a_unit = len(series) // len(BUILDINGS) * CHUNK_DAYS * 24
    again_count, again = store(database, sql, made(units[-math.ceil(min(1e6, count / 10) / a_unit):]))
    if database.total_changes != before:
        raise SystemExit("%s: the second time changed rows" % name)
    if options.analyze:
        database.execute("ANALYZE")
    answers, seconds = [], []
    for select in selects:
        answers.append(database.execute(select).fetchall())  # warms the cache
        seconds.append(statistics.median(timed(lambda: database.execute(select).fetchall())[0] for _ in range(3)))
        if options.explain:
            print(name, [row[3] for row in database.execute("EXPLAIN QUERY PLAN " + select)])
    database.close()
    return [count, count / load, again_count / again, size, *seconds], answers


def same(some, others):
    return len(some) == len(others) and all(
        math.isclose(float(a), float(b), rel_tol=1e-9, abs_tol=1e-9)
        for row, other in zip(some, others) for a, b in zip(row, other))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("layouts", nargs="*", metavar="LAYOUT", help="default: %s" % " ".join(LAYOUTS))
    parser.add_argument("--rows", type=int, default=10000000)
    parser.add_argument("--cache-mb", type=int, default=16, help="page cache of SQLite; 16 is occuport's")
    parser.add_argument("--folder", help="where the databases go, one at a time; default: that for temporary files")
    parser.add_argument("--analyze", action="store_true", help="ANALYZE before the queries, which occuport does not do")
    parser.add_argument("--explain", action="store_true", help="print the query plans as well")
    options = parser.parse_args()
    print("| layout | rows | load, rows/s | again, rows/s | bytes a row | %s |" % " | ".join(
        question + ", s" for question in QUESTIONS))
    print("|---|" + "---:|" * (4 + len(QUESTIONS)))
    expected = None
    for name in options.layouts or LAYOUTS:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            (count, load, again, size, *seconds), answers = measure(pathlib.Path(folder) / "rows.db", name, options)
        expected = expected or answers
        for question, some, others in zip(QUESTIONS, expected, answers):
            if not same(some, others):
                raise SystemExit("%s answers otherwise: %s" % (name, question))
        print("| %s | %s | %s | %s | %.0f | %s |" % (
            LAYOUTS[name][0], *("{:,.0f}".format(n) for n in (count, load, again)), size,
            " | ".join("%.3f" % s for s in seconds)), flush=True)


if __name__ == "__main__":
    main()
