"""Whom a job tells how its run ended: a program, a watchdog, a monitoring system."""
import http.server
import json
import re
import stat
import subprocess
import shutil
import threading
import unittest

import yaml

import harness

PAGE_ME = """#!/bin/sh
cat >"$1"
echo "paged: $2"
echo "to stderr" >&2
exit ${PAGE_ME_EXIT:-0}
"""


class Watchdog:
    """Notes the addresses it is asked for."""

    def __init__(self, code=200):
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(code)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/ping/secret-%s" % (self.server.server_address[1], harness.SECRET)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Notify(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.simulator = self.simulate(buildings=1, groups=1)
        (self.folder / "page-me").write_text(PAGE_ME)
        (self.folder / "page-me").chmod(0o755)

    def job(self, more, name="job.yaml", **keys):
        self.write_job(self.simulator, name=name, more=more, **keys)

    def on_failure(self):
        return 'notify: {on_failure: ["./page-me", "told.json", "two words"]}\n'

    def watchdog(self, **options):
        watchdog = Watchdog(**options)
        self.addCleanup(watchdog.stop)
        return watchdog

    def metrics(self, path="occuport.prom"):
        """Name and labels to value."""
        values = {}
        for line in (self.folder / path).read_text().splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                self.assertNotIn(name, values)
                values[name] = float(value)
        return values

    def test_failed_run_starts_the_program_with_the_summary(self):
        self.job(self.on_failure())
        ended = self.occuport("run", "--json", "-v", "job.yaml", code=77, env={"INNERSPACE_CLIENT_SECRET": "wrong"})
        told = json.loads((self.folder / "told.json").read_text())
        self.assertEqual(told, ended.json())
        self.assertEqual((told["exit_code"], told["status"]), (77, "failed"))
        self.assertIn("./page-me: paged: two words", ended.err)
        self.assertIn("./page-me: to stderr", ended.err)

    def test_run_that_ended_well_starts_nothing(self):
        self.job(self.on_failure())
        self.occuport("run", "job.yaml")
        self.assertFalse((self.folder / "told.json").exists())

    def test_program_that_fails_or_is_not_there_is_told_and_changes_nothing(self):
        self.job(self.on_failure())
        wrong = {"INNERSPACE_CLIENT_SECRET": "wrong", "PAGE_ME_EXIT": "3"}
        self.assertIn("notify.on_failure: ./page-me ended with 3", self.occuport("run", "job.yaml", code=77, env=wrong).err)
        (self.folder / "page-me").unlink()
        self.assertIn("notify.on_failure: cannot start ./page-me: No such file or directory",
                      self.occuport("run", "job.yaml", code=77, env=wrong).err)

    def test_run_that_is_out_of_time_starts_the_program(self):
        slow = self.simulate(buildings=1, groups=1, latency=400)
        self.write_job(slow, more=self.on_failure(), fetch={"page_size": 30, "concurrency": 1})
        self.occuport("run", "--max-runtime", "1s", "job.yaml", code=75)
        self.assertEqual(json.loads((self.folder / "told.json").read_text())["exit_code"], 75)

    def test_run_that_a_signal_ends_starts_nothing(self):
        slow = self.simulate(buildings=1, groups=1, latency=400)
        self.write_job(slow, more=self.on_failure(), fetch={"page_size": 30, "concurrency": 1})
        process = self.start_occuport("run", "job.yaml")
        harness.wait_until(lambda: self.database_path.exists(), "the database")
        process.terminate()
        self.finish(process, 75)
        self.assertFalse((self.folder / "told.json").exists())

    def test_watchdog_is_told_only_of_runs_that_ended_well(self):
        watchdog = self.watchdog()
        self.holders = {"job.yaml"}  # the address has the secret, so that a message with the address would be found
        self.job("notify: {heartbeat_url: '%s'}\n" % watchdog.url)
        self.occuport("run", "job.yaml", code=77, env={"INNERSPACE_CLIENT_SECRET": "wrong"})
        self.assertEqual(watchdog.asked, [])
        self.occuport("run", "-vv", "job.yaml")
        self.assertEqual(watchdog.asked, ["/ping/secret-" + harness.SECRET])
        self.occuport("backfill", "--from", "2025-05-02", "--to", "2025-05-03", "job.yaml")
        self.assertEqual(len(watchdog.asked), 2)

    def test_watchdog_that_does_not_answer_is_warned_of_without_its_address(self):
        watchdog = self.watchdog(code=404)
        self.holders = {"job.yaml"}  # the address has the secret, so that a message with the address would be found
        self.job("notify: {heartbeat_url: '%s'}\n" % watchdog.url)
        self.assertIn("notify.heartbeat_url: the server answered with HTTP 404", self.occuport("run", "job.yaml").err)
        watchdog.stop()
        self.holders = {"job.yaml"}  # the address has the secret, so that a message with the address would be found
        self.job("notify: {heartbeat_url: '%s'}\n" % watchdog.url)
        self.assertIn("warning: notify.heartbeat_url: ", self.occuport("run", "job.yaml").err)

    def test_metrics_say_what_the_summary_says(self):
        self.job("metrics: {textfile: occuport.prom}\n")
        summary = self.occuport("run", "--json", "job.yaml").json()
        status = self.occuport("status", "--json", "job.yaml").json()
        path = self.folder / "occuport.prom"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o644)
        values = self.metrics()
        for result, value in summary["slices"].items():
            self.assertEqual(values['occuport_run_slices{export="job",result="%s"}' % result], value)
        for result, value in summary["rows"].items():
            self.assertEqual(values['occuport_run_rows{export="job",result="%s"}' % result], value)
        for state in ("settled", "open", "missing", "failed"):
            self.assertEqual(values['occuport_coverage_slices{export="job",state="%s"}' % state], status["coverage"][state])
        self.assertEqual(values['occuport_run_requests{export="job"}'], summary["requests"])
        self.assertEqual(values['occuport_run_success_timestamp_seconds{export="job"}'], harness.NOW)
        self.assertEqual([entry.name for entry in self.folder.glob("*prom*")], ["occuport.prom"])

    def test_metrics_of_a_failed_run_keep_when_one_last_ended_well(self):
        self.job("metrics: {textfile: occuport.prom}\n")
        self.occuport("run", "job.yaml")
        later = harness.NOW + 2 * harness.DAY
        self.occuport("run", "job.yaml", code=77, now=later, env={"INNERSPACE_CLIENT_SECRET": "wrong"})
        values = self.metrics()
        self.assertEqual(values['occuport_run_exit_code{export="job"}'], 77)
        self.assertEqual(values['occuport_run_end_timestamp_seconds{export="job"}'], later)
        self.assertEqual(values['occuport_run_success_timestamp_seconds{export="job"}'], harness.NOW)

    def test_metrics_that_cannot_be_written_are_a_warning(self):
        self.job("metrics: {textfile: nowhere/occuport.prom}\n")
        self.assertIn("metrics.textfile: ", self.occuport("run", "job.yaml").err)

    def test_alerts_and_dashboard_ask_only_for_numbers_that_there_are(self):
        self.job("metrics: {textfile: occuport.prom}\n")
        self.occuport("run", "job.yaml")
        written = set(re.findall(r"^(occuport_\w+)\{", (self.folder / "occuport.prom").read_text(), re.M))
        for name in ("occuport.rules.yml", "grafana-dashboard.json"):
            asked = set(re.findall(r"occuport_\w+", (harness.ROOT / "config/monitoring" / name).read_text()))
            self.assertTrue(asked)
            self.assertLessEqual(asked, written, name)
        json.loads((harness.ROOT / "config/monitoring/grafana-dashboard.json").read_text())

    def test_metrics_pass_the_checker_of_their_format(self):
        promtool = shutil.which("promtool")
        if promtool is None:
            self.skipTest("promtool is not installed (Debian: prometheus)")
        self.job("metrics: {textfile: occuport.prom}\n")
        self.occuport("run", "job.yaml")
        with open(self.folder / "occuport.prom", "rb") as text:
            checked = subprocess.run([promtool, "check", "metrics"], stdin=text, capture_output=True, text=True)
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

    @unittest.skipIf(shutil.which("promtool") is None, "promtool is not installed (Debian: prometheus)")
    def test_alerts_fire_when_they_should_and_say_what_is_wrong(self):
        rules = harness.ROOT / "config/monitoring/occuport.rules.yml"
        told = {rule["alert"]: rule for rule in yaml.safe_load(rules.read_text())["groups"][0]["rules"]}
        series = {'occuport_newest_partition_end_timestamp_seconds{export="a"}': 0,  # the clock of promtool begins at 0
                  'occuport_run_end_timestamp_seconds{export="b"}': 0,
                  'occuport_coverage_known{export="f"}': 0, 'occuport_coverage_known{export="g"}': 1,
                  'occuport_run_exit_code{export="c"}': 77, 'occuport_run_exit_code{export="d"}': 0,
                  'occuport_coverage_slices{export="e",state="failed"}': 3,
                  'occuport_coverage_slices{export="e",state="missing"}': 3}
        fires = (("OccuportDataIsOld", 37, {"export": "a"}, "a: the newest day held ended 1d 13h 0m 0s ago"),
                 ("OccuportRunsNoMore", 37, {"export": "b"}, "b: no run for 1d 13h 0m 0s"),
                 ("OccuportCoverageUnknown", 3, {"export": "f"},
                  "f: what is held is not known, a destination cannot be read"),
                 ("OccuportRunFailed", 3, {"export": "c"}, "c: the last run ended with exit code 77"),
                 ("OccuportSlicesFail", 37, {"export": "e", "state": "failed"}, "e: 3 slices have failed for more than a day"))
        tests = []
        for name, hours, labels, summary in fires:
            alert = {"exp_labels": dict(labels, severity=told[name]["labels"]["severity"]),
                     "exp_annotations": {"summary": summary, "description": told[name]["annotations"]["description"]}}
            tests += [{"eval_time": "%dh" % hours, "alertname": name, "exp_alerts": [alert]},
                      {"eval_time": "%dh" % (hours - 2), "alertname": name, "exp_alerts": []}]
        text = {"rule_files": [str(rules)], "evaluation_interval": "10m", "tests": [{
            "interval": "10m", "alert_rule_test": tests,
            "input_series": [{"series": name, "values": "%d+0x300" % value} for name, value in series.items()]}]}
        (self.folder / "alerts.yml").write_text(yaml.safe_dump(text))
        checked = subprocess.run(["promtool", "test", "rules", "alerts.yml"], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)


if __name__ == "__main__":
    unittest.main()
