"""Whom it talks to: only a server whose certificate is right, and only over TLS. Nobody else gets a byte of a request."""
import ssl
import unittest

import stage
import stub_api
import insights_stub


class PlainServer(stage.RawServer):
    def serve(self, connection):
        with connection:
            self.requests.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


class Tls(stage.Attack):
    def setUp(self):
        super().setUp()
        self.certificates = stage.Certificates(self.folder)

    def write_for(self, url, authority=None):
        self.write("%s\n  ca_file: %s" % (url, authority or self.certificates.authority))

    def refused(self, certificate, authority=None, host="127.0.0.1", context=None):
        server = self.serve(lambda connection, request: connection.sendall(stage.GOOD_LOGIN),
                            context or self.certificates.context(certificate))
        self.write_for("https://%s:%d" % (host, server.port), authority)
        result = self.attack("run", "-vv", "job.yaml", codes=(69,))
        self.assertIn("no secure connection", result.err)
        self.assertGreater(server.connections, 0)
        self.assertEqual(server.requests, [], "not a byte of a request may leave")
        return result.err

    def test_a_right_certificate_is_taken(self):
        """Else the others would be refused for another reason than the one that is meant."""
        context = self.certificates.context(self.certificates.signed("good", "IP:127.0.0.1,DNS:localhost"))

        def reply(call):
            return insights_stub.data(call) if "BUILDING_INSIGHTS" in call.query else stub_api.error("not-found")
        for host in ("127.0.0.1", "localhost"):
            with self.subTest(host=host):
                api = stub_api.StubApi(reply, tls=context)
                self.addCleanup(api.close)
                self.write_for(api.url.replace("127.0.0.1", host))
                self.database_path.unlink(missing_ok=True)
                self.attack("run", "job.yaml", codes=(0,))
                with self.database() as database:
                    self.assertEqual(len(database.rows()), 1)

    def test_a_certificate_of_another_authority(self):
        self.refused(self.certificates.self_signed("selfmade", "subjectAltName=IP:127.0.0.1"))

    def test_a_certificate_that_has_expired(self):
        self.assertIn("expired", self.refused(self.certificates.signed("old", "IP:127.0.0.1", days=-1)))

    def test_a_certificate_of_another_host(self):
        certificate = self.certificates.signed("other", "DNS:api.example.com,IP:127.0.0.2")
        for host in ("127.0.0.1", "localhost"):
            with self.subTest(host=host):
                self.refused(certificate, host=host)

    def test_the_authorities_of_the_system_do_not_count_beside_ca_file(self):
        """And the other way round: what the file does not hold is not trusted."""
        certificate = self.certificates.signed("good", "IP:127.0.0.1")
        another = self.certificates.self_signed("another", "basicConstraints=critical,CA:TRUE")
        self.refused(certificate, authority=another)

    def test_tls_that_is_too_old(self):
        context = self.certificates.context(self.certificates.signed("good", "IP:127.0.0.1"))
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        self.refused(None, context=context)

    def test_a_server_that_speaks_plain_http_where_tls_was_asked_for(self):
        server = PlainServer(None)
        self.addCleanup(server.close)
        self.write_for("https://127.0.0.1:%d" % server.port)
        self.attack("run", "-vv", "job.yaml", codes=(69,))
        self.assertGreater(len(server.requests), 0)
        for request in server.requests:
            self.assertEqual(request[:1], b"\x16", "a handshake of TLS, and nothing else")


class Addresses(stage.Attack):
    REFUSED = ["http://api.innerspace.io", "http://127.0.0.1.example.com", "http://localhost.example.com",
               "http://127.0.0.1@example.com", "https://127.0.0.1@example.com", "https://user:word@example.com",
               "http://[::ffff:192.0.2.1]", "http://0xc0000201", "http://3221225985", "http://192.0.2.1", "http://0.0.0.0",
               "http://[::]", "ftp://127.0.0.1", "file:///etc/passwd", "gopher://127.0.0.1", "dict://127.0.0.1:1",
               "ws://127.0.0.1", "//127.0.0.1", "127.0.0.1", "http:/\\127.0.0.1", "http://127.0.0.1\\@example.com",
               "https://api.example.com/?x=1", "https://api.example.com/#x"]

    def test_plain_http_and_other_schemes_are_refused_before_anything_is_sent(self):
        for url in self.REFUSED:
            with self.subTest(url=url):
                self.write("'%s'" % url)
                for command in ("check", "run"):
                    self.attack(command, "job.yaml", codes=(78,))
                self.assertEqual([path.name for path in self.folder.iterdir()], ["job.yaml"])


if __name__ == "__main__":
    unittest.main()
