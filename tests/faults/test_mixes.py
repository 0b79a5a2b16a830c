"""Random mixes of all faults with all variants of the API end in the truth.

OCCUPORT_TEST_SEED sets the seed, OCCUPORT_TEST_TRIALS how many mixes are tried. A mix is a function of the seed and its
number, so a failure names all that is needed to see it again.
"""
import concurrent.futures
import os
import sys
import unittest

import mixes

SEED = int(os.environ.get("OCCUPORT_TEST_SEED", "71"))
TRIALS = int(os.environ.get("OCCUPORT_TEST_TRIALS", "25"))


class Mixes(unittest.TestCase):
    def test_no_mix_makes_a_table_wrong(self):
        sys.stderr.write("OCCUPORT_TEST_SEED=%d " % SEED)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            trials = [(mix, pool.submit(mix.run)) for mix in (mixes.Mix(SEED, number) for number in range(TRIALS))]
        broken = whole = 0
        for number, (mix, trial) in enumerate(trials):
            with self.subTest(seed=SEED, number=number, mix=mix.tell()):
                trial = trial.result()
                self.assertIsNotNone(trial, "it does not end")
                self.assertEqual(trial.complaints, [])
                whole += trial.first_code == 0
                broken += trial.broken()
        self.assertGreater(broken, TRIALS, "hardly anything broke, which shows little")
        self.assertGreater(whole, TRIALS // 2, "most runs failed, which shows little")


if __name__ == "__main__":
    unittest.main()
