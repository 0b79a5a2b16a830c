"""What is left of a secret in the memory of a run: looked for in the memory itself, while the run waits for an answer.

A run keeps the client secret, for it may have to log in again: in one place, and nowhere else. The environment that it
came from, the body of the login, and all that the libraries made of it are overwritten.
"""
import os
import pathlib
import re
import threading
import unittest

import harness
import insights_stub
import stub_api

SMALL = 1 << 32  # bytes; larger regions are the shadow of a sanitizer
NAME = b"INNERSPACE_CLIENT_SECRET="


def is_sanitized():
    return b"__asan_init" in pathlib.Path(harness.OCCUPORT).read_bytes()


def may_look():
    """True when this user may read the memory of a child of its own."""
    try:
        scope = int(pathlib.Path("/proc/sys/kernel/yama/ptrace_scope").read_text())
    except OSError:
        return True
    return scope < 2 or os.getuid() == 0


def places(pid, word):
    """(region, address, the bytes before it) of each place in the memory of a process where a word stands."""
    found = []
    with open("/proc/%d/mem" % pid, "rb", buffering=0) as memory:
        for line in pathlib.Path("/proc/%d/maps" % pid).read_text().splitlines():
            begin, end, rights, name = re.match(r"(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)", line).groups()
            begin, end = int(begin, 16), int(end, 16)
            if rights[0] != "r" or name in ("[vvar]", "[vsyscall]") or end - begin > SMALL:
                continue
            try:
                content = os.pread(memory.fileno(), end - begin, begin)
            except OSError:  # nothing is behind it
                continue
            for match in re.finditer(re.escape(word), content):
                before = content[max(0, match.start() - 40):match.start()]
                found.append((name or "anonymous", hex(begin + match.start()), before))
    return found


@unittest.skipUnless(may_look(), "the kernel lets nobody look into the memory of a process (yama/ptrace_scope)")
class Memory(harness.EndToEnd):
    def stalled(self, reference, where, env=None, tls=False):
        """A run that waits in vain for the answer to its login, or to its first query."""
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.addCleanup(self.go_on.set)

        def wait():
            self.reached.set()
            self.go_on.wait(harness.START_LIMIT)

        def token(call):
            if where == "login":
                wait()
            return stub_api.session(call)

        def answer(call):
            if where == "query":
                wait()
            return insights_stub.data(call) if "BUILDING_INSIGHTS(" in call.query else stub_api.error("not-found")
        api = stub_api.StubApi(answer, token)
        self.addCleanup(api.close)
        text = harness.job_text(api.url, insights_stub.buildings(1), first="2025-05-31", fetch={"concurrency": 1})
        (self.folder / "job.yaml").write_text(text.replace("${INNERSPACE_CLIENT_SECRET}", reference))
        process = self.start_occuport("run", "job.yaml", env=env)
        self.assertTrue(self.reached.wait(harness.START_LIMIT))
        return process

    def let_go(self, process):
        self.go_on.set()
        self.finish(process, 0)

    def split(self, process, word=harness.SECRET):
        """(places of the program, places of the environment). The runtime of a sanitizer has a copy of the latter."""
        found = places(process.pid, word.encode())
        environment = [place for place in found if place[2].endswith(NAME)]
        if is_sanitized():
            environment = [place for place in environment if place[0] == "[stack]"]
        return [place for place in found if not place[2].endswith(NAME)], environment

    def test_the_search_finds_what_is_there(self):
        """Else the other tests would show nothing: the job's own address is in memory in any case."""
        process = self.stalled("${INNERSPACE_CLIENT_SECRET}", "query")
        self.assertGreater(len(places(process.pid, b"/v2/oauth/token")), 0)
        self.let_go(process)

    def test_a_secret_of_the_environment_stands_once_after_the_login(self):
        process = self.stalled("${INNERSPACE_CLIENT_SECRET}", "query")
        own, environment = self.split(process)
        self.assertEqual((len(own), environment), (1, []), own)
        self.assertNotIn(harness.SECRET.encode(), pathlib.Path("/proc/%d/environ" % process.pid).read_bytes())
        self.let_go(process)

    def test_a_secret_of_a_file_stands_once_after_the_login(self):
        (self.folder / "secret").write_text(harness.SECRET + "\n")
        (self.folder / "secret").chmod(0o600)
        self.holders = {"secret"}
        process = self.stalled("${file:secret}", "query", env={"INNERSPACE_CLIENT_SECRET": None})
        own, environment = self.split(process)
        self.assertEqual((len(own), environment), (1, []), own)
        self.let_go(process)

    def test_a_secret_in_the_job_itself(self):
        """libyaml makes it piece by piece, and frees what it no longer needs: pieces may stay, whole copies do not."""
        (self.folder / "job.yaml").touch(mode=0o600)
        self.holders = {"job.yaml"}
        process = self.stalled(harness.SECRET, "query", env={"INNERSPACE_CLIENT_SECRET": None})
        own, environment = self.split(process)
        self.assertEqual((len(own), environment), (1, []), own)
        self.let_go(process)

    def test_while_the_login_is_under_way_its_body_is_there_too(self):
        process = self.stalled("${INNERSPACE_CLIENT_SECRET}", "login")
        own, environment = self.split(process)
        self.assertEqual(environment, [])
        self.assertLessEqual(len(own), 3, own)
        self.let_go(process)

    def test_the_session_is_in_the_header_and_in_what_is_being_sent(self):
        process = self.stalled("${INNERSPACE_CLIENT_SECRET}", "query")
        own, _ = self.split(process, stub_api.SESSION)
        self.assertLessEqual(len(own), 3, own)
        self.let_go(process)

    def test_the_secret_is_in_no_argument(self):
        process = self.stalled("${INNERSPACE_CLIENT_SECRET}", "query")
        for name in ("cmdline", "comm", "status", "environ"):
            content = pathlib.Path("/proc/%d/%s" % (process.pid, name)).read_bytes()
            for word in self.secrets():
                self.assertNotIn(word, content, name)
        self.let_go(process)


if __name__ == "__main__":
    unittest.main()
