"""A server that repeats what it was sent, wherever it can: no log, no message, no table and no trace of -vv has it."""
import json
import re
import unittest

import stage
import harness
import stub_api


class Echo(stage.Attack):
    """The harness looks for the secrets in all that is said and stored, when a test ends."""

    def echo(self, word, body="{}", code=b"200"):
        """An answer that has the word in every place that HTTP offers."""
        word = word.encode()
        lines = [b"HTTP/1.1 %s %s" % (code, word), b"Server: " + word, word + b": x", b"Date: " + word,
                 b"Location: http://127.0.0.1/" + word, b"Set-Cookie: a=" + word, b"Retry-After: " + word,
                 b"Content-Encoding: identity", b"Content-Type: application/json; x=" + word, b"ETag: " + word,
                 b"WWW-Authenticate: Basic realm=" + word, b"X-Session-Id: " + word, b"Connection: close",
                 b"Content-Length: %d" % len(body)]
        return b"\r\n".join(lines) + b"\r\n\r\n" + body.encode()

    def run_with(self, login, query, codes):
        def handle(connection, request):
            connection.sendall(login(request) if stage.is_login(request) else query(request))
        server = self.serve(handle)
        self.write(server.url, fetch={"max_runtime": "2s"})  # a 429 would be waited for
        for more in ((), ("--log-format", "json")):
            result = self.attack("run", "-vv", "--json", *more, "job.yaml", codes=codes)
        self.attack("status", "job.yaml", codes=(0,))
        return result

    def test_the_secret_in_the_answer_to_a_login(self):
        for code in (b"200", b"400", b"401", b"404", b"429", b"500", b"302"):
            with self.subTest(code=code):
                self.run_with(lambda request, code=code: self.echo(
                    harness.SECRET, json.dumps({"error": harness.SECRET, harness.SECRET: request.decode()}), code),
                    lambda request: stage.answer("{}"), (69, 75, 77))

    def test_secret_and_session_in_the_answer_to_a_query(self):
        for word in (harness.SECRET, stub_api.SESSION):
            error = {"message": word + " " + "x" * 470 + word, "extensions": {"code": word, "path": word + "." + word}}
            for code in (b"200", b"400", b"500", b"302"):
                with self.subTest(word=word[:5], code=code):
                    self.run_with(lambda request: stage.GOOD_LOGIN, lambda request, code=code, word=word, error=error: self.echo(
                        word, json.dumps({"errors": [error]}), code), (69, 75, 77))

    def test_a_beginning_of_the_secret_where_a_long_text_is_cut(self):
        """The message is cut at some byte: what is before the cut is no whole secret, and yet most of it."""
        for word in (harness.SECRET, stub_api.SESSION):
            for size in range(490, 512, 4):
                error = {"message": "y" * size + word, "extensions": {"code": "unexpected"}}
                api = self.stub(lambda call, error=error: stub_api.answer_json({"errors": [error]}))
                self.write(api.url)
                result = self.attack("run", "-vv", "job.yaml", codes=(75,))
                self.assertNotIn("y" + word[:9], result.err + result.out)


class Trace(stage.Attack):
    """What -vv shows of the traffic, and what it does not."""

    def test_requests_and_answers_without_what_is_secret(self):
        simulator = self.simulate(buildings=1, sites=1, groups=1)
        self.write_job(simulator, first="2025-05-31")
        err = self.occuport("run", "-vv", "job.yaml").err
        for pattern in (r"trace: #1 > POST /v2/oauth/token HTTP/1\.1; Host: 127\.0\.0\.1:\d+; .*Content-Length: \d+",
                        r"trace: #1 < HTTP/1\.1 200; .*Content-Type: application/json",
                        r"trace: #1 = \d+ bytes of body in \d+ ms, on a new connection to 127\.0\.0\.1:\d+",
                        r"trace: #2 > POST /v2/api HTTP/1\.1; .*X-Session-Id: \*\*\*",
                        r"trace: #2 = \d+ bytes of body in \d+ ms, on an open connection"):
            self.assertRegex(err, pattern)
        self.assertEqual(re.findall(r"X-Session-Id: [^*]", err), [])
        self.assertNotIn("client_secret", err, "no body of a login")
        self.assertNotIn("BUILDING_INSIGHTS(", err, "no body of a query")

    def test_less_is_shown_with_less(self):
        simulator = self.simulate(buildings=1, sites=1, groups=1)
        self.write_job(simulator, first="2025-05-31")
        for args in ((), ("-v",), ("-q", "-vv")):
            with self.subTest(args=args):
                self.assertNotIn("trace:", self.occuport("run", *args, "job.yaml").err)


if __name__ == "__main__":
    unittest.main()
