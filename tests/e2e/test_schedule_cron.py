"""`schedule --format cron`: a line that cron takes, and what its mail says.

CRONTAB in the environment may name Debian's crontab, which is then asked as well (`crontab -n`, which changes nothing).
"""
import os
import subprocess
import unittest

import crontab
import harness
import schedulers

# What Debian's crontab (cron 3.0pl1-162) says of a line.
VERDICTS = [
    ("0 3 * * * echo a", True), ("59 23 31 12 7 a", True), ("  0\t3 * * *   a", True), ("# 99 99 * * *", True), ("", True),
    ("0,30 1-5 */2 jan-mar mon,wed a", True), ("0-58/2 * * * * a", True), ("@daily a", True), ("MAILTO=a@b.example", True),
    ("A = b", True), ("0 3 * * * a%b", True), ("0 3 * * * " + "x" * 998, True),
    ("60 3 * * * a", False), ("0 24 * * * a", False), ("0 3 0 * * a", False), ("0 3 * 13 * a", False),
    ("0 3 * * 8 a", False), ("0 3 * *", False), ("x 3 * * * a", False),
    ("0 3 * * may a", False), ("*/0 3 * * * a", False), ("@nightly a", False),
    ("0, 3 * * * a", False), ("0 3 * * * " + "x" * 999, False),
]
STRICTER = ["0 3 * * *", "0 3 * * * ", "5-1 3 * * * a", "0 3 * * * a\x01"]  # what it takes, and does not mean


def accepts(text):
    try:
        crontab.parse(text)
        return True
    except crontab.Mistake:
        return False


class Cron(schedulers.Scheduled):
    def crontab_accepts(self, text):
        """What the program that CRONTAB names says; without one, what ours does."""
        program = os.environ.get("CRONTAB")
        if program is None:
            return accepts(text)
        path = self.folder / "crontab"
        path.write_text(text)
        return subprocess.run([program, "-n", str(path)], capture_output=True).returncode == 0

    def secrets_file(self, secret=harness.SECRET):
        path = self.folder / "secrets.env"
        path.write_text("export INNERSPACE_CLIENT_ID='%s'\nexport INNERSPACE_CLIENT_SECRET='%s'\n" % (harness.CLIENT_ID, secret))
        self.holders.add(path.name)
        return path

    def mail(self, text, secrets, code, now=harness.NOW):
        """Runs the line as cron does, without a terminal and with next to no environment: what it would mail."""
        (_, command, stdin), = crontab.parse(text)
        self.assertIsNone(stdin)
        place = "/etc/occuport/%s.env" % text.split("/etc/occuport/")[-1].split(".env")[0]
        command = command.replace(place, str(secrets))
        env = {"HOME": str(self.folder), "LOGNAME": "nobody", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
        env.update({"OCCUPORT_NOW": str(now), "ASAN_OPTIONS": "abort_on_error=1"})
        done = subprocess.run(["/bin/sh", "-c", command], env=env, cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=harness.RUN_LIMIT)
        self.record("a mail", done.stdout.encode())
        self.assertEqual(done.returncode, code, done.stdout)
        return done.stdout

    def test_parser_agrees_with_debians_crontab(self):
        for line, verdict in VERDICTS:
            self.assertEqual((accepts(line + "\n"), self.crontab_accepts(line + "\n")), (verdict, verdict), line[:60])
        for line in STRICTER:
            self.assertFalse(accepts(line + "\n"), line)
        self.assertFalse(accepts("0 3 * * * a") or self.crontab_accepts("0 3 * * * a"))

    def test_parser_reads_times_and_percent_signs(self):
        times, command, stdin = crontab.parse("1,5-7 */12 * feb * a\\%b%c%d\n")[0]
        self.assertEqual((times[0], times[1], times[3]), ({1, 5, 6, 7}, {0, 12}, {2}))
        self.assertEqual((command, stdin), ("a%b", "c\nd"))

    def test_cron_takes_the_line_and_runs_the_job(self):
        for name in ("nightly.yaml", schedulers.ODD):
            self.job(name)
            text = self.schedule("cron", name)
            self.assertTrue(self.crontab_accepts(text), text)
            (times, command, stdin), = crontab.parse(text)
            self.assertEqual((len(times[0]), times[1], stdin), (1, {3}, None))
            self.assertEqual([len(every) for every in times[2:]], [31, 12, 8])
            self.assertRegex(command, r"^\. /etc/occuport/[\w.-]+\.env && exec ")
            self.assertTrue(all(len(line) < 105 for line in text.splitlines() if line.startswith("#")))
            self.assertEqual(self.mail(text, self.secrets_file(), 0), "")
            self.assert_all_stored(self.simulator)
            self.assertEqual(self.mail(text, self.secrets_file(), 0), "", "nothing new was to be fetched")
            self.assertEqual(self.mail(text, self.secrets_file(), 0, now=harness.NOW + 9 * harness.DAY), "")
            self.database_path.unlink()

    def test_jobs_begin_at_minutes_of_their_own(self):
        minutes = set()
        for i in range(12):
            self.job("job-%d.yaml" % i)
            (times, _, _), = crontab.parse(self.schedule("cron", "job-%d.yaml" % i))
            minutes.update(times[0])
        self.assertGreater(len(minutes), 6)

    def assert_a_good_mail(self, mail, *parts, lines=3):
        """Short, each line with its sender, the job by its path, and what to do."""
        self.assertTrue(0 < mail.count("\n") <= lines, mail)
        for line in mail.splitlines():
            self.assertRegex(line, "^occuport: (error|warning): ")
        for part in parts + ("next: ",):
            self.assertIn(part, mail)

    def test_mail_of_a_refused_login_names_the_job_and_the_check(self):
        self.job()
        mail = self.mail(self.schedule("cron"), self.secrets_file("wrong"), 77)
        path = self.folder.resolve() / "nightly.yaml"
        self.assert_a_good_mail(mail, "login refused", "ended with 77", "occuport check --online %s" % path, lines=2)

    def test_mail_of_an_api_that_is_away_says_that_the_next_night_makes_up_for_it(self):
        self.job()
        text = self.schedule("cron")
        path = self.folder / "nightly.yaml"
        path.write_text(path.read_text().replace(self.simulator.url, "http://127.0.0.1:1"))
        mail = self.mail(text, self.secrets_file(), 69)
        self.assert_a_good_mail(mail, "cannot be reached", "0 of them fetched", "the next run continues", lines=2)

    def test_mail_of_slices_that_fail_names_the_first(self):
        choked = self.simulate(buildings=1, groups=1, granularities="P1D,PT1H", choke_rows=1, choke_style="504")
        self.write_job(choked, name="nightly.yaml", fetch={"max_attempts": 1})
        mail = self.mail(self.schedule("cron"), self.secrets_file(), 75)
        self.assert_a_good_mail(mail, "slices failed; the first: building 71", "ended with 75", "occuport run ")

    def test_mail_of_a_job_that_is_wrong_shows_the_place(self):
        self.job()
        text = self.schedule("cron")
        path = self.folder / "nightly.yaml"
        path.write_text(path.read_text().replace("coverage:", "coverrage:"))
        mail = self.mail(text, self.secrets_file(), 78)
        self.assertIn("%s:" % path.resolve(), mail)
        self.assertIn("did you mean 'coverage'?", mail)
        self.assertIn("nothing was done", mail)

    def test_mail_without_the_file_of_secrets_names_it(self):
        self.job()
        mail = self.mail(self.schedule("cron"), self.folder / "not-there.env", 2)
        self.assertIn(str(self.folder / "not-there.env"), mail)
        self.assertFalse(self.database_path.exists())


if __name__ == "__main__":
    unittest.main()
