"""What SQLite and PostgreSQL show of one job, as the same Python values."""
import json
import math
import re
import sqlite3

VIEWS = ("building_insights", "building_insights_named", "building_insights_daily", "completeness", "occupancy_daily",
         "occupancy_hour_of_week", "occupancy_peak")
TABLES = ("sites", "floors", "runs", "rejects", "corrections")
# Not of the rows: numbers of rows, processes, and how often somebody asked.
IGNORED = {"correction_id", "reject_id", "change_id", "pid", "run_number"}


def plain(value):
    """JSON of either database: times without fraction as SQLite has them, every number a float, true as 1."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str):
        if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", value):
            return value[:19] + "Z"
        if value[:1] in "{[":
            try:
                return json.dumps(json.loads(value), sort_keys=True)
            except ValueError:
                return value
        return value
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else value


def columns_of(connection, name):
    return [row[1] for row in connection.execute("SELECT * FROM pragma_table_info(?)", (name,))
            if row[1].lower() not in IGNORED]


def as_key(value):
    return value is not None, "%.12g" % value if isinstance(value, float) else str(value)


def order(rows):
    return sorted(rows, key=lambda row: [as_key(value) for value in row])


def is_same(one, other):
    """Means are sums of the same numbers in another order."""
    return all(a == b or (isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-12))
               for a, b in zip(one, other))


class Both:
    """A look at a SQLite database and at a schema of PostgreSQL (server.Server)."""

    def __init__(self, path, server, database, schema="occuport"):
        self.lite = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
        self.server, self.database, self.schema = server, database, schema

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.lite.close()

    def rows(self, name):
        """The rows of a table or view in both, in the order of their values, and the names of the columns."""
        columns = columns_of(self.lite, name)
        names = ", ".join('"%s"' % column for column in columns)
        # A level may be a number or a text: a text in PostgreSQL, whatever it is in SQLite.
        level = [at for at, column in enumerate(columns) if column in ("LEVEL", "FLOOR_LEVEL")]
        lite = [tuple("%g" % value if at in level and isinstance(value, (int, float)) else plain(value)
                      for at, value in enumerate(row)) for row in self.lite.execute("SELECT %s FROM %s" % (names, name))]
        postgres = self.server.rows("SELECT %s FROM %s.%s" % (names.lower(), self.schema, name), self.database)
        return order(lite), order(tuple(map(plain, row)) for row in postgres), columns

    def names(self, name):
        """The columns of a view in PostgreSQL, in their order."""
        return [row[0] for row in self.server.rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = '%s.%s'::regclass AND attnum > 0 AND NOT attisdropped"
            " ORDER BY attnum" % (self.schema, name), self.database)]

    def types(self, name):
        return dict(self.server.rows(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '%s.%s'::regclass"
            " AND attnum > 0 AND NOT attisdropped" % (self.schema, name), self.database))

    def differences(self, names=VIEWS + TABLES):
        """Lines that say where the two differ; none: they are equal."""
        found = []
        for name in names:
            lite, postgres, columns = self.rows(name)
            if len(lite) == len(postgres) and all(map(is_same, lite, postgres)):
                continue
            only = [("SQLite", row) for row in lite if not any(is_same(row, other) for other in postgres)]
            only += [("PostgreSQL", row) for row in postgres if not any(is_same(row, other) for other in lite)]
            found.append("%s: %d rows in SQLite, %d in PostgreSQL; columns %s" % (name, len(lite), len(postgres), columns))
            found += ["  only in %s: %s" % one for one in only[:6]]
        return found
