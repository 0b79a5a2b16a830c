"""`schedule`: what it prints is taken by the schedulers, and starts the job."""
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile
import unittest

import harness
import schedulers


class Schedule(schedulers.Scheduled):
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
        self.assertIn(("EnvironmentFile", "-/etc/occuport/nightly/environment"), service)
        stop = dict(service)["RestartPreventExitStatus"].split()
        self.assertEqual(set(map(int, stop)), {64, 65, 70, 73, 77, 78})
        timer = dict(self.settings(units["occuport-nightly.timer"]))
        self.assertEqual((timer["Persistent"], timer["OnCalendar"]), ("true", "*-*-* 03:00:00 UTC"))
        self.assertIn("RandomizedDelaySec", timer)

    def test_systemd_takes_the_units(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed (Debian: systemd)")
        for name in ("nightly.yaml", schedulers.ODD):
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

    def test_command_of_the_documents_puts_each_unit_into_its_file(self):
        line, = re.findall(r"^occuport schedule job.yaml \| sudo (awk .*?) +#", (harness.ROOT / "docs/operations.md").read_text(), re.M)
        for name in ("nightly.yaml", schedulers.ODD):
            self.job(name)
            folder = self.folder / "units"
            folder.mkdir()
            text = self.schedule("systemd", name).replace("# /etc/systemd/system/", "# /etc/../%s/" % folder)
            subprocess.run(["sh", "-c", line], input=text, text=True, check=True)
            written = {path.name: path.read_text().split("\n", 1)[1] for path in folder.iterdir()}
            self.assertEqual(written, self.units(name))
            shutil.rmtree(folder)

    def test_secret_in_the_job_file_does_not_go_into_a_config_map(self):
        self.job()
        path = self.folder / "nightly.yaml"
        self.holders = {str(path.relative_to(self.folder))}
        path.write_text(path.read_text().replace("${INNERSPACE_CLIENT_SECRET}", harness.SECRET))
        self.assertIn("holds a secret itself", self.occuport("schedule", "--format", "k8s", path.name, code=78).err)
        for form in ("systemd", "cron"):
            self.assertNotIn(harness.SECRET, self.schedule(form))

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

    def with_secret_file(self, path):
        """The job takes the client secret from there."""
        self.job()
        job = self.folder / "nightly.yaml"
        job.write_text(job.read_text().replace("${INNERSPACE_CLIENT_SECRET}", "${file:%s}" % path))

    def test_unit_sees_the_files_that_the_job_takes_values_from(self):
        self.with_secret_file("/home/nobody-is-here/secret")
        result = self.occuport("schedule", "nightly.yaml")
        self.assertIn("ProtectHome=read-only\n", result.out)
        self.assertNotIn("LoadCredential=INNERSPACE_CLIENT_SECRET", result.out)
        self.assertIn("/home/nobody-is-here/secret: No such file or directory; the job needs it", result.err)
        self.with_secret_file("/etc/occuport-is-not-here/secret")
        self.assertIn("ProtectHome=yes\n", self.schedule("systemd"))
        link = self.folder / "link"
        link.symlink_to("/home/nobody-is-here/secret")  # leads nowhere: only its own place is known
        self.with_secret_file(link)
        self.assertIn("ProtectHome=yes\n", self.schedule("systemd"))
        home = pathlib.Path.home()
        with tempfile.NamedTemporaryFile(dir=home) as secret:
            if str(home).startswith(("/root", "/home")):
                link.unlink()
                link.symlink_to(secret.name)
                self.assertIn("ProtectHome=read-only\n", self.schedule("systemd"))

    def test_file_that_the_unit_may_not_read_is_told(self):
        secret = self.folder / "secret"
        secret.write_text("x")
        secret.chmod(0o600)
        self.with_secret_file("secret")
        self.assertEqual(self.occuport("schedule", "nightly.yaml").err, "")
        secret.chmod(0)
        self.assertIn("%s: " % secret.resolve(), self.occuport("schedule", "nightly.yaml").err)
        self.assertIn("who runs the job, may not read it", self.occuport("schedule", "nightly.yaml").err)

    @unittest.skipUnless(os.geteuid() == 0, "only root can give a file away")
    def test_root_prints_the_unit_of_who_owns_the_job(self):
        self.job()
        self.assertNotIn("User=", self.schedule("systemd"))
        os.chown(self.folder / "nightly.yaml", pwd.getpwnam("nobody").pw_uid, -1)
        result = self.occuport("schedule", "nightly.yaml")
        self.assertIn("\nUser=nobody\n", result.out)
        self.assertIn("%s: nobody, who runs the job, may not write to it" % self.folder.resolve(), result.err)

    def test_needs_no_credentials_and_a_job_that_is_right(self):
        self.job()
        self.occuport("schedule", "nightly.yaml", env={"INNERSPACE_CLIENT_ID": None, "INNERSPACE_CLIENT_SECRET": None})
        (self.folder / "wrong.yaml").write_text("version: 2\n")
        self.assertEqual(self.schedule("cron", "wrong.yaml", code=78), "")
        self.occuport("schedule", "--format", "launchd", "nightly.yaml", code=64)


if __name__ == "__main__":
    unittest.main()
