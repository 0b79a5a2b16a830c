"""Every call that changes a file may fail: what is stored stays whole, the others go on, the next run heals."""
import os
import random
import subprocess
import tempfile
import unittest

import starve  # first: it makes the others known
import faults
import harness

SEED = 20250601


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = starve.World.get(cls)

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="occuport-starve-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def assert_sound(self, problems):
        self.assertEqual(problems, [], "\n".join(map(str, problems)))

    def test_a_call_of_each_kind_fails_in_each_destination(self):
        sweep = faults.Sweep(self.world, self.folder, list(starve.DESTINATIONS), [starve.PLAIN, harness.OCCUPORT])
        chance = random.Random(SEED)
        for fault in sweep.short(chance):
            with self.subTest(fault=str(fault)):
                self.assert_sound(sweep.run(fault))
        print("faults: %d runs, seed %d" % (sweep.runs, SEED))
        self.assertGreater(sweep.runs, 50)

    def test_the_only_destination_fails(self):
        for name in starve.DESTINATIONS:
            sweep = faults.Sweep(self.world, "%s/%s" % (self.folder, name), [name], [starve.PLAIN])
            for at in (1, len(sweep.count("old", name)) // 2):
                with self.subTest(destination=name, at=at):
                    self.assert_sound(sweep.run(faults.Fault("old", name, at, starve.ERRORS[0], True, starve.PLAIN)))


class RealDisk(unittest.TestCase):
    """A file system of its own; only root can make one."""

    @classmethod
    def setUpClass(cls):
        cls.world = starve.World.get(cls)

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="occuport-starve-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name + "/case"
        os.mkdir(self.folder)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "none", self.folder], stderr=subprocess.PIPE,
                              text=True, check=False)
        if done.returncode != 0:
            self.skipTest("no file system can be mounted here (%s): only the preloaded library tells" %
                          done.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", self.folder], check=True)

    def remount(self, options):
        subprocess.run(["mount", "-o", "remount," + options, self.folder], check=True)

    def assert_heals(self, case, result, codes, words):
        case.check_harmless(result)
        self.assertIn(result.code, codes, str(result))
        if result.code != 0:
            self.assertTrue(any(word in result.err for word in words), str(result))
        self.remount("rw,size=16m")
        case.heal()
        self.assertEqual(case.problems, [], "\n".join(map(str, case.problems)))

    def test_a_disk_that_is_full_sooner_or_later(self):
        case = starve.Case(self.world, self.folder, list(starve.DESTINATIONS), starve.PLAIN)
        codes = set()
        for free in range(0, 1200, 120):
            with self.subTest(free_kib=free):
                for path in os.listdir(self.folder):
                    subprocess.run(["rm", "-rf", os.path.join(self.folder, path)], check=True)
                os.mkdir(case.folder / "sql")
                case.write_job(self.world.after)
                self.fill(free * 1024)
                result = case.run()
                os.unlink(os.path.join(self.folder, "ballast"))
                codes.add(result.code)
                self.assert_heals(case, result, (0, 73, 74), starve.REASONS[starve.ERRORS[0]])
        self.assertLess(1, len(codes), "the disk was always full, or never")

    def fill(self, free):
        left = os.statvfs(self.folder)
        with open(os.path.join(self.folder, "ballast"), "wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(4096, left.f_bavail * left.f_frsize - free))

    def test_a_file_system_that_may_only_be_read(self):
        for names in [[name] for name in starve.DESTINATIONS] + [list(starve.DESTINATIONS)]:
            with self.subTest(destinations=names):
                self.remount("rw,size=16m")
                subprocess.run("rm -rf ./*", shell=True, cwd=self.folder, check=True)
                case = starve.Case(self.world, self.folder, names, starve.PLAIN)
                case.folder.joinpath("sql").mkdir(exist_ok=True)
                starve.snapshot(self.world, self.folder, names, starve.PLAIN)
                case.write_job(self.world.after)
                self.remount("ro")
                result = case.run()
                self.assertTrue(all(starve.read(case.folder, name).rows == self.world.old for name in names))
                self.assert_heals(case, result, (73, 74), starve.REASONS[starve.errno.EROFS])


if __name__ == "__main__":
    unittest.main()
