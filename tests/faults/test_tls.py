"""TLS that ends where it should not, and a name that nobody knows."""
import collections
import time
import unittest

import fault_trial
import harness
import tls_front

AT = (1, 3, 6, 7)  # requests that meet the fault


class Tls(unittest.TestCase):
    def attempt(self, fault, handshake=lambda number: None, fetch=None, **switches):
        trial = fault_trial.attempt(switches, fetch, make_front=lambda simulator: tls_front.TlsFront(
            simulator, fault, handshake))
        self.assertIsNotNone(trial, "it does not end")
        self.assertEqual(trial.complaints, [])
        return trial

    def test_answers_that_tls_does_not_bring_whole(self):
        for kind in ("cut", "reset", "tampered", "unsized-cut", "unsized-half"):
            with self.subTest(kind):
                trial = self.attempt(lambda number: kind if number in AT else None)
                self.assertEqual(trial.first_code, 0, trial.first_err)
                self.assertEqual(trial.front.met, collections.Counter({kind: len(AT)}))
                self.assertGreaterEqual(trial.summary["retries"], len(AT), "one was taken as whole")

    def test_a_whole_answer_that_ends_with_its_connection_is_taken(self):
        """Also without a close_notify, which libcurl does not ask for: the JSON itself says where it ends."""
        for kind in ("unsized", "unsized-torn"):
            with self.subTest(kind):
                trial = self.attempt(lambda number: kind)
                self.assertEqual((trial.first_code, trial.summary["retries"]), (0, 0))

    def test_every_answer_is_cut(self):
        trial = self.attempt(lambda number: "unsized-cut", sites=1, groups=1, fetch={"max_attempts": 1})
        self.assertIn(trial.first_code, (69, 75))
        self.assertEqual(trial.first_summary["slices"]["fetched"], 0)

    def test_handshakes_that_break(self):
        for kind in ("handshake-cut", "handshake-garbage", "handshake-reset", "handshake-silence"):
            with self.subTest(kind):
                trial = self.attempt(lambda number: None, lambda number: kind if number in (1, 2, 4) else None)
                self.assertEqual(trial.first_code, 0, trial.first_err)
                self.assertEqual(trial.front.met[kind], 3)


class Names(harness.EndToEnd):
    def test_a_name_that_nobody_knows(self):
        buildings = "granularities: [P1D]\nbuildings:\n  - {id: 71, sites: [1], groups: [g]}\n"
        (self.folder / "job.yaml").write_text(harness.job_text("https://api.invalid", buildings))
        before = time.monotonic()
        result = self.occuport("run", "job.yaml", code=69)
        self.assertIn("no address is known for api.invalid", result.err)
        self.assertIn("check the spelling of the host", result.err)
        self.assertLess(time.monotonic() - before, 20)


if __name__ == "__main__":
    unittest.main()
