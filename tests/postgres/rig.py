"""What the tests with PostgreSQL share: a job that writes there, and the comparison of what is stored with the truth.

The end-to-end harness is used for programs, simulator and truth, so that its search for secrets holds here as well; it
lies in a folder of its own.
"""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "attack"))
import harness  # noqa: E402
import server  # noqa: E402

# Who finds no server gives up soon.
IMPATIENT = {"OCCUPORT_LIMITS": "postgres.patience_ms=300"}
SQLITE = "  - sqlite: {path: %s}\n"


def as_number(value):
    return None if value is None else float(value)


class Postgres(harness.EndToEnd):
    """One server for the tests of a class, a database for each."""

    SERVER = {"trust": True}
    FIRST, LAST = "2025-05-22", "2025-05-31"
    database_name = "postgres"

    @classmethod
    def setUpClass(cls):
        cls.server = server.Server(**cls.SERVER)
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        super().setUp()
        self.database_name = self.server.create_database(self.id().rsplit(".", 1)[-1][:63])

    def dsn(self, **keys):
        return self.server.dsn(**dict({"database": self.database_name}, **keys))

    def job(self, simulator, dsn=None, name="job.yaml", schema="occuport", more="", url=None, buildings=None, **keys):
        """A job whose only destination is PostgreSQL; more: lines of other destinations."""
        keys = dict({"first": self.FIRST, "last": self.LAST}, **keys)
        text = harness.job_text(url or simulator.url, buildings or simulator.buildings(), database="@", **keys)
        place = '  - postgres: {dsn: "%s", schema: %s}\n' % (
            (dsn or self.dsn()).replace("\\", "\\\\").replace('"', '\\"'), schema)
        (self.folder / name).write_text(text.replace(SQLITE % '"@"', place + more))

    def finish_any(self, process, codes):
        process.wait(timeout=120)
        self.assertIn(process.returncode, codes)
        return self.finish(process, process.returncode)

    def select(self, sql, **keys):
        return self.server.rows(sql, self.database_name, **keys)

    def one(self, sql):
        return self.select(sql)[0][0]

    def stored(self, schema="occuport", columns=harness.COLUMNS):
        found = {}
        for row in self.select("SELECT %s FROM %s.building_insights" % (", ".join(harness.KEY + columns), schema)):
            key, values = row[:len(harness.KEY)], row[len(harness.KEY):]
            assert key not in found, "two rows of one key: %s" % (key,)
            found[key] = tuple(map(as_number, values))
        return found

    def completeness(self, schema="occuport"):
        rows = self.select("SELECT BUILDING_ID, SITE_ID, GROUP_ID, GRANULARITY, DATE_PARTITION, STATE, ROW_COUNT"
                           " FROM %s.completeness" % schema)
        slices = {row[:5]: row[5:] for row in rows}
        assert len(slices) == len(rows), "a slice is told twice"
        return slices

    def assert_all_in(self, simulator, schema="occuport", columns=harness.COLUMNS):
        """Every row once with its values, every slice accounted for, and nothing was ever corrected."""
        truth = simulator.truth(self.FIRST, self.LAST, columns)
        self.assertTrue(truth)
        self.assert_rows(self.stored(schema, columns), truth)
        self.assertEqual(self.completeness(schema),
                         self.expected_slices(simulator, truth, self.FIRST, self.LAST))
        self.assertEqual(self.one("SELECT count(*) FROM %s.corrections" % schema), 0)
