"""Each behaviour that the API may show, one job against each: the tables equal the truth, or slices fail; none is wrong."""
import collections
import concurrent.futures
import unittest

import oracle

EQUAL = "equal"  # all is stored, exit 0
SOME = "some"    # some slices fail, others are stored
NONE = "none"    # nothing can be stored
ANY = "any"      # as the dice fall; nothing is wrong

Behaviour = collections.namedtuple("Behaviour", "name expected switches fetch more codes")


def row(name, expected, switches, fetch=None, codes=(), **more):
    return Behaviour(name, expected, switches, fetch or {}, more, codes)


def garbled(kind, expected=EQUAL, rate=15, **more):
    return row("an answer that is " + kind, expected, dict({"garble": "%s:%d" % (kind, rate)}, **more),
               {"page_size": 30})


def flawed(kind, expected, **more):
    return row("rows that are " + kind, expected, dict({"flaws": "%s:%d" % (kind, 40 if expected == EQUAL else 1)},
                                                      **more), codes=(65,) if expected == SOME else ())


TABLE = [
    row("nothing odd", EQUAL, {}),
    row("a row cap of one", EQUAL, {"row_cap": 1, "sites": 1, "groups": 1}),
    row("a row cap of one that bounds the count", EQUAL, {"row_cap": 1, "count_capped": True, "sites": 1, "groups": 1}),
    row("a row cap without a count", EQUAL, {"row_cap": 24, "no_aggregates": True}),
    row("a capped documented dialect", SOME, {"dialect": "documented", "row_cap": 5}, codes=(75,)),
    row("the documented dialect", EQUAL, {"dialect": "documented"}),
    row("no introspection", EQUAL, {"no_introspection": True}),
    row("an order that is obeyed in part", ANY, {"order_keys": 1}),
    row("an order that is obeyed in part, without a count", ANY, {"order_keys": 2, "no_aggregates": True}),
    row("an order of which the last key is ignored", ANY, {"order_keys": 3}, {"page_size": 30}),
    row("data published anew between two pages", EQUAL, {"change_after": 3, "change_values": True}),
    row("data published anew, and no count", EQUAL, {"change_after": 4, "change_values": True, "no_aggregates": True}),
    row("data published anew under the documented dialect", ANY,
        {"change_after": 9, "change_values": True, "dialect": "documented"}),
    garbled("repeat", ANY, rate=25),
    row("a count that is too small", ANY, {"count_off": -2}),
    row("a count that is too large", NONE, {"count_off": 3, "sites": 1, "groups": 1}, codes=(75,)),
    row("a count that is always nothing", ANY, {"count_off": -100000}),
    row("numbers as strings", EQUAL, {"numbers": "string", "stringify_ids": True}),
    row("numbers with exponents", EQUAL, {"numbers": "exponent"}),
    row("epoch seconds", EQUAL, {"timestamps": "epoch"}),
    row("a blank and an offset in the start", EQUAL, {"timestamps": "snowflake-tz"}),
    row("gaps", EQUAL, {"gaps": 40}),
    row("gaps under the documented dialect", EQUAL, {"gaps": 40, "dialect": "documented"}),
    row("sessions of three requests", EQUAL, {"session_requests": 3}, {"page_size": 30}),
    row("sessions that end with a 200", EQUAL, {"session_requests": 3, "expiry_style": "200"}, {"page_size": 30}),
    row("faults", ANY, {"fail": 15}, {"page_size": 30}),
    row("a column that goes in the middle", ANY, {"change_after": 3, "change_without": "OCCUPANCY_MAX"}),
    row("a column that is not there", NONE, {"change_after": 0, "change_without": "OCCUPANCY_MAX"}, codes=(78,)),
    row("a column that becomes a string", EQUAL, {"change_after": 3, "change_text": "OCCUPANCY_MAX"}),
    row("a column that comes", EQUAL, {"change_after": 3, "change_new": True}),
    row("a short _in list", ANY, {"in_limit": 1}),
    row("few nodes", ANY, {"node_limit": 1}),
    row("a denied column that nobody wants", EQUAL, {"deny_columns": "PERCENT_CAPACITY"}),
    row("100 MB of white space", EQUAL, {"garble": "blanks:100", "blanks": 100000000, "sites": 1, "groups": 1},
        {"page_size": 1000, "concurrency": 1}),
]
TABLE += [row("no more than 24 rows, else %s" % style, EQUAL, {"choke_rows": 24, "choke_style": style},
              {"page_size": 1000, "max_attempts": 2}) for style in ("error", "time-limit", "504", "413", "ddn")]
TABLE += [row("no more than 10 rows, else %s" % style, SOME, {"choke_rows": 10, "choke_style": style},
              {"page_size": 1000, "max_attempts": 1}, codes=(75,)) for style in ("time-limit", "413")]
TABLE += [garbled(kind) for kind in ("html", "empty", "cut", "chunked", "gzip", "bom", "deep", "blanks", "twice",
                                     "partial", "null-data", "ddn", "no-data", "list", "429", "429-seconds",
                                     "429-date", "500", "502", "503", "503-seconds", "504")]
TABLE += [garbled("501", ANY), garbled("chunked", rate=100), garbled("bom", rate=100)]
TABLE += [flawed(kind, EQUAL) for kind in ("no-nulls", "extra", "string", "exponent", "huge", "nested", "null")]
TABLE += [flawed(kind, SOME) for kind in ("no-start", "bad-utf8", "null-start", "twice", "lone-surrogate")]
TABLE += [flawed(kind, SOME, dialect="documented") for kind in ("no-start", "bad-utf8", "twice")]


class Tampered(oracle.Trial):
    """The truth is another than what the simulator sends."""

    def truths(self, simulator):
        truths = super().truths(simulator)
        self.tamper(truths[0].rows)
        return truths


class LostRow(Tampered):
    def tamper(self, rows):
        rows[min(rows)]["2025-05-29T23:59:59Z"] = [("1", 1)] * 3


class SurplusRow(Tampered):
    def tamper(self, rows):
        rows[max(rows)].popitem()


class WrongDigit(Tampered):
    def tamper(self, rows):
        start, values = rows[max(rows)].popitem()
        rows[max(rows)][start] = [(raw + "1", value if value is None else str(value)) for raw, value in values]


class Judgement(unittest.TestCase):
    def test_a_table_that_is_wrong_is_told_from_one_that_is_right(self):
        for kind in (LostRow, SurplusRow, WrongDigit):
            with self.subTest(kind.__name__):
                trial = kind({"sites": 1, "groups": 1})
                self.assertEqual(len(trial.complaints), 1)
                self.assertIn("wrong", trial.complaints[0])


class Behaviours(unittest.TestCase):
    def test_no_behaviour_makes_a_table_wrong(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            trials = [(behaviour, pool.submit(oracle.attempt, behaviour.switches, behaviour.fetch, **behaviour.more))
                      for behaviour in TABLE]
        for behaviour, trial in trials:
            with self.subTest(behaviour.name, switches=behaviour.switches):
                self.check(behaviour, trial.result())

    def check(self, behaviour, trial):
        self.assertIsNotNone(trial, "it does not end")
        self.assertEqual(trial.complaints, [])
        if behaviour.codes:
            self.assertIn(trial.code, behaviour.codes, trial.err[-1000:])
        if behaviour.expected == EQUAL:
            self.assertEqual((trial.code, trial.lacking), (0, set()), trial.err[-1000:])
        elif behaviour.expected == SOME:
            self.assertTrue(trial.lacking and trial.stored, "%d slices are lacking, %d stored: %s" % (
                len(trial.lacking), len(trial.stored), trial.err[-1000:]))
        elif behaviour.expected == NONE:
            self.assertEqual(trial.stored, set())


if __name__ == "__main__":
    unittest.main()
