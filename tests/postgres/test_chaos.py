"""The short form of soak: workers that are killed, frozen and cut off, with a fixed seed."""
import unittest

import chaos

SEED = 8


class Short(chaos.Chaos):
    def test_whatever_happens_to_workers_the_tables_are_true(self):
        seed = chaos.seed_of_environment(SEED)
        round_ = chaos.Round(self, seed, faults=40)
        round_.run()
        print("chaos: %s, %s, seed %d" % (round_.faults, chaos.SPLIT, seed), flush=True)


if __name__ == "__main__":
    unittest.main()
