"""docs/tutorial.md: every command of it, as it is printed, in one shell without a terminal."""
import os
import re
import sqlite3
import subprocess
import unittest

import harness

MARK = "--- block %d"


class Tutorial(harness.EndToEnd):
    def test_every_command_does_what_the_page_says(self):
        page = (harness.ROOT / "docs" / "tutorial.md").read_text()
        blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.M | re.S)
        self.assertEqual(len(blocks), 10)
        programs = self.folder / "bin"
        programs.mkdir()
        for name, program in (("occuport", harness.OCCUPORT), ("innerspace-sim", harness.SIMULATOR)):
            (programs / name).symlink_to(program)
        script = "set -eu\ntrap 'kill $!' EXIT\n"  # the simulator is the only program in the background
        for number, block in enumerate(blocks):
            script += "echo '%s'\n%s" % (MARK % number, block)
        env = harness.environment(INNERSPACE_CLIENT_ID=None, INNERSPACE_CLIENT_SECRET=None)
        env["PATH"] = "%s:%s" % (programs, os.environ["PATH"])
        done = subprocess.run(["/bin/sh", "-c", script], cwd=self.folder, env=env, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=harness.RUN_LIMIT)
        self.assertEqual(done.returncode, 0, done.stdout)
        said = re.split(r"^--- block \d+\n", done.stdout, flags=re.M)[1:]
        self.assertEqual(len(said), len(blocks))
        self.assertIn("buildings:\n  - id: 71\n", said[4])
        plan, again, number, units = said[5], said[6], said[7], said[9]
        self.assertRegex(plan, r"(?s)missing: never fetched.*all covered")
        due = [int(count) for count in re.findall(r"slices: (\d+) due", plan + again)]
        self.assertEqual(due[0], 30)
        self.assertTrue(0 < due[1] < 5, "only open days are asked for again: %s" % due)
        self.assertRegex(again, r"0 missing, 0 failed")
        self.assertRegex(again, r"(?m)^  2025-05 .*#\+\+")
        self.assert_number(number.splitlines())
        self.assertTrue((self.folder / "occupancy" / "job.html").stat().st_size > 10000)
        self.assertIn("[Timer]", units)

    def assert_number(self, lines):
        """The table of step 6, by the rows themselves."""
        self.assertEqual(lines[0].split(), ["DATE", "mean", "peak", "at"])
        with sqlite3.connect(self.folder / "occupancy" / "occupancy.db") as database:
            rows = database.execute(
                "SELECT LOCAL_DATE, round(avg(OCCUPANCY_MEAN), 1), max(OCCUPANCY_MEAN) FROM building_insights"
                " GROUP BY DATE_PARTITION ORDER BY DATE_PARTITION DESC LIMIT 7").fetchall()
        found = [line.split() for line in lines[2:9]]
        self.assertEqual(len(found), 7)
        self.assertEqual([(day, float(mean), float(peak)) for day, mean, peak, *_ in found], rows)


if __name__ == "__main__":
    unittest.main()
