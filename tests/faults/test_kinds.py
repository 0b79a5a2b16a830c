"""Each fault of the connection alone: at the first request, at a later one, at all of them, and at logins."""
import concurrent.futures
import json
import unittest

import fault_trial
from fault_trial import KINDS

ENOUGH = "@1,{0}@3,{0}@6-7"  # the first, one in between, and two in a row


class Kinds(unittest.TestCase):
    def attempt_all(self, cases):
        """cases: name to the arguments of a trial. Yields the name and the trial of each, in a subtest."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            trials = {name: pool.submit(fault_trial.attempt, *args) for name, args in cases.items()}
        for name, trial in trials.items():
            with self.subTest(name):
                trial = trial.result()
                self.assertIsNotNone(trial, "it does not end")
                self.assertEqual(trial.complaints, [])
                yield name, trial

    def test_requests_that_break_are_made_good_in_the_same_run(self):
        cases = {kind: ({"break": kind + ENOUGH.format(kind)},) for kind in KINDS}
        for kind, trial in self.attempt_all(cases):
            self.assertEqual(trial.first_code, 0, trial.first_err)
            self.assertEqual(trial.stats["broken"], {kind: 4})
            self.assertLess(trial.summary["requests"], 60)

    def test_logins_that_break_are_made_good_in_the_same_run(self):
        cases = {kind: ({"break_logins": "{0}@1,{0}@3-4".format(kind), "session_requests": 4}, {"concurrency": 1})
                 for kind in KINDS}
        for kind, trial in self.attempt_all(cases):
            self.assertEqual(trial.first_code, 0, trial.first_err)
            self.assertEqual(trial.stats["broken_logins"], {kind: 3})

    def test_an_api_that_breaks_every_connection(self):
        said = {"reset": "the answer broke off from", "drop": "the connection was closed before an answer by",
                "silence": "no whole answer in time from", "headers-cut": "the connection was closed before an answer by",
                "body-reset": "the answer broke off from", "body-cut": "the answer was cut short by",
                "length-long": "the answer was cut short by", "length-short": "the answer is cut short",
                "unsized-cut": "the answer is cut short", "stall": "no whole answer in time from"}
        cases = {kind: ({"break": kind + ":100", "sites": 1, "groups": 1, "gzip": "off"}, {"max_attempts": 1})
                 for kind in said}
        for kind, trial in self.attempt_all(cases):
            self.assertIn(trial.first_code, (69, 75))
            self.assertEqual(trial.first_summary["slices"]["fetched"], 0)
            told = trial.first_err + json.dumps(trial.first_summary)
            self.assertIn(said[kind], told)
            self.assertNotIn("no sound JSON", told, "what was cut is not blamed on its last row")

    def test_an_api_that_lets_nobody_in(self):
        cases = {kind: ({"break_logins": kind + ":100", "sites": 1, "groups": 1}, {"max_attempts": 2})
                 for kind in ("reset", "refuse", "silence", "503", "unsized-cut")}
        for _, trial in self.attempt_all(cases):
            self.assertEqual(trial.first_code, 69)
            self.assertIn("cannot be reached", trial.first_err)

    def test_answers_that_are_odd_and_whole_cost_nothing(self):
        for kind, trial in self.attempt_all({kind: ({"break": kind + ":100"},) for kind in ("drip", "unsized")}):
            self.assertEqual((trial.first_code, trial.first_summary["retries"]), (0, 0), kind)


class Sessions(unittest.TestCase):
    def test_sessions_that_die_at_every_request(self):
        for style in ("401", "200"):
            for life in range(1, 9):
                trial = fault_trial.FaultTrial({"session_requests": life, "expiry_style": style, "sites": 1})
                with self.subTest(style=style, life=life):
                    self.assertEqual((trial.complaints, trial.first_code), ([], 0))
                    self.assertGreaterEqual(trial.stats["logins"], trial.stats["queries"] // life)


if __name__ == "__main__":
    unittest.main()
