"""The job that is killed: three destinations, several pages, restated values, late rows, and what must come of it."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))  # simulator and job are those of e2e
import harness  # noqa: E402
from harness import DAY, NOW  # noqa: E402

import stored  # noqa: E402

COLUMNS = ["OCCUPANCY_MEAN", "OCCUPANCY_MAX"]
FIRST = "2025-05-24"
SETTLE = 4
# A small job passes through what a large one does: several commits, several files that wait to be merged.
LIMITS = "writer.flush_rows=60,csv.spool_rows=100,csv.spools=2"
SMALL = {"buildings": 2, "sites": 2, "groups": 1}
CHANGING = dict(SMALL, late=40, restate=30, restate_days=2, drop=8, drop_after=2)
TWO_NIGHTS = [(NOW - DAY, "2025-05-30"), (NOW, "2025-05-31")]
FLAVOURS = {
    # Two nights: open slices are fetched again, with late rows and other values; what the API drops stays.
    "keep": {"nights": TWO_NIGHTS, "until": "yesterday", "on_vanished": "keep",
             "switches": dict(CHANGING, granularities="PT1H,P1D")},
    # The same, and what the API drops is deleted.
    "delete": {"nights": TWO_NIGHTS, "until": "yesterday", "on_vanished": "delete",
               "switches": dict(CHANGING, granularities="PT1H")},
    # One run, after which nothing is due any more: what it leaves undone no later run would do by itself.
    "history": {"nights": [(NOW + 9 * DAY, "2025-05-30")], "until": "2025-05-30", "on_vanished": "keep",
                "switches": dict(SMALL, granularities="PT1H")},
}
DESTINATIONS = """  - sqlite: {path: "occupancy.db"}
  - csv: {directory: part}
  - csv: {directory: one, layout: single}"""


def environment(now, **more):
    return harness.environment(now, OCCUPORT_LIMITS=LIMITS, **more)


def strike(**settings):
    """The environment in which strike.c counts the calls that change the disk, or ends the program at one of them."""
    sanitizers = os.environ.get("ASAN_OPTIONS", "abort_on_error=1") + ":verify_asan_link_order=0"
    return dict(settings, LD_PRELOAD=os.environ["OCCUPORT_STRIKE"], ASAN_OPTIONS=sanitizers)


def read(folder):
    """Name to destination, as it is on disk."""
    return {"sqlite": stored.read_sqlite(folder / "occupancy.db", COLUMNS),
            "partitioned": stored.read_csv(folder / "part", COLUMNS, single=False),
            "single": stored.read_csv(folder / "one", COLUMNS, single=True)}


def run_undisturbed(folder, env):
    done = subprocess.run([harness.OCCUPORT, "run", "job.yaml"], cwd=folder, stdin=subprocess.DEVNULL, env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=harness.RUN_LIMIT)
    assert done.returncode == 0, done.stdout.decode(errors="replace")


class Night:
    """One instant of the API: what must be stored then, the folder before the run, and as a run leaves it."""

    def __init__(self, number, now, last, simulator):
        self.number, self.now, self.last, self.simulator = number, now, last, simulator
        self.shown = {}         # slice to its rows, as the API gives them
        self.truth = {}         # slice to its rows, as they must be stored
        self.corrections = []   # as they must be stored
        self.last_truth, self.fetched_before, self.settled_before = {}, set(), set()  # of the night before
        self.before = self.after = None  # folders
        self.expected = {}      # destination to its tables
        self.seconds = 0
        self.passes = {}        # point to how often it was passed
        self.changes = 0        # calls that change what is on disk


class World:
    """The nights of one flavour, each with a simulator that runs until `stop`."""

    def __init__(self, folder, flavour, seed):
        self.folder, self.flavour, self.seed = pathlib.Path(folder), FLAVOURS[flavour], seed
        self.folder.mkdir(parents=True, exist_ok=True)
        self.nights = []
        try:
            for number, (now, last) in enumerate(self.flavour["nights"]):
                simulator = harness.Simulator(self.folder, now=now, days=(FIRST, last), seed=seed, time_limit=3600,
                                              **self.flavour["switches"])
                self.nights.append(Night(number, now, last, simulator))
            for night in self.nights:
                self.expect(night)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        for night in self.nights:
            night.simulator.stop()

    def write_job(self, folder, night):
        text = harness.job_text(night.simulator.url, self.nights[-1].simulator.buildings(), first=FIRST,
                                last=self.flavour["until"], columns=COLUMNS, settle="%dd" % SETTLE,
                                fetch={"page_size": 50, "concurrency": 3, "max_attempts": 4},
                                more="metrics: {textfile: occuport.prom}\non_vanished: %s\n" % self.flavour["on_vanished"])
        (folder / "job.yaml").write_text(text.replace('  - sqlite: {path: "occupancy.db"}', DESTINATIONS))

    def tell_truth(self, night):
        """By the simulator alone: the rows, and what a night changes in slices that were fetched the night before."""
        for key, values in night.simulator.truth(FIRST, night.last, COLUMNS).items():
            night.shown.setdefault(key[:5], {})[key[5]] = values
        night.truth = dict(night.shown)
        if night.number == 0:
            return
        last = self.nights[night.number - 1]
        ledger = read(night.before)["sqlite"].ledger
        night.last_truth, night.fetched_before = last.truth, set(ledger)
        night.settled_before = {slice_ for slice_, fetched in ledger.items() if fetched.settled}
        night.corrections = list(last.corrections)
        for slice_ in ledger:
            old, new = last.truth.get(slice_, {}), night.shown.get(slice_, {})
            changes = (len(new.keys() - old.keys()), sum(old[start] != new[start] for start in old.keys() & new.keys()),
                       len(old.keys() - new.keys()))
            if not any(changes):
                continue
            assert slice_ not in night.settled_before, "%s changes after it is settled" % (slice_,)
            night.corrections.append(slice_ + changes)
            if self.flavour["on_vanished"] == "keep":
                night.truth[slice_] = {**old, **new}
            assert night.truth.get(slice_), "a slice that becomes empty is believed by the second run only"
        night.corrections.sort()

    def count_changes(self, night):
        folder, count = self.folder / ("counted-%d" % night.number), self.folder / "count"
        shutil.copytree(night.before, folder)
        run_undisturbed(folder, environment(night.now, **strike(OCCUPORT_STRIKE_COUNT=str(count))))
        night.changes = int(count.read_text())
        assert night.changes > 100, "strike.c sees %d changes of the disk" % night.changes

    def expect(self, night):
        """Runs it undisturbed, and judges that by the truth."""
        night.before = self.folder / ("before-%d" % night.number)
        night.after = self.folder / ("after-%d" % night.number)
        if night.number == 0:
            night.before.mkdir()
        else:
            shutil.copytree(self.nights[night.number - 1].after, night.before)
        self.write_job(night.before, night)
        self.tell_truth(night)
        shutil.copytree(night.before, night.after)
        log = self.folder / ("points-%d" % night.number)
        begun = time.monotonic()
        run_undisturbed(night.after, environment(night.now, OCCUPORT_COMMIT_LOG=str(log)))
        night.seconds = time.monotonic() - begun
        self.count_changes(night)
        for name in log.read_text().split():
            night.passes[name] = night.passes.get(name, 0) + 1
        for name, destination in read(night.after).items():
            night.expected[name] = destination.tables
            assert not destination.complaints, (name, destination.complaints)
            assert destination.rows == night.truth, "%s of the undisturbed run is not the truth" % name
            assert destination.corrections == night.corrections, (name, destination.corrections, night.corrections)
        assert not stored.leftovers(night.after), stored.leftovers(night.after)


def is_of_postgres(name):
    """Passed with a PostgreSQL only: tests/postgres/test_kill.py."""
    return name.split(".")[0] in ("pg", "postgres", "work")


def names_in_sources(postgres=False):
    """Every name that stands in a COMMIT_POINT of the sources: of those with PostgreSQL, or of the others."""
    names = set()
    for folder in ("lib", "cmd"):
        for path in (harness.ROOT / folder).rglob("*.c"):
            for arguments in re.findall(r"\bCOMMIT_POINT\(([^;]*)\);", path.read_text()):
                names |= set(re.findall(r'"([^"]+)"', arguments))
    return {name for name in names if is_of_postgres(name) == postgres}


def seed_of_environment(default):
    return int(os.environ.get("OCCUPORT_TEST_SEED", default))
