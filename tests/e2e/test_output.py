"""What is said where: results on stdout, everything else on stderr, a display only on a terminal, secrets nowhere."""
import json
import os
import pathlib
import pty
import subprocess
import unittest

import harness
import stub_api

ESCAPE = "\033"


class Output(harness.EndToEnd):
    FIRST, LAST = "2025-05-29", "2025-05-31"

    def prepare(self, fetch=None, **options):
        simulator = self.simulate(**dict({"buildings": 1, "sites": 2, "groups": 2}, **options))
        self.write_job(simulator, first=self.FIRST, last=self.LAST, fetch=fetch)
        return simulator

    def on_terminal(self, *args, stream, env=None):
        """Runs occuport with one of its streams on a terminal; returns (exit code, what came there, what came elsewhere)."""
        reader, writer = pty.openpty()
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: writer}
        process = subprocess.Popen([harness.OCCUPORT] + list(args), cwd=self.folder,
                                   env=harness.environment(**(env or {})), stdin=subprocess.DEVNULL, **streams)
        os.close(writer)
        shown = b""
        try:
            while chunk := os.read(reader, 65536):
                shown += chunk
        except OSError:  # how Linux says that the other side of a terminal is closed
            pass
        os.close(reader)
        elsewhere = b"".join(part or b"" for part in process.communicate(timeout=harness.RUN_LIMIT))
        self.record("a terminal", shown + elsewhere)
        return process.returncode, shown.decode(), elsewhere.decode()

    def test_progress_is_drawn_on_a_terminal_and_gone_at_the_end(self):
        self.prepare({"page_size": 24, "concurrency": 1}, latency=40)
        code, shown, out = self.on_terminal("run", "--json", "job.yaml", stream="stderr")
        self.assertEqual(code, 0, shown)
        self.assertIn("/24 slices", shown)
        self.assertTrue(shown.rstrip("\r\n").endswith("\r" + ESCAPE + "[1A" + ESCAPE + "[J"), "the display is wiped: %r" % shown[-80:])
        self.assertEqual(json.loads(out)["slices"]["fetched"], 24)

    def test_no_progress_where_it_is_not_wanted(self):
        self.prepare()
        for args in (["-q"], ["--log-format", "json"]):
            with self.subTest(args=args):
                code, shown, _ = self.on_terminal("run", *args, "job.yaml", stream="stderr")
                self.assertEqual((code, ESCAPE in shown), (0, False), shown)

    def test_colour_on_a_terminal_unless_no_color_or_told_otherwise(self):
        self.prepare()
        self.occuport("run", "job.yaml")
        for expected, args, env in ((True, [], {}), (False, [], {"NO_COLOR": "1"}), (True, [], {"NO_COLOR": ""}),
                                    (False, ["--color", "never"], {}),
                                    (True, ["--color", "always"], {"NO_COLOR": "1"})):
            with self.subTest(args=args, env=env):
                code, shown, _ = self.on_terminal("status", *args, "job.yaml", stream="stdout", env=env)
                self.assertEqual((code, ESCAPE in shown), (0, expected), shown)

    def test_an_error_is_coloured_on_a_terminal_only(self):
        _, shown, _ = self.on_terminal("check", "nowhere.yaml", stream="stderr")
        self.assertIn(ESCAPE, shown)
        _, shown, _ = self.on_terminal("check", "nowhere.yaml", stream="stderr", env={"NO_COLOR": "1"})
        self.assertNotIn(ESCAPE, shown)
        self.assertNotIn(ESCAPE, self.occuport("check", "nowhere.yaml", code=78).err)

    def test_every_line_of_a_json_log_is_json_also_about_a_bad_job(self):
        (self.folder / "job.yaml").write_text("version: 2\nsurplus: 1\n")
        result = self.occuport("run", "--log-format", "json", "job.yaml", code=78)
        lines = [json.loads(line) for line in result.err.splitlines()]
        self.assertEqual(result.out, "")
        self.assertEqual({line["level"] for line in lines}, {"error"})
        self.assertTrue(any(line["message"].startswith("job.yaml:1:10: ") for line in lines), lines)
        for line in lines:
            self.assertLessEqual({"time", "level", "message"}, line.keys())

    def test_a_failed_run_prints_its_json_all_the_same(self):
        holder, url = stub_api.dead_address()
        self.addCleanup(holder.close)
        simulator = self.prepare()
        (self.folder / "job.yaml").write_text((self.folder / "job.yaml").read_text().replace(simulator.url, url))
        result = self.occuport("run", "--json", "-q", "--log-format", "json", "job.yaml", code=69)
        summary = result.json()
        self.assertEqual((summary["status"], summary["exit_code"], summary["slices"]["fetched"]), ("failed", 69, 0))
        self.assertEqual({json.loads(line)["run_id"] for line in result.err.splitlines()}, {summary["run_id"]})

    def test_a_full_or_closed_stdout_is_an_error(self):
        self.prepare()
        with open("/dev/full", "w") as full:
            process = subprocess.run([harness.OCCUPORT, "plan", "job.yaml"], cwd=self.folder, stdout=full,
                                     stderr=subprocess.PIPE, env=harness.environment(), text=True)
        self.assertEqual(process.returncode, 74, process.stderr)
        self.assertIn("standard output", process.stderr)


class Secrets(harness.EndToEnd):
    """EndToEnd looks for the secret in what every run of every test says; here the sessions and the files."""

    BUILDINGS = "granularities: [P1D]\nbuildings:\n  - {id: 71, sites: [1], groups: [g]}\n"

    def assert_not_on_disk(self, *words):
        for path in pathlib.Path(self.folder).rglob("*"):
            if path.is_file() and not path.parent.name.startswith("sim-"):
                content = path.read_bytes()
                for word in words:
                    self.assertNotIn(word.encode(), content, path)

    def run_against(self, api, code):
        self.addCleanup(api.close)
        (self.folder / "job.yaml").write_text(harness.job_text(api.url, self.BUILDINGS, first="2025-05-31",
                                                               fetch={"timeout": "5s"}))
        result = self.occuport("run", "--json", "-vv", "job.yaml", code=code)
        for stream in (result.out, result.err):
            self.assertNotIn(stub_api.SESSION, stream)
        self.assert_not_on_disk(harness.SECRET, stub_api.SESSION)
        return result

    def test_an_api_that_repeats_the_session_in_its_error_does_not_get_it_into_the_log(self):
        self.run_against(stub_api.StubApi(lambda call: stub_api.error("unexpected", "no luck with " + call.session)), 75)
        self.assertIn("no luck with", self.occuport("status", "job.yaml").out)

    def test_an_api_that_repeats_the_secret_in_its_refusal_does_not_get_it_into_the_log(self):
        self.run_against(stub_api.StubApi(None, token=lambda body: stub_api.answer_json(
            {"error": "wrong secret " + body["client_secret"]}, 401)), 77)

    def test_a_secret_written_into_the_job_is_not_shown_beside_a_mistake(self):
        text = harness.job_text("https://api.innerspace.io", self.BUILDINGS)
        text = text.replace("${INNERSPACE_CLIENT_SECRET}", harness.SECRET + "\n  client_secrt: " + harness.SECRET)
        (self.folder / "job.yaml").write_text(text)
        self.holders = {"job.yaml"}
        for args in (["check"], ["run"], ["check", "--log-format", "json"]):
            self.occuport(*args, "job.yaml", code=78)

    def test_a_secret_that_everybody_can_read_is_warned_about_by_every_command(self):
        text = harness.job_text("https://api.innerspace.io", self.BUILDINGS)
        (self.folder / "job.yaml").write_text(text.replace("${INNERSPACE_CLIENT_SECRET}", harness.SECRET))
        self.holders = {"job.yaml"}
        for mode, warned in ((0o644, True), (0o640, False)):
            (self.folder / "job.yaml").chmod(mode)
            for args in (["check"], ["plan", "-q"], ["status", "--log-format", "json"]):
                with self.subTest(mode=oct(mode), args=args):
                    err = self.occuport(*args, "job.yaml").err
                    self.assertEqual("job.yaml:5:18: 'api.client_secret' stands in the job file itself" in err, warned, err)

    def failing(self, program):
        """The log of a run that fails and then starts a program."""
        holder, url = stub_api.dead_address()
        self.addCleanup(holder.close)
        (self.folder / "job.yaml").write_text(harness.job_text(
            url, self.BUILDINGS, first="2025-05-31", more="notify: {on_failure: %s}\n" % json.dumps(program)))
        return self.finish(self.start_occuport("run", "job.yaml", umask=0o027), 69).err

    def test_a_program_that_is_told_of_a_failure_gets_no_secret_and_the_mask_of_the_caller(self):
        self.assertRegex(self.failing(["env"]), r"(?m): INNERSPACE_CLIENT_SECRET=$")
        self.assertRegex(self.failing(["sh", "-c", "umask"]), r"(?m): 0?027$")

    def test_the_trace_does_not_show_the_path_of_a_heartbeat(self):
        word = "hush-5a1e-0c3d"
        simulator = self.simulate(buildings=1, sites=1, groups=1)
        self.write_job(simulator, first="2025-05-31", more="notify: {heartbeat_url: '%s/%s?key=%s'}\n" % (
            simulator.url, word, word))
        err = self.occuport("run", "-vv", "job.yaml").err
        self.assertIn("> GET *** HTTP/1.1; Host: 127.0.0.1:", err)
        self.assertNotIn("hush", err)

    def test_a_good_run_leaves_no_secret_on_disk(self):
        simulator = self.simulate(buildings=1, sites=1, groups=1)
        self.write_job(simulator, first="2025-05-31")
        self.occuport("run", "-vv", "job.yaml")
        self.assert_not_on_disk(harness.SECRET)


if __name__ == "__main__":
    unittest.main()
