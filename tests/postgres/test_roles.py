"""roles.sql: the owner makes the tables, the writer fills them and can change none, the reader reads what is for people."""
import pathlib
import unittest

import rig
import server

import harness  # rig knows where it is

SCRIPT = (pathlib.Path(__file__).resolve().parents[2] / "migrations/postgres/roles.sql").read_text()
OWNER, WRITER, READER = "occuport_owner", "occuport_writer", "occuport_reader"
FOR_PEOPLE = {"building_insights", "building_insights_named", "building_insights_daily", "completeness", "runs", "rejects",
              "corrections", "sites", "floors"}


class Roles(rig.Postgres):
    FIRST = "2025-04-29"

    def setUp(self):
        super().setUp()
        self.simulator = self.simulate(buildings=1, sites=2, groups=1)
        self.give_roles()

    def give_roles(self, **variables):
        self.server.run(SCRIPT, database=self.database_name, **variables)

    def run_as(self, role, code=0, **keys):
        self.job(self.simulator, dsn=self.dsn(user=role), **keys)
        return self.occuport("run", "job.yaml", code=code)

    def refused(self, role, sql, words="permission denied"):
        with self.assertRaisesRegex(AssertionError, words, msg="%s: %s" % (role, sql)):
            self.server.run("SET search_path = occuport;" + sql, database=self.database_name, user=role)

    def all_refused(self, role, statements, words):
        """One session for all of them: each is tried, and undone if it worked."""
        tries = "".join("BEGIN EXECUTE $sql$%s$sql$; done := done || $sql$%s; $sql$; EXCEPTION WHEN others THEN"
                        " IF sqlerrm !~ '%s' THEN done := done || sqlerrm || '; '; END IF; END;" % (sql, sql, words)
                        for sql in statements)
        self.refused(role, "DO $do$ DECLARE done text := ''; BEGIN %s RAISE EXCEPTION 'not refused: [%%]', done; END"
                     " $do$" % tries, r"not refused: \[\]")

    def relations(self, kinds):
        return [name for name, in self.select("SELECT relname FROM pg_class WHERE relnamespace = 'occuport'::regnamespace"
                                              " AND relkind IN (%s) ORDER BY 1" % kinds)]

    def prepared(self):
        """The owner was there once, for the days of one month."""
        self.run_as(OWNER, last="2025-04-30")
        self.give_roles()

    def test_the_writer_fills_months_that_were_not_there(self):
        self.prepared()
        self.run_as(WRITER)
        self.assert_all_in(self.simulator)
        owners = self.select("SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relnamespace ="
                             " 'occuport'::regnamespace AND relkind IN ('r', 'p', 'v')")
        self.assertEqual(owners, [(OWNER,)], "what the writer's run made belongs to the owner")
        self.give_roles()  # and may come again at any time
        self.run_as(WRITER)

    def test_the_writer_stores_columns_that_were_not_there(self):
        """Among them one of texts: its column of the table comes with the first value, and the views change."""
        self.prepared()
        columns = harness.ALL_COLUMNS[:-1]
        self.run_as(WRITER, columns=harness.ALL_COLUMNS)
        self.assert_rows(self.stored(columns=columns), self.simulator.truth(self.FIRST, self.LAST, columns))
        self.assertGreater(self.one("SELECT count(largest_zone) FROM occuport.building_insights"), 0)
        self.select("SELECT max_occupancy_max FROM occuport.building_insights_daily LIMIT 1", user=READER)

    def test_the_writer_can_change_no_table(self):
        self.prepared()
        self.run_as(WRITER)
        ways = ("DROP TABLE %s", "TRUNCATE %s", "ALTER TABLE %s ADD COLUMN x int",
                "CREATE TRIGGER x AFTER INSERT ON %s EXECUTE FUNCTION f()",
                "ALTER TABLE %s OWNER TO occuport_writer", "CREATE INDEX ON %s ((1))")
        statements = [way % table for table in self.relations("'r', 'p'") for way in ways]
        self.assertGreater(len(statements), 100)
        self.all_refused(WRITER, statements, "permission denied|must be owner")
        self.all_refused(WRITER, ["DROP VIEW %s" % view for view in self.relations("'v'")], "must be owner")
        self.refused(WRITER, "CREATE TABLE occuport.mine (a int)")
        self.refused(WRITER, "CREATE FUNCTION occuport.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        self.refused(WRITER, "DROP SCHEMA occuport CASCADE", "must be owner")
        self.refused(WRITER, "UPDATE schema_migrations SET number = number")
        self.refused(WRITER, "SET ROLE occuport_owner")

    def test_the_function_of_months_makes_nothing_else(self):
        self.prepared()
        self.refused(WRITER, "SELECT make_month('runs', 202501)", "no table of rows")
        self.refused(WRITER, "SELECT make_month('building_insights_rows; DROP TABLE runs', 202501)", "no table of rows")
        # Temporary tables of the writer do not stand before those of the schema.
        self.refused(WRITER, "CREATE TEMP TABLE row_datasets (dataset text); INSERT INTO pg_temp.row_datasets VALUES ('evil');"
                     " CREATE TEMP TABLE evil_rows (a int); SELECT make_month('evil_rows', 202501)", "no table of rows")

    def test_the_function_of_views_lends_no_rights(self):
        """A view reads with the rights of its owner, and what is simple enough could be written through it."""
        self.prepared()
        make = "SELECT put_view('occupancy_mine', 'SELECT * FROM %s', NULL)"
        for before in ("", make % "jobs" + ";"):  # a view that is new, and one that is made anew
            self.refused(WRITER, before + make % "schema_migrations" + "; UPDATE occupancy_mine SET name = 'b'")
            self.refused(WRITER, before + make % "schema_migrations" + "; DELETE FROM occupancy_mine")
        self.server.run("ALTER FUNCTION occuport.put_view OWNER TO \"%s\";"
                        " GRANT ALL ON SCHEMA occuport TO \"%s\"" % (server.ADMIN, server.ADMIN), database=self.database_name)
        self.refused(WRITER, make % "pg_authid")
        self.refused(WRITER, make % "pg_catalog.\"pg_authid\" AS a")
        self.server.run("CREATE TABLE public.secrets (a int)", database=self.database_name)
        self.refused(WRITER, make % "public.secrets")

    def test_the_reader_reads_what_is_for_people(self):
        self.prepared()
        self.run_as(WRITER)
        self.give_roles()
        views = set(self.relations("'v'"))
        self.assertLessEqual(FOR_PEOPLE - {"runs", "rejects", "corrections", "sites", "floors"}, views)
        for name in views | FOR_PEOPLE:
            self.select("SELECT * FROM occuport.%s LIMIT 3" % name, user=READER)
        rows = self.select("SELECT count(*) FROM occuport.building_insights", user=READER)
        self.assertEqual(rows, [(len(self.simulator.truth(self.FIRST, self.LAST)),)])

    def test_the_reader_can_do_nothing_else(self):
        self.prepared()
        for table in set(self.relations("'r', 'p'")) - FOR_PEOPLE:
            self.refused(READER, "SELECT * FROM %s LIMIT 1" % table)
        for name in FOR_PEOPLE:
            self.refused(READER, "DELETE FROM %s" % name, "permission denied|cannot delete from view")
        self.refused(READER, "SELECT make_month('building_insights_rows', 203001)")
        self.refused(READER, "CREATE TABLE occuport.mine (a int)")

    def test_what_a_superuser_made_first_goes_to_the_owner(self):
        self.server.run("DROP SCHEMA occuport", database=self.database_name)
        self.run_as(server.ADMIN, last="2025-04-30")
        self.give_roles()
        self.run_as(WRITER)
        self.assert_all_in(self.simulator)

    def test_other_names_and_another_schema(self):
        self.server.run("CREATE ROLE dba LOGIN CREATEROLE; ALTER DATABASE \"%s\" OWNER TO dba" % self.database_name)
        self.server.run(SCRIPT, self.database_name, "dba", schema="second", owner="Owner 2", writer="w-2", reader="r2")
        self.run_as("Owner 2", schema="second", last="2025-04-30")
        self.run_as("w-2", schema="second")
        self.assert_all_in(self.simulator, "second")

    def test_without_an_owner_the_writer_is_told_what_is_missing(self):
        self.server.run("DROP SCHEMA occuport", database=self.database_name)
        result = self.run_as(WRITER, code=74)
        self.assertIn("permission denied", result.err)
        self.assertIn("roles.sql", result.err)


if __name__ == "__main__":
    unittest.main()
