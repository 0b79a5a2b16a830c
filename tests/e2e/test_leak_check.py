"""The search for secrets in everything that end-to-end tests leave finds what it should: each leak is planted once."""
import sqlite3
import unittest

import harness
import stub_api


class Planted(harness.EndToEnd):
    """Not a test of its own: what `plant` leaves behind is a leak, and the cleanup of the harness must say so."""

    plant = staticmethod(lambda test: None)

    def runTest(self):
        self.plant(self)


def into_file(test):
    (test.folder / "deep" / "er").mkdir(parents=True)
    (test.folder / "deep" / "er" / "notes.txt").write_text("the secret is " + harness.SECRET)


def into_database(test):
    connection = sqlite3.connect(test.database_path)
    connection.execute("CREATE TABLE notes (text)")
    connection.execute("INSERT INTO notes VALUES (?)", (harness.SECRET,))
    connection.commit()
    connection.close()


def session_of_simulator(test):
    simulator = test.simulate(buildings=1, sites=1, groups=1)
    test.write_job(simulator, first="2025-05-31")
    test.occuport("run", "job.yaml")
    test.record("what was said", simulator.sessions()[0].encode())


def said_by_program(test):
    """The name of the job is shown in messages, and no secret to the program: so this one gets out."""
    test.occuport("check", harness.SECRET, code=78)


class LeakCheck(unittest.TestCase):
    def outcome(self, plant):
        planted = Planted()
        planted.plant = plant
        result = unittest.TestResult()
        planted.run(result)
        self.assertEqual(result.errors, [])
        return [text.strip().splitlines()[-1] for _, text in result.failures]

    def assert_found(self, plant, place):
        failures = self.outcome(plant)
        self.assertTrue(failures, "the leak was not found")
        self.assertIn("a secret (", failures[-1])
        self.assertIn(place, failures[-1])
        self.assertNotIn(harness.SECRET, failures[-1], "the report is no leak itself")

    def test_what_is_sound_passes(self):
        self.assertEqual(self.outcome(lambda test: test.occuport("check", "nowhere.yaml", code=78)), [])

    def test_a_file_in_a_folder(self):
        self.assert_found(into_file, "notes.txt")

    def test_a_database(self):
        self.assert_found(into_database, "occupancy.db")

    def test_a_session_of_the_simulator(self):
        self.assert_found(session_of_simulator, "what was said")

    def test_a_session_of_a_stub(self):
        self.assert_found(lambda test: test.record("a log", stub_api.SESSION.encode()), "a log")

    def test_the_command_line(self):
        self.assert_found(lambda test: test.start_occuport("check", harness.SECRET).communicate(), "the command line")

    def test_another_spelling(self):
        self.assert_found(lambda test: test.record("a log", b"00" + harness.SECRET.encode().hex().encode()), "a log")

    def test_a_file_that_the_test_itself_wrote_is_let_through_only_when_it_says_so(self):
        def plant(test):
            into_file(test)
            test.holders = {"deep/er/notes.txt"}
        self.assertEqual(self.outcome(plant), [])

    def test_what_a_program_said_fails_at_once(self):
        failures = self.outcome(said_by_program)
        self.assertIn(harness.SECRET, failures[0])


if __name__ == "__main__":
    unittest.main()
