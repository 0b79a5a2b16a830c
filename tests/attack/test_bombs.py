"""Answers that are too much: each ends the request in time and within bounded memory, and costs only what it must."""
import itertools
import unittest
import zlib

import stage

MIB = 1 << 20
MEMORY_MAX = 900 * MIB  # with the sanitizers, whose own share is large; without a bound a bomb takes all there is
BODY_MAX = 256 * MIB    # lib/net/http.h


def gzip_of(piece, count):
    """A stream of `piece` repeated, made without ever holding it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(piece) for _ in range(count)) + packer.flush()


def forever(head, piece):
    """Sends until the client has had enough."""
    def handle(connection, _):
        connection.sendall(head)
        for _ in itertools.count():
            connection.sendall(piece)
    return handle


def once(handle):
    """One bomb is enough: later requests meet a closed connection, and the test is over sooner."""
    left = [handle]

    def choose(connection, request):
        if left:
            left.pop()(connection, request)
    return choose


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PLAIN = HEAD + b"Content-Length: 99999999999\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
ROWS = b'{"data":{"BUILDING_INSIGHTS":['
GOOD_ROW = (b'{"BUILDING_ID":71,"SITE_ID":1,"GROUP_ID":"g","GRANULARITY":"P1D","DATE_PARTITION":20250531,'
            b'"DATE_TIME_START":"2025-05-31T00:00:00Z","OCCUPANCY_MEAN":1}')

# name: how a connection is served; each after the request was read.
BOMBS = {
    "blanks without end": forever(PLAIN, b" " * 65536),
    "a text without end": forever(PLAIN + ROWS + b'{"GROUP_ID":"', b"x" * 65536),
    "rows without end": forever(CHUNKED + chunk(ROWS), chunk(b'{"a":1},' * 8000)),
    "good rows without end": forever(CHUNKED + chunk(ROWS), chunk((GOOD_ROW + b",") * 500)),
    "errors without end": forever(PLAIN + b'{"errors":[', b'{"message":"no"},' * 4000),
    "headers without end": forever(HEAD, b"X-Fill: 0123456789\r\n" * 1000),
    "one header without end": forever(HEAD + b"X-Fill: ", b"x" * 65536),
    "a status line without end": forever(b"HTTP/1.1 200 ", b"O" * 65536),
    "interim answers without end": forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "early hints without end": forever(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 1000),
    "trailers without end": forever(CHUNKED + b"0\r\n", b"X-Fill: 0123456789\r\n" * 1000),
    "a chunk of 16 EiB": forever(CHUNKED + b"FFFFFFFFFFFFFFFF\r\n", b"x" * 65536),
    "a chunk size without end": forever(CHUNKED, b"0" * 65536),
    "a chunk extension without end": forever(CHUNKED + b"5;", b"x" * 65536),
}

# Answers that end: (headers, body).
ODD = {
    "a negative length": (HEAD + b"Content-Length: -1\r\n\r\n", b"{}"),
    "a length beyond 64 bits": (HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n", b"{}"),
    "two lengths": (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n", b"{}"),
    "a length and chunks": (HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\n{\"a\"}\r\n0\r\n\r\n"),
    "compression upon compression": (HEAD + b"Content-Encoding: gzip, gzip, gzip, gzip, gzip, gzip\r\nConnection: close\r\n\r\n",
                                     b"\x1f\x8b"),
    "a NUL in a header": (HEAD + b"X-A: \x00\x1b[31m\r\nContent-Length: 2\r\n\r\n", b"{}"),
    "nothing but line feeds": (b"\n\n\n\n", b""),
    "HTTP/0.9": (b"", b'{"data":{"BUILDING_INSIGHTS":[]}}'),
    "a code that is none": (b"HTTP/1.1 999999 \x1b[2J\r\nContent-Length: 2\r\n\r\n", b"{}"),
}


class Bombs(stage.Attack):
    def against(self, handle, codes):
        server = self.serve(handle)
        self.write(server.url, fetch={"timeout": "1s"})
        result = self.attack("run", "-vv", "--json", "job.yaml", codes=codes)
        self.assertLess(result.peak, MEMORY_MAX, str(result)[:2000])
        self.assert_nothing_stored()
        return result

    def test_a_query_that_is_answered_without_end(self):
        for name, handle in BOMBS.items():
            with self.subTest(bomb=name):
                self.against(stage.after_login(once(handle)), (69, 75))

    def test_a_login_that_is_answered_without_end(self):
        for name in ("blanks without end", "headers without end", "interim answers without end", "a chunk of 16 EiB"):
            with self.subTest(bomb=name):
                result = self.against(BOMBS[name], (69,))
                self.assertLess(result.peak, MEMORY_MAX // 2, "a login is small")

    def test_answers_that_contradict_themselves(self):
        for name, (head, body) in ODD.items():
            with self.subTest(answer=name):
                self.against(stage.after_login(lambda connection, _, all=head + body: connection.sendall(all)), (69, 75))

    def test_a_thousand_bytes_out_of_one(self):
        """A short answer that would fill the memory: it stops at the cap, and the message says so."""
        packed = gzip_of(b'[{"a":' * (MIB // 6), BODY_MAX // MIB + 1)
        self.assertGreater(BODY_MAX // len(packed), 500)
        reply = stage.answer(packed, headers=b"Content-Encoding: gzip\r\n")
        result = self.against(stage.after_login(once(lambda connection, _: connection.sendall(reply))), (69, 75))
        self.assertRegex(result.err, "= [0-9]{5,} bytes of body.*(Failed writing|Timeout)")

    def test_a_login_of_a_thousand_bytes_out_of_one(self):
        reply = stage.answer(gzip_of(b" " * MIB, 300), headers=b"Content-Encoding: gzip\r\n")
        result = self.against(lambda connection, _: connection.sendall(reply), (69,))
        self.assertIn("larger than 1048576 bytes", result.err)


if __name__ == "__main__":
    unittest.main()
