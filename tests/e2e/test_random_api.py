"""Behaviours of the API in random combinations: whatever meets, each slice is right or is not there.

OCCUPORT_TEST_SEED sets the seed, OCCUPORT_TEST_TRIALS how many combinations are tried. A combination is a function of
the seed and its number, so a failure names all that is needed to see it again.
"""
import concurrent.futures
import os
import random
import sys
import unittest

import oracle

SEED = int(os.environ.get("OCCUPORT_TEST_SEED", random.SystemRandom().randrange(10**9)))
TRIALS = int(os.environ.get("OCCUPORT_TEST_TRIALS", "200"))

# The chance of a switch, and the values it may have.
SWITCHES = {
    "no_aggregates": (0.25, [True]),
    "no_introspection": (0.25, [True]),
    "dialect": (0.15, ["documented"]),
    "numbers": (0.4, ["string", "exponent"]),
    "timestamps": (0.5, ["iso-offset", "iso-local", "snowflake-ntz", "snowflake-tz", "epoch"]),
    "partitions": (0.2, ["utc"]),
    "stringify_ids": (0.3, [True]),
    "gzip": (0.3, ["off"]),
    "gaps": (0.3, [10, 60]),
    "row_cap": (0.3, [1, 5, 24, 25, 48, 60, 100]),
    "count_capped": (0.3, [True]),
    "session_requests": (0.2, [1, 3, 10]),
    "expiry_style": (0.5, ["200"]),
    "choke_rows": (0.25, [1, 10, 24, 60, 150]),
    "choke_style": (0.8, ["time-limit", "504", "413", "ddn"]),
    "in_limit": (0.1, [1, 2]),
    "node_limit": (0.05, [1, 2, 3]),
    "count_off": (0.1, [-30, -1, 1, 40]),
    "order_keys": (0.1, [1, 2, 3, 4]),
    "change_after": (0.2, [0, 1, 2, 3, 5, 9]),
    "change_values": (0.8, [True]),
    "change_text": (0.2, ["OCCUPANCY_MAX", "OCCUPANCY_MEAN"]),
    "change_new": (0.2, [True]),
    "change_without": (0.1, ["OCCUPANCY_MAX", "PERCENT_CAPACITY"]),
    "granularities": (0.4, ["PT1H", "P1D", "PT15M", "P1D,P1W,P1M,PT1H"]),
    "fail": (0.1, [4]),
}
FETCH = {
    "page_size": (1, [24, 30, 60, 150, 1000]),
    "verify": (0.4, ["pages", "auto", "count"]),
    "concurrency": (0.4, [1, 2]),
    "max_attempts": (1, [2, 3, 4]),
}
GARBLED = ["html", "empty", "cut", "chunked", "gzip", "bom", "deep", "blanks", "twice", "partial", "null-data", "ddn",
           "no-data", "list", "repeat", "429", "500", "501", "502", "503", "504"]
FLAWED = ["no-nulls", "extra", "string", "exponent", "huge", "nested", "null"]
UNREADABLE = ["no-start", "bad-utf8", "null-start", "twice", "lone-surrogate"]
COLUMNS = [["OCCUPANCY_MEAN"], ["OCCUPANCY_MEAN", "OCCUPANCY_MAX", "LARGEST_ZONE"],
           ["LARGEST_ZONE", "OCCUPANCY_MEAN_POS", "OCCUPANCY_MEAN", "PERCENT_CAPACITY"]]


def chosen(dice, table):
    return {name: dice.choice(values) for name, (chance, values) in table.items() if dice.random() < chance}


def rates(dice, kinds, most, percent):
    return ["%s:%d" % (kind, dice.randint(1, percent)) for kind in dice.sample(kinds, dice.randint(0, most))]


def drop(switches, *names):
    for name in names:
        switches.pop(name, None)


def make_compatible(switches, fetch):
    """Takes out what no client could see through; why is said beside each."""
    if switches.get("dialect") == "documented":
        drop(switches, "row_cap", "count_off", "order_keys", "no_aggregates", "in_limit")
        fetch.pop("verify", None)
    count = not switches.get("no_aggregates") and fetch.get("verify") != "pages" and "node_limit" not in switches
    if "count_off" in switches:  # a count that is wrong by just as much as the cap hides, and all that trusts a count
        drop(switches, "row_cap", "choke_rows", "order_keys", "change_after")
        fetch.pop("verify", None)
    if fetch.get("verify") == "count":  # it says that counts can be trusted
        drop(switches, "count_capped", "change_after")
    if "order_keys" in switches:  # few rows look ordered by chance
        if switches.get("row_cap", 24) < 24 or not count:
            drop(switches, "order_keys")
    if "change_after" in switches:  # a slice that does not fit a page is read at two instants
        drop(switches, "row_cap", "choke_rows", "order_keys")
        if "PT15M" in switches.get("granularities", ""):
            fetch["page_size"] = 1000
        fetch["page_size"] = max(30, fetch["page_size"])
    if switches.get("row_cap", 24) < 24:  # a request a row
        switches.update(sites=1, groups=1)
        drop(switches, "session_requests")
        if "PT15M" in switches.get("granularities", ""):
            drop(switches, "granularities")


def combination(number):
    dice = random.Random("%d/%d" % (SEED, number))
    switches, fetch = chosen(dice, SWITCHES), chosen(dice, FETCH)
    make_compatible(switches, fetch)
    garbled = rates(dice, GARBLED, 3, 6) if dice.random() < 0.4 else []
    if switches.get("no_aggregates") or "gaps" in switches or "P1W" in switches.get("granularities", "") or \
            fetch.get("verify") == "pages" or "node_limit" in switches or switches.get("dialect") == "documented":
        # An empty answer that belongs to another query is an empty slice, unless a count says no.
        garbled = [kind for kind in garbled if not kind.startswith("repeat")]
    flaws = rates(dice, FLAWED, 2, 20) + (rates(dice, UNREADABLE, 1, 1) if dice.random() < 0.5 else [])
    switches.update({name: ",".join(kinds) for name, kinds in (("garble", garbled), ("flaws", flaws)) if kinds})
    switches["seed"] = dice.randrange(10**6)
    api = dice.choice(["", "", "", "dialect: documented"]) if switches.get("dialect") else ""
    return {"switches": switches, "fetch": fetch, "columns": dice.choice(COLUMNS), "api": api}


class RandomApi(unittest.TestCase):
    def test_no_combination_makes_a_table_wrong(self):
        sys.stderr.write("OCCUPORT_TEST_SEED=%d " % SEED)
        stored = lacking = 0
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            trials = [(number, pool.submit(oracle.attempt, **combination(number))) for number in range(TRIALS)]
        for number, trial in trials:
            with self.subTest(seed=SEED, number=number, combination=combination(number)):
                trial = trial.result()
                self.assertIsNotNone(trial, "it does not end")
                self.assertEqual(trial.complaints, [])
                stored, lacking = stored + len(trial.stored), lacking + len(trial.lacking)
        self.assertGreater(stored, lacking, "most of it failed, which shows little")


if __name__ == "__main__":
    unittest.main()
