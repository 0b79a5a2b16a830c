"""One run that is killed and started again until it is done, with a judgement at every stop."""
import shutil
import subprocess
import time

import stored
import world
from world import harness


class Trial:
    """Starts where the night starts, in a folder of its own. `complaints` must stay empty."""

    def __init__(self, night, folder, env=None):
        self.night, self.folder, self.env = night, folder, env or {}
        self.complaints, self.kills, self.starts = [], 0, 0
        self.survived = []  # kills, as whoever ordered them puts them
        shutil.copytree(night.before, folder)

    def complain(self, where, text):
        self.complaints.append("%s: %s" % (where, text))

    def start(self, **env):
        self.starts += 1
        return subprocess.Popen([harness.OCCUPORT, "run", "job.yaml"], cwd=self.folder, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env=world.environment(self.night.now, **dict(self.env, **env)))

    def end(self, process, where):
        """True when it was killed; any other end must be a good one."""
        try:
            out = process.communicate(timeout=harness.RUN_LIMIT)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.complain(where, "it does not end")
            return False
        if process.returncode == -9:
            self.kills += 1
            self.judge(where)
            return True
        if process.returncode != 0 or "Sanitizer" in out or "runtime error" in out:
            self.complain(where, "exit %d: %s" % (process.returncode, out[-2000:]))
        return False

    def kill_by(self, where, **env):
        """A run that its environment tells to kill itself."""
        return self.end(self.start(**env), where)

    def kill_at(self, point, number):
        return self.kill_by("%s:%d" % (point, number), OCCUPORT_KILL_AT="%s:%d" % (point, number))

    def kill_at_change(self, number):
        """At the call of that number that changes what is on disk."""
        return self.kill_by("change %d" % number, **world.strike(OCCUPORT_STRIKE_AT=str(number)))

    def kill_after(self, seconds):
        process = self.start()
        time.sleep(seconds)  # the moment of the kill is what varies; nothing is waited for
        process.kill()
        return self.end(process, "after %.4f s" % seconds)

    def finish(self):
        """An undisturbed run: the tables must be those of a run that was never killed."""
        if self.end(self.start(), "the last run"):
            self.complain("the last run", "it was killed, and nobody did it")
        for name, destination in world.read(self.folder).items():
            for complaint in destination.complaints:
                self.complain("at the end", "%s: %s" % (name, complaint))
            self.compare(name, destination.tables)
        for path in stored.leftovers(self.folder):
            self.complain("at the end", "left over: " + path)
        for path in stored.names(self.folder) ^ stored.names(self.night.after):
            self.complain("at the end", "surplus or lacking: " + path)

    def compare(self, name, tables):
        expected = self.night.expected[name]
        for table in sorted(expected.keys() | tables.keys()):
            found, wanted = tables.get(table), expected.get(table)
            if found != wanted:
                self.complain("at the end", "%s: %s differs: %s" % (name, table, difference(found, wanted)))

    def judge(self, where):
        for name, destination in world.read(self.folder).items():
            for complaint in destination.complaints:
                self.complain(where, "%s: %s" % (name, complaint))
            for slice_ in destination.rows.keys() | destination.ledger.keys() | self.night.truth.keys():
                self.judge_slice(where, name, destination, slice_)
            self.judge_corrections(where, name, destination)

    def judge_corrections(self, where, name, destination):
        allowed = list(self.night.corrections)
        if name != "sqlite":  # those that vanished are booked later
            allowed += [line[:7] + (0,) for line in self.night.corrections]
        false = [line for line in destination.corrections if line not in allowed]
        slices = [line[:5] for line in destination.corrections]
        if false or len(set(slices)) != len(slices):
            self.complain(where, "%s: false corrections: %s" % (name, false or slices))

    def judge_slice(self, where, name, destination, slice_):
        """Absent, or whole as of a fetch that the ledger allows: it may say less than the files, never more."""
        night = self.night
        rows = destination.rows.get(slice_, {})
        fetched = destination.ledger.get(slice_)
        new = night.truth.get(slice_, {})
        old = night.last_truth.get(slice_, {})
        tonight = fetched is not None and (fetched.at == night.now or (fetched.settled
                                                                       and slice_ not in night.settled_before))
        allowed = [new] if tonight else [old]
        if not tonight and name != "sqlite":
            allowed.append(new)
        if rows not in allowed:
            self.complain(where, "%s: %s has %d rows that are of no fetch; the ledger: %s" % (
                name, slice_, len(rows), fetched))
        if tonight and fetched.empty != (not rows):
            self.complain(where, "%s: %s has %d rows; the ledger: %s" % (name, slice_, len(rows), fetched))
        if slice_ in night.fetched_before and fetched is None:
            self.complain(where, "%s: %s was fetched, and the ledger lost it" % (name, slice_))


def difference(found, wanted):
    if isinstance(found, list) and isinstance(wanted, list):
        return "lacking %s, surplus %s" % ([line for line in wanted if line not in found][:3],
                                           [line for line in found if line not in wanted][:3])
    return "%s, not %s" % tuple("nothing" if text is None else repr(text)[:300] for text in (found, wanted))
