"""A job file of a stranger, and what it names: read in bounded time and memory, or refused; never waited for."""
import os
import socket
import unittest

import stage
import harness

MEMORY_MAX = 300 << 20
MIB = 1 << 20
HEAD = "version: 1\n"


class HostileJobs(stage.Attack):
    def refused(self, content=None, command="check"):
        if content is not None:
            (self.folder / "job.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
        result = self.attack(command, "job.yaml", codes=(78,))
        self.assertLess(result.peak, MEMORY_MAX)
        self.assertLess(len(result.err), 200000, "as many errors as a person can read")
        return result

    def test_texts_that_grow_or_nest(self):
        bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            "%s: &%s [%s]\n" % (new, new, ",".join(["*" + old] * 9)) for old, new in zip("abcdefghijk", "bcdefghijkl"))
        jobs = {
            "billion laughs": bomb,
            "an alias of itself": "a: &a [*a]\n",
            "aliases of one large list": "a: &a [%s]\n" % ",".join("x" * 20000) + "b: [%s]\n" % ",".join(["*a"] * 20000),
            "lists": "a: " + "[" * (MIB - 100),
            "maps": "a: " + "{a: " * (MIB // 4 - 100),
            "lists in lines": "a:\n  " + "- " * (MIB // 2 - 100),
            "maps in lines": "".join(" " * depth + "a:\n" for depth in range(1200)),
            "explicit keys": "? " * (MIB // 2 - 100),
            "anchors": "a: [%s]" % ",".join("&a%d x" % number for number in range(60000)),
            "anchors without values": "&a " * (MIB // 3 - 100),
            "aliases to nothing": "a: [%s]" % ",".join(["*a"] * 100000),
            "tags": "! " * (MIB // 2 - 100),
            "keys": "".join("k%d: 1\n" % number for number in range(80000)),
            "one key again and again": "k: 1\n" * 180000,
            "one long key": "k" * (MIB - 100) + ": 1\n",
            "one long value": "k: " + "v" * (MIB - 100),
            "one long quoted value": 'k: "' + "\\x41" * (MIB // 4 - 100) + '"',
            "quotes that do not end": 'k: "' + "v\n\n" * (MIB // 3 - 100),
            "a block": "k: |\n" + "  v\n" * (MIB // 4 - 100),
            "line feeds": "\n" * (MIB - 100),
            "comments": "#\n" * (MIB // 2 - 100),
            "blanks": " " * (MIB - 100),
            "documents": "---\n" * (MIB // 4 - 100),
            "directives": "%TAG ! x\n" * 100000,
            "dollars": "api: {client_id: '%s'}\n" % ("$" * 60001),
            "references": "api: {client_id: '%s'}\n" % ("${HOME}" * 9000),
            "files": "api: {client_id: '%s'}\n" % ("${file:/etc/passwd}" * 3000),
            "buildings": "buildings: [%s]" % ", ".join("{id: %d}" % number for number in range(40000)),
        }
        for name, text in jobs.items():
            with self.subTest(job=name):
                self.refused(HEAD + text)

    def test_numbers(self):
        text = ("version: %s\nfetch: {page_size: %s, requests_per_second: %s, timeout: %ss}\ncoverage: {from: %sd}\n"
                "buildings: [{id: %s, sites: [%s]}]\nfile_mode: %s\n")
        keys = ("version", "fetch.page_size", "fetch.requests_per_second", "fetch.timeout", "coverage.from", "buildings[].id",
                "buildings[].sites[]", "file_mode")
        for number in ("9" * 400, "-" + "9" * 400, "1e999999999", "0x" + "f" * 400, "0o" + "7" * 400, ".inf",
                       ".nan", "99999999999999999999", "1_000", "--1", "0b1", "1" + "0" * 60000):
            with self.subTest(number=number[:20]):
                err = self.refused(text % ((number,) * len(keys))).err
                for key in keys:
                    self.assertIn("'%s' " % key, err)

    def test_characters(self):
        for text in (b"\0", b"a: \0b", b"\xff\xfe" + HEAD.encode("utf-16-le"), b"a: \x1b[2J", b"a: \xc2\x9b2J", b"\x80", b"a: \xed\xa0\x80",
                     b"\xef\xbb\xbf\xef\xbb\xbf", b"a: \x7f", "k: \u202ex".encode(), "\u202ek: x".encode()):
            with self.subTest(text=text):
                self.refused(text)

    def test_a_job_that_is_no_file(self):
        os.mkfifo(self.folder / "fifo")
        os.symlink("loop", self.folder / "loop")
        (self.folder / "folder").mkdir()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.folder / "socket"))
            for name in ("fifo", "loop", "folder", "socket", "/dev/zero", "/dev/random", "/dev/tty", "/proc/self/mem", "/dev/stdin",
                         "nowhere", "job.yaml/x", "x" * 5000, ""):
                for command in ("run", "plan", "status") if name == "fifo" else ("check",):
                    with self.subTest(job=name, command=command):
                        self.attack(command, name, codes=(78, 64) if name == "" else (78,))

    def test_files_that_a_job_names(self):
        os.mkfifo(self.folder / "fifo")
        (self.folder / "large").write_bytes(b"x" * (2 << 20))
        (self.folder / "binary").write_bytes(bytes(range(256)))
        (self.folder / "endless").symlink_to("/dev/zero")
        for name in ("fifo", "large", "binary", "endless", ".", "/dev/random", "/proc/self/mem", "nowhere", "x" * 5000,
                     "~/secret", ""):
            for line in ("client_secret: ${file:%s}", "client_secret: x\n  audience: ${file:%s}", "client_secret: x\n  ca_file: %s"):
                with self.subTest(file=name[:20], line=line):
                    text = harness.job_text("http://127.0.0.1:9", stage.BUILDINGS)
                    # What is in a file of certificates is looked at before the first connection.
                    self.refused(text.replace("client_secret: ${INNERSPACE_CLIENT_SECRET}", line % name),
                                 "run" if "ca_file" in line else "check")

    def test_a_file_that_is_no_certificate_is_refused_before_anything_is_sent(self):
        server = self.serve(lambda connection, request: connection.sendall(stage.GOOD_LOGIN))
        (self.folder / "large.pem").write_bytes(b"x" * (64 << 20))
        self.write(server.url + "\n  ca_file: large.pem")
        self.attack("run", "job.yaml", codes=(78,))
        self.assertEqual(server.connections, 0)


if __name__ == "__main__":
    unittest.main()
