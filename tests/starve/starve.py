"""What the starvation tests share: a job whose run lacks something, what may be stored after it, and the run that heals.

Two simulators hold rows with the same keys and other values: A is what was stored before, B is what the run fetches. At
any instant a slice is absent, or as A has it, or as B has it; never a mixture. This file reads what is stored by itself,
with the modules sqlite3 and csv.
"""
import csv
import errno
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

# The end-to-end tests start and question the same programs: their harness is used as it is.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
from harness import KEY, NOW  # noqa: E402

BUILD = pathlib.Path(os.environ.get("STARVE_BUILD", str(harness.ROOT / "build/asan")))
PLAIN = str(BUILD / "tests/starve/occuport_plain")  # without sanitizers, which want memory of their own
SHIM = str(BUILD / "tests/starve/libstarve.so")
DERIVED = ["START_UTC", "LOCAL_DATE", "LOCAL_HOUR"]
FIRST, LAST = "2025-05-29", "2025-05-31"
DESTINATIONS = {
    "sql": "sqlite: {path: sql/occupancy.db}",
    "part": "csv: {directory: part}",
    "one": "csv: {directory: one, layout: single}",
}
ERRORS = [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS]
# What may stand for an error in a message: the system's words, or those of lib/db.
REASONS = {
    errno.ENOSPC: ["No space left on device", "no space is left"],
    errno.EIO: ["Input/output error"],
    errno.EDQUOT: ["Disk quota exceeded"],
    errno.EROFS: ["Read-only file system", "may not be written"],
    errno.EFBIG: ["File too large"],
    errno.EACCES: ["Permission denied", "may not be written"],
}


def preload(program):
    """The value of LD_PRELOAD: the sanitizer's library, where the program has one, must come first."""
    libraries = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    asan = [line.split()[2] for line in libraries.splitlines() if "libasan" in line]
    return " ".join(asan + [SHIM])


def by_slice(rows):
    slices = {}
    for key, values in rows.items():
        slices.setdefault(key[:5], {})[key] = values
    return slices


class World:
    """The two simulators and what they hold; the tests of a process share it."""

    shared = None

    def __init__(self, folder):
        options = {"days": (FIRST, LAST), "buildings": 2, "sites": 1, "groups": 2, "granularities": "PT1H"}
        self.before = harness.Simulator(folder, **options)
        self.after = harness.Simulator(folder, seed=7, **options)
        self.old = self.before.truth(FIRST, LAST)
        self.new = self.after.truth(FIRST, LAST)
        assert self.old.keys() == self.new.keys() and self.old != self.new
        self.slices = (by_slice(self.old), by_slice(self.new))

    def stop(self):
        self.before.stop()
        self.after.stop()

    @classmethod
    def get(cls, test_class):
        """Started with the first test class that asks, ended with each of them."""
        folder = tempfile.TemporaryDirectory(prefix="occuport-starve-")
        test_class.addClassCleanup(folder.cleanup)
        world = cls(folder.name)
        test_class.addClassCleanup(world.stop)
        return world


class Stored:
    """What one destination holds, and what its ledger says: slices of its spans."""

    def __init__(self, rows, ledger, problems):
        self.rows, self.ledger, self.problems = rows, ledger, problems


def read_database(path, query):
    """The answers of a copy, so that a log left behind is read as the next program would; None: there is no database."""
    if not path.exists() or (path.stat().st_size == 0 and not pathlib.Path(str(path) + "-wal").exists()):
        return None, ["ok"]
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal", "-journal"):
            if os.path.exists(str(path) + suffix):
                shutil.copy(str(path) + suffix, folder)
        connection = sqlite3.connect(os.path.join(folder, path.name))
        try:
            integrity = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            names = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema")}
            return query(connection, names), integrity
        finally:
            connection.close()


def ledger_of(connection, names):
    if "ledger_spans" not in names:
        return set()
    return {(row[0], row[1], row[2], row[3], int(row[4])) for row in connection.execute(
        "WITH RECURSIVE days (id, day, last) AS (SELECT series_id, first_day, end_day FROM ledger_spans UNION ALL"
        " SELECT id, day + 1, last FROM days WHERE day + 1 < last) SELECT building_id, site_id, group_id, granularity,"
        " strftime('%Y%m%d', day * 86400, 'unixepoch') FROM days JOIN series ON series_id = id")}


def read_sqlite(path):
    def query(connection, names):
        rows, problems = {}, []
        if "building_insights" in names:
            for row in connection.execute("SELECT %s, OCCUPANCY_MEAN FROM building_insights" % ", ".join(KEY)):
                if row[:6] in rows:
                    problems.append("two rows of one key: %s" % (row[:6],))
                rows[row[:6]] = (harness.stored_value("", row[6]),)
        return rows, ledger_of(connection, names), problems

    answer, integrity = read_database(path, query)
    rows, ledger, problems = answer or ({}, set(), [])
    if integrity != ["ok"]:
        problems.append("%s: %s" % (path, integrity))
    return Stored(rows, ledger, problems)


def read_csv_file(path, rows, problems):
    text = path.read_text(encoding="utf-8")
    if not text.endswith("\n"):
        problems.append("%s does not end with a line" % path)
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    if next(reader, None) != KEY + ["OCCUPANCY_MEAN"] + DERIVED:
        problems.append("%s has another header" % path)
    for row in reader:
        if len(row) != len(KEY) + 1 + len(DERIVED):
            problems.append("%s:%d has %d fields" % (path, reader.line_num, len(row)))
            continue
        key = (int(row[0]), int(row[1]), row[2], row[3], int(row[4]), row[5])
        if key in rows:
            problems.append("two rows of one key: %s" % (key,))
        rows[key] = (float(row[6]) if row[6] else None,)


def read_csv(folder, files):
    rows, problems = {}, []
    for path in files:
        read_csv_file(path, rows, problems)
    ledger, integrity = read_database(folder / ".occuport/ledger.db", ledger_of)
    if integrity != ["ok"]:
        problems.append("%s: %s" % (folder, integrity))
    return Stored(rows, ledger or set(), problems)


def read(folder, name):
    if name == "sql":
        return read_sqlite(folder / "sql/occupancy.db")
    path = folder / name
    if name == "part":
        return read_csv(path, sorted((path / "building_insights").glob("DATE_PARTITION=*/BUILDING_ID=*/rows.csv")))
    return read_csv(path, [file for file in [path / "building_insights.csv"] if file.exists()])


def harm(stored, world, same_commit):
    """What is wrong with what is stored, whatever happened; nothing should be. same_commit: rows and ledger are one."""
    problems = list(stored.problems)
    slices = by_slice(stored.rows)
    for key, rows in slices.items():
        if not any(rows == known.get(key) for known in world.slices):
            problems.append("slice %s is neither absent nor whole: %d rows" % (key, len(rows)))
    surplus = stored.ledger - slices.keys()
    if surplus:
        problems.append("the ledger says more than the data: %s" % sorted(surplus)[:3])
    if same_commit and slices.keys() - stored.ledger:
        problems.append("rows without their entry in the ledger: %s" % sorted(slices.keys() - stored.ledger)[:3])
    return problems


def leftovers(folder):
    """Temporary files that no run is at."""
    found = [str(path) for path in folder.rglob("*") if "occuport-" in path.name]
    return found + [str(path) for path in folder.glob("*/.occuport/tmp/*")]


class Case:
    """A folder with a job of some destinations, and programs that run in it."""

    def __init__(self, world, folder, names, program):
        self.world, self.folder, self.names, self.program = world, pathlib.Path(folder), names, program
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "sql").mkdir(exist_ok=True)
        self.problems = []

    def write_job(self, simulator, **fetch):
        text = harness.job_text(simulator.url, simulator.buildings(), first=FIRST, last=LAST, settle="30d", fetch=fetch)
        lines = "\n".join("  - " + DESTINATIONS[name] for name in self.names)
        (self.folder / "job.yaml").write_text(text.replace("  - sqlite: {path: \"occupancy.db\"}", lines))

    def run(self, *args, env=None, now=NOW, limit=None, **popen):
        """Runs it to its end and returns what it left behind. limit: called in the child before the program."""
        command = [self.program] + list(args or ["run", "job.yaml"])
        process = subprocess.Popen(command, cwd=self.folder, env=harness.environment(now, **(env or {})),
                                   **dict({"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                                           "stderr": subprocess.PIPE, "preexec_fn": limit}, **popen))
        try:
            out, err = process.communicate(timeout=harness.RUN_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        result = harness.Result(command, process.returncode, (out or b"").decode(), (err or b"").decode())
        if "Sanitizer" in result.err or "runtime error" in result.err or harness.SECRET in result.out + result.err:
            self.complain("said what it must not", result)
        if result.code < 0:
            self.complain("was killed by signal %d" % -result.code, result)
        return result

    def shim_env(self, **settings):
        env = {"STARVE_" + name.upper(): str(value) for name, value in settings.items()}
        return dict(env, LD_PRELOAD=preload(self.program))

    def complain(self, what, result=None):
        self.problems.append("%s%s" % (what, "" if result is None else "\n" + str(result)))

    def check_harmless(self, result):
        """What is stored now, by the name of the destination."""
        stored = {name: read(self.folder, name) for name in self.names}
        for name in self.names:
            for problem in harm(stored[name], self.world, name == "sql"):
                self.complain("%s: %s" % (name, problem), result)
        return stored

    def is_new(self, name):
        return read(self.folder, name).rows == self.world.new

    def heal(self):
        """The next run, which lacks nothing, ends in the truth."""
        result = self.run()
        if result.code != 0:
            self.complain("the next run did not heal", result)
        for name, stored in self.check_harmless(result).items():
            if stored.rows != self.world.new or stored.ledger != self.world.slices[1].keys():
                self.complain("%s is not the truth after the next run: %d rows of %d, %d slices of %d" % (
                    name, len(stored.rows), len(self.world.new), len(stored.ledger), len(self.world.slices[1])), result)
        if leftovers(self.folder):
            self.complain("left behind: %s" % leftovers(self.folder), result)


def snapshot(world, folder, names, program):
    """A case that holds what A has, to be copied."""
    case = Case(world, folder, names, program)
    case.write_job(world.before)
    result = case.run()
    assert result.code == 0, str(result)
    assert all(read(case.folder, name).rows == world.old for name in names)
    return case.folder

