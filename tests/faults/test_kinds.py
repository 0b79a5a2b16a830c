"""Each fault of the connection alone: at the first request, at later ones, at all of them, and at logins."""
import concurrent.futures
import json
import unittest

import fault_trial
from fault_trial import KINDS

# What a run says of a request that met nothing but such faults.
SAID = {"reset": "the answer broke off from", "drop": "the connection was closed before an answer by",
        "silence": "no whole answer in time from", "headers-cut": "the connection was closed before an answer by",
        "body-reset": "the answer broke off from", "body-cut": "the answer was cut short by",
        "length-long": "the answer was cut short by", "length-short": "the answer is cut short",
        "unsized-cut": "the answer is cut short", "stall": "no whole answer in time from"}


class Kinds(unittest.TestCase):
    def attempt_all(self, cases, check):
        """cases: name to the arguments of a trial; check is called with the name and the trial."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            trials = {name: pool.submit(fault_trial.attempt, *args) for name, args in cases.items()}
        for name, trial in trials.items():
            with self.subTest(name):
                trial = trial.result()
                self.assertIsNotNone(trial, "it does not end")
                self.assertEqual(trial.complaints, [])
                check(name, trial)

    def test_requests_that_break_are_made_good_in_the_same_run(self):
        """The first, one in between, and two in a row."""
        def check(kind, trial):
            self.assertEqual(trial.first_code, 0, trial.first_err)
            self.assertEqual(trial.stats["broken"], {kind: 4})
            self.assertLess(trial.summary["requests"], 60)
        self.attempt_all({kind: ({"break": "{0}@1,{0}@3,{0}@6-7".format(kind)},) for kind in KINDS}, check)

    def test_logins_that_break_are_made_good_in_the_same_run(self):
        def check(name, trial):
            self.assertEqual(trial.first_code, 0, trial.first_err)
            self.assertEqual(trial.stats["broken_logins"], {kind: 1 for kind in name.split()})
        three = [KINDS[at:at + 3] for at in range(0, len(KINDS), 3)]
        self.attempt_all({" ".join(kinds): (
            {"break_logins": ",".join("%s@%d" % pair for pair in zip(kinds, (1, 3, 4))), "session_requests": 4},
            {"concurrency": 1}) for kinds in three}, check)

    def test_an_api_that_breaks_every_connection(self):
        def check(kind, trial):
            told = trial.first_err + json.dumps(trial.first_summary)
            self.assertIn(trial.first_code, (69, 75))
            self.assertEqual(trial.first_summary["slices"]["fetched"], 0)
            self.assertIn(SAID[kind], told)
            self.assertNotIn("no sound JSON", told, "what was cut is not blamed on its last row")
        self.attempt_all({kind: ({"break": kind + ":100", "sites": 1, "groups": 1, "gzip": "off"}, {"max_attempts": 1})
                          for kind in SAID}, check)

    def test_an_api_that_lets_nobody_in(self):
        def check(_, trial):
            self.assertEqual(trial.first_code, 69)
            self.assertIn("cannot be reached", trial.first_err)
        self.attempt_all({kind: ({"break_logins": kind + ":100", "sites": 1, "groups": 1}, {"max_attempts": 2})
                          for kind in ("reset", "refuse", "silence", "503", "unsized-cut")}, check)

    def test_answers_that_are_odd_and_whole_cost_nothing(self):
        def check(_, trial):
            self.assertEqual((trial.first_code, trial.first_summary["retries"]), (0, 0))
        self.attempt_all({kind: ({"break": kind + ":100"},) for kind in ("drip", "unsized")}, check)

    def test_sessions_that_die_at_every_request(self):
        def check(name, trial):
            life = int(name.split()[0])
            self.assertEqual(trial.first_code, 0, trial.first_err)
            self.assertGreaterEqual(trial.stats["logins"], trial.stats["queries"] // life)
        self.attempt_all({"%d requests, %s" % (life, style): ({"session_requests": life, "expiry_style": style, "sites": 1},)
                          for life, style in ((1, "401"), (1, "200"), (2, "401"), (3, "200"), (4, "401"), (5, "200"),
                                              (6, "401"), (7, "200"), (8, "401"))}, check)


if __name__ == "__main__":
    unittest.main()
