"""Workers of jobs that hold more than a list of columns of one dataset, and a server that forgets what was committed."""
import csv
import unittest

import gate
import server
from workers import WRITTEN, Workers, harness

ZONES = """datasets:
  - name: building_insights
  - {name: zone_insights, root_field: ZONE_INSIGHTS, keys: [ZONE_ID]}
"""
DONE = "SELECT count(*) FROM occuport.work_units WHERE state = 'done'"


class Datasets(Workers):
    def zones(self):
        low, high = (int(day.replace("-", "")) for day in (self.FIRST, self.LAST))
        key = harness.KEY + ["ZONE_ID"]
        return {tuple(row[name] for name in key): (harness.true_value("OCCUPANCY_MEAN", row["OCCUPANCY_MEAN"]),)
                for row in csv.DictReader(self.simulator.dump("zones").splitlines())
                if low <= int(row["DATE_PARTITION"]) <= high}

    def stored_zones(self):
        rows = self.select("SELECT %s, ZONE_ID, OCCUPANCY_MEAN FROM occuport.zone_insights" % ", ".join(harness.KEY))
        found = {tuple(map(str, row[:-1])): (row[-1],) for row in rows}
        self.assertEqual(len(found), len(rows))
        return found

    def test_a_worker_dies_in_each(self):
        self.small()
        self.gated(fetch={"verify": "count"}, more="")
        job = self.folder / "job.yaml"
        job.write_text(job.read_text() + ZONES)
        seen = []

        def is_later(call):
            """Of each worker that dies, the third request of its dataset and those after."""
            if call.worker > 1 or ("ZONE_INSIGHTS" in call.query) != (call.worker == 1):
                return False
            seen.append(call.worker)
            return seen.count(call.worker) > 2

        hold = self.hold(of=is_later)
        workers = self.start(1, lease=1500)
        self.until_waiting(hold, 1, workers[0])
        workers += self.start(1, lease=1500)
        self.until_waiting(hold, 2, workers[1])
        self.assertEqual(self.one("SELECT count(DISTINCT dataset) FROM occuport.work_units WHERE state = 'leased'"), 2)
        for worker in workers:
            worker.kill()
            worker.communicate()
        self.finish_all(self.start(1, lease=1500))
        self.assert_rows(self.stored(), self.simulator.truth(self.FIRST, self.LAST))
        self.assert_rows(self.stored_zones(), self.zones())
        self.assertEqual(self.one(WRITTEN), 0)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_units WHERE state <> 'done'"), 0)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.corrections"), 0)


class AllColumns(Workers):
    def job_of_all(self, **keys):
        self.gated(**keys)
        job = self.folder / "job.yaml"
        job.write_text(job.read_text().replace("columns: [OCCUPANCY_MEAN]", "columns: all"))

    def test_they_share(self):
        self.small(latency=30)
        self.job_of_all()
        self.assert_shared(self.simulator, self.finish_all(self.start(3)))
        self.assert_all_in(self.simulator, columns=harness.ALL_COLUMNS[:-1])

    def a_column_comes(self, *args, **keys):
        """While the first worker is at its first units. Who comes then knows it, and the first one does not."""
        self.small(deny_columns="OCCUPANCY_MAX")
        self.job_of_all(fetch={"verify": "count"})
        hold = self.hold(of=lambda call: "OCCUPANCY_MAX" not in call.query)
        first = self.start(1, *args, **keys)[0]
        self.until_waiting(hold, 1, first)
        self.serve_all()
        second = self.start_occuport("run", "--json", "job.yaml")
        self.until("SELECT count(*) > 2 FROM occuport.work_log", "the second has stored something")
        hold.open()
        self.assertEqual(self.finish(second, 0).json()["slices"]["fetched"], 20)
        self.assert_all_columns()
        self.assertLess(self.finish(first, 0).json()["slices"]["fetched"], 20)
        self.assert_all_columns()

    def test_a_column_comes_while_they_are_at_work(self):
        self.a_column_comes()

    def test_a_column_comes_while_all_is_fetched_again(self):
        """Whatever the ledger says is due for the first one, and what the second stored meanwhile is not."""
        self.a_column_comes("--reprocess", "all", command="backfill")

    def test_a_column_comes_when_all_was_done_just_now(self):
        self.small(deny_columns="OCCUPANCY_MAX")
        self.job_of_all()
        self.finish_all(self.start(2))
        self.serve_all()
        self.finish_all(self.start(2))
        self.assert_all_columns()

    def serve_all(self):
        self.gate.simulator = self.simulator = self.simulate(**dict(self.simulator.options_given, deny_columns=""))

    def assert_all_columns(self):
        """By the ledger as well."""
        self.assertEqual(self.one("SELECT count(*) FROM occuport.ledger_spans JOIN occuport.column_sets USING (columns_id)"
                                  " WHERE columns NOT LIKE '%OCCUPANCY_MAX%'"), 0)
        columns = harness.ALL_COLUMNS[:-1]  # the last one is no number
        self.assert_rows(self.stored(columns=columns), self.simulator.truth(self.FIRST, self.LAST, columns))


class Standby(Workers):
    def setUp(self):
        super().setUp()
        self.primary = server.Server(trust=True)
        self.addCleanup(self.primary.close)
        self.standby = self.primary.replica(trust=True)
        self.database_name = "postgres"
        self.shared = type(self).server
        type(self).server = self.primary

    def tearDown(self):
        type(self).server = self.shared
        super().tearDown()

    def test_what_the_standby_has_not_got_is_fetched_again(self):
        """It is behind when it takes over: slices that two workers know as stored are gone."""
        self.small()
        self.gated(dsn="host=127.0.0.1,127.0.0.1 port=%d,%d dbname=postgres user=postgres target_session_attrs=read-write"
                   % (self.primary.port, self.standby.port), fetch={"verify": "count"})
        known, late = (gate.Hold(of=lambda call, day=day: call.first < day) for day in (20250528, 20250524))
        for hold in (known, late):
            self.addCleanup(hold.open)
        self.gate.judge = lambda call: known(call) or late(call)
        workers = self.start(2, lease=1500)
        self.until_done(4, self.primary)
        self.until_done(4, self.standby)
        self.cut_off()
        known.open()
        self.until_done(8, self.primary)
        self.primary.stop("immediate")
        self.standby.promote()
        type(self).server = self.standby
        self.assertEqual(self.one(DONE), 4)
        late.open()
        summaries = self.finish_all(workers)
        self.assert_all_in(self.simulator)
        self.assertEqual(self.one("SELECT count(*) FROM occuport.work_units WHERE state <> 'done'"), 0)
        self.assertEqual(self.one(WRITTEN), 0)
        self.assertEqual(sum(summary["slices"]["fetched"] for summary in summaries), 20 + 8)

    def until_done(self, count, where):
        def holds():
            try:
                return where.one(DONE) == count
            except AssertionError:
                return False  # there are no tables yet
        harness.wait_until(holds, "%d units are done" % count)

    def cut_off(self):
        """The standby gets nothing any more."""
        access = self.primary.data / "pg_hba.conf"
        access.write_text(access.read_text().replace("local replication postgres trust", "local replication all reject"))
        self.primary.run("SELECT pg_reload_conf()")
        self.primary.run("SELECT pg_terminate_backend(pid) FROM pg_stat_replication")
        self.primary.wait_for("SELECT count(*) = 0 FROM pg_stat_replication")


if __name__ == "__main__":
    unittest.main()
