"""A network that breaks: between a program and PostgreSQL, on a loopback port. It reads the protocol as it passes on.

    with proxy.Proxy(server.port) as road:
        road.dsn(server, user="writer")
        road.cut()                     every connection ends, as if a cable was pulled and the peer said so
        road.hold(), road.release()    nothing passes any more, and nobody is told; then it goes on
        road.cut_at_commit("after")    the next COMMIT of a transaction that copied rows: the server has done it, and its
                                       answer is lost; with "before" it never gets there
        road.closed = True             who comes is turned away

TLS cannot be read: the DSN says sslmode=disable.
"""
import socket
import struct
import threading

PIECE = 1 << 16


class Connection:
    """Two threads, one a direction. What the client sends is looked at message by message."""

    def __init__(self, road, client):
        self.road, self.client = road, client
        self.server = socket.create_connection((road.host, road.port))
        self.lock = threading.Lock()
        self.copied = False  # the transaction at hand has copied rows
        self.losing = False  # the answer to its COMMIT will not be passed on
        for sock in (self.client, self.server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.running = 2
        for run in (self.forwards, self.backwards):
            threading.Thread(target=self.guarded, args=(run,), daemon=True).start()

    def guarded(self, run):
        try:
            run()
        except (OSError, EOFError, ValueError):
            pass
        self.end()
        with self.lock:
            self.running -= 1
            is_last = self.running == 0
        if is_last:
            self.client.close()
            self.server.close()

    def end(self):
        for sock in (self.client, self.server):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.road.forget(self)

    @staticmethod
    def read(sock, size):
        parts = []
        while size > 0:
            piece = sock.recv(min(size, PIECE))
            if not piece:
                raise EOFError
            parts.append(piece)
            size -= len(piece)
        return b"".join(parts)

    def message(self, sock):
        head = self.read(sock, 5)
        return head[:1], head + self.read(sock, struct.unpack("!I", head[1:])[0] - 4)

    def pass_on(self, sock, data):
        self.road.wait_while_held()
        sock.sendall(data)

    def forwards(self):
        size = self.read(self.client, 4)
        self.pass_on(self.server, size + self.read(self.client, struct.unpack("!I", size)[0] - 4))
        while True:
            kind, data = self.message(self.client)
            if kind in b"PQ" and self.road.look(self, self.sql(kind, data)):
                return
            self.pass_on(self.server, data)

    @staticmethod
    def sql(kind, data):
        """Of a query, or of a statement that is prepared (behind its name)."""
        return data[5:].split(b"\0")[1 if kind == b"P" else 0].strip().upper()

    def backwards(self):
        while True:
            kind, data = self.message(self.server)
            if kind == b"G":  # the server waits for rows
                self.road.tell_copy()
            if self.losing and kind == b"C" and data[5:].startswith(b"COMMIT"):
                self.road.lost.set()
                return
            self.pass_on(self.client, data)


class Proxy:
    def __init__(self, port, host="127.0.0.1"):
        self.port, self.host = port, host
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.own_port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.connections = set()
        self.open = threading.Event()
        self.open.set()
        self.closed = False
        self.turned_away = 0
        self.cut_each = False          # the answer to every other COMMIT is lost
        self.armed = None
        self.on_copy = None            # called once, when a COPY has begun and no row of it has been sent
        self.on_statement = None       # (text in capitals, call): called once, before a statement with it is passed on
        self.lost = threading.Event()  # an armed COMMIT came, and the connection was cut
        self.commits = 0               # of transactions that copied rows
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.closed:
                self.turned_away += 1
                client.close()
                continue
            try:
                connection = Connection(self, client)
            except OSError:
                client.close()
                continue
            with self.lock:
                self.connections.add(connection)

    def forget(self, connection):
        with self.lock:
            self.connections.discard(connection)

    def look(self, connection, sql):
        """True: what was sent must not pass, the connection ends."""
        with self.lock:
            text, call = self.on_statement or (None, None)
            seen = call is not None and text in sql
            if seen:
                self.on_statement = None
        if seen:
            call()
        if sql.startswith(b"BEGIN"):
            connection.copied = False
        elif sql.startswith(b"COPY"):
            connection.copied = True
        elif sql.startswith(b"COMMIT") and connection.copied:
            with self.lock:
                self.commits += 1
                armed, self.armed = self.armed, None
                if self.cut_each and self.commits % 2 == 1:
                    armed = "after"
            if armed == "before":
                self.lost.set()
                return True
            connection.losing = armed == "after"
        return False

    def tell_copy(self):
        with self.lock:
            call, self.on_copy = self.on_copy, None
        if call is not None:
            call()

    def wait_while_held(self):
        self.open.wait()

    def cut_at_commit(self, when):
        self.lost.clear()
        self.armed = when

    def cut(self):
        with self.lock:
            connections = list(self.connections)
        for connection in connections:
            connection.end()

    def hold(self):
        self.open.clear()

    def release(self):
        self.open.set()

    def close(self):
        self.closed = True
        self.listener.close()
        self.release()
        self.cut()

    def dsn(self, server, **keys):
        """As server.dsn, by this road."""
        return server.dsn("127.0.0.1", **keys).replace("port='%d'" % server.port, "port='%d'" % self.own_port) + (
            " sslmode='disable' gssencmode='disable'")
