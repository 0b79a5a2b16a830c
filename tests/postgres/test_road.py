"""The networks of the other tests: they break what they say, and nothing else."""
import subprocess
import sys
import time
import unittest

import hosts
import proxy
import server


NO_HOSTS = hosts.possible()


def psql(dsn, *statements):
    words = [word for statement in statements for word in ("-c", statement)]
    return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-d", dsn, *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=server.environment(),
                          check=False)


class Road(unittest.TestCase):
    def setUp(self):
        self.server = server.Server(trust=True)
        self.addCleanup(self.server.close)
        self.road = proxy.Proxy(self.server.port)
        self.addCleanup(self.road.close)
        self.server.run("CREATE TABLE t (a int)")
        self.transaction = ["BEGIN", "COPY t FROM PROGRAM 'echo 1'", "COMMIT"]

    def run_cut(self, when):
        self.road.cut_at_commit(when)
        done = psql(self.road.dsn(self.server), *self.transaction)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertTrue(self.road.lost.is_set())

    def test_all_passes(self):
        done = psql(self.road.dsn(self.server), "SELECT repeat('x', 100000)", *self.transaction)
        self.assertEqual((done.returncode, len(done.stdout)), (0, 100001), done.stdout[-200:])
        self.assertEqual(self.road.commits, 1)

    def test_a_commit_whose_answer_is_lost_was_done(self):
        self.run_cut("after")
        self.assertEqual(self.server.one("SELECT count(*) FROM t"), 1)

    def test_a_commit_that_is_lost_itself_was_not_done(self):
        self.run_cut("before")
        self.assertEqual(self.server.one("SELECT count(*) FROM t"), 0)

    def test_only_a_transaction_that_copies_is_cut(self):
        self.road.cut_at_commit("before")
        done = psql(self.road.dsn(self.server), "BEGIN", "INSERT INTO t VALUES (2)", "COMMIT")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_what_is_held_arrives_later(self):
        self.road.hold()
        dsn = self.road.dsn(self.server, connect_timeout=30)
        process = subprocess.Popen(["psql", "-X", "-q", "-d", dsn, "-c", "INSERT INTO t VALUES (3)"],
                                   stdin=subprocess.DEVNULL, env=server.environment())
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(timeout=0.3)
        self.road.release()
        self.assertEqual(process.wait(timeout=30), 0)


@unittest.skipIf(NO_HOSTS, "no network namespaces here: %s" % NO_HOSTS)
class Hosts(unittest.TestCase):
    def test_a_host_reaches_a_server_on_another_until_it_is_unplugged(self):
        with hosts.Network(2) as network, \
                server.Server(trust=True, host=network.address, before=network.hub.command()) as one:
            dsn = one.dsn(network.address, connect_timeout=2)

            def asks(host):
                return subprocess.run(host.command("psql", "-X", "-d", dsn, "-c", "SELECT 1"), stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=server.environment(),
                                      check=False).returncode == 0

            self.assertTrue(asks(network.hosts[0]) and asks(network.hosts[1]))
            network.hosts[0].unplug()
            self.assertFalse(asks(network.hosts[0]))
            self.assertTrue(asks(network.hosts[1]))
            network.hosts[0].plug()
            end = time.monotonic() + 20
            while not asks(network.hosts[0]):
                self.assertLess(time.monotonic(), end)


if __name__ == "__main__":
    if NO_HOSTS:
        print("hosts: no network namespaces here: %s" % NO_HOSTS, file=sys.stderr)
    unittest.main()
