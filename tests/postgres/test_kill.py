"""A run that is killed at a moment at which what PostgreSQL holds changes its meaning, and the run after it."""
import collections
import pathlib
import sys
import unittest

import rig

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "kill"))
import world  # noqa: E402

SHORT_LEASES = "work.lease_ms=1500,postgres.lane_rows=1"  # the run after it need not wait long for what the dead one held
OTHERS = ("migrate.begun", "migrate.applied", "migrate.recorded", "run.begun", "run.finished")


class Kill(rig.Postgres):
    FIRST, LAST = "2025-05-26", "2025-05-31"

    def run_with(self, code=0, **env):
        return self.occuport("run", "-q", "job.yaml", code=code, env=dict(env, OCCUPORT_LIMITS=SHORT_LEASES))

    def fresh(self, number):
        self.database_name = self.server.create_database("killed_%d" % number)
        self.job(self.simulator)

    def test_killed_at_every_point(self):
        self.simulator = self.simulate(buildings=2, sites=1, groups=1)
        self.job(self.simulator)
        self.run_with(OCCUPORT_COMMIT_LOG=str(self.folder / "passed"))
        passes = collections.Counter((self.folder / "passed").read_text().split())
        names = sorted(world.names_in_sources(postgres=True)) + list(OTHERS)
        self.assertEqual([name for name in names if name not in passes], [])
        for number, name in enumerate(names):
            with self.subTest(point=name):
                self.fresh(number)
                self.run_with(code=-9, OCCUPORT_KILL_AT="%s:%d" % (name, (passes[name] + 1) // 2))
                self.run_with()
                self.assert_all_in(self.simulator)
                lines = self.select("SELECT status, count(*) FROM occuport.runs GROUP BY 1")
                self.assertEqual(dict(lines)["ok"], 2 if name == "run.finished" else 1, lines)


if __name__ == "__main__":
    unittest.main()
