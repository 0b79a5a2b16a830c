"""A schema of an older program is brought up to date while others use its tables."""
import pathlib
import unittest

import rig
import server

MIGRATIONS = pathlib.Path(__file__).resolve().parents[2] / "migrations" / "postgres"
OLD = ("0001_ledger_init.sql", "0002_rows_datasets.sql", "0003_work_queue.sql")
LIMITS = {"OCCUPORT_LIMITS": "migrate.lock_ms=300,migrate.pause_ms=600"}

# Stands for the one of the schema, which a migration that comes later finds; it is gone when it ended somebody.
END_HOLDERS = """
CREATE FUNCTION occuport.work_end_holders(p_lease interval, p_pids integer[])
RETURNS TABLE (worker_id text, host text, pid integer, is_ended boolean) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT 'the frozen one'::text, 'a host'::text, a.pid,
                        CASE WHEN a.pid = ANY (p_pids) THEN pg_terminate_backend(a.pid) END
                 FROM pg_stat_activity a WHERE a.application_name = 'frozen';
    IF cardinality(p_pids) > 0 THEN
        DROP FUNCTION occuport.work_end_holders(interval, integer[]);
    END IF;
END
$$"""


def checksum(text):
    value = 14695981039346656037
    for byte in text.encode():
        value = (value ^ byte) * 1099511628211 % 2 ** 64
    return "%016x" % value


class Upgrade(rig.Postgres):
    def setUp(self):
        super().setUp()
        self.simulator = self.simulate(buildings=1, sites=1, groups=1)
        self.job(self.simulator)
        sql = ["CREATE SCHEMA occuport; SET search_path TO occuport, pg_temp;"
               "CREATE TABLE schema_migrations (number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
               " applied_at timestamptz NOT NULL);"]
        for number, name in enumerate(OLD, 1):
            text = (MIGRATIONS / name).read_text()
            sql += [text, "INSERT INTO schema_migrations VALUES (%d, '%s', '%s', now());" % (number, name, checksum(text))]
        self.server.run("\n".join(sql), self.database_name)

    def look(self, name):
        """A long query, or a backup: it is at the queue and at nothing else."""
        session = server.Session(self.dsn())
        self.addCleanup(session.close)
        session.run("SET application_name TO %s" % name)
        session.run("BEGIN")
        session.run("SELECT count(*) FROM occuport.work_units")
        return session

    def assert_current(self):
        self.assert_all_in(self.simulator)
        self.assertGreater(self.one("SELECT max(number) FROM occuport.schema_migrations"), len(OLD))

    def wait_beside_others(self, *args, count=1):
        """Runs come, and others look at the table that those wait for."""
        session = self.look("backup")
        processes = [self.start_occuport("run", *args, "job.yaml", env=LIMITS) for _ in range(count)]
        for _ in range(2):
            self.server.wait_for("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'relation'",
                                 self.database_name)
            self.server.run("SET statement_timeout TO '20s'; SELECT count(*) FROM occuport.work_units",
                            self.database_name)
        self.assertEqual([process.poll() for process in processes], [None] * count)
        session.run("COMMIT")
        told = [self.finish(process, 0).err.count("the schema is to be brought up to date") for process in processes]
        self.assertEqual(max(told), 1, told)
        self.assert_current()

    def test_others_get_their_turn_while_workers_wait(self):
        self.wait_beside_others("--worker", count=3)

    def test_others_get_their_turn_while_a_run_beside_files_waits(self):
        self.job(self.simulator, more=rig.SQLITE % "occupancy.db")
        self.wait_beside_others()

    def test_a_frozen_worker_is_ended_before(self):
        self.server.run(END_HOLDERS, self.database_name)
        self.look("frozen")
        limits = {"OCCUPORT_LIMITS": LIMITS["OCCUPORT_LIMITS"] + ",work.lease_ms=1500"}
        told = self.finish(self.start_occuport("run", "job.yaml", env=limits), 0).err
        self.assertIn("worker the frozen one on a host is frozen", told)
        self.assert_current()


if __name__ == "__main__":
    unittest.main()
