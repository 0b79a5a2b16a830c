"""Hosts of their own on one machine: network namespaces, joined by a bridge.

    with hosts.Network(6) as network:
        network.hub.command("postgres ...")    a command that runs on the host with the bridge, at network.address
        network.hosts[2].command(...)          on the third host
        network.hosts[2].unplug(), .plug()     its cable

A namespace lives as long as the process that holds it; that process ends when this one does, and with it go all its
devices. possible() says why there are none on this machine, or for this run: OCCUPORT_TEST_HOSTS=no forgoes them.
"""
import os
import shutil
import subprocess

NETWORK = "10.89.0."


def possible():
    """None, or why not."""
    if os.environ.get("OCCUPORT_TEST_HOSTS") == "no":
        return "OCCUPORT_TEST_HOSTS=no"
    if os.geteuid() != 0:
        return "not root"
    for program in ("ip", "nsenter", "unshare"):
        if shutil.which(program) is None:
            return "no program %s" % program
    try:
        with Network(1):
            return None
    except (AssertionError, OSError) as reason:
        return str(reason)


def call(*words):
    done = subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError("exit %d: %s: %s" % (done.returncode, " ".join(map(str, words)), done.stdout.strip()))


class Host:
    """A namespace, held by a shell that reads a pipe of ours."""

    def __init__(self, network=None, number=0):
        self.network, self.number = network, number
        self.holder = subprocess.Popen(["unshare", "--net", "--", "sh", "-c", "echo ready && read -r _"],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = self.holder.stdout.readline()
        if said != b"ready\n":
            self.close()
            raise AssertionError("no network namespace: %s" % said.decode().strip())
        self.ip("link", "set", "lo", "up")

    def command(self, *words):
        return ["nsenter", "--net=/proc/%d/ns/net" % self.holder.pid, "--", *map(str, words)]

    def ip(self, *words):
        call(*self.command("ip", *words))

    def unplug(self):
        self.network.hub.ip("link", "set", "port%d" % self.number, "down")

    def plug(self):
        self.network.hub.ip("link", "set", "port%d" % self.number, "up")

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()


class Network:
    def __init__(self, count):
        self.hosts = []
        self.hub = Host()
        self.address = NETWORK + "1"
        try:
            self.hub.ip("link", "add", "bridge", "type", "bridge")
            self.hub.ip("address", "add", self.address + "/24", "dev", "bridge")
            self.hub.ip("link", "set", "bridge", "up")
            for number in range(count):
                self.add(number)
        except BaseException:
            self.close()
            raise

    def add(self, number):
        host = Host(self, number)
        self.hosts.append(host)
        port = "port%d" % number
        self.hub.ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", host.holder.pid)
        self.hub.ip("link", "set", port, "master", "bridge", "up")
        host.ip("address", "add", "%s%d/24" % (NETWORK, 10 + number), "dev", "eth0")
        host.ip("link", "set", "eth0", "up")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        for host in self.hosts:
            host.close()
        self.hub.close()
