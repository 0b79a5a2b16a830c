"""A real PostgreSQL of Debian for a test: in a folder of its own, as an unprivileged user, on a Unix socket and a
loopback port that the kernel chose.

    with server.Server() as database:
        database.run("CREATE TABLE t (a int)")
        database.rows("SELECT 1, 'x', NULL")       -> [(1, "x", None)]
        database.dsn(), database.dsn(host="127.0.0.1", user="writer", password="...")

The socket lets everybody in who may enter the folder, the port asks for a password (SCRAM), or with trust=True for none.
Several may run side by side. A server ends, and its folder is gone, at the latest when the test process is gone: a watch
(python3 server.py) reads a pipe whose other end only that process holds. What a server logged is in `log()`.
"""
import glob
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

START_LIMIT = 60  # seconds; recovery on a busy machine takes a moment
ADMIN = "postgres"
SETTINGS = {"shared_buffers": "64MB", "max_connections": "100", "timezone": "UTC",
            "log_line_prefix": "%t [%p] %q%u@%d ", "max_wal_size": "2GB", "password_encryption": "scram-sha-256"}
UNSAFE = {"fsync": "off", "full_page_writes": "off"}


def bin_folder():
    """Where initdb and postgres are: Debian does not put them into PATH."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"), key=lambda path: float(path.split("/")[4]))
    if found:
        return pathlib.Path(found[-1]).parent
    done = subprocess.run(["pg_config", "--bindir"], stdout=subprocess.PIPE, text=True, check=False)
    return pathlib.Path(done.stdout.strip())


def unprivileged():
    """The user that a server runs as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("there is neither a user postgres nor nobody")


BIN = bin_folder()
USER = unprivileged()


def as_user(*command):
    if os.geteuid() != 0:
        return list(map(str, command))
    return ["setpriv", "--reuid", str(USER.pw_uid), "--regid", str(USER.pw_gid), "--clear-groups", "--",
            *map(str, command)]


def environment():
    """Nothing of PG* and no locale of the machine reaches the programs."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return dict(env, LC_ALL="C")


def call(*command, **keys):
    done = subprocess.run(list(map(str, command)), stdin=keys.pop("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment(), check=False, **keys)
    if done.returncode != 0:
        raise AssertionError("exit %d: %s\n%s%s" % (done.returncode, " ".join(map(str, command)),
                                                   done.stdout.decode(), done.stderr.decode()))
    return done.stdout


def give(path):
    if os.geteuid() == 0:
        os.chown(path, USER.pw_uid, USER.pw_gid)


def template():
    """A cluster as initdb makes it, made once for each user and version: it takes a second, a copy a tenth of that."""
    version = subprocess.run([BIN / "postgres", "--version"], stdout=subprocess.PIPE, check=True, text=True).stdout
    path = pathlib.Path(tempfile.gettempdir()) / ("occuport-pg-%d-%s" % (USER.pw_uid, version.split()[2]))
    if not path.exists():
        fresh = pathlib.Path(tempfile.mkdtemp(prefix=path.name + "-"))
        give(fresh)
        call(*as_user(BIN / "initdb", "-D", fresh / "data", "-U", ADMIN, "-A", "trust", "-E", "UTF8", "--locale", "C",
                      "--no-sync", "--no-instructions"), cwd="/")
        try:
            os.rename(fresh, path)
        except OSError:
            shutil.rmtree(fresh)  # another test was first
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != USER.pw_uid:
        raise AssertionError("%s is not ours" % path)
    return path / "data"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Watch:
    """The one process that cleans up after a test process that died."""

    lock = threading.Lock()
    pipe = None
    owner = None

    @classmethod
    def tell(cls, word, folder):
        with cls.lock:
            if cls.owner != os.getpid():
                cls.begin()
            os.write(cls.pipe, ("%s %s\n" % (word, folder)).encode())

    @classmethod
    def begin(cls):
        reader, cls.pipe = os.pipe()
        nowhere = os.open(os.devnull, os.O_RDWR)
        arguments = [sys.executable, "-B", os.path.abspath(__file__)]
        os.posix_spawn(sys.executable, arguments, environment(), setsid=True, file_actions=[
            (os.POSIX_SPAWN_DUP2, source, number) for number, source in enumerate((reader, nowhere, nowhere))])
        os.close(reader)
        os.close(nowhere)
        cls.owner = os.getpid()


def pid_of(data):
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def sweep(folder):
    """Ends the server of a folder at once, and removes the folder."""
    pid = pid_of(pathlib.Path(folder) / "data")
    end = time.monotonic() + 20
    while pid is not None and time.monotonic() < end:
        try:
            os.kill(pid, signal.SIGQUIT)
        except ProcessLookupError:
            break
        time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


class Server:
    """Running once made; end it with close, or use it with `with`.

    fsync: as a careful owner would have it. trust: the port asks for no password. certificate: (server.pem, server.key),
    TLS is offered. only_tls: and nothing else is let in. host: the address to listen on. before: a command that
    the server is started by, such as ip netns exec NAME. data_of: a function
    that makes the data folder (a replica). settings: of postgresql.conf.
    """

    def __init__(self, fsync=False, trust=False, certificate=None, only_tls=False, host="127.0.0.1", before=(),
                 data_of=None, settings=None):
        self.host, self.before, self.process = host, list(before), None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="occuport-pg-"))
        self.folder.chmod(0o711)
        self.data, self.sockets, self.log_path = self.folder / "data", self.folder / "s", self.folder / "log"
        self.settings = {**SETTINGS, **({} if fsync else UNSAFE), **(settings or {})}
        self.replicas = []
        Watch.tell("+", self.folder)
        try:
            for path, mode in ((self.sockets, 0o711), (self.data, 0o700)):
                path.mkdir(mode=mode)
                give(path)
            (data_of or self.copy_template)(self.data)
            if certificate:
                self.take_certificate(*certificate)
            self.write_access("trust" if trust else "scram-sha-256", "hostssl" if only_tls else "host")
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    @staticmethod
    def copy_template(data):
        call("cp", "-aT", "--reflink=auto", template(), data)

    def take_certificate(self, certificate, key):
        for source, name in ((certificate, "server.crt"), (key, "server.key")):
            shutil.copy(source, self.data / name)
            (self.data / name).chmod(0o600)
            give(self.data / name)
        self.settings["ssl"] = "on"

    def write_access(self, method, kind):
        """Who is let in. The admin, by the socket, always is."""
        lines = ["local all %s trust" % ADMIN, "local replication %s trust" % ADMIN, "local all all trust",
                 "%s all all 0.0.0.0/0 %s" % (kind, method), "%s all all ::/0 %s" % (kind, method)]
        (self.data / "pg_hba.conf").write_text("\n".join(lines) + "\n")

    # --- life

    def start(self, wait=True):
        """On the port that it has, or at first on one that is free; somebody else may be quicker, then on another."""
        for _ in range(10):
            fresh = not hasattr(self, "port")
            port = free_port() if fresh else self.port
            self.launch(port)
            if not wait or self.comes_up():
                self.port = port
                return self
            if not fresh or "could not bind" not in self.log():
                break
        raise AssertionError("the server did not start:\n" + self.log()[-3000:])

    def launch(self, port):
        options = dict(self.settings, port=str(port), listen_addresses=self.host,
                       unix_socket_directories=str(self.sockets))
        arguments = [word for name, value in options.items() for word in ("-c", "%s=%s" % (name, value))]
        # What an earlier one left must not be taken for this one.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.before + as_user(BIN / "postgres", "-D", self.data, *arguments),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(),
                                            start_new_session=True, cwd="/")

    def comes_up(self):
        """As pg_ctl knows it: the last line of postmaster.pid."""
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end:
            if self.process.poll() is not None:
                return False
            try:
                lines = (self.data / "postmaster.pid").read_text().split("\n")
                if len(lines) > 7 and lines[7].strip() in ("ready", "standby"):
                    return True
            except FileNotFoundError:
                pass
            time.sleep(0.01)
        return False

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, how="fast"):
        """fast: connections are ended. immediate: as if it crashed. smart: waits for them to leave."""
        if self.is_running():
            self.process.send_signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "smart": signal.SIGTERM}[how])
        self.process.wait(timeout=START_LIMIT)

    def restart(self, how="fast"):
        self.stop(how)
        return self.start()

    def close(self):
        for replica in self.replicas:
            replica.close()
        if self.is_running():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)
        Watch.tell("-", self.folder)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    # --- who connects how

    def dsn(self, host=None, user=ADMIN, database="postgres", **more):
        """By the socket, or by the port when host is given."""
        words = dict(dict(host=host or str(self.sockets), port=self.port, user=user, dbname=database), **more)
        return " ".join("%s='%s'" % (name, str(value).replace("\\", "\\\\").replace("'", "\\'"))
                        for name, value in words.items())

    def run(self, sql, database="postgres", user=ADMIN, **variables):
        """Runs statements, or a script of psql with its variables; ret: what psql printed."""
        options = [word for name, value in variables.items() for word in ("-v", "%s=%s" % (name, value))]
        return call("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.dsn(user=user, database=database),
                    *options, "-f", "-", stdin=None, input=sql.encode()).decode()

    def rows(self, sql, database="postgres", user=ADMIN):
        """The rows of one query as tuples. Values are those of JSON: a time is text as PostgreSQL writes it there."""
        text = self.run("SELECT coalesce(json_agg(r), '[]') FROM (%s) r" % sql, database, user)
        return [tuple(row.values()) for row in json.loads(text)]

    def one(self, sql, database="postgres", user=ADMIN):
        return self.rows(sql, database, user)[0][0]

    def create_database(self, name):
        self.run('CREATE DATABASE "%s"' % name)
        return name

    def configure(self, **settings):
        """ALTER SYSTEM and reload: what can change while it runs."""
        for name, value in settings.items():
            self.run("ALTER SYSTEM SET %s = '%s'" % (name, value))
        self.run("SELECT pg_reload_conf()")

    # --- a second one

    def replica(self, synchronous=False, **keys):
        """A streaming standby that follows this one. synchronous: a COMMIT here waits until it is safe there."""
        name = "replica%d" % len(self.replicas)
        source = self.dsn(application_name=name)

        def copy(data):
            call(*as_user(BIN / "pg_basebackup", "-d", source, "-D", data, "-R", "-X", "stream", "-c", "fast", "-N",
                          "-C", "-S", name), cwd="/")

        replica = Server(data_of=copy, settings=dict(self.settings, primary_conninfo=source), **keys)
        self.replicas.append(replica)
        if synchronous:
            self.configure(synchronous_standby_names="FIRST 1 (%s)" % name)
        state = "sync" if synchronous else "async"
        self.wait_for("SELECT count(*) = 1 FROM pg_stat_replication WHERE application_name = '%s' AND sync_state = '%s'"
                      " AND state = 'streaming'" % (name, state))
        return replica

    def promote(self):
        """A standby becomes the primary."""
        self.run("SELECT pg_promote(true, %d)" % START_LIMIT)
        self.wait_for("SELECT NOT pg_is_in_recovery()")

    def wait_for(self, sql, database="postgres", limit=START_LIMIT):
        """Until a query says true."""
        end = time.monotonic() + limit
        while not self.one(sql, database):
            if time.monotonic() > end:
                raise AssertionError("waited %d s in vain: %s" % (limit, sql))
            time.sleep(0.02)


class Session:
    """A connection that stays: to hold a lock or a transaction open. Statements one after the other."""

    def __init__(self, dsn):
        self.process = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", "-d", dsn], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment(), text=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def begin(self, sql):
        """Sends a statement whose answer may take until something else happens."""
        self.process.stdin.write(sql + ";\n\\echo [done]\n")
        self.process.stdin.flush()

    def end(self):
        lines = []
        for line in self.process.stdout:
            if line == "[done]\n":
                return "".join(lines)
            lines.append(line)
        raise AssertionError("the connection is gone: " + "".join(lines))

    def run(self, sql):
        self.begin(sql)
        return self.end()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.stdout.close()
        self.process.wait(timeout=START_LIMIT)


def main():
    """The watch: '+ FOLDER' when one is made, '- FOLDER' when it is gone, end of file when the test process is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folders = set()
    for line in sys.stdin:
        word, folder = line.rstrip("\n").split(" ", 1)
        (folders.add if word == "+" else folders.discard)(folder)
    for folder in folders:
        sweep(folder)


if __name__ == "__main__":
    main()
