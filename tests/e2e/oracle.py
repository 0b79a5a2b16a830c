"""One job against one simulator, and the judgement: each slice is as the simulator shows it, or it is not there.

The truth is what the simulator prints with `--dump json`, row by row as it sends it. This file reads that JSON in its own
way, so that it shares no mistake with the programs. A row that nobody could read makes its slice one that must fail.
"""
import contextlib
import decimal
import json
import subprocess
import tempfile

import harness
from harness import KEY

STORED = ("settled", "open")
DECODER = json.JSONDecoder(parse_int=decimal.Decimal, parse_float=decimal.Decimal)


def members(line):
    """The (key, raw text, value) of each member of an object written without blanks between them."""
    at = 1
    while line[at] != "}":
        key, at = DECODER.raw_decode(line, at + (line[at] == ","))
        value, end = DECODER.raw_decode(line, at + 1)
        yield key, line[at + 1:end], value
        at = end


class Truth:
    """Slice to its rows (start to raw texts), and the slices that hold a row which nobody can read."""

    def __init__(self, dump, columns):
        self.rows, self.unreadable, self.columns = {}, set(), columns
        for line in dump.split(b"\n")[:-1]:
            self.add(line)

    def add(self, line):
        found = list(members(line.decode(errors="surrogateescape")))
        row = {key: (raw, value) for key, raw, value in found}
        slice_ = tuple(str(row[name][1]) if name in ("GROUP_ID", "GRANULARITY") else int(row[name][1])
                       for name in KEY[:5])
        start = row.get("DATE_TIME_START", ("null", None))
        wrong = (start[1] is None or len({key for key, _, _ in found}) != len(found)
                 or any("\ud800" <= char <= "\udfff" for _, value in row.values() for char in str(value)))
        if wrong:
            self.unreadable.add(slice_)
            return
        start = start[1] if isinstance(start[1], str) else start[0]
        rows = self.rows.setdefault(slice_, {})
        assert start not in rows, "the simulator has two rows of one key"
        rows[start] = [row.get(column, ("null", None)) for column in self.columns]


def gives_back(stored, number):
    """Can every digit of the number be got back from the double?"""
    return decimal.Decimal("%.*e" % (len(number.as_tuple().digits) - 1, stored)) == number


def is_faithful(stored, source):
    """Is what lies in the database what was sent? No digit and no character may differ."""
    raw, value = source
    if value is None:
        return stored is None
    if isinstance(value, str):
        return stored == value
    if isinstance(value, decimal.Decimal):
        return stored in (raw, value) if not isinstance(stored, float) else gives_back(stored, value)
    return stored == raw


def differences(stored, true):
    """The starts at which the rows of a slice differ."""
    return sorted(start for start in stored.keys() | true.keys()
                  if start not in stored or start not in true or not all(map(is_faithful, stored[start], true[start])))


class Trial:
    """What came of a job: `code`, `stored`, `lacking` and of these `failed` slices; `complaints`, which must be empty."""

    FIRST, LAST = "2025-05-29", "2025-05-31"

    def __init__(self, switches, fetch=None, columns=("OCCUPANCY_MEAN", "OCCUPANCY_MAX", "LARGEST_ZONE"), api=""):
        self.switches = dict({"buildings": 1, "sites": 2, "groups": 2}, **switches)
        self.fetch = dict({"max_attempts": 6, "page_size": 60}, **(fetch or {}))
        self.columns, self.api = list(columns), api
        self.complaints = []
        self.stored, self.lacking, self.failed = set(), set(), set()
        with tempfile.TemporaryDirectory(prefix="occuport-e2e-") as folder:
            simulator = harness.Simulator(folder, days=(self.FIRST, self.LAST), **self.switches)
            try:
                self.run(folder, simulator)
                self.judge(folder, self.truths(simulator))
            finally:
                self.stats = simulator.stop()

    def truths(self, simulator):
        """Data that is published anew in the middle of the run is true as it was and as it is."""
        now = [] if "change_after" not in self.switches else ["--change-after", "0"]
        before = [] if not now else ["--change-after", "-1"]
        return [Truth(subprocess.run([harness.SIMULATOR, "--dump", "json"] + simulator.options + more,
                                     env=simulator.env, check=True, stdout=subprocess.PIPE).stdout, self.columns)
                for more in ([before, now] if now else [[]])]

    def run(self, folder, simulator):
        text = harness.job_text(simulator.url + ("\n  " + self.api if self.api else ""), simulator.buildings(),
                                self.FIRST, self.LAST, self.columns, self.fetch)
        with open(folder + "/job.yaml", "w") as job:
            job.write(text)
        result = subprocess.run([harness.OCCUPORT, "run", "--json", "job.yaml"], cwd=folder, env=harness.environment(),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                timeout=4 * harness.RUN_LIMIT)
        self.code, self.err = result.returncode, result.stderr.decode(errors="replace")
        self.summary = json.loads(result.stdout) if result.stdout else None
        for word in ("Sanitizer", "runtime error"):
            if word in self.err:
                self.complain("%r is said", word)
        said = [("stdout", result.stdout), ("stderr", result.stderr)]
        for leak in harness.find_leaks(said + harness.files_of(folder), harness.secrets([simulator])):
            self.complain("%s", leak)

    def complain(self, text, *values):
        self.complaints.append(text % values)

    def judge(self, folder, truths):
        with harness.Database(folder + "/occupancy.db") as database:
            states = database.completeness()
            stored = {}
            for row in database.all("SELECT %s FROM building_insights" % ", ".join(KEY + self.columns)):
                rows = stored.setdefault(row[:5], {})
                if row[5] in rows:
                    self.complain("two rows of one key: %s", row[:6])
                rows[row[5]] = row[6:]
            rejects = database.all("SELECT building_id, site_id, group_id, granularity, date_partition FROM rejects"
                                   " WHERE length(reason) > 0 AND length(raw) > 0")
            if database.one("SELECT count(*) FROM rejects") != len(rejects):
                self.complain("a reject without reason or text")
        for slice_ in stored.keys() - states.keys():
            self.complain("%s has rows and is no slice of the job", slice_)
        for slice_, (state, count) in states.items():
            self.judge_slice(slice_, state, count, stored.get(slice_, {}), truths)
        self.judge_code(rejects)

    def judge_slice(self, slice_, state, count, rows, truths):
        if state not in STORED:
            self.lacking.add(slice_)
            if state == "failed":
                self.failed.add(slice_)
            if rows:
                self.complain("%s is %s and has %d rows", slice_, state, len(rows))
            return
        self.stored.add(slice_)
        if count != len(rows):
            self.complain("%s is told to have %d rows, and has %d", slice_, count, len(rows))
        found = [differences(rows, truth.rows.get(slice_, {})) for truth in truths if slice_ not in truth.unreadable]
        if all(found):
            self.complain("%s is %s and wrong; it has %d rows; wrong at %s", slice_, state, len(rows),
                          [starts[:3] for starts in found] or "a row that cannot be read")

    def judge_code(self, rejects):
        allowed = {0} if not self.lacking else {65, 69, 70, 75, 78} - ({65} if not rejects else set())
        if self.code not in allowed or self.code == 70:
            self.complain("exit %d with %d slices lacking and %d rejects: %s", self.code, len(self.lacking),
                          len(rejects), self.err[-500:])
        astray = any(None in reject or reject not in self.lacking for reject in rejects)  # it spoils its whole unit
        if self.code == 65 and not astray and not self.lacking <= set(rejects):
            self.complain("exit 65, and a slice fails without a reject")
        if self.failed and (self.summary is None or self.summary["failures_total"] != len(self.failed)):
            self.complain("%d slices fail, and the summary tells of others: %s", len(self.failed), self.summary)
        if self.lacking and "error" not in self.err and "failed" not in self.err:
            self.complain("something is lacking, and nothing is said: %s", self.err)


def attempt(*args, **keys):
    """A trial, or the complaint that there was none."""
    trial = None
    with contextlib.suppress(subprocess.TimeoutExpired):
        trial = Trial(*args, **keys)
    return trial
