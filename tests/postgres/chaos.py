"""Six workers share a job while they are killed, frozen past their leases and cut off from the network.

A round is a world of data, a database, and workers that are started again whenever they ended with anything but 0. It is
over when all of them ended with 0 and no fault is going on. Then the tables must be those of the truth, no slice may
have been written twice (a trigger counts), and nothing may have been corrected.

Each worker is a host of its own (hosts.py): a network namespace with a cable that can be pulled. Where the system has
none, they are processes that reach the database through a proxy that breaks (proxy.py): SPLIT says which.
"""
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import hosts
import proxy
import rig
from rig import harness
import server

WORKERS = 6
LEASE = 1.5  # seconds; of a release it is far longer
LIMITS = "work.lease_ms=%d,postgres.lane_rows=1" % (LEASE * 1000)
NO_HOSTS = hosts.possible()
SPLIT = "processes behind a proxy (%s)" % NO_HOSTS if NO_HOSTS else "hosts in network namespaces"
RELAY_PORT = 8071  # of each host: the job is the same for all workers
ROUND_LIMIT = 120  # seconds
TRIGGER = """
CREATE TABLE occuport.slices_written (series_id bigint, date_partition bigint, kind text, at xid8 DEFAULT
    pg_current_xact_id());
CREATE FUNCTION occuport.count_slice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO occuport.slices_written VALUES (NEW.series_id, NEW.date_partition, TG_OP);
    RETURN NULL;
END $$;
-- Rows that are the same change nothing when they are written again: what leases wrote is told by their log.
CREATE TABLE occuport.leases_wrote (LIKE occuport.work_log, building_id bigint, granularity text);
CREATE FUNCTION occuport.keep_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO occuport.leases_wrote SELECT NEW.*, building_id, granularity FROM occuport.work_units
        WHERE unit_id = NEW.unit_id;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_log AFTER INSERT ON occuport.work_log FOR EACH ROW EXECUTE FUNCTION occuport.keep_log();
CREATE TRIGGER count_slice AFTER INSERT OR UPDATE ON occuport.building_insights_days
    FOR EACH ROW EXECUTE FUNCTION occuport.count_slice();
"""

TWICE = """SELECT building_id, granularity, site, gid, day::date, count(*), array_agg(unit_id || '/' || lease_no) AS leases
FROM occuport.leases_wrote CROSS JOIN unnest(sites) AS site CROSS JOIN unnest(groups) AS gid
CROSS JOIN generate_series(first_day, end_day - 1, interval '1 day') AS day
WHERE failed_slices = 0 GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1"""


class Worker:
    """One that is started again until it ends with 0."""

    def __init__(self, round_, number):
        self.round, self.number = round_, number
        self.process, self.frozen_until, self.cut_until = None, 0, 0
        self.ended = False
        self.codes = []
        self.log = round_.folder / ("worker-%d.log" % number)
        self.relay = None
        if not NO_HOSTS:
            self.host = round_.network.hosts[number]
            self.begin_relay()
        else:
            self.road = proxy.Proxy(round_.database.port)

    def begin_relay(self):
        program = pathlib.Path(__file__).parent / "relay.py"
        self.relay = subprocess.Popen(
            self.host.command(sys.executable, "-B", program, RELAY_PORT, self.round.network.address,
                              self.round.simulator_port), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.round.test.assertEqual(self.relay.stdout.readline(), b"ready\n")
        self.url = "http://127.0.0.1:%d" % RELAY_PORT

    def write_job(self):
        database = self.round.database
        if NO_HOSTS:
            dsn, url = self.road.dsn(database, database=self.round.name), self.round.url
        else:
            dsn, url = database.dsn(self.round.network.address, database=self.round.name), self.url
        self.round.test.job(None, dsn + " connect_timeout=2 tcp_user_timeout=2000", url=url,
                            name="%d/job.yaml" % self.number, buildings=self.round.buildings, fetch=self.round.fetch)

    def start(self):
        env = harness.environment(OCCUPORT_LIMITS=LIMITS)
        words = [harness.OCCUPORT, "run", "--worker", "-v", "job.yaml"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(words if NO_HOSTS else self.host.command(*words), env=env, stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL,
                                            cwd=self.round.folder / str(self.number))

    def look(self):
        """Sees to what is over. True when there is nothing left to do for it."""
        now = time.monotonic()
        if self.cut_until and now > self.cut_until:
            self.mend()
        if self.frozen_until and now > self.frozen_until:
            self.frozen_until = 0
            self.signal(signal.SIGCONT)
        code = self.process.poll()
        if code is None:
            return False
        if code != 0:
            self.codes.append(code)
            self.start()
            return False
        self.ended = True
        return not self.cut_until

    def signal(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.frozen_until = 0

    def freeze(self, seconds):
        if self.process.poll() is None:
            harness.freeze(self.process)
        self.frozen_until = time.monotonic() + seconds

    def cut(self, seconds):
        if NO_HOSTS:
            self.road.closed = True
            self.road.hold()
        else:
            self.host.unplug()
        self.cut_until = time.monotonic() + seconds

    def mend(self):
        self.cut_until = 0
        if NO_HOSTS:
            self.road.closed = False
            self.road.cut()  # what was on the road when it broke is lost
            self.road.release()
        else:
            self.host.plug()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.relay is not None:
            self.relay.stdin.close()
            self.relay.stdout.close()
            self.relay.wait()
        if NO_HOSTS:
            self.road.close()


class Round:
    """test: a rig.Postgres whose folder, simulators and comparisons are used."""

    def __init__(self, test, seed, faults):
        self.test, self.dice, self.faults_wanted = test, random.Random(seed), faults
        self.faults = {"kill": 0, "freeze": 0, "cut": 0}
        self.folder = test.folder
        self.database, self.name = test.server, test.database_name
        self.network = test.network
        self.fetch = {"page_size": 100, "concurrency": 2, "requests_per_second": 0, "max_attempts": 3, "timeout": "3s"}
        self.workers = []

    def simulate(self):
        """The simulator runs on the hub."""
        seed = self.dice.randrange(10**6)
        options = {"buildings": 3, "sites": 2, "groups": 2, "granularities": "PT1H", "latency": 40, "seed": seed}
        if NO_HOSTS:
            simulator = self.test.simulate(**options)
        else:
            simulator = self.test.simulate(before=self.network.hub.command(), listen=self.network.address, **options)
        self.buildings = simulator.buildings()
        self.url, self.simulator_port = simulator.url, int(simulator.url.rsplit(":", 1)[1])
        return simulator

    def prepare(self):
        """The tables, by a run of one day; then the trigger that counts."""
        first = self.workers[0]
        first.write_job()
        job = self.folder / "0/job.yaml"
        text = job.read_text()
        job.write_text(text.replace("until: " + self.test.LAST, "until: " + self.test.FIRST))
        first.start()
        code = first.process.wait(timeout=60)
        self.test.assertEqual(code, 0, first.log.read_text())
        job.write_text(text)
        self.first_day = self.test.one("SELECT count(*) FROM occuport.completeness")
        self.database.run(TRIGGER, self.name)

    def strike(self):
        worker = self.dice.choice(self.workers)
        if worker.ended or worker.frozen_until or worker.cut_until:
            return
        what = self.dice.choice(sorted(self.faults))
        self.faults[what] += 1
        if what == "kill":
            worker.kill()
        elif what == "freeze":
            worker.freeze(self.dice.choice([0.1, 1.3]) * LEASE * self.dice.uniform(0.8, 1.2))
        else:
            worker.cut(self.dice.choice([0.1, 1.6]) * LEASE * self.dice.uniform(0.8, 1.2))

    def run(self):
        simulator = self.simulate()
        for number in range(WORKERS):
            (self.folder / str(number)).mkdir(exist_ok=True)
            self.workers.append(Worker(self, number))
        try:
            self.prepare()
            for worker in self.workers:
                worker.write_job()
                worker.start()
            self.go_on()
        finally:
            for worker in self.workers:
                worker.close()
        self.check(simulator)

    def go_on(self):
        end = time.monotonic() + ROUND_LIMIT
        next_fault = time.monotonic() + 0.3
        while not all([worker.look() for worker in self.workers]):
            now = time.monotonic()
            if now > end:
                self.test.fail("no end after %d s: %s\n%s" % (ROUND_LIMIT, self.tails(), self.state()))
            if now > next_fault and sum(self.faults.values()) < self.faults_wanted:
                self.strike()
                next_fault = now + self.dice.uniform(0.02, 0.3)
            time.sleep(0.01)  # the moments of the faults are what this test is about

    def state(self):
        """What the database is waiting for."""
        return "\n".join(map(str, self.test.select(
            "SELECT pid, application_name, state, wait_event_type, wait_event, pg_blocking_pids(pid)::text AS by,"
            " now() - xact_start AS since, left(query, 200) AS query FROM pg_stat_activity WHERE datname ="
            " current_database()") + self.test.select("SELECT unit_id, state, lease_no, worker_id, lease_until"
                                                      " FROM occuport.work_units WHERE state <> 'done'")))

    def tails(self):
        return "\n".join("%s: %s" % (worker.log.name, worker.log.read_text(errors="replace")[-1500:])
                         for worker in self.workers)

    def check(self, simulator):
        self.test.assert_all_in(simulator)
        written = self.test.one("SELECT count(DISTINCT (series_id, date_partition)) FROM occuport.slices_written")
        self.test.assertEqual(written, self.test.one("SELECT count(*) FROM occuport.building_insights_days WHERE"
                                                     " date_partition > %s" % self.test.FIRST.replace("-", "")))
        twice = self.test.select("SELECT series_id, date_partition, count(*), string_agg(kind || ' ' || at, ', ') FROM"
                                 " occuport.slices_written GROUP BY 1, 2 HAVING count(*) > 1")
        self.test.assertEqual(twice, [], self.tails())
        twice = self.test.select(TWICE)
        self.test.assertEqual(twice, [], self.tails())
        self.test.assertEqual(self.test.one("SELECT count(*) FROM (%s) s" % TWICE.replace("> 1", "= 1")), len(
            simulator.series()) * len(list(harness.days_between(self.test.FIRST, self.test.LAST))) - self.first_day)
        for worker in self.workers:
            text = worker.log.read_text(errors="replace")
            for word in ("Sanitizer", "runtime error"):
                self.test.assertNotIn(word, text)
            # 75: come again; 69, 73 and 74: no API or no database, as long as the cable was out.
            self.test.assertEqual(set(worker.codes) - {-signal.SIGKILL, 69, 73, 74, 75}, set(), text[-3000:])


class Chaos(rig.Postgres):
    """Where rounds take place: the database on the hub of a network."""

    FIRST, LAST = "2025-04-29", "2025-05-25"  # settled: no slice is fetched again because it may change

    @classmethod
    def setUpClass(cls):
        cls.network, keys = None, {}
        if not NO_HOSTS:
            cls.network = hosts.Network(WORKERS)
            cls.addClassCleanup(cls.network.close)
            keys = {"host": cls.network.address, "before": cls.network.hub.command()}
        cls.server = server.Server(trust=True, **keys)
        cls.addClassCleanup(cls.server.close)


def seed_of_environment(otherwise):
    return int(os.environ.get("OCCUPORT_TEST_SEED", otherwise))
