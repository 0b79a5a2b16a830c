"""What the benchmarks share: a simulator that remembers its answers, jobs, and a stopwatch for programs."""
import os
import pathlib
import re
import subprocess
import time


class Programs:
    """Of a release build; the baselines where they can be had."""

    def __init__(self, build):
        build = pathlib.Path(build).resolve()
        here = pathlib.Path(__file__).resolve().parent
        self.occuport = str(build / "cmd/occuport/occuport")
        self.simulator = str(build / "cmd/innerspace-sim/innerspace-sim")
        self.ceiling = str(build / "tests/bench/ceiling")
        self.stopwatch = str(build / "tests/bench/stopwatch")
        self.python = ["/usr/bin/python3", str(here / "baseline/sample.py")]
        self.pipeline = str(here / "baseline/pipeline.sh")
        self.install = str(here / "baseline/install.sh")
        self.node = None  # the command, once find_node has installed it

    def find_node(self, folder):
        """Why there is no Node, or None."""
        done = subprocess.run([self.install, str(folder)], capture_output=True, text=True)
        if done.returncode == 0:
            self.node = ["node", str(pathlib.Path(folder) / "sample.mjs")]
            return None
        return (done.stderr.strip().splitlines() or ["install.sh failed"])[-1]


class World:
    """A simulator in a folder of its own, until close."""

    def __init__(self, programs, folder, switches, serve=""):
        self.programs, self.switches = programs, switches.split()
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        port_file = self.folder / "port"
        self.process = subprocess.Popen(
            [programs.simulator, *self.switches, *serve.split(), "--gzip", "off", "--port", "0", "--port-file",
             str(port_file), "--time-limit", "3600"], stderr=subprocess.DEVNULL)
        while not port_file.exists() or not port_file.read_text():
            if self.process.poll() is not None:
                raise SystemExit("the simulator ended at once")
            time.sleep(0.02)
        self.url = "http://127.0.0.1:" + port_file.read_text().strip()
        self.dumped = subprocess.run([programs.simulator, *self.switches, "--dump", "job"], capture_output=True,
                                     text=True, check=True).stdout

    def job(self, name, first, last, destination, fetch="requests_per_second: 0", extra=""):
        path = self.folder / name
        path.write_text("version: 1\napi: {base_url: '%s', client_id: demo, client_secret: demo-secret%s}\nfetch: {%s}\n"
                        "coverage: {from: %s, until: %s}\ndestinations: [%s]\n%s"
                        % (self.url, extra, fetch, first, last, destination, self.dumped))
        return path

    def close(self):
        self.process.terminate()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Figure:
    """One way to do a scenario: the median wall time of its runs with what went with it."""

    def __init__(self, name, runs, rows=None, requests=None, size=None):
        wall = sorted(runs)[len(runs) // 2]
        self.name, self.wall, self.cpu, self.memory = name, wall[0], wall[1], max(run[2] for run in runs)
        self.rows, self.requests, self.bytes = rows, requests, size

    @property
    def rate(self):
        return self.rows / self.wall if self.rows else None


def once(stopwatch, command, cwd):
    """Wall seconds, CPU seconds and megabytes of one run of a command, and what it printed."""
    times = pathlib.Path(cwd) / "stopwatch"
    done = subprocess.run([stopwatch, str(times), *map(str, command)], cwd=cwd, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True)
    if done.returncode != 0:
        raise SystemExit("exit %d: %s" % (done.returncode, " ".join(map(str, command))))
    wall, cpu, kilobytes, _ = times.read_text().split()
    return (float(wall), float(cpu), float(kilobytes) / 1024), done.stdout


def measure(stopwatch, name, command, cwd, count=3, before=None, warm=True):
    """Runs a command `count` times after a first time that does not count; before(i) makes ready for each."""
    runs, output = [], ""
    for i in range(-1 if warm else 0, count):
        if before is not None:
            before(i)
        run, output = once(stopwatch, command(i) if callable(command) else command, cwd)
        if i >= 0:
            runs.append(run)
    rows = re.search(r'"received":(\d+)|^(\d+) rows', output)
    requests = re.search(r'"requests":(\d+)|(\d+) requests', output)
    size = re.search(r'"bytes_received":(\d+)', output)
    first = lambda match: int(next(group for group in match.groups() if group)) if match else None
    return Figure(name, runs, first(rows), first(requests), first(size))


def machine():
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    release = re.search(r'PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text())
    return "%s, %d cores, %.0f GB, %s, Linux %s" % (model.group(1) if model else "unknown processor", os.cpu_count(),
                                                   memory, release.group(1) if release else "", os.uname().release)


def clear(path):
    """Removes a database with its companions."""
    for name in path.parent.glob(path.name + "*"):
        name.unlink()
