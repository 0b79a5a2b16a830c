"""A fully covered job of many series: 20,000 by default. Writes job.yaml and a database whose ledger holds five years of each.

The ledger is made by the program itself where that is possible: a run against an address where nobody listens declares
the job; then one settled span a series is written, which is what years of nightly runs come to (tests/unit/store holds that).
"""
import argparse
import pathlib
import sqlite3
import subprocess


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("occuport")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--buildings", type=int, default=500)
    parser.add_argument("--sites", type=int, default=5)
    parser.add_argument("--groups", type=int, default=8)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    job = options.folder / "job.yaml"
    lines = ["version: 1", "api: {base_url: 'http://127.0.0.1:9', client_id: a, client_secret: b}",
             "fetch: {max_attempts: 1}", "coverage: {from: 2020-01-01, until: 2024-12-31}",
             "destinations: [{sqlite: {path: covered.db}}]", "buildings:"]
    for building in range(1, options.buildings + 1):
        sites = ", ".join(str(building * 100 + site) for site in range(options.sites))
        groups = ", ".join('"group-%02d"' % group for group in range(options.groups))
        lines.append("  - {id: %d, sites: [%s], groups: [%s]}" % (building, sites, groups))
    job.write_text("\n".join(lines) + "\n")
    subprocess.run([options.occuport, "run", "-q", "job.yaml"], cwd=options.folder, stderr=subprocess.DEVNULL)
    database = sqlite3.connect(options.folder / "covered.db")
    database.execute("INSERT INTO ledger_spans SELECT s.series_id, b.first_day, b.end_day, 1, b.columns_id, 1,"
                     " '2025-02-01T00:00:00Z', NULL, NULL FROM series s JOIN coverage_buildings b USING (building_id)")
    database.commit()
    series = database.execute("SELECT count(*) FROM ledger_spans").fetchone()[0]
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    size = (options.folder / "covered.db").stat().st_size
    print("%d series, ledger of %.1f MB" % (series, size / 1e6))


if __name__ == "__main__":
    main()
