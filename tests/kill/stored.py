"""What lies on disk after a kill, read without any code of the project: sqlite3 and csv of Python.

A destination is read as a machine that stopped now would find it: databases are copied with their log and opened there,
so that neither the recovery nor the lock of the reader touches the original.
"""
import collections
import contextlib
import csv
import datetime
import pathlib
import shutil
import sqlite3
import tempfile

KEY = ["BUILDING_ID", "SITE_ID", "GROUP_ID", "GRANULARITY", "DATE_PARTITION", "DATE_TIME_START"]
EPOCH = datetime.date(1970, 1, 1)

# What a ledger says of a slice that was fetched. At: when; of settled neighbours the oldest of their times.
Fetched = collections.namedtuple("Fetched", "settled at empty")


@contextlib.contextmanager
def copied(path):
    """A connection to a copy of the database as it lies there."""
    with tempfile.TemporaryDirectory(prefix="kill-copy-") as folder:
        for suffix in ("", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(str(path) + suffix, folder)
        with contextlib.closing(sqlite3.connect(pathlib.Path(folder) / pathlib.Path(path).name)) as connection:
            yield connection


def partition(day):
    date = EPOCH + datetime.timedelta(days=day)
    return date.year * 10000 + date.month * 100 + date.day


def has_table(connection, name):
    return connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = ?", (name,)).fetchone()[0] > 0


def read_ledger(connection):
    """Slice to Fetched, from the spans themselves: the same for every destination."""
    slices = {}
    if not has_table(connection, "ledger_spans"):
        return slices
    for row in connection.execute(
            "SELECT building_id, site_id, group_id, granularity, first_day, end_day, settled, unixepoch(fetched_at),"
            " empty_days FROM ledger_spans JOIN series USING (series_id)"):
        series, (first, end, settled, at, empty) = row[:4], row[4:]
        for day in range(first, end):
            bit = day - first
            slice_ = series + (partition(day),)
            assert slice_ not in slices, "%s is in two spans" % (slice_,)
            slices[slice_] = Fetched(bool(settled), at, bool(empty and empty[bit // 8] >> bit % 8 & 1))
    return slices


def read_corrections(connection, summed):
    """One line a slice where `summed`: after a kill a CSV destination books rows that vanished and stay apart."""
    if not has_table(connection, "corrections"):
        return []
    counts = ["sum(%s)" % name if summed else name for name in ("inserted", "updated", "vanished")]
    return sorted(connection.execute(
        "SELECT building_id, site_id, group_id, granularity, date_partition, %s FROM corrections%s" % (
            ", ".join(counts), " GROUP BY 1, 2, 3, 4, 5" if summed else "")))


class Stored:
    """One destination: rows (slice to start to values), ledger, corrections, and what is wrong with it by itself."""

    def __init__(self):
        self.rows, self.ledger, self.corrections, self.complaints = {}, {}, [], []
        self.tables = {}  # name to contents, for the comparison of two destinations

    def add(self, row, columns):
        slice_, start = (int(row[0]), int(row[1]), row[2], row[3], int(row[4])), row[5]
        rows = self.rows.setdefault(slice_, {})
        if start in rows:
            self.complaints.append("two rows of one key: %s %s" % (slice_, start))
        rows[start] = tuple(None if value in (None, "") else float(value) for value in row[6:6 + columns])

    def read_books(self, connection, summed=False):
        result = connection.execute("PRAGMA integrity_check").fetchall()
        if result != [("ok",)]:
            self.complaints.append("integrity_check: %s" % result)
        self.ledger = read_ledger(connection)
        self.corrections = read_corrections(connection, summed)
        self.tables["ledger"] = sorted(self.ledger.items())
        self.tables["corrections"] = self.corrections
        for table in ("sites", "floors", "rejects", "ledger_failures", "empty_sightings", "missed_rows"):
            if has_table(connection, table):
                self.tables[table] = sorted(connection.execute("SELECT * FROM %s" % table), key=repr)

    def read_days(self, connection):
        """The rows of a slice are added up beside them, in the same transaction."""
        if not has_table(connection, "building_insights_daily"):
            return
        days = connection.execute("SELECT %s, ROW_COUNT FROM building_insights_daily" % ", ".join(KEY[:5]))
        if {row[:5]: row[5] for row in days} != {slice_: len(rows) for slice_, rows in self.rows.items()}:
            self.complaints.append("building_insights_daily counts other rows than there are")
        self.tables["days"] = sorted(connection.execute("SELECT * FROM building_insights_daily"), key=repr)


def read_sqlite(path, columns):
    stored = Stored()
    if not pathlib.Path(path).exists():
        return stored
    with copied(path) as connection:
        stored.read_books(connection)
        if not has_table(connection, "building_insights"):
            if stored.ledger:
                stored.complaints.append("a ledger, and no table of rows")
            return stored
        for row in connection.execute("SELECT %s FROM building_insights" % ", ".join(KEY + columns)):
            stored.add(row, len(columns))
        states = connection.execute("SELECT BUILDING_ID, SITE_ID, GROUP_ID, GRANULARITY, DATE_PARTITION, STATE,"
                                    " ROW_COUNT, FETCHED_AT FROM completeness").fetchall()
        stored.read_days(connection)
        stored.tables["rows"] = sorted(connection.execute("SELECT * FROM building_insights"))
        stored.tables["completeness"] = sorted(states)
    for row in states:
        slice_, state, count = row[:5], row[5], row[6]
        fetched = stored.ledger.get(slice_)
        rows = len(stored.rows.get(slice_, {}))
        told = "missing" if fetched is None else "settled" if fetched.settled else "open"
        if state != told or count != (rows if fetched else None):
            stored.complaints.append("completeness says %s, %s of %s: it is %s, with %d rows" % (
                state, count, slice_, told, rows))
    return stored


def read_csv(folder, columns, single):
    """Whatever stands under the final names counts, as it does for those who read the files."""
    stored, folder = Stored(), pathlib.Path(folder)
    ledger = folder / ".occuport/ledger.db"
    if ledger.exists():
        with copied(ledger) as connection:
            stored.read_books(connection, summed=True)
    for path in sorted(folder.glob("building_insights.csv" if single else "building_insights/**/*.csv")):
        with open(path, newline="", encoding="utf-8") as file:
            text = file.read()
        if not text.endswith("\n"):
            stored.complaints.append("%s is cut off" % path)
        lines = csv.reader(text.splitlines(keepends=True))
        header = next(lines, [])
        if header[:6 + len(columns)] != KEY + columns:
            stored.complaints.append("%s has the header %s" % (path, header))
        for row in lines:
            if len(row) != len(header):
                stored.complaints.append("%s has a line of %d fields" % (path, len(row)))
            else:
                stored.add(row, len(columns))
    for path in folder.rglob("*.csv"):
        if ".occuport" not in path.parts:
            stored.tables[str(path.relative_to(folder))] = path.read_bytes()
    return stored


def names(folder):
    """Of all files in it, whatever they are."""
    return {str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*") if path.is_file()}


def leftovers(folder):
    """Temporary files, and claims that a run left."""
    folder = pathlib.Path(folder)
    found = [str(path) for pattern in ("*.occuport-*", ".occuport/tmp/*", ".occuport/corrections")
             for path in folder.rglob(pattern)]
    for path in folder.rglob("*.claims"):
        with copied(path) as connection:
            for table in ("owners", "unit_claims"):
                if has_table(connection, table):
                    found += ["%s: %s" % (table, row) for row in connection.execute("SELECT * FROM %s" % table)]
    for path in list(folder.glob("*.db")) + list(folder.rglob(".occuport/ledger.db")):
        with copied(path) as connection:
            found += ["%s: %s" % (path, row) for row in
                      connection.execute("SELECT run_id FROM runs WHERE status = 'running'")]
    return found
