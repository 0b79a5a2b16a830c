"""Who may read what a run makes: its user alone, unless the job says file_mode; what is there already keeps its mode."""
import os
import threading
import unittest

import harness
import insights_stub
import stub_api

FOLDER_OF = {0o600: 0o700, 0o640: 0o750, 0o660: 0o770, 0o644: 0o755, 0o604: 0o705, 0o666: 0o777}


class FileModes(harness.EndToEnd):
    def modes(self):
        """Path to mode, of all that a run has made."""
        found = {}
        for path in self.folder.rglob("*"):
            inside = path.relative_to(self.folder)
            if not inside.parts[0].startswith("sim-") and inside.suffix != ".yaml":
                found[str(inside)] = path.stat().st_mode & 0o7777
        return found

    def assert_modes(self, mode, names):
        found = self.modes()
        for name in names:
            self.assertTrue(any(path.endswith(name) for path in found), "%s is not there: %s" % (name, sorted(found)))
        for path, actual in found.items():
            wanted = FOLDER_OF[mode] if (self.folder / path).is_dir() else mode
            self.assertEqual(oct(actual), oct(wanted), path)

    def run_job(self, umask, *args, code=0):
        self.finish(self.start_occuport(*(args or ("run",)), "job.yaml", umask=umask), code)

    def write(self, simulator, mode=None, layout="partitioned", **keys):
        more = "  - csv: {directory: csv, layout: %s}\n" % layout
        text = harness.job_text(simulator.url, more + simulator.buildings(), first="2025-05-30", **keys)
        (self.folder / "job.yaml").write_text(text + ("file_mode: %s\n" % mode if mode else ""))

    def test_every_file_and_folder_of_both_destinations(self):
        simulator = self.simulate(buildings=1, sites=1, groups=1)
        names = ["occupancy.db", "occupancy.db.claims", "csv", "csv/.occuport", "csv/.occuport/tmp", "csv/.occuport/lock",
                 "csv/.occuport/ledger.db", "csv/sites.csv", "csv/floors.csv"]
        layouts = {"partitioned": names + ["csv/building_insights/DATE_PARTITION=20250531/BUILDING_ID=71/rows.csv"],
                   "single": names + ["csv/building_insights.csv"]}
        for umask, written, mode, layout in (
                (0o000, None, 0o600, "partitioned"), (0o000, "0640", 0o640, "partitioned"), (0o777, '"0640"', 0o640, "single"),
                (0o022, "0o660", 0o660, "partitioned"), (0o077, "644", 0o644, "single"), (0o000, "0604", 0o604, "single"),
                (0o077, "0666", 0o666, "partitioned"), (0o000, None, 0o600, "single")):
            with self.subTest(umask=oct(umask), written=written, layout=layout):
                self.forget()
                self.write(simulator, written, layout)
                self.run_job(umask)
                self.assert_modes(mode, layouts[layout])

    def forget(self):
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if not path.relative_to(self.folder).parts[0].startswith("sim-"):
                path.rmdir() if path.is_dir() else path.unlink()

    def test_files_that_are_there_only_while_a_run_goes_on(self):
        for written, mode in ((None, 0o600), ("0660", 0o660)):
            with self.subTest(written=written):
                reached, go_on = threading.Event(), threading.Event()

                def answer(call):
                    if "BUILDING_INSIGHTS(" not in call.query:
                        return stub_api.error("not-found")
                    if call.number > 1:
                        reached.set()
                        go_on.wait(harness.START_LIMIT)
                    return insights_stub.data(call)
                api = stub_api.StubApi(answer)
                self.addCleanup(api.close)
                self.forget()
                text = harness.job_text(api.url, "  - csv: {directory: csv}\n" + insights_stub.buildings(2),
                                        first="2025-05-30", fetch={"concurrency": 1})
                (self.folder / "job.yaml").write_text(text + ("file_mode: %s\n" % written if written else ""))
                process = self.start_occuport("run", "job.yaml", umask=0)
                self.assertTrue(reached.wait(harness.START_LIMIT))
                self.assert_modes(mode, ["occupancy.db-wal", "occupancy.db-shm", "occupancy.db.claims-wal", "ledger.db-wal",
                                         "ledger.db-shm"])
                go_on.set()
                self.finish(process, 0)

    def test_what_is_there_keeps_its_mode(self):
        for layout, name in (("partitioned", "csv/building_insights/DATE_PARTITION=20250531/BUILDING_ID=71/rows.csv"),
                             ("single", "csv/building_insights.csv")):
            with self.subTest(layout=layout):
                self.forget()
                self.write(self.simulate(buildings=1, sites=1, groups=1), None, layout)
                self.run_job(0)
                kept = {"occupancy.db": 0o644, name: 0o664, "csv": 0o755, "csv/.occuport": 0o711, "csv/sites.csv": 0o640}
                for path, mode in kept.items():
                    os.chmod(self.folder / path, mode)
                before = (self.folder / name).read_bytes()
                self.write(self.simulate(buildings=1, sites=1, groups=1, seed=2), "0660", layout)
                self.run_job(0, "backfill", "--from", "2025-05-30", "--to", "2025-05-31", "--reprocess", "all")
                self.assertNotEqual((self.folder / name).read_bytes(), before, "the file was replaced")
                found = self.modes()
                self.assertEqual({path: oct(found[path]) for path in kept}, {path: oct(mode) for path, mode in kept.items()})

    def test_a_mode_that_is_none_is_refused(self):
        simulator = self.simulate(buildings=1, sites=1, groups=1)
        for written in ("0777", "0400", "0", "06400", "0641", "rw-r-----", "0x1a0", "6.4", "-640", "0602", "''", "[0640]"):
            with self.subTest(written=written):
                self.write(simulator, written)
                result = self.occuport("check", "job.yaml", code=78)
                self.assertIn("file_mode", result.err)


if __name__ == "__main__":
    unittest.main()
