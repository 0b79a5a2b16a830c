"""A job with several destinations, one of which fails: what the history of each says, and what is told of the job."""
import fcntl
import signal
import sqlite3
import unittest

import harness

BOTH = "  - sqlite: {path: a.db}\n  - sqlite: {path: b.db}\n"
NO_END = ("CREATE TRIGGER no BEFORE UPDATE ON runs WHEN NEW.status <> 'died'"
          " BEGIN SELECT RAISE(ABORT, 'not today'); END")
NO_ROW = "CREATE TRIGGER no BEFORE INSERT ON building_insights_rows BEGIN SELECT RAISE(ABORT, 'not today'); END"
METRICS = "metrics: {textfile: m.prom}\n"
HOUR = 3600


class Histories(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.api = self.simulate(buildings=1, sites=1, groups=1)

    def job(self, last, destinations=BOTH, api=None, columns=None, **keys):
        api = api or self.api
        text = harness.job_text(api.url, api.buildings(), database="@", first="2025-05-22", last=last, **keys)
        if columns is not None:
            text = text.replace("columns: [%s]" % ", ".join(harness.COLUMNS), "columns: " + columns)
        (self.folder / "job.yaml").write_text(text.replace('  - sqlite: {path: "@"}\n', destinations))

    def change(self, name, *statements):
        database = sqlite3.connect(self.folder / name)
        for statement in statements:
            database.execute(statement)
        database.commit()
        database.close()

    def last_of(self, name, columns="status, exit_code, message"):
        with self.database(self.folder / name) as database:
            return database.all("SELECT %s FROM runs ORDER BY rowid DESC LIMIT 1" % columns)[0]

    def status(self):
        return self.occuport("status", "--json", "job.yaml").json()

    def metric(self, name):
        for line in (self.folder / "m.prom").read_text().splitlines():
            if line.startswith("occuport_" + name + "{"):
                return float(line.rsplit(" ", 1)[1])
        return None

    # --- how it ended

    def test_good_destination_knows_that_another_was_left_out(self):
        self.job("2025-05-22", more=METRICS)
        self.occuport("run", "-q", "job.yaml")
        (self.folder / "b.db").write_bytes(b"no database at all" * 100)
        self.job("2025-05-25", more=METRICS)
        ended = self.occuport("run", "--json", "job.yaml", code=74, now=harness.NOW + HOUR).json()
        status, code, message = self.last_of("a.db")
        self.assertEqual((status, code), ("failed", 74))
        self.assertEqual(message, ended["message"])
        self.assertIn("b.db", message)
        self.assertEqual(self.metric("coverage_known"), 0)  # a ledger cannot be read
        for name in ("coverage_slices", "newest_partition_end_timestamp_seconds", "run_success_timestamp_seconds"):
            self.assertIsNone(self.metric(name), name)
        (self.folder / "b.db").unlink()
        self.occuport("run", "-q", "job.yaml", now=harness.NOW + 2 * HOUR)
        self.assertEqual(self.last_of("a.db"), ("ok", 0, None))
        self.assertEqual((self.metric("coverage_known"), self.metric("coverage_slices")), (1, 8))

    def test_destination_that_was_left_out_is_worse_than_an_api_that_is_away(self):
        self.job("2025-05-22")
        self.occuport("run", "-q", "job.yaml")
        (self.folder / "b.db").write_bytes(b"no database at all" * 100)
        self.api.stop()
        self.job("2025-05-25", fetch={"max_attempts": 1})
        self.occuport("run", "-q", "job.yaml", code=74, now=harness.NOW + HOUR)
        self.assertEqual(self.last_of("a.db")[:2], ("failed", 74))

    def test_good_destination_knows_that_another_was_left_out_for_its_columns(self):
        self.job("2025-05-22", columns="all")
        self.occuport("run", "-q", "job.yaml")
        self.change("b.db", "DELETE FROM schema_changes WHERE column_name = 'OCCUPANCY_MAX'",
                    "CREATE TRIGGER no BEFORE INSERT ON schema_changes BEGIN SELECT RAISE(ABORT, 'not today'); END")
        self.job("2025-05-25", columns="all")
        self.occuport("run", "-q", "job.yaml", code=74, now=harness.NOW + HOUR)
        status, code, message = self.last_of("a.db")
        self.assertEqual((status, code), ("failed", 74))
        self.assertIn("not today", message)

    def test_good_destination_knows_that_the_end_could_not_be_noted_in_another(self):
        for destinations in (BOTH, "".join(reversed(BOTH.splitlines(True)))):
            with self.subTest(destinations=destinations):
                self.job("2025-05-22", destinations, more=METRICS)
                self.occuport("run", "-q", "job.yaml")
                self.change("b.db", NO_END)
                later = harness.NOW + HOUR
                ended = self.occuport("run", "--json", "job.yaml", code=74, now=later)
                self.assertIn("not today", ended.json()["message"])
                self.assertIn("not today", ended.err)
                status, code, message = self.last_of("a.db")
                self.assertEqual((status, code), ("failed", 74))
                self.assertIn("not today", message)
                self.assertEqual(self.metric("run_success_timestamp_seconds"), harness.NOW)
                self.change("b.db", "DROP TRIGGER no")
                for name in ("a.db", "b.db"):
                    (self.folder / name).unlink()

    def test_run_that_a_signal_ends_tells_that_its_end_could_not_be_noted(self):
        slow = self.simulate(buildings=1, sites=1, groups=1, latency=100)
        self.job("2025-05-22", api=slow)
        self.occuport("run", "-q", "job.yaml")
        self.change("b.db", NO_END)
        self.job("2025-05-31", api=slow, fetch={"page_size": 24, "concurrency": 1})
        process = self.start_occuport("run", "--json", "job.yaml", now=harness.NOW + HOUR)
        harness.wait_until(lambda: self.last_of("b.db")[0] == "running", "the run")
        process.send_signal(signal.SIGINT)
        ended = self.finish(process, 74)
        self.assertEqual((ended.json()["status"], ended.json()["exit_code"]), ("interrupted", 74))
        self.assertIn("not today", ended.err)
        self.assertEqual(self.last_of("a.db")[:2], ("interrupted", 74))

    # --- what it took

    COUNTS = "slices_due, slices_fetched, rows_received, rows_inserted, rows_updated, rows_unchanged"

    def test_history_counts_what_its_own_destination_took(self):
        self.job("2025-05-22")
        self.occuport("run", "-q", "job.yaml")
        self.change("a.db", NO_ROW)
        self.job("2025-05-25")
        ended = self.occuport("run", "--json", "job.yaml", code=74, now=harness.NOW + HOUR).json()
        rows = ended["rows"]["inserted"]
        self.assertGreater(rows, 0)
        self.assertEqual(ended["slices"]["fetched"], 6)  # of the first that did not fail
        self.assertEqual(self.last_of("a.db", self.COUNTS), (6, 0, 0, 0, 0, 0))
        self.assertEqual(self.last_of("b.db", self.COUNTS), (6, 6, rows, rows, 0, 0))
        self.assertEqual(self.last_of("a.db", "requests"), (ended["requests"],))
        self.assertEqual(self.status()["last_run"]["slices_fetched"], 6)
        self.change("a.db", "DROP TRIGGER no")
        self.job("2025-05-25", "".join(reversed(BOTH.splitlines(True))))
        ended = self.occuport("run", "--json", "job.yaml", now=harness.NOW + 2 * HOUR).json()
        self.assertEqual((ended["rows"]["inserted"], ended["rows"]["unchanged"]), (0, rows))  # of the first, b.db
        self.assertEqual(self.last_of("a.db", self.COUNTS), (6, 6, rows, rows, 0, 0))
        self.assertEqual(self.last_of("b.db", self.COUNTS), (6, 6, rows, 0, 0, rows))

    def test_history_counts_the_datasets_that_its_destination_took(self):
        datasets = "datasets:\n  - name: building_insights\n  - {name: zone_insights, root_field: ZONE_INSIGHTS, keys: [ZONE_ID]}\n"
        self.job("2025-05-22", more=datasets)
        whole = self.occuport("run", "--json", "job.yaml").json()
        self.assertEqual(self.last_of("a.db", self.COUNTS), self.last_of("b.db", self.COUNTS))
        self.assertEqual(self.last_of("a.db", "slices_fetched, rows_inserted"),
                         (whole["slices"]["fetched"], whole["rows"]["inserted"]))
        self.change("b.db", NO_ROW.replace("building_insights", "zone_insights"))
        self.job("2025-05-25", more=datasets)
        ended = self.occuport("run", "--json", "job.yaml", code=74, now=harness.NOW + HOUR).json()
        self.assertEqual(self.last_of("a.db", "slices_fetched, rows_inserted"), (12, ended["rows"]["inserted"]))
        with self.database(self.folder / "b.db") as database:
            rows = database.all("SELECT count(*) FROM building_insights WHERE DATE_PARTITION > 20250522")[0][0]
        self.assertEqual(self.last_of("b.db", "slices_fetched, rows_inserted"), (6, rows))

    # --- what is told of the job

    def hold(self, folder):
        """Makes a CSV destination one that another program writes to, for as long as the test."""
        lock = open(self.folder / folder / ".occuport/lock", "r+")
        self.addCleanup(lock.close)
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return lock

    def test_run_that_left_the_first_destination_out_is_the_last_run(self):
        destinations = "  - csv: {directory: csv}\n  - sqlite: {path: b.db}\n"
        self.job("2025-05-22", destinations, more=METRICS)
        self.occuport("run", "-q", "job.yaml")
        self.job("2025-05-25", destinations, more=METRICS)
        lock = self.hold("csv")
        later = harness.NOW + HOUR
        second = self.occuport("run", "--json", "job.yaml", code=75, now=later).json()
        status = self.status()
        self.assertEqual((status["last_run"]["run_id"], status["last_run"]["exit_code"]), (second["run_id"], 75))
        self.assertEqual(status["last_run"]["slices_fetched"], second["slices"]["fetched"])
        self.assertEqual(status["newest_fetch"], "2025-06-01T13:00:00Z")
        self.assertEqual(self.metric("run_success_timestamp_seconds"), harness.NOW)
        lines = [line for line in self.occuport("status", "job.yaml").out.splitlines() if "requests" in line]
        self.assertEqual([line.split()[:2] for line in lines],
                         [["2025-06-01T13:00:00Z", "failed"], ["2025-06-01T12:00:00Z", "ok"]])
        page = self.occuport("report", "-o", "-", "job.yaml").out
        self.assertEqual([page.count('<th scope="row"><time>2025-06-01 1%d:00 UTC' % hour) for hour in (2, 3)], [1, 1])
        lock.close()
        self.change("b.db", "UPDATE runs SET finished_at = '2025-06-01T14:00:00Z', exit_code = 0, status = 'ok'"
                    " WHERE run_id = '%s'" % second["run_id"])
        self.occuport("run", "-q", "job.yaml", code=77, now=harness.NOW + 3 * HOUR,
                      env={"INNERSPACE_CLIENT_SECRET": "wrong"})
        self.assertEqual(self.metric("run_success_timestamp_seconds"), harness.NOW + 2 * HOUR)

    def test_slices_that_failed_for_the_second_destination_alone_are_named_once_each(self):
        self.job("2025-05-23")
        self.occuport("run", "-q", "job.yaml")
        failure = ("INSERT INTO ledger_failures (series_id, day, kind, error, attempts, run_id, failed_at)"
                   " SELECT min(series_id), 20230 + %d, 'server', '%s', %d, 'x', '2025-06-01T12:00:00Z' FROM series")
        self.change("a.db", failure % (0, "both", 2))
        self.change("b.db", failure % (0, "both", 5), failure % (1, "alone", 1))
        told = self.occuport("status", "job.yaml").out
        self.assertEqual(told.count("2025-05-22 building"), 1)
        self.assertIn("tried in 5 runs", told)
        self.assertIn("alone", told)
        self.assertEqual(told.count("2025-05-23 building"), 1)
        self.assertLess(told.index("2025-05-23 building"), told.index("2025-05-22 building"))
        page = self.occuport("report", "-o", "-", "job.yaml").out
        self.assertEqual((page.count(">both<"), page.count(">alone<")), (1, 1))


if __name__ == "__main__":
    unittest.main()
