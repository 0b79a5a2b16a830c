"""What the end-to-end tests share: a folder, a simulator, a job, and the comparison of what is stored with the truth.

The programs are those that OCCUPORT and INNERSPACE_SIM in the environment name. For both of them it is NOW, so no test
depends on the date of today. The truth is what the simulator prints with `--dump csv`.
"""
import base64
import contextlib
import csv
import datetime
import json
import os
import pathlib
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest
import zoneinfo

import stub_api

ROOT = pathlib.Path(__file__).resolve().parents[2]
OCCUPORT = os.environ.get("OCCUPORT", str(ROOT / "build/asan/cmd/occuport/occuport"))
SIMULATOR = os.environ.get("INNERSPACE_SIM", str(ROOT / "build/asan/cmd/innerspace-sim/innerspace-sim"))

NOW = 1748779200  # 2025-06-01 12:00 UTC
DAY = 86400
CLIENT_ID = "end-to-end"
SECRET = "never-to-be-seen-6d1f"
KEY = ["BUILDING_ID", "SITE_ID", "GROUP_ID", "GRANULARITY", "DATE_PARTITION", "DATE_TIME_START"]
ZONES = ["America/Toronto", "Europe/London", "Australia/Sydney"]
COLUMNS = ["OCCUPANCY_MEAN"]
ALL_COLUMNS = ["OCCUPANCY_MEAN", "OCCUPANCY_MAX", "OCCUPANCY_MEAN_POS", "PERCENT_CAPACITY", "LARGEST_ZONE"]
START_LIMIT = 20  # seconds; a sanitized program on a busy machine takes a moment
RUN_LIMIT = 180
TIME_LIMIT = 300  # a simulator ends by itself after that, whatever became of the test


def environment(now=NOW, **changes):
    """A clean one: no proxy, no colour setting and no locale of the machine reaches the programs."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "abort_on_error=1")
    env["UBSAN_OPTIONS"] = "print_stacktrace=1"
    env["OCCUPORT_NOW"] = str(now)
    env["INNERSPACE_CLIENT_ID"] = CLIENT_ID
    env["INNERSPACE_CLIENT_SECRET"] = SECRET
    env.update(changes)
    return {name: value for name, value in env.items() if value is not None}


def wait_until(holds, what, limit=START_LIMIT):
    """Polls something that can be observed; fails when it does not come about."""
    end = time.monotonic() + limit
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("waited %d s in vain: %s" % (limit, what))
        time.sleep(0.005)


def partition(day):
    return day.year * 10000 + day.month * 100 + day.day


def days_between(first, last):
    day = datetime.date.fromisoformat(first)
    while day <= datetime.date.fromisoformat(last):
        yield day
        day += datetime.timedelta(days=1)


class Result:
    """What a program that ended left behind."""

    def __init__(self, args, code, out, err):
        self.args, self.code, self.out, self.err = args, code, out, err

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return "%s\nexit %d\nstdout: %s\nstderr: %s" % (" ".join(self.args), self.code, self.out, self.err)


def secrets(simulators):
    """What must be found nowhere: the client secret, also as it may be written elsewhere, and every session id."""
    secret = SECRET.encode()
    words = {secret, secret.hex().encode(), base64.b64encode(secret), stub_api.SESSION.encode(),
             b"conformance-session"}
    return words.union(*([word.encode() for word in simulator.sessions()] for simulator in simulators))


def files_of(folder, holders=()):
    """(name, content) of all files but those of simulators, and those that a test itself has given a secret."""
    found = []
    for path in sorted(pathlib.Path(folder).rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not inside.parts[0].startswith("sim-") and str(inside) not in holders:
            found.append((str(inside), path.read_bytes()))
    return found


def find_leaks(contents, words):
    """What of the contents, pairs of name and bytes, holds a secret. The secret itself is not repeated."""
    return ["a secret (%s...) is in %s, at byte %d" % (word[:4].decode(), name, content.find(word))
            for name, content in contents for word in words if word in content]


class Simulator:
    """
    Options are those of the program with _ for -, a value of True for a flag; days is (first, last). before: a command
    that starts it on another host of the test.
    """

    def __init__(self, folder, now=NOW, days=("2025-04-28", "2025-05-31"), before=(), **options):
        self.before = list(before)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sim-", dir=folder))
        self.options_given = options
        self.zones = options.get("zones", ",".join(ZONES)).split(",")
        self.env = environment(now)
        self.options = ["--from", days[0], "--to", days[1], "--client-id", CLIENT_ID, "--client-secret", SECRET]
        for name, value in options.items():
            self.options += ["--" + name.replace("_", "-")] + ([] if value is True else [str(value)])
        self.dumps = {}
        self.process = None
        self.stats = None
        self.start()

    def start(self):
        port_file = self.folder / "port"
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                self.before +
                [SIMULATOR, "--port", "0", "--port-file", str(port_file), "--stats-file", str(self.folder / "stats"),
                 "--sessions-file", str(self.folder / "sessions"),
                 "--time-limit", str(TIME_LIMIT)] + self.options, env=self.env, stdout=log, stderr=log)
        wait_until(lambda: port_file.exists() or self.process.poll() is not None, "the port of the simulator")
        if self.process.poll() is not None:
            raise AssertionError("the simulator did not start: " + (self.folder / "log").read_text())
        self.url = "http://%s:%d" % (self.options_given.get("listen", "127.0.0.1"), int(port_file.read_text()))

    def stop(self):
        """Ends it and returns its counts. May be called again."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            code = self.process.wait(timeout=START_LIMIT)
            self.process = None
            log = (self.folder / "log").read_text(errors="replace")
            assert code == 0, "the simulator ended with %d: %s" % (code, log)
            self.stats = json.loads((self.folder / "stats").read_text())
        return self.stats

    def sessions(self):
        """Every session id that it handed out."""
        path = self.folder / "sessions"
        return path.read_text().split() if path.exists() else []

    def dump(self, form):
        if form not in self.dumps:
            self.dumps[form] = subprocess.run([SIMULATOR, "--dump", form] + self.options, env=self.env, check=True,
                                              stdout=subprocess.PIPE, text=True).stdout
        return self.dumps[form]

    def buildings(self):
        """The lines of a job for everything it has."""
        return self.dump("job")

    def truth(self, first, last, columns=COLUMNS):
        """Its rows whose DATE_PARTITION lies in the range: key to values."""
        low, high = (partition(datetime.date.fromisoformat(day)) for day in (first, last))
        rows = {}
        for row in csv.DictReader(self.dump("csv").splitlines()):
            if low <= int(row["DATE_PARTITION"]) <= high:
                key = (int(row["BUILDING_ID"]), int(row["SITE_ID"]), row["GROUP_ID"], row["GRANULARITY"],
                       int(row["DATE_PARTITION"]), row["DATE_TIME_START"])
                assert key not in rows, "the simulator has two rows of one key: %s" % (key,)
                rows[key] = tuple(true_value(column, row[column]) for column in columns)
        return rows

    def series(self):
        return {(int(row["BUILDING_ID"]), int(row["SITE_ID"]), row["GROUP_ID"], row["GRANULARITY"])
                for row in csv.DictReader(self.dump("csv").splitlines())}

    def zone(self, building):
        return zoneinfo.ZoneInfo(self.zones[(building - 71) % len(self.zones)])


def true_value(column, text):
    if text == "":
        return None
    return json.loads(text) if column == "LARGEST_ZONE" else float(text)


def stored_value(column, value):
    if value is None:
        return None
    return json.loads(value) if column == "LARGEST_ZONE" else float(value)


class Database:
    """A look at what is stored. Opened for reading only; close it, or use it with `with`."""

    def __init__(self, path):
        self.connection = sqlite3.connect("file:%s?mode=ro" % path, uri=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.connection.close()

    def all(self, sql, *values):
        return self.connection.execute(sql, values).fetchall()

    def one(self, sql, *values):
        return self.connection.execute(sql, values).fetchone()[0]

    def rows(self, columns=COLUMNS):
        rows = {}
        for row in self.all("SELECT %s FROM building_insights" % ", ".join(KEY + columns)):
            key, values = row[:len(KEY)], row[len(KEY):]
            assert key not in rows, "two rows of one key: %s" % (key,)
            rows[key] = tuple(map(stored_value, columns, values))
        return rows

    def completeness(self):
        """Slice to (state, number of rows)."""
        rows = self.all("SELECT BUILDING_ID, SITE_ID, GROUP_ID, GRANULARITY, DATE_PARTITION, STATE, ROW_COUNT"
                        " FROM completeness")
        slices = {row[:5]: row[5:] for row in rows}
        assert len(slices) == len(rows), "a slice is told twice"
        return slices


def job_text(api, buildings, first="2025-05-02", last="2025-05-31", columns=COLUMNS, fetch=None, database="occupancy.db",
             settle="3d", more=""):
    """A job file. fetch: the keys of that block; more: lines of other blocks; api: an address, or more lines of api."""
    fetch = dict({"requests_per_second": 0, "max_attempts": 2}, **(fetch or {}))
    return """version: 1
api:
  base_url: %s
  client_id: ${INNERSPACE_CLIENT_ID}
  client_secret: ${INNERSPACE_CLIENT_SECRET}
fetch: %s
coverage:
  from: %s
  until: %s
  settle: %s
columns: [%s]
destinations:
  - sqlite: {path: %s}
%s%s""" % (api, json.dumps(fetch), first, last, settle, ", ".join(columns), json.dumps(database), buildings, more)


def freeze(process):
    """Stops a child. A signal takes a while to reach all its threads: until then some go on."""
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)


def put_an_end_to(process):
    """To one that a test, which failed, left running."""
    if process.poll() is None:
        process.kill()
        process.communicate()


class EndToEnd(unittest.TestCase):
    """A test in a folder of its own, which is the working directory of every program it runs."""

    maxDiff = 4000

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="occuport-e2e-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.database_path = self.folder / "occupancy.db"
        self.simulators, self.outputs = [], []
        self.holders = set()  # files of the folder into which the test itself has written a secret
        # Runs after the cleanups that come later, when all programs have ended, and before the folder is gone.
        self.addCleanup(self.assert_no_secret_anywhere)

    def simulate(self, **options):
        simulator = Simulator(self.folder, **options)
        self.simulators.append(simulator)
        self.addCleanup(simulator.stop)
        return simulator

    def write_job(self, simulator, name="job.yaml", **keys):
        (self.folder / name).write_text(job_text(simulator.url, simulator.buildings(), **keys))

    def occuport(self, *args, code=0, **keys):
        """Runs it to its end; the code must be the one given, and nothing may be said that must not."""
        return self.finish(self.start_occuport(*args, **keys), code)

    def start_occuport(self, *args, now=NOW, env=None, stdin=subprocess.DEVNULL, file_limit=None, umask=-1):
        """file_limit: bytes that no file it writes may exceed; a write beyond fails."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

        self.record("the command line", " ".join(args).encode())
        process = subprocess.Popen([OCCUPORT] + list(args), cwd=self.folder, env=environment(now, **(env or {})),
                                   stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   preexec_fn=limit if file_limit else None, restore_signals=not file_limit, umask=umask)
        self.addCleanup(put_an_end_to, process)
        return process

    def finish(self, process, code):
        try:
            out, err = process.communicate(timeout=RUN_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()  # what it still wrote would make the next run fail for another reason
            out, err = process.communicate()
            self.fail("%s took longer than %d s\n%s" % (" ".join(process.args), RUN_LIMIT, err.decode()))
        self.record("stdout of " + " ".join(process.args[1:]), out)
        self.record("stderr of " + " ".join(process.args[1:]), err)
        result = Result(process.args, process.returncode, out.decode(), err.decode())
        self.assertEqual(result.code, code, str(result))
        self.assert_nothing_leaks(result)
        return result

    def assert_nothing_leaks(self, result):
        for stream in (result.out, result.err):
            for word in (SECRET, "Sanitizer", "runtime error"):
                self.assertNotIn(word, stream)

    def record(self, what, content):
        """What a program said: at the end of the test it is searched for secrets."""
        self.outputs.append((what, content))

    def secrets(self):
        return secrets(self.simulators)

    def assert_no_secret_anywhere(self):
        """Neither in what the programs said nor in any file that they left. test_leak_check plants some."""
        for leak in find_leaks(self.outputs + files_of(self.folder, self.holders), self.secrets()):
            self.fail(leak)

    @contextlib.contextmanager
    def database(self, path=None):
        with Database(path or self.database_path) as database:
            yield database

    @contextlib.contextmanager
    def copy_of_database(self):
        """What a machine that stopped now would find: the files as they are, the original untouched."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            for suffix in ("", "-wal"):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copy(str(self.database_path) + suffix, folder)
            with contextlib.closing(sqlite3.connect(pathlib.Path(folder) / "occupancy.db")) as connection:
                connection.execute("SELECT count(*) FROM sqlite_schema")
                with Database(pathlib.Path(folder) / "occupancy.db") as database:
                    yield database

    def assert_rows(self, rows, truth):
        """Same keys, same values."""
        missing = sorted(truth.keys() - rows.keys())
        surplus = sorted(rows.keys() - truth.keys())
        wrong = sorted(key for key in truth.keys() & rows.keys() if truth[key] != rows[key])
        if missing or surplus or wrong:
            self.fail("%d rows missing %s, %d surplus %s, %d wrong %s" % (
                len(missing), missing[:2], len(surplus), surplus[:2], len(wrong),
                [(key, rows[key], truth[key]) for key in wrong[:2]]))

    def expected_slices(self, simulator, truth, first, last, now=NOW, settle=3):
        """What the view `completeness` must hold after a run at `now`: slice to (state, rows)."""
        counts = {}
        for key in truth:
            counts[key[:5]] = counts.get(key[:5], 0) + 1
        slices = {}
        for series in simulator.series():
            for day in days_between(first, last):
                end = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(),
                                                simulator.zone(series[0])).timestamp()
                period = {"P1W": 8, "P1M": 31}.get(series[3], 0)  # its row may come at the end of it
                state = "settled" if now >= end + (settle + period) * DAY else "open"
                slices[series + (partition(day),)] = (state, counts.get(series + (partition(day),), 0))
        return slices

    def assert_all_stored(self, simulator, first="2025-05-02", last="2025-05-31", columns=COLUMNS, now=NOW):
        """Every row of the range once with its values, and every slice accounted for as of a run at `now`."""
        truth = simulator.truth(first, last, columns)
        self.assertTrue(truth)
        with self.database() as database:
            self.assert_rows(database.rows(columns), truth)
            self.assertEqual(database.completeness(), self.expected_slices(simulator, truth, first, last, now))
        return truth
