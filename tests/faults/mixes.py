"""Mixes of faults and of variants of the API, each a function of a seed and a number."""
import random

import fault_trial
import http2_front
import tls_front
from fault_trial import KINDS, SLOW

# Variants that hide nothing: with all of them every slice can be fetched. The chance of a switch and its values.
VARIANTS = {
    "no_aggregates": (0.2, [True]),
    "no_introspection": (0.2, [True]),
    "dialect": (0.15, ["documented"]),
    "numbers": (0.3, ["string", "exponent"]),
    "timestamps": (0.4, ["iso-offset", "iso-local", "snowflake-ntz", "snowflake-tz", "epoch"]),
    "partitions": (0.15, ["utc"]),
    "stringify_ids": (0.2, [True]),
    "gzip": (0.4, ["off"]),
    "gaps": (0.3, [10, 60]),
    "row_cap": (0.2, [48, 60, 100]),
    "session_requests": (0.3, [1, 2, 3, 10]),
    "expiry_style": (0.5, ["200"]),
    "granularities": (0.3, ["PT1H", "P1D", "PT15M,P1D"]),
    "latency": (0.2, [1, 20]),
    "buildings": (0.3, [2]),
}
FETCH = {
    "page_size": (1, [24, 60, 150, 1000]),
    "verify": (0.3, ["pages", "auto"]),
    "concurrency": (0.5, [1, 2]),
    "max_attempts": (1, [1, 2, 3, 6]),
}
# Answers that the HTTP server itself spoils. One that belongs to another query is left out: nothing tells it.
GARBLED = ["html", "empty", "cut", "chunked", "gzip", "partial", "null-data", "ddn", "no-data", "429", "429-seconds",
           "429-date", "500", "502", "503", "503-seconds", "504"]


def chosen(dice, table):
    return {name: dice.choice(values) for name, (chance, values) in table.items() if dice.random() < chance}


def faults(dice):
    """A list for --break: some kinds by chance, some by number."""
    parts = []
    for kind in dice.sample(KINDS, dice.randint(1, 4)):
        if dice.random() < 0.6:
            parts.append("%s:%d" % (kind, dice.randint(1, 2 if kind in SLOW else 10)))
        else:
            first = dice.randint(1, 20)
            parts.append("%s@%d-%d" % (kind, first, first + dice.randint(0, 1 if kind in SLOW else 4)))
    return ",".join(parts)


def login_faults(dice):
    """The first logins fail, or some in between."""
    kind, first = dice.choice(KINDS), dice.choice([1, 1, 2, 4])
    return "%s@%d-%d" % (kind, first, first + dice.randint(0, 0 if kind in SLOW else 3))


TLS_KINDS = ["cut", "reset", "tampered", "unsized-cut", "unsized-half", "unsized-torn", "unsized"]
HTTP2_KINDS = ["rst-%s%s" % (code, form) for code in http2_front.CODES for form in ("", "-early", "-unsized")] + [
    "end", "end-unsized"] + list(http2_front.OF_CONNECTION)


class Mix:
    """One run: switches of the simulator, the job, and perhaps a front with TLS, which breaks by itself."""

    def __init__(self, seed, number):
        self.dice = random.Random("%d/%d" % (seed, number))
        self.front, self.fronts = None, {}
        self.trial = make_with(self.dice)
        if self.dice.random() < 0.3:
            self.front = self.dice.choice(["tls", "http2"])
            for kind in self.dice.sample(TLS_KINDS if self.front == "tls" else HTTP2_KINDS, 3):
                self.fronts[kind] = self.dice.uniform(0.01, 0.1)
            for name in ("break", "break_logins", "break_ms"):  # one thing that breaks connections at a time
                self.trial["switches"].pop(name, None)
        self.front_seed = self.dice.randrange(10**6)

    def tell(self):
        return dict(self.trial, front=self.front, faults_of_front=self.fronts, front_seed=self.front_seed)

    def fault(self, number):
        at = random.Random("%d/%d" % (self.front_seed, number)).random()
        for kind, chance in self.fronts.items():
            at -= chance
            if at < 0:
                return kind
        return None

    def make_front(self, simulator):
        front = tls_front.TlsFront if self.front == "tls" else http2_front.Http2Front
        return front(simulator, self.fault)

    def run(self):
        return fault_trial.attempt(make_front=self.make_front if self.front else None, **self.trial)


def make_with(dice):
    switches, fetch = chosen(dice, VARIANTS), chosen(dice, FETCH)
    if switches.get("dialect") == "documented":  # where only a day that is filled shows that a slice is whole
        for name in ("row_cap", "timestamps", "partitions"):
            switches.pop(name, None)
        fetch.pop("verify", None)
    switches.update({"break": faults(dice), "seed": dice.randrange(10**6), "break_seed": dice.randrange(10**6)})
    if dice.random() < 0.4:
        switches["break_logins"] = login_faults(dice)
    if dice.random() < 0.4:
        switches["garble"] = ",".join("%s:%d" % (kind, dice.randint(1, 6))
                                      for kind in dice.sample(GARBLED, dice.randint(1, 3)))
    if dice.random() < 0.1:
        switches["break_ms"] = dice.choice([20, 1000])
    return {"switches": switches, "fetch": fetch}
