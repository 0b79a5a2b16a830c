"""A server with TLS before the simulator, whose HTTP/1.1 connections break; http2_front.py does the same for HTTP/2.

    with contextlib.closing(TlsFront(simulator, {3: "cut"}.get)) as front: ... front.url, front.api ...

Each request is handed on to the simulator, and its answer spoilt as `fault` says of the request's number, counted from 1;
logins are not counted and not spoilt. `handshake` says the same of the numbers of connections.
"""
import collections
import contextlib
import http.client
import pathlib
import socket
import ssl
import struct
import subprocess
import tempfile
import threading

Answer = collections.namedtuple("Answer", "code headers body")

HANDED_ON = ("X-Session-Id", "Content-Type", "Accept-Encoding")
OF_A_CONNECTION = ("connection", "transfer-encoding", "keep-alive", "content-length")
PATIENCE = 20  # seconds without a byte


def make_certificate(folder):
    """A self-signed one for 127.0.0.1: paths of the certificate and of its key."""
    certificate, key = str(folder / "certificate.pem"), str(folder / "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
    return certificate, key


def reset_at_close(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def leave(sock):
    """Ends the connection below TLS: no close_notify is sent."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def say_goodbye(sock):
    with contextlib.suppress(OSError):
        sock.unwrap()


class TlsFront:
    PROTOCOLS = ["http/1.1"]

    def __init__(self, simulator, fault=lambda number: None, handshake=lambda number: None):
        self.fault, self.handshake = fault, handshake
        self.backend = int(simulator.url.rpartition(":")[2])
        self.lock = threading.Lock()
        self.requests = self.connections = 0
        self.met = collections.Counter()
        self.folder = tempfile.TemporaryDirectory(prefix="occuport-tls-")
        certificate, key = make_certificate(pathlib.Path(self.folder.name))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.context.set_alpn_protocols(self.PROTOCOLS)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "https://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.api = "ca_file: %s" % certificate
        self.open = set()
        self.threads = []
        self.accepting = threading.Thread(target=self.accept)
        self.accepting.start()

    def close(self):
        leave(self.listener)
        self.accepting.join()
        self.listener.close()
        with self.lock:
            for sock in self.open:
                leave(sock)
        for thread in self.threads:
            thread.join()
        self.folder.cleanup()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self.converse, args=(sock,))
            self.threads.append(thread)
            thread.start()

    def converse(self, raw):
        raw.settimeout(PATIENCE)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.lock:
            self.connections += 1
            kind = self.handshake(self.connections)
            self.open.add(raw)
        with raw, contextlib.suppress(OSError):
            if kind:
                self.met[kind] += 1
                self.spoil_handshake(raw, kind)
            else:
                with self.context.wrap_socket(raw, server_side=True) as sock:
                    with self.lock:
                        self.open.add(sock)
                    self.serve(sock)
                    with self.lock:
                        self.open.discard(sock)
        with self.lock:
            self.open.discard(raw)

    def spoil_handshake(self, raw, kind):
        raw.recv(100)
        if kind == "handshake-garbage":
            raw.sendall(b"\x16\x03\x03\x00\x10" + 16 * b"?")
        elif kind == "handshake-reset":
            reset_at_close(raw)
        elif kind == "handshake-silence":
            while raw.recv(1000):
                pass

    def next_fault(self, path):
        if path != "/v2/api":
            return None
        with self.lock:
            self.requests += 1
            kind = self.fault(self.requests)
            if kind:
                self.met[kind] += 1
        return kind

    def ask(self, method, path, headers, body):
        """The answer of the simulator. headers: with a `get` that ignores case."""
        connection = http.client.HTTPConnection("127.0.0.1", self.backend, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, body, {name: headers.get(name) for name in HANDED_ON if headers.get(name)})
            answer = connection.getresponse()
            kept = [(name.lower(), value) for name, value in answer.getheaders() if name.lower() not in OF_A_CONNECTION]
            return Answer(answer.status, kept, answer.read())

    def serve(self, sock):
        with sock.makefile("rb") as stream:
            while self.exchange(sock, stream):
                pass

    def exchange(self, sock, stream):
        """One request. False: the connection ends."""
        line = stream.readline()
        if not line:
            return False
        method, path, _ = line.decode().split()
        headers = http.client.parse_headers(stream)
        body = stream.read(int(headers.get("Content-Length", 0)))
        answer = self.ask(method, path, headers, body)
        return self.reply(sock, answer, self.next_fault(path))

    def reply(self, sock, answer, kind):
        whole, half = answer.body, answer.body[:len(answer.body) // 2]
        is_unsized = kind is not None and "unsized" in kind
        lines = ["HTTP/1.1 %d Answer" % answer.code] + ["%s: %s" % header for header in answer.headers]
        lines.append("Connection: close" if is_unsized else "Content-Length: %d" % len(whole))
        head = "\r\n".join(lines + ["", ""]).encode()
        if kind is None:
            sock.sendall(head + whole)
            return True
        sock.sendall(head + (whole if kind in ("unsized", "unsized-torn") else half))
        if kind in ("unsized", "unsized-half"):
            say_goodbye(sock)
        elif kind == "tampered":  # bytes that are none of TLS, between its records
            with socket.socket(fileno=socket.dup(sock.fileno())) as below:
                below.sendall(b"\x17\x03\x03\x00\x20" + 32 * b"?")
        elif kind == "reset":
            reset_at_close(sock)
            return False
        leave(sock)  # "cut", "unsized-cut", "unsized-torn": without a close_notify
        return False
