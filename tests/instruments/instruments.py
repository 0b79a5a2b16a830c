"""Puts an instrument around occuport, for the end-to-end tests: their own programs then run on it as they are.

    instruments.threads() or instruments.memory(), in setUpModule: from then on harness.OCCUPORT is the instrument.

What an instrument finds, it says on stderr, and ends the program with FOUND; the tests look at both.
"""
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import unittest

# The simulator, the job and the truth are those of the end-to-end tests.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402

FAULTS = os.environ.get("FAULTS", "")  # the program of faults.c, built for the instrument
FOUND = 99
# libraries keep memory until the end of the program; what nothing points to any more is a leak
VALGRIND = ["valgrind", "-q", "--error-exitcode=%d" % FOUND, "--leak-check=full", "--vgdb=no",
            "--show-leak-kinds=definite,indirect,possible", "--errors-for-leak-kinds=definite,indirect,possible"]
TSAN = ["env", "TSAN_OPTIONS=exitcode=%d second_deadlock_stack=1" % FOUND]
prefix = []
folder = None


def put_around(words):
    """harness.OCCUPORT becomes a program that starts the present one behind the words."""
    global prefix, folder
    prefix = words
    folder = tempfile.TemporaryDirectory(prefix="occuport-instrument-")
    unittest.addModuleCleanup(folder.cleanup)
    path = pathlib.Path(folder.name) / "occuport"
    path.write_text("#!/bin/sh\nexec %s \"$@\"\n" % shlex.join(words + [harness.OCCUPORT]))
    path.chmod(0o755)
    harness.OCCUPORT = str(path)


def faults(kind):
    """(exit code, what is said) of a planted fault under the instrument."""
    done = subprocess.run(prefix + [FAULTS, kind], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, env=harness.environment(), timeout=harness.RUN_LIMIT)
    return done.returncode, done.stdout


def threads():
    """TSan is in the program; where the kernel puts memory too far apart for it, it is started without that chance."""
    put_around(TSAN)
    if "unexpected memory mapping" in faults("none")[1]:
        put_around(["setarch", "-R"] + TSAN)


def memory():
    put_around(VALGRIND)
