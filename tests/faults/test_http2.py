"""HTTP/2 that ends streams and connections in the middle of answers."""
import collections
import unittest

import fault_trial
import http2_front

AT = (1, 3, 6, 7)  # requests that meet the fault
OF_STREAM = ["rst-%s%s" % (code, form) for code in http2_front.CODES for form in ("", "-early", "-unsized")] + [
    "end", "end-unsized"]


class Http2(unittest.TestCase):
    def attempt(self, fault, **switches):
        trial = fault_trial.attempt(dict({"latency": 5, "gzip": "off"}, **switches), {"page_size": 60},
                                    make_front=lambda simulator: http2_front.Http2Front(simulator, fault))
        self.assertIsNotNone(trial, "it does not end")
        self.assertEqual(trial.complaints, [])
        self.assertLess(trial.summary["requests"], 100)
        return trial

    def check(self, kinds):
        """kinds: one for each number of AT."""
        trial = self.attempt(dict(zip(AT, kinds)).get)
        self.assertEqual(trial.first_code, 0, trial.first_err)
        self.assertEqual(trial.front.met, collections.Counter(kinds))
        return trial

    def test_many_streams_share_a_connection(self):
        trial = self.attempt(lambda number: None)
        self.assertEqual((trial.first_code, trial.front.connections), (0, 1))

    def test_streams_that_end_too_early(self):
        for at in range(0, len(OF_STREAM), len(AT)):
            kinds = OF_STREAM[at:at + len(AT)]
            with self.subTest(kinds):
                self.check(kinds)

    def test_connections_that_end_while_streams_are_in_the_middle(self):
        for kind in http2_front.OF_CONNECTION:
            with self.subTest(kind):
                trial = self.check([kind] * len(AT))
                self.assertGreater(trial.front.connections, 1)
                self.assertGreater(max(trial.front.middles), 1, "only one stream at a time was in the middle")

    def test_every_stream_is_refused(self):
        trial = self.attempt(lambda number: "rst-refused-early", sites=1, groups=1)
        self.assertIn(trial.first_code, (69, 75))


if __name__ == "__main__":
    unittest.main()
