"""A server that sends us elsewhere: nobody is followed, and the other place never hears of us."""
import unittest

import stage
import stub_api

CODES = (301, 302, 303, 307, 308)


class Redirects(stage.Attack):
    def setUp(self):
        super().setUp()
        self.witness = self.serve(lambda connection, request: connection.sendall(stage.GOOD_LOGIN))
        # The same from the other side: no header, no body, not even a connection.
        self.addCleanup(lambda: self.assertEqual((self.witness.connections, self.witness.requests), (0, [])))

    def elsewhere(self, code, path):
        return stub_api.Answer("", code, headers=(("Location", self.witness.url + path),))

    def test_a_login_that_is_sent_elsewhere(self):
        for code in CODES:
            with self.subTest(code=code):
                api = self.stub(None, token=lambda call, code=code: self.elsewhere(code, "/v2/oauth/token"))
                self.write(api.url)
                result = self.attack("run", "-vv", "job.yaml", codes=(69,))
                self.assertIn("HTTP %d" % code, result.err)
                self.assert_nothing_stored()

    def test_a_query_that_is_sent_elsewhere(self):
        for code in CODES:
            with self.subTest(code=code):
                api = self.stub(lambda call, code=code: self.elsewhere(code, "/v2/api"))
                self.write(api.url)
                self.attack("run", "-vv", "job.yaml", codes=(75,))
                self.assert_nothing_stored()

    def test_from_tls_to_plain_http(self):
        certificates = stage.Certificates(self.folder)
        context = certificates.context(certificates.signed("good", "IP:127.0.0.1"))
        api = stub_api.StubApi(None, token=lambda call: self.elsewhere(307, "/v2/oauth/token"), tls=context)
        self.addCleanup(api.close)
        self.write("%s\n  ca_file: %s" % (api.url, certificates.authority))
        self.attack("run", "-vv", "job.yaml", codes=(69,))

    def test_other_ways_to_send_somebody_elsewhere(self):
        headers = (("Alt-Svc", 'h2="127.0.0.1:%d"; ma=86400, http/1.1="127.0.0.1:%d"' % ((self.witness.port,) * 2)),
                   ("Refresh", "0; url=" + self.witness.url), ("Content-Location", self.witness.url),
                   ("Link", "<%s>; rel=preload" % self.witness.url),
                   ("Set-Cookie", "a=b; Domain=127.0.0.1; Path=/"), ("Upgrade", "h2c"), ("Connection", "Upgrade"))
        api = self.stub(lambda call: stub_api.Answer('{"data":{"x":1}}', 200, headers=headers),
                        token=lambda call: stub_api.Answer('{"session_id":"%s"}' % stub_api.SESSION, 200, headers=headers))
        self.write(api.url)
        self.attack("run", "-vv", "job.yaml", codes=(75,))
        self.assert_nothing_stored()

    def test_a_proxy_of_the_environment_does_not_get_what_is_for_this_machine(self):
        """A proxy has another idea of what 127.0.0.1 is, and would see the credentials in clear text."""
        api = self.stub(lambda call: stub_api.error("unexpected"))
        self.write(api.url)
        proxy = {name: self.witness.url for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")}
        process = self.start_occuport("run", "job.yaml", env=proxy)
        self.finish(process, 75)
        self.assertEqual(api.logins, 1)


if __name__ == "__main__":
    unittest.main()
