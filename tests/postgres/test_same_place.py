"""One schema of one database that a job names in two ways: only the server can tell, and nothing is stored twice."""
import unittest

import proxy
import rig
import server

# By which a run has the schema occuport for one of its destinations.
HELD = ("SELECT count(*) FROM pg_locks, occuport.runs WHERE locktype = 'advisory' AND objsubid = 2 AND granted"
        " AND classid::bigint = (hashtext('occuport job occuport ' || run_id)::bigint & 4294967295)")


class SamePlace(rig.Postgres):
    def lines(self, *others):
        return "".join('  - postgres: {dsn: "%s", schema: %s}\n' % (dsn.replace("\\", "\\\\").replace('"', '\\"'), schema)
                       for dsn, schema in others)

    def write(self, *others, latency=0, **keys):
        """The first destination by its socket, the others by whatever is given."""
        self.simulator = self.simulate(buildings=2, sites=1, groups=1, latency=latency)
        self.job(self.simulator, more=self.lines(*others), **keys)

    def flush_ids(self, schema):
        return {run_id.split(":")[1] if ":" in run_id else "first"
                for run_id, in self.select("SELECT run_id FROM %s.flushes" % schema)}

    def test_the_second_spelling_is_refused_and_the_first_is_used(self):
        self.write((self.dsn(host="127.0.0.1"), "occuport"))
        self.occuport("check", "job.yaml")
        done = self.occuport("check", "--online", "job.yaml", code=78)
        self.assertEqual(done.err.count("the same schema of the same database is another destination"), 1)
        for _ in range(2):
            result = self.occuport("run", "--json", "job.yaml", code=78)
            self.assertRegex(result.err, r"//127\.0\.0\.1:\S+, schema occuport: the same schema of the same database is"
                                         r" another destination of the job: leave one of them out; this destination is"
                                         r" left out")
            self.assert_all_in(self.simulator)
        self.assertEqual(self.flush_ids("occuport"), {"first"})

    def test_another_schema_and_another_database_are_other_places(self):
        other = self.server.create_database(self.database_name[:50] + "_more")
        self.write((self.dsn(host="127.0.0.1"), "second"), (self.dsn(database=other), "occuport"))
        self.occuport("check", "--online", "job.yaml")
        self.occuport("run", "job.yaml")
        self.assert_all_in(self.simulator)
        self.assert_all_in(self.simulator, "second")
        self.assertEqual((self.flush_ids("occuport"), self.flush_ids("second")), ({"first"}, {"1"}))
        self.database_name = other
        self.assert_all_in(self.simulator)
        self.assertEqual(self.flush_ids("occuport"), {"2"})

    def test_a_run_beside_it_is_no_second_spelling(self):
        """Of another job, of which it is the first destination: the place is held for one run only."""
        self.write((self.dsn(host="127.0.0.1"), "second"), latency=200)
        self.job(self.simulator, name="other.yaml", schema="second", more=self.lines((self.dsn(), "third")))
        runs = [self.start_occuport("run", "job.yaml")]
        self.server.wait_for("SELECT to_regclass('second.runs') IS NOT NULL", self.database_name)
        self.server.wait_for("SELECT count(*) > 0 FROM second.runs", self.database_name)
        runs.append(self.start_occuport("run", "other.yaml"))
        for process in runs:
            self.finish(process, 0)
        self.assert_all_in(self.simulator, "second")

    def test_the_place_is_held_again_on_another_connection(self):
        """While the first is away another one has it: what they would both store is left to that one."""
        road = proxy.Proxy(self.server.port)
        self.addCleanup(road.close)

        def cut():
            road.closed = True
            road.cut()
        road.on_copy = cut
        self.write((self.dsn(), "second"), dsn=road.dsn(self.server, database=self.database_name))
        process = self.start_occuport("run", "job.yaml")
        rig.harness.wait_until(lambda: road.on_copy is None or process.poll() is not None, "a COPY")
        self.server.wait_for("SELECT (%s) = 0" % HELD, self.database_name)
        with server.Session(self.dsn()) as other:
            other.run("SELECT pg_advisory_lock_shared(hashtext('occuport job occuport ' || run_id), 1)"
                      " FROM occuport.runs")
            road.closed = False
            done = self.finish(process, 78)
        self.assertIn("is another destination of the job: leave one of them out; the run goes on without it", done.err)
        self.assert_all_in(self.simulator, "second")


if __name__ == "__main__":
    unittest.main()
