"""compiled_out.py COMPILER: no commit point is left in what a release is made of; with the switch they are there."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = ("OCCUPORT_KILL_AT", "OCCUPORT_COMMIT_LOG", "OCCUPORT_LIMITS", "commit_point(", "test_limit(")


def preprocessed(compiler, path, *switches):
    return subprocess.run([compiler, "-E", "-P", "-std=c11", "-D_GNU_SOURCE", "-I", str(ROOT / "lib"), "-I",
                           str(path.parent)] + list(switches) + [str(path)], stdout=subprocess.PIPE, check=True,
                          text=True).stdout


def look_for_libpq():
    """Its switches for the compiler; None: it is not there, and lib/pg is not built."""
    done = subprocess.run(["pkg-config", "--cflags-only-I", "libpq"], stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout.split() if done.returncode == 0 else None


def main(compiler):
    paths = [path for folder in ("lib", "cmd/occuport") for path in sorted((ROOT / folder).rglob("*.c"))
             if re.search(r"\b(COMMIT_POINT|TEST_LIMIT)\(", path.read_text())]
    wrong, seen, libpq = [], 0, look_for_libpq()
    for path in paths:
        if libpq is None and path.parent.name == "pg":
            continue
        points = re.findall(r"\b(?:COMMIT_POINT|TEST_LIMIT)\(([^;]*)\)", path.read_text())
        names = {name for arguments in points for name in re.findall(r'"[^"]+"', arguments)}
        without, with_points = (preprocessed(compiler, path, *(libpq or []), *switches)
                                for switches in ([], ["-DOCCUPORT_COMMIT_POINTS"]))
        wrong += ["%s: %s is in a release" % (path, name) for name in list(names) + list(NAMES) if name in without]
        wrong += ["%s: %s is not even in a test build" % (path, name) for name in names if name not in with_points]
        seen += len(names)
    print("\n".join(wrong) or "%d names in %d files, none of them in a release" % (seen, len(paths)))
    return 1 if wrong or seen < 30 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
