"""One call that changes files fails, in one destination: the sweep that the tests and the long form share."""
import collections
import os
import pathlib
import shutil

import starve
from starve import ERRORS, REASONS, Case

Fault = collections.namedtuple("Fault", "start area at error always program")
Call = collections.namedtuple("Call", "number name path")

CREATING = ("open", "open64", "mkdir")


def calls_of(log):
    """What the preloaded library wrote down."""
    if not log.exists():
        return []
    lines = log.read_text().splitlines()
    return [Call(int(number), name, path) for number, name, path in (line.split(" ", 2) for line in lines)]


class Sweep:
    """Runs faults against copies of two folders: one without any data ("fresh"), one that holds A ("old")."""

    def __init__(self, world, folder, names, programs):
        self.world, self.names = world, names
        self.folder = pathlib.Path(folder).resolve()
        self.starts = {"fresh": self.folder / "fresh", "old": self.folder / "old"}
        (self.starts["fresh"] / "sql").mkdir(parents=True)
        starve.snapshot(world, self.starts["old"], names, programs[0])
        self.programs = programs
        self.runs = 0
        self.calls = {}

    def case(self, start, program):
        folder = self.folder / "case"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.starts[start], folder)
        case = Case(self.world, folder, self.names, program)
        case.write_job(self.world.after)
        return case

    def count(self, start, area):
        """The calls that an undisturbed run makes there; they are the same every time, give or take a few."""
        if (start, area) not in self.calls:
            case = self.case(start, self.programs[0])
            log = case.folder / "calls.log"
            result = case.run(env=case.shim_env(folder=case.folder, path="/%s/" % area, log=log))
            assert result.code == 0, str(result)
            self.calls[start, area] = calls_of(log)
            assert self.calls[start, area], "no call of %s is seen: is the library preloaded?" % area
        return self.calls[start, area]

    def kinds(self, start, area):
        """The numbers of the calls by what they are: the name of the call and the kind of file."""
        kinds = {}
        for call in self.count(start, area):
            file = os.path.basename(call.path.replace(" (deleted)", "")).split(".occuport-")[0]
            file = file if area == "sql" or "ledger" in file or "lock" in file else os.path.splitext(file)[1]
            kinds.setdefault((call.name, file), []).append(call.number)
        return kinds

    def short(self, random):
        """One call of each kind in each destination, and each way of failing in turn; every sixth with sanitizers."""
        places = {}
        for start in self.starts:
            for area in self.names:
                for kind, numbers in self.kinds(start, area).items():
                    places.setdefault((area,) + kind, []).append((start, numbers))
        for turn, (kind, choices) in enumerate(places.items()):
            start, numbers = random.choice(choices)
            program = self.programs[-1 if turn % 6 == 5 else 0]
            yield Fault(start, kind[0], random.choice(numbers), ERRORS[turn % len(ERRORS)], turn % 3 == 2, program)

    def all(self, random):
        """Every call, once and for good, in an order by chance."""
        faults = [Fault(start, area, at, 0, always, "") for start in self.starts for area in self.names
                  for at in range(1, len(self.count(start, area)) + 3) for always in (False, True)]
        random.shuffle(faults)
        for fault in faults:
            yield fault._replace(error=random.choice(ERRORS), program=random.choice(self.programs))

    def run(self, fault):
        """The problems that it made; none, if all is well."""
        case = self.case(fault.start, fault.program)
        log = case.folder / "calls.log"
        result = case.run(env=case.shim_env(folder=case.folder, path="/%s/" % fault.area, at=fault.at, log=log,
                                            errno=fault.error, always=int(fault.always)))
        failed = calls_of(log)
        self.judge(case, fault, failed, result, case.check_harmless(result))
        case.heal()
        self.runs += 1
        if case.problems:
            case.problems.insert(0, "%s of %d calls: %s" % (fault, len(failed), failed[:1]))
        return case.problems

    def judge(self, case, fault, failed, result, stored):
        """The right exit code, the right words, and the other destinations as they should be."""
        for name in self.names:
            must = name != fault.area or not failed or result.code == 0
            if must and stored[name].rows != self.world.new:
                case.complain("%s was not brought up to date" % name, result)
        if not failed or result.code == 0:
            if result.code != 0:
                case.complain("failed without a reason", result)
            return
        first = failed[0]
        allowed = (73, 74) if first.name in CREATING or fault.always else (74,)
        if result.code not in allowed:
            case.complain("the exit code must be one of %s" % (allowed,), result)
        lines = [line for line in result.err.splitlines() if "%s/" % fault.area in line or line.endswith(fault.area)]
        if not any(reason in line for line in lines for reason in REASONS[fault.error]):
            case.complain("no line names the file and the reason", result)
