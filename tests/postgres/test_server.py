"""The PostgreSQL that the other tests use: it is a real one, and nothing is left of it."""
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import unittest

import server

ORPHAN = """
import sys
import server
one = server.Server()
print(one.folder, one.process.pid, flush=True)
sys.stdin.read()
"""


def is_alive(pid):
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in pathlib.Path("/proc/%d/status" % pid).read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


class RealServer(unittest.TestCase):
    def test_it_keeps_what_it_was_given_over_a_crash(self):
        with server.Server() as one:
            one.run("CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'x'), (2, NULL)")
            one.restart("immediate")
            self.assertEqual(one.rows("SELECT a, b FROM t ORDER BY a"), [(1, "x"), (2, None)])
            one.restart()
            self.assertEqual(one.one("SELECT count(*) FROM t"), 2)

    def test_it_does_not_run_as_root(self):
        with server.Server() as one:
            self.assertNotEqual(os.stat("/proc/%d" % one.process.pid).st_uid, 0)

    def test_the_port_asks_for_a_password(self):
        with server.Server() as one:
            one.run("CREATE ROLE writer LOGIN PASSWORD 'right'")
            self.assertTrue(one.one("SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'writer'"))
            for password, is_let_in in (("right", True), ("wrong", False)):
                dsn = one.dsn("127.0.0.1", "writer", password=password)
                done = subprocess.run(["psql", "-X", "-d", dsn, "-c", "SELECT 1"], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
                self.assertEqual(done.returncode == 0, is_let_in, done.stdout)

    def test_several_side_by_side(self):
        made = []

        def make(number):
            one = server.Server()
            one.run("CREATE TABLE t AS SELECT %d AS n" % number)
            made.append((number, one))

        makers = [threading.Thread(target=make, args=(number,)) for number in range(3)]
        for maker in makers:
            maker.start()
        for maker in makers:
            maker.join()
        self.assertEqual(len(made), 3)
        for number, one in made:
            self.assertEqual(one.one("SELECT n FROM t"), number)
            one.close()
            self.assertFalse(one.folder.exists())

    def test_a_standby_has_what_was_committed_and_takes_over(self):
        with server.Server(fsync=True) as primary:
            standby = primary.replica(synchronous=True)
            primary.run("CREATE TABLE t AS SELECT 7 AS n")
            standby.wait_for("SELECT to_regclass('t') IS NOT NULL")
            primary.stop("immediate")
            standby.promote()
            standby.run("INSERT INTO t VALUES (8)")
            self.assertEqual(standby.rows("SELECT n FROM t ORDER BY n"), [(7,), (8,)])

    def test_nothing_is_left_when_the_test_process_is_killed(self):
        process = subprocess.Popen([sys.executable, "-B", "-c", ORPHAN], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   text=True, cwd=pathlib.Path(__file__).parent)
        folder, pid = process.stdout.readline().split()
        self.assertTrue(is_alive(int(pid)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdin.close()
        process.stdout.close()
        end = time.monotonic() + server.START_LIMIT
        while is_alive(int(pid)) or os.path.exists(folder):
            self.assertLess(time.monotonic(), end, "it is still there")
            time.sleep(0.02)

    def test_a_session_holds_its_lock(self):
        with server.Server() as one, server.Session(one.dsn()) as holder:
            one.run("CREATE TABLE t (a int)")
            holder.run("BEGIN; LOCK TABLE t")
            self.assertEqual(one.one("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation ="
                                     " 't'::regclass AND granted"), 1)
            holder.run("COMMIT")


if __name__ == "__main__":
    unittest.main()
