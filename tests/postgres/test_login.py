"""Who it talks to, and as whom: TLS that is verified, SCRAM, and a password that is seen nowhere."""
import pathlib
import tempfile
import unittest

import rig
import server

import stage  # of the attack tests, for its certificates

PASSWORD = "pq-never-to-be-seen-7c2e"


class Tls(rig.Postgres):
    """The server lets nobody in but over TLS, with a password."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="occuport-pg-tls-")
        cls.addClassCleanup(folder.cleanup)
        cls.certificates = stage.Certificates(folder.name)
        certificate = cls.certificates.signed("database", "DNS:localhost")
        cls.other_authority = cls.certificates.self_signed("other", "basicConstraints=critical,CA:TRUE")
        cls.server = server.Server(certificate=(certificate, certificate.with_suffix(".key")), only_tls=True)
        cls.addClassCleanup(cls.server.close)
        cls.server.run("CREATE ROLE writer LOGIN SUPERUSER PASSWORD '%s'" % PASSWORD)

    def setUp(self):
        super().setUp()
        self.simulator = self.simulate(buildings=1, sites=1, groups=1)

    def secrets(self):
        return super().secrets() | {PASSWORD.encode()}

    def address(self, host="localhost", authority=None, sslmode="verify-full", **keys):
        return self.dsn(host=host, user="writer", sslmode=sslmode,
                        sslrootcert=authority or self.certificates.authority, **keys)

    def run_as(self, dsn, code, **env):
        self.job(self.simulator, dsn=dsn)
        return self.occuport("run", "-vv", "job.yaml", code=code, env=dict(rig.IMPATIENT, **env))

    def refused(self, dsn, words, code=73, **env):
        result = self.run_as(dsn, code, **env)
        self.assertIn(words, result.err)
        self.assertEqual(self.one("SELECT count(*) FROM pg_namespace WHERE nspname = 'occuport'"), 0)
        return result

    def test_a_password_of_the_environment(self):
        self.run_as(self.address() + " password=${PASSWORD_OF_WRITER}", 0, PASSWORD_OF_WRITER=PASSWORD)
        self.assert_all_in(self.simulator)
        ways = self.select("SELECT version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'writer'")
        self.assertEqual(ways, [], "nobody is connected any more")

    def test_a_whole_connection_string_of_the_environment(self):
        dsn = "postgresql://writer:%s@localhost:%d/%s?sslmode=verify-full&sslrootcert=%s" % (
            PASSWORD, self.server.port, self.database_name, self.certificates.authority)
        self.run_as("${DSN}", 0, DSN=dsn)
        self.assert_all_in(self.simulator)

    def test_a_password_file(self):
        path = self.folder / "pgpass"
        path.write_text("localhost:*:*:writer:%s\n" % PASSWORD)
        path.chmod(0o600)
        self.holders.add("pgpass")
        self.run_as(self.address(), 0, PGPASSFILE=str(path))
        self.assert_all_in(self.simulator)

    def test_a_service_file(self):
        path = self.folder / "pg_service.conf"
        path.write_text("[occupancy]\nhost=localhost\nport=%d\ndbname=%s\nuser=writer\npassword=%s\n"
                        "sslmode=verify-full\nsslrootcert=%s\n" % (self.server.port, self.database_name, PASSWORD,
                                                                  self.certificates.authority))
        path.chmod(0o600)
        self.holders.add("pg_service.conf")
        self.run_as("service=occupancy", 0, PGSERVICEFILE=str(path))
        self.assert_all_in(self.simulator)

    def test_the_check_tells_that_it_is_encrypted(self):
        self.job(self.simulator, dsn=self.address())
        out = self.occuport("check", "--online", "job.yaml", env={"PGPASSWORD": PASSWORD}).out
        self.assertIn("connection: encrypted, TLSv1.3, as user writer\n", out)

    def test_another_authority(self):
        self.refused(self.address(authority=self.other_authority), "certificate verify failed", PGPASSWORD=PASSWORD)

    def test_another_host_name(self):
        """The certificate is for localhost, and not for the address."""
        self.refused(self.address(host="127.0.0.1"), "does not match host name", PGPASSWORD=PASSWORD)

    def test_a_wrong_password(self):
        result = self.refused(self.address(), "password authentication failed", PGPASSWORD=PASSWORD[:-1])
        self.assertNotIn(PASSWORD[:-1], result.err + result.out)

    def test_no_password(self):
        self.refused(self.address(), "no password supplied")

    def test_a_server_that_lets_nobody_in_without_tls(self):
        self.refused(self.address(sslmode="disable"), "no encryption", PGPASSWORD=PASSWORD)

    def test_a_password_in_the_job_is_not_shown_when_something_else_is_wrong(self):
        self.holders.add("job.yaml")
        for dsn in (self.address(password=PASSWORD, port="none"), self.address(password=PASSWORD, nonsense="1"),
                    "postgresql://writer:%s/x@localhost/db" % PASSWORD,
                    "postgresql://writer:%s@x@localhost/db" % PASSWORD, "password=%s x" % PASSWORD):
            with self.subTest(dsn=dsn):
                self.run_as(dsn, 78)

    def test_a_running_program_shows_no_password(self):
        """Neither in its arguments, nor in its environment, nor to the server."""
        self.simulator = self.simulate(buildings=1, sites=1, groups=1, latency=300)
        self.job(self.simulator, dsn=self.address() + " password=${PASSWORD_OF_WRITER}", fetch={"page_size": 24})
        process = self.start_occuport("run", "job.yaml", env={"PASSWORD_OF_WRITER": PASSWORD})
        self.server.wait_for("SELECT count(*) > 0 FROM pg_stat_activity WHERE usename = 'writer' AND state IS NOT NULL")
        for name in ("cmdline", "environ"):
            self.assertNotIn(PASSWORD.encode(), pathlib.Path("/proc/%d/%s" % (process.pid, name)).read_bytes())
        ways = self.select("SELECT DISTINCT ssl, application_name, version FROM pg_stat_ssl JOIN pg_stat_activity"
                           " USING (pid) WHERE usename = 'writer'")
        for way in ways:
            self.assertRegex(str(way), r"^\(True, 'occuport job( \(work\))?', 'TLSv1.3'\)$")
        self.finish(process, 0)
        self.assertNotIn(PASSWORD, self.server.log())


if __name__ == "__main__":
    unittest.main()
