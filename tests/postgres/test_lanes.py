"""Flushes that are dealt to two connections: each row is there once, whatever becomes of one of the two."""
import unittest

import rig

LIMITS = "postgres.lane_rows=1"  # every flush is worth a second connection
SECOND = "SELECT count(*)::int FROM occuport.flushes WHERE run_id LIKE '%/1'"


class Lanes(rig.Postgres):
    def run_job(self, simulator, code=0, limits=LIMITS, **keys):
        # Three buildings and small pages, so that there are several flushes of several buildings.
        self.job(simulator, fetch={"page_size": 96, "concurrency": 4}, **keys)
        return self.occuport("run", "--json", "job.yaml", code=code, env={"OCCUPORT_LIMITS": limits})

    def assert_counted_once(self, simulator, summary):
        truth = len(simulator.truth(self.FIRST, self.LAST))
        self.assertEqual((summary["rows"]["inserted"], summary["rows"]["updated"], summary["rows"]["unchanged"]),
                         (truth, 0, 0))

    def test_both_store_their_part(self):
        simulator = self.simulate(buildings=3, sites=2, groups=1, latency=20)
        result = self.run_job(simulator)
        self.assert_all_in(simulator)
        self.assert_counted_once(simulator, result.json())
        self.assertEqual(self.one(SECOND), 1)
        # Both end what they began, and nothing is leased, waiting or half done.
        self.assertEqual(self.select("SELECT state, sum(slices - done_slices)::int FROM occuport.work_units GROUP BY 1"),
                         [("done", 0)])
        stored = self.select("SELECT building_id, count(DISTINCT xmin::text)::int FROM occuport.building_insights_rows"
                             " GROUP BY 1 ORDER BY 1")
        transactions = self.one("SELECT count(DISTINCT xmin::text)::int FROM occuport.building_insights_rows")
        self.assertLess(transactions, sum(count for _, count in stored), "no flush held two buildings")

    def test_a_small_flush_needs_no_second_connection(self):
        simulator = self.simulate(buildings=3, sites=2, groups=1)
        self.job(simulator)
        self.occuport("run", "job.yaml")
        self.assertEqual(self.one(SECOND), 0)

    def test_no_second_connection_is_to_be_had(self):
        self.server.run("CREATE ROLE narrow LOGIN SUPERUSER CONNECTION LIMIT 2")
        simulator = self.simulate(buildings=3, sites=2, groups=1)
        self.server.run("ALTER ROLE narrow NOSUPERUSER; GRANT CREATE ON DATABASE %s TO narrow"
                        % '"%s"' % self.database_name)
        result = self.run_job(simulator, dsn=self.dsn(user="narrow"))
        self.assert_all_in(simulator)
        self.assert_counted_once(simulator, result.json())
        self.assertEqual(self.one(SECOND), 0)

    def lose_one(self, lane, when):
        """A run one of whose connections is ended by the server three times, in the transaction of a flush."""
        simulator = self.simulate(buildings=3, sites=2, groups=1, latency=20)
        first = self.run_job(simulator, last="2025-05-23").json()  # makes the tables
        self.server.run("SET search_path = occuport; CREATE SEQUENCE cuts; CREATE FUNCTION hang_up() RETURNS trigger"
                        " LANGUAGE plpgsql AS $$ BEGIN IF (new.run_id LIKE '%%/1') = %s AND nextval('cuts') <= 3 THEN"
                        " PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN new; END $$;"
                        " CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT OR UPDATE ON flushes DEFERRABLE INITIALLY %s"
                        " FOR EACH ROW EXECUTE FUNCTION hang_up()" % ("true" if lane == 1 else "false", when),
                        database=self.database_name)
        second = self.run_job(simulator).json()
        self.assertGreater(self.one("SELECT last_value FROM occuport.cuts"), 3)
        self.assert_all_in(simulator)
        for key in ("updated", "unchanged", "vanished"):
            self.assertEqual(second["rows"][key], 0, key)
        self.assertEqual(first["rows"]["inserted"] + second["rows"]["inserted"],
                         len(simulator.truth(self.FIRST, self.LAST)))

    def test_the_second_connection_is_lost_at_the_begin_of_a_flush(self):
        self.lose_one(1, "IMMEDIATE")

    def test_the_second_connection_is_lost_in_its_commit(self):
        self.lose_one(1, "DEFERRED")

    def test_the_first_connection_is_lost_in_its_commit(self):
        self.lose_one(0, "DEFERRED")

    def break_second(self, action):
        """A simulator and a job whose tables are made; from then on the second connection meets that in each flush."""
        simulator = self.simulate(buildings=3, sites=2, groups=1, latency=20)
        self.run_job(simulator, last="2025-05-23")
        self.server.run("SET search_path = occuport; CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS $$"
                        " BEGIN IF new.run_id LIKE '%%/1' THEN %s; END IF; RETURN new; END $$; CREATE TRIGGER break_it"
                        " AFTER INSERT OR UPDATE ON flushes FOR EACH ROW EXECUTE FUNCTION break_it()" % action,
                        database=self.database_name)
        return simulator

    def test_a_second_connection_that_is_lost_for_good_leaves_its_part_to_the_first(self):
        simulator = self.break_second("PERFORM pg_terminate_backend(pg_backend_pid())")
        summary = self.run_job(simulator, limits=LIMITS + ",postgres.patience_ms=700").json()
        self.assert_all_in(simulator)
        self.assertEqual(summary["slices"]["failed"], 0)
        self.assertEqual(self.select("SELECT state, sum(slices - done_slices)::int FROM occuport.work_units GROUP BY 1"),
                         [("done", 0)])

    def test_what_one_connection_stored_is_told_when_the_other_fails(self):
        simulator = self.break_second("RAISE 'no room for this one'")
        before = self.one("SELECT count(*) FROM occuport.building_insights_rows")
        result = self.run_job(simulator, code=74)
        self.assertIn("no room for this one", result.err)
        added = self.one("SELECT count(*) FROM occuport.building_insights_rows") - before
        self.assertGreater(added, 0)
        self.assertEqual(result.json()["rows"]["inserted"], added)
        self.server.run("DROP FUNCTION occuport.break_it CASCADE", database=self.database_name)
        self.run_job(simulator)
        self.assert_all_in(simulator)


if __name__ == "__main__":
    unittest.main()
