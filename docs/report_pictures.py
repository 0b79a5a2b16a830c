#!/usr/bin/python3
"""Makes the pictures of docs/report.md: docs/report_pictures.py BUILD [FOLDER]

A job against the simulator, night after night, with late corrections, slices that fail and a building whose history is
not fetched yet; then its report, photographed by headless Chromium at 1280 and at 390 pixels. BUILD is a build folder
with both programs; the pictures go to FOLDER, docs/ unless named. Needs chromium, and pngquant where it is there.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
DAY = 86400
LAST_NIGHT = 1748779200  # 2025-06-01 12:00 UTC
SHOTS = [("report.png", 1280, 1500, 0, False), ("report-dark.png", 1280, 1500, 1985, True),
         ("report-390.png", 390, 1500, 0, False), ("report-390-dark.png", 390, 1500, 2155, True)]
PAGE_HEIGHT = 8000  # more than the page has, also when it is narrow
NAMES = {71: "Harbour Tower", 72: "Mill Street 4 & 5", 73: "Library"}
JOB = """version: 1
api:
  base_url: %s
  client_id: demo
  client_secret: demo-secret
fetch: {requests_per_second: 0, max_attempts: 2}
coverage: {from: 2024-08-01, time_zone: America/Toronto}
columns: [OCCUPANCY_MEAN, OCCUPANCY_MAX]
destinations:
  - sqlite: {path: occupancy.db}
%s"""

sys.path.insert(0, str(ROOT / "tests/e2e"))  # the simulator is started and stopped as in the tests


def named(buildings):
    for building, name in NAMES.items():
        buildings = buildings.replace("- id: %d\n" % building, "- id: %d\n    name: \"%s\"\n" % (building, name))
    return buildings


def night(harness, folder, now, commands, codes, **options):
    """One night: the simulator and the runs of it, at that time."""
    simulator = harness.Simulator(folder, now=now, days=("2024-07-01", "2025-05-31"), buildings=3, sites=3, groups=2,
                                  granularities="PT1H", restate=3, drop=1, gaps=1, zones="America/Toronto", **options)
    try:
        (folder / "offices.yaml").write_text(JOB % (simulator.url, named(simulator.buildings())))
        (folder / "offices.yaml").chmod(0o600)
        for command in commands:
            done = subprocess.run([harness.OCCUPORT] + command + ["-q", "offices.yaml"], cwd=folder,
                                  env=harness.environment(now, INNERSPACE_CLIENT_ID=None), check=False)
            if done.returncode not in codes:
                raise SystemExit("%s ended with %d" % (command, done.returncode))
    finally:
        simulator.stop()


def fill(folder):
    """Two weeks of nights."""
    import harness
    harness.CLIENT_ID, harness.SECRET = "demo", "demo-secret"
    first = ["backfill", "--building", "71", "--building", "72"]
    night(harness, folder, LAST_NIGHT - 14 * DAY, [first, ["backfill", "--from", "2024-10-10", "--building", "73"]], (0,))
    for ago in range(13, -1, -1):
        trouble = {"flaws": "no-start:1"} if ago in (9, 0) else {}
        recent = ["backfill", "--from", "2025-05-10"]
        night(harness, folder, LAST_NIGHT - ago * DAY, [recent], (0, 65, 75), **trouble)
    subprocess.run([harness.OCCUPORT, "report", "offices.yaml"], cwd=folder, env=harness.environment(LAST_NIGHT), check=True)
    return folder / "offices.html"


def photograph(page, target, width, height, top, dark):
    """Through a frame: some Chromiums make no window narrower than 500 pixels, and the picture may begin further down."""
    frame = page.with_name("frame.html")
    frame.write_text("<!doctype html><style>body{margin:0;overflow:hidden;height:%dpx}"
                     "iframe{border:0;width:%dpx;height:%dpx;margin-top:-%dpx}</style>"
                     "<iframe src=\"%s\"></iframe>" % (height, width, PAGE_HEIGHT, top, page.name))
    url = "file://%s" % frame
    scheme = ["--blink-settings=preferredColorScheme=%d" % (0 if dark else 1)]
    subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                    "--window-size=%d,%d" % (width, height), "--screenshot=%s" % target] + scheme + [url],
                   check=True, stderr=subprocess.DEVNULL)
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--strip", "--output", target, "64", target], check=True)


def main():
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    build = pathlib.Path(sys.argv[1]).resolve()
    os.environ["OCCUPORT"] = str(build / "cmd/occuport/occuport")
    os.environ["INNERSPACE_SIM"] = str(build / "cmd/innerspace-sim/innerspace-sim")
    target = pathlib.Path(sys.argv[2] if len(sys.argv) == 3 else ROOT / "docs").resolve()
    with tempfile.TemporaryDirectory() as folder:
        page = fill(pathlib.Path(folder))
        for name, width, height, top, dark in SHOTS:
            photograph(page, target / name, width, height, top, dark)


if __name__ == "__main__":
    main()
