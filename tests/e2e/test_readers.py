"""Dashboards look while a run writes; a destination that may not be written is left alone."""
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest

import harness

NOBODY = 65534


class Readers(harness.EndToEnd):
    FIRST, LAST = "2025-05-12", "2025-05-31"

    def prepare(self):
        """A database that holds the last two days, and a job for twenty, against a slow API with small pages."""
        simulator = self.simulate(buildings=1, sites=2, groups=2, latency=30)
        fetch = {"page_size": 100, "concurrency": 2}
        self.write_job(simulator, first="2025-05-30", last=self.LAST, fetch=fetch)
        self.occuport("run", "job.yaml")
        self.write_job(simulator, first=self.FIRST, last=self.LAST, fetch=fetch)
        return simulator

    def look(self, connection):
        """Rows and completeness as one moment shows them."""
        connection.execute("BEGIN")
        rows = connection.execute("SELECT %s FROM building_insights" % ", ".join(harness.KEY)).fetchall()
        states = connection.execute("SELECT BUILDING_ID, SITE_ID, GROUP_ID, GRANULARITY, DATE_PARTITION, STATE, ROW_COUNT"
                                    " FROM completeness").fetchall()
        connection.execute("ROLLBACK")
        return rows, {row[:5]: row[5:] for row in states}

    def test_a_reader_sees_all_of_a_slice_or_nothing(self):
        simulator = self.prepare()
        truth = simulator.truth(self.FIRST, self.LAST)
        complete = {}
        for key in truth:
            complete[key[:5]] = complete.get(key[:5], 0) + 1
        connection = sqlite3.connect("file:%s?mode=ro" % self.database_path, uri=True, isolation_level=None)
        self.addCleanup(connection.close)
        process = self.start_occuport("run", "job.yaml")
        sizes = set()
        while process.poll() is None:
            rows, states = self.look(connection)
            sizes.add(len(rows))
            counts = {}
            for row in rows:
                counts[row[:5]] = counts.get(row[:5], 0) + 1
            for slice_, (state, row_count) in states.items():
                held = state in ("settled", "open")
                self.assertEqual(counts.get(slice_, 0), complete[slice_] if held else 0, (slice_, state))
                self.assertEqual(row_count, complete[slice_] if held else None)
        self.finish(process, 0)
        self.assertGreater(len(sizes), 1, "nothing was committed before the end, or nobody looked")
        self.assert_all_stored(simulator, self.FIRST, self.LAST)

    def test_a_reader_that_stays_sees_its_moment_and_holds_nobody_up(self):
        simulator = self.prepare()
        before = simulator.truth("2025-05-30", self.LAST)
        connection = sqlite3.connect("file:%s?mode=ro" % self.database_path, uri=True, isolation_level=None)
        self.addCleanup(connection.close)
        connection.execute("BEGIN")
        count = "SELECT count(*) FROM building_insights"
        self.assertEqual(connection.execute(count).fetchone(), (len(before),))
        self.occuport("run", "job.yaml")
        self.assertEqual(connection.execute(count).fetchone(), (len(before),))
        connection.execute("ROLLBACK")
        self.assertEqual(connection.execute(count).fetchone(), (len(simulator.truth(self.FIRST, self.LAST)),))
        self.assert_all_stored(simulator, self.FIRST, self.LAST)

    def test_a_writer_that_holds_the_destination_costs_no_slice(self):
        """Answers stand in their sockets meanwhile, longer than a request may take; the server is not to blame."""
        timeout = 2
        simulator = self.simulate(buildings=3, sites=10, groups=10, granularities="PT1H", latency=300)
        fetch = {"requests_per_second": 0, "timeout": "%ds" % timeout, "page_size": 3000, "concurrency": 4}
        self.write_job(simulator, first=self.LAST, last=self.LAST, fetch=fetch)
        self.occuport("run", "job.yaml")
        self.write_job(simulator, first=self.FIRST, last=self.LAST, fetch=fetch)
        connection = sqlite3.connect(self.database_path, isolation_level=None)
        self.addCleanup(connection.close)
        process = self.start_occuport("run", "--json", "-v", "job.yaml")
        harness.wait_until(lambda: connection.execute("SELECT count(*) FROM runs").fetchone() == (2,), "the second run")
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(2 * timeout)  # how long it holds the database is what is tested
        connection.execute("ROLLBACK")
        result = self.finish(process, 0)
        self.assertEqual(result.json()["slices"]["failed"], 0)
        self.assertIn("nobody read the answer to a query in time, asking again", result.err)
        self.assertNotIn("cut in two", result.err)
        self.assert_all_stored(simulator, self.FIRST, self.LAST)

    def program_for_others(self):
        """A copy that every user may start: the build may lie where only root may look."""
        temporary = tempfile.TemporaryDirectory(prefix="occuport-e2e-")
        self.addCleanup(temporary.cleanup)
        os.chmod(temporary.name, 0o755)
        program = shutil.copy(harness.OCCUPORT, temporary.name)
        os.chmod(program, 0o755)
        return program

    def test_a_destination_that_may_not_be_written_is_left_alone(self):
        simulator = self.simulate(buildings=1, sites=1, groups=1)
        self.write_job(simulator, first="2025-05-30", last=self.LAST)
        self.occuport("run", "job.yaml")
        before, names = self.database_path.read_bytes(), os.listdir(self.folder)
        for path in [self.folder] + list(self.folder.glob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        self.addCleanup(self.folder.chmod, 0o755)
        program, who = self.program_for_others(), {}
        if os.getuid() == 0:  # whom no permission stops
            who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        process = subprocess.run([program, "run", "job.yaml"], cwd=self.folder, text=True, check=False,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=harness.environment(), **who)
        self.assertIn(process.returncode, (73, 74), process.stderr)
        self.assertIn("occupancy.db", process.stderr)
        self.assertEqual(self.database_path.read_bytes(), before)
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(names))


if __name__ == "__main__":
    unittest.main()
