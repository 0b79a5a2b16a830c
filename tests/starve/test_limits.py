"""Few descriptors, little memory, small files, no standard streams: the right code, the reason, and no harm."""
import os
import resource
import subprocess
import tempfile
import unittest

import starve  # first: it makes the others known
import harness


class Limits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = starve.World.get(cls)

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="occuport-starve-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        self.number = 0

    def case(self, program, old=False):
        self.number += 1
        folder = "%s/%d" % (self.folder, self.number)
        case = starve.Case(self.world, folder, list(starve.DESTINATIONS), program)
        if old:
            starve.snapshot(self.world, folder, case.names, program)
        case.write_job(self.world.after)
        return case

    def assert_heals(self, case, result):
        case.check_harmless(result)
        case.heal()
        self.assertEqual(case.problems, [], "\n".join(map(str, case.problems)))

    def run_limited(self, case, kind, amount):
        return case.run(limit=lambda: resource.setrlimit(kind, (amount, amount)))

    def test_few_file_descriptors(self):
        codes = {}
        for amount in list(range(5, 30)) + [40]:
            with self.subTest(descriptors=amount):
                case = self.case(starve.PLAIN, old=amount % 2 == 0)
                result = self.run_limited(case, resource.RLIMIT_NOFILE, amount)
                codes[amount] = result.code
                if result.code == 127:  # the program could not even be loaded
                    continue
                if result.code != 0:
                    self.assertIn("Too many open files", result.err, str(result))
                    self.assertIn(result.code, (69, 73, 74, 75, 78), str(result))
                self.assert_heals(case, result)
        self.assertEqual(codes[40], 0)
        self.assertGreater(len(set(codes.values())), 2, codes)

    def test_little_memory(self):
        """Of the program without sanitizers, which reserve terabytes. What it takes to load it is found out first."""
        def load(amount):
            return subprocess.run([starve.PLAIN, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (amount, amount)),
                                  check=False).returncode
        step = 1 << 20
        least = next(amount for amount in range(4 * step, 200 * step, step) if load(amount) == 0)
        codes = []
        for amount in range(least, least + 400 * step, 3 * step):
            case = self.case(starve.PLAIN, old=True)
            with self.subTest(megabytes=amount // step):
                result = self.run_limited(case, resource.RLIMIT_AS, amount)
                codes.append(result.code)
                if result.code != 0:
                    # The last is said by a library of libcurl while the program is loaded.
                    self.assertRegex(result.err, "out of memory|Cannot allocate memory|cannot start a thread|"
                                                 "cannot be set up|Failed initialization|GnuTLS initialization")
                self.assert_heals(case, result)
            if codes[-3:] == [0, 0, 0]:
                break
        self.assertEqual(codes[-1], 0)
        self.assertGreater(len(codes), 5, codes)

    def test_files_that_may_not_grow(self):
        """SIGXFSZ must not end the program: the write that fails says why."""
        codes = []
        for amount in (0, 1, 4096, 20000, 33000, 70000, 200000, 1 << 20):
            with self.subTest(bytes=amount):
                case = self.case(harness.OCCUPORT if amount == 20000 else starve.PLAIN)
                result = self.run_limited(case, resource.RLIMIT_FSIZE, amount)
                codes.append(result.code)
                if result.code != 0:
                    self.assertIn(result.code, (73, 74), str(result))
                    self.assertTrue(any(reason in result.err for reason in starve.REASONS[starve.errno.EFBIG]),
                                    str(result))
                self.assert_heals(case, result)
        self.assertIn(74, codes)
        self.assertEqual(codes[-1], 0)

    def test_standard_streams_that_are_closed(self):
        """A file opened next would get their numbers, and what is printed would go into it."""
        for closed in ((0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)):
            with self.subTest(closed=closed):
                case = self.case(harness.OCCUPORT if closed == (1, 2) else starve.PLAIN)
                result = case.run("run", "-vv", "job.yaml", limit=lambda: [os.close(fd) for fd in closed])
                self.assertEqual(result.code, 74 if 1 in closed else 0, str(result))
                if closed == (1,):
                    self.assertIn("cannot write to standard output: Bad file descriptor", result.err)
                self.assertTrue(all(case.is_new(name) for name in case.names), "what was fetched is stored")
                self.assert_heals(case, result)

    def test_standard_streams_that_are_full(self):
        with open("/dev/full", "wb") as full:
            for command, code in ((("run", "job.yaml"), 74), (("run", "--json", "job.yaml"), 74),
                                  (("status", "job.yaml"), 74), (("plan", "job.yaml"), 74), (("--help",), 74),
                                  (("run", "-q", "job.yaml"), 0)):
                with self.subTest(command=command):
                    case = self.case(starve.PLAIN, old=True)
                    result = case.run(*command, stdout=full)
                    self.assertEqual(result.code, code, str(result))
                    if code != 0:
                        self.assertIn("cannot write to standard output: No space left on device", result.err)
                    self.assert_heals(case, result)
            case = self.case(starve.PLAIN)
            result = case.run("run", "-vv", "job.yaml", stderr=full)
            self.assertEqual(result.code, 0, "a log that cannot be written stops nothing")
            self.assert_heals(case, result)


if __name__ == "__main__":
    unittest.main()
