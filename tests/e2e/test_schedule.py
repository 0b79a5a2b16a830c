"""`schedule`: what it prints is taken by the schedulers, and starts the job."""
import re
import shutil
import subprocess
import unittest

import yaml

import harness

ODD = "It's 5% of \"B\" $x.yaml"


class Schedule(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        self.simulator = self.simulate(buildings=1, groups=1, granularities="PT1H")

    def job(self, name="nightly.yaml", **keys):
        self.write_job(self.simulator, name=name, **keys)

    def schedule(self, form, name="nightly.yaml", code=0):
        return self.occuport("schedule", "--format", form, name, code=code).out

    def units(self, name="nightly.yaml"):
        """File name to text."""
        parts = re.split(r"^# /etc/systemd/system/(.*)\n", self.schedule("systemd", name), flags=re.M)
        self.assertEqual(parts[0], "")
        return dict(zip(parts[1::2], parts[2::2]))

    def settings(self, text):
        return re.findall(r"^(\w+)=(.*)$", text, re.M)

    def test_units_are_a_service_and_a_timer_of_the_job(self):
        self.job()
        units = self.units()
        self.assertEqual(sorted(units), ["occuport-nightly.service", "occuport-nightly.timer"])
        service = self.settings(units["occuport-nightly.service"])
        self.assertIn(("ReadWritePaths", '"%s"' % self.folder.resolve()), service)
        self.assertIn(("LoadCredential", "INNERSPACE_CLIENT_SECRET:/etc/occuport/nightly/INNERSPACE_CLIENT_SECRET"), service)
        self.assertIn(("LoadCredential", "INNERSPACE_CLIENT_ID:/etc/occuport/nightly/INNERSPACE_CLIENT_ID"), service)
        stop = dict(service)["RestartPreventExitStatus"].split()
        self.assertEqual(set(map(int, stop)), {64, 65, 70, 73, 77, 78})
        timer = dict(self.settings(units["occuport-nightly.timer"]))
        self.assertEqual((timer["Persistent"], timer["OnCalendar"]), ("true", "*-*-* 03:00:00 UTC"))
        self.assertIn("RandomizedDelaySec", timer)

    def test_systemd_takes_the_units(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed (Debian: systemd)")
        for name in ("nightly.yaml", ODD):
            self.job(name)
            folder = self.folder / "units"
            folder.mkdir(exist_ok=True)
            for file, text in self.units(name).items():
                (folder / file).write_text(text)
            checked = subprocess.run(["systemd-analyze", "verify", "--man=no"] + sorted(map(str, folder.iterdir())),
                                     capture_output=True, text=True)
            said = [line for line in checked.stderr.splitlines() if "occuport" in line]
            self.assertEqual((checked.returncode, said), (0, []), checked.stderr)
            shutil.rmtree(folder)

    def test_command_of_the_crontab_runs_the_job(self):
        for name in ("nightly.yaml", ODD):
            self.job(name)
            lines = [line for line in self.schedule("cron", name).splitlines() if not line.startswith("#")]
            self.assertEqual(len(lines), 1)
            minute, hour, *stars, command = lines[0].split(" ", 5)
            self.assertTrue(0 <= int(minute) < 60 and hour == "3" and stars == ["*"] * 3)
            self.assertEqual(command.replace("\\%", "").count("%"), 0, "cron ends a command at a percent sign")
            secrets, command = command.replace("\\%", "%").split(" && ")
            self.assertRegex(secrets, r"^\. '/etc/occuport/[\w.-]+\.env'$")
            subprocess.run(["/bin/sh", "-c", command], env=harness.environment(), cwd="/", check=True, timeout=harness.RUN_LIMIT)
            self.assert_all_stored(self.simulator)
            self.database_path.unlink()

    def test_jobs_begin_at_minutes_of_their_own(self):
        minutes = set()
        for i in range(12):
            self.job("job-%d.yaml" % i)
            minutes.add(self.schedule("cron", "job-%d.yaml" % i).splitlines()[-1].split()[0])
        self.assertGreater(len(minutes), 6)

    def test_kubernetes_gets_the_job_the_claim_and_the_cron_job(self):
        for name in ("nightly.yaml", ODD):
            self.job(name, fetch={"max_runtime": "2h"})
            config, claim, cron = yaml.safe_load_all(self.schedule("k8s", name))
            self.assertEqual([part["kind"] for part in (config, claim, cron)],
                             ["ConfigMap", "PersistentVolumeClaim", "CronJob"])
            self.assertEqual(config["data"]["job.yaml"], (self.folder / name).read_text())
            self.assertRegex(cron["metadata"]["name"], r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")
            spec = cron["spec"]
            self.assertEqual((spec["concurrencyPolicy"], spec["timeZone"]), ("Forbid", "UTC"))
            job = spec["jobTemplate"]["spec"]
            self.assertGreater(job["activeDeadlineSeconds"], 7200)
            rule, = job["podFailurePolicy"]["rules"]
            self.assertEqual(set(rule["onExitCodes"]["values"]), {64, 65, 70, 73, 77, 78})
            pod = job["template"]["spec"]
            container, = pod["containers"]
            self.assertEqual(rule["onExitCodes"]["containerName"], container["name"])
            self.assertEqual({entry["name"] for entry in container["env"]},
                             {"INNERSPACE_CLIENT_ID", "INNERSPACE_CLIENT_SECRET"})
            volumes = {volume["name"]: volume for volume in pod["volumes"]}
            self.assertEqual({mount["name"] for mount in container["volumeMounts"]}, set(volumes))
            self.assertEqual(volumes["job"]["configMap"]["name"], config["metadata"]["name"])
            self.assertEqual(volumes["data"]["persistentVolumeClaim"]["claimName"], claim["metadata"]["name"])

    def test_secret_in_the_job_file_does_not_go_into_a_config_map(self):
        self.job()
        path = self.folder / "nightly.yaml"
        self.holders = {str(path.relative_to(self.folder))}
        path.write_text(path.read_text().replace("${INNERSPACE_CLIENT_SECRET}", harness.SECRET))
        self.assertIn("holds a secret itself", self.occuport("schedule", "--format", "k8s", path.name, code=78).err)
        for form in ("systemd", "cron"):
            self.assertNotIn(harness.SECRET, self.schedule(form))

    def test_whatever_secret_stands_in_the_job_does_not_go_into_a_config_map(self):
        for lines in ('notify: {heartbeat_url: "https://example.com/secret-path"}\n', ""):
            self.job(more=lines)
            path = self.folder / "nightly.yaml"
            if not lines:
                path.write_text(path.read_text().replace("${INNERSPACE_CLIENT_SECRET}", '"spelled\\x2dotherwise"'))
            self.assertIn("holds a secret itself", self.occuport("schedule", "--format", "k8s", path.name, code=78).err)

    def test_line_break_in_a_path_begins_no_line_of_a_unit(self):
        folder = self.folder / "a\nExecStartPre=id"
        folder.mkdir()
        self.job()
        (self.folder / "nightly.yaml").rename(folder / "nightly.yaml")
        for form in ("systemd", "cron", "k8s"):
            self.assertEqual(self.schedule(form, str(folder / "nightly.yaml"), code=78), "")

    def test_comments_name_no_credentials(self):
        self.job(more="notify: # see ${OLD}\n  on_failure: [\"/bin/echo\", 'not # ${NEWER}', \"$${NONE}\"]\n")
        units = self.occuport("schedule", "nightly.yaml", env={"NEWER": "x"}).out
        names = set(re.findall(r"LoadCredential=(\w+):", units))
        self.assertEqual(names, {"INNERSPACE_CLIENT_ID", "INNERSPACE_CLIENT_SECRET", "NEWER"})

    def test_names_are_short_enough_for_kubernetes(self):
        self.job("long-" + "x" * 90 + ".yaml")
        cron = list(yaml.safe_load_all(self.schedule("k8s", "long-" + "x" * 90 + ".yaml")))[2]
        self.assertLessEqual(len(cron["metadata"]["name"]), 52)

    def test_needs_no_credentials_and_a_job_that_is_right(self):
        self.job()
        self.occuport("schedule", "nightly.yaml", env={"INNERSPACE_CLIENT_ID": None, "INNERSPACE_CLIENT_SECRET": None})
        (self.folder / "wrong.yaml").write_text("version: 2\n")
        self.assertEqual(self.schedule("cron", "wrong.yaml", code=78), "")
        self.occuport("schedule", "--format", "launchd", "nightly.yaml", code=64)


if __name__ == "__main__":
    unittest.main()
