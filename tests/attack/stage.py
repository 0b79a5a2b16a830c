"""What the attack tests share: hostile servers, certificates, and a job that meets them.

The end-to-end harness is used for programs, jobs and databases, so that its search for secrets holds here as well; it
lies in a folder of its own.
"""
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
import stub_api  # noqa: E402

TIME_LIMIT = 60  # seconds: what takes longer on a busy machine with sanitizers would never end
BUILDINGS = "granularities: [P1D]\nbuildings:\n  - {id: 71, sites: [1], groups: [g]}\n"

# What a terminal must never get: C0 but tab and line feed, DEL, C1, bidi controls, separators, byte order mark, tags.
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
                 "\U000e0000-\U000e007f]")
NASTY = "a\x1b[2Jb\x1b]0;owned\x07c\x9b31md\x7fe\r\nf\u202eg\u2066h\u2028i\ufeffj\x00k\U000e0041l\"'`$<script>\\"


class Certificates:
    """An authority and the certificates that a test asks for, made with the program openssl."""

    def __init__(self, folder):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sim-certificates-", dir=folder))
        self.authority = self.self_signed("authority", "basicConstraints=critical,CA:TRUE")

    def openssl(self, *args):
        subprocess.run(["openssl", *args], cwd=self.folder, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def self_signed(self, name, extension):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                     name + ".key", "-out", name + ".pem", "-days", "2", "-subj", "/CN=" + name, "-addext", extension)
        return self.folder / (name + ".pem")

    def signed(self, name, hosts, days=2):
        """days may be negative: it has expired."""
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                     name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
        (self.folder / (name + ".ext")).write_text("subjectAltName=" + hosts)
        self.openssl("x509", "-req", "-in", name + ".csr", "-CA", "authority.pem", "-CAkey", "authority.key",
                     "-set_serial", str(time.monotonic_ns()), "-days", str(days), "-extfile", name + ".ext", "-out",
                     name + ".pem")
        return self.folder / (name + ".pem")

    @staticmethod
    def context(certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        return context


def read_request(connection):
    """Head and body of one request; what there is of it when the other side leaves."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return received
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    size = re.search(rb"(?i)content-length: *(\d+)", head)
    while size and len(body) < int(size.group(1)):
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


def is_login(request):
    return request.startswith(b"POST /v2/oauth/token ")


def answer(body, head=b"200 OK", headers=b""):
    body = body if isinstance(body, bytes) else body.encode()
    return b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s" % (
        head, len(body), headers, body)


GOOD_LOGIN = answer('{"session_id": "%s"}' % stub_api.SESSION)


class RawServer:
    """Writes bytes, not answers. `handle(connection, request)` is called once a connection, in a thread of its own."""

    def __init__(self, handle, tls=None):
        self.handle, self.tls = handle, tls
        self.requests, self.connections = [], 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = "http%s://127.0.0.1:%d" % ("s" if tls else "", self.port)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:  # closed
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection:
                connection.settimeout(TIME_LIMIT)
                if self.tls:
                    connection = self.tls.wrap_socket(connection, server_side=True)
                request = read_request(connection)
                if request:
                    self.requests.append(request)
                    self.handle(connection, request)
        except OSError:  # the client has left, or refused the certificate
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


def after_login(handle):
    """Logs everybody in, and hands the queries over."""
    def choose(connection, request):
        if is_login(request):
            connection.sendall(GOOD_LOGIN.replace(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n"))
        else:
            handle(connection, request)
    return choose


def peak_memory(process):
    """Bytes that the process had in memory at most, looked up again and again while it runs."""
    peak = 0
    while process.poll() is None:
        try:
            status = pathlib.Path("/proc/%d/status" % process.pid).read_text()
        except OSError:
            break
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        peak = max(peak, int(found.group(1)) * 1024 if found else 0)
        time.sleep(0.01)
    return peak


class Attack(harness.EndToEnd):
    def serve(self, handle, tls=None):
        server = RawServer(handle, tls)
        self.addCleanup(server.close)
        return server

    def stub(self, reply, token=stub_api.session):
        api = stub_api.StubApi(reply, token)
        self.addCleanup(api.close)
        return api

    def write(self, url, buildings=BUILDINGS, **keys):
        """A job of one slice, unless told otherwise."""
        fetch = dict({"timeout": "5s", "max_attempts": 1}, **keys.pop("fetch", {}))
        keys = dict({"first": "2025-05-31", "last": "2025-05-31"}, **keys)
        (self.folder / "job.yaml").write_text(harness.job_text(url, buildings, fetch=fetch, **keys))

    def attack(self, *args, codes):
        """Runs it; ret: what it said and the most memory that it had. It must end in time, with one of the codes."""
        begin = time.monotonic()
        process = self.start_occuport(*args)
        memory = {}
        watch = threading.Thread(target=lambda: memory.update(peak=peak_memory(process)))
        watch.start()
        out, err = process.communicate(timeout=4 * TIME_LIMIT)
        watch.join()
        self.record("stdout", out)
        self.record("stderr", err)
        result = harness.Result(process.args, process.returncode, out.decode(), err.decode())
        self.assertIn(result.code, codes, str(result))
        self.assertLess(time.monotonic() - begin, TIME_LIMIT, str(result))
        self.assert_nothing_leaks(result)
        self.assert_printable(result)
        result.peak = memory["peak"]
        return result

    def assert_printable(self, result):
        for stream in (result.out, result.err):
            # Our own colour stands at one place only.
            raw = RAW.search(re.sub(r"(?m)^occuport: \x1b\[\d+m(\w+: )\x1b\[0m", r"occuport: \1", stream))
            self.assertIsNone(raw, "%r in %r" % (raw and raw.group(), stream[:2000]))

    def assert_nothing_stored(self):
        if self.database_path.exists():
            with self.database() as database:
                self.assertEqual(database.rows([]), {})
                self.assertEqual(database.one("SELECT count(*) FROM ledger_spans"), 0)
