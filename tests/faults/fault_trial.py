"""A job against an API whose connections break, and the judgement: whatever broke, what is stored is the truth.

A run that ends with 0 holds all of it. A run that does not names what is lacking and has stored nothing wrong; the same
job, run again when the API is well, then makes it whole and ends with 0.
"""
import contextlib
import pathlib
import subprocess
import sys
import types

# What end-to-end tests share lies in their folder.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import harness
import oracle

KINDS = ["reset", "drop", "refuse", "silence", "headers-reset", "headers-cut", "body-lost", "body-reset", "body-cut",
         "stall", "drip", "length-long", "length-short", "unsized", "unsized-cut", "429", "429-seconds", "500", "502",
         "503", "503-seconds", "504"]
SLOW = ("silence", "stall")  # each costs a timeout
FAULTS = ("break", "break_logins", "break_seed", "break_ms", "fail", "garble")  # an API that is well has none of them
MOST_REQUESTS = 3000  # of one run; what asks for more asks for ever


class FaultTrial(oracle.Trial):
    """make_front: called with the simulator, returns something with `url`, `api` (lines of the job) and `close`."""

    def __init__(self, switches, fetch=None, make_front=None, **keys):
        self.make_front, self.front = make_front, None
        self.first_code = self.first_summary = None
        super().__init__(dict({"granularities": "PT1H,P1D"}, **switches),
                         dict({"timeout": "1s", "max_attempts": 6, "page_size": 60}, **(fetch or {})), **keys)

    def run(self, folder, simulator):
        if not self.make_front:
            super().run(folder, simulator)
            return
        with contextlib.closing(self.make_front(simulator)) as self.front:
            self.api = self.front.api
            super().run(folder, types.SimpleNamespace(url=self.front.url, buildings=simulator.buildings,
                                                      sessions=simulator.sessions))
            self.api = ""

    def judge(self, folder, truths):
        super().judge(folder, truths)
        self.judge_end()
        self.first_code, self.first_summary, self.first_err = self.code, self.summary, self.err
        if self.code != 0:
            self.heal(folder, truths)

    def judge_end(self):
        if self.code not in (0, 69, 75):
            self.complain("exit %d: %s", self.code, self.err[-500:])
        if self.code == 69 and self.stored:
            self.complain("exit 69, and %d slices are stored", len(self.stored))
        if self.summary is None:
            self.complain("there is no summary")
            return
        if self.summary["requests"] > MOST_REQUESTS:
            self.complain("%d requests", self.summary["requests"])
        if any(not failure["error"] for failure in self.summary["failures"]):
            self.complain("a failure without a reason")

    def broken(self):
        """Requests and logins that met a fault of the connection."""
        return sum(sum(self.stats.get(name, {}).values()) for name in ("broken", "broken_logins")) + (
            sum(self.front.met.values()) if self.front else 0)

    def heal(self, folder, truths):
        well = {name: value for name, value in self.switches.items() if name not in FAULTS}
        simulator = harness.Simulator(folder, days=(self.FIRST, self.LAST), **well)
        self.stored, self.lacking, self.failed = set(), set(), set()
        self.fetch["timeout"] = "60s"
        try:
            super().run(folder, simulator)
        finally:
            simulator.stop()
        super().judge(folder, truths)
        if self.code != 0 or self.lacking:
            self.complain("a run against an API that is well ends with %d, and %d slices are lacking: %s", self.code,
                          len(self.lacking), self.err[-500:])


def attempt(*args, **keys):
    """A trial; None: it does not end."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        return FaultTrial(*args, **keys)
    return None
