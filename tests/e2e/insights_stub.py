"""A stub of the API with one row a slice, for tests that decide themselves which queries it answers.

All rows are of P1D and of group g; the filter, the page key and the count of the hasura dialect are understood.
"""
import re

import harness
import stub_api

DAYS = 20  # of May 2025: all are settled


def buildings(count, sites=1):
    lines = ["granularities: [P1D]", "buildings:"]
    for building in range(71, 71 + count):
        lines.append("  - {id: %d, sites: [%s], groups: [g]}" % (building, ", ".join(map(str, range(1, sites + 1)))))
    return "\n".join(lines) + "\n"


def building_of(call):
    return int(re.search(r"BUILDING_ID: \{_eq: (\d+)\}", call.query).group(1))


def asked(where):
    """(day, site) of every slice that a filter asks for, in order; what lies before its page key is left out."""
    low, high = re.search(r"DATE_PARTITION: \{(?:_gte: (\d+), _lte: |_eq: ())(\d+)\}", where).group(1, 3)
    plain, _, behind = where.partition("_or:")
    sites = sorted(map(int, re.findall(r"\d+", re.search(r"SITE_ID: \{(.*?)\}", plain).group(1))))
    slices = [(day, site) for day in range(int(low or high), int(high) + 1) for site in sites]
    if "DATE_TIME_START: {_gt" in plain:
        return []
    if behind:
        day = re.search(r"DATE_PARTITION: \{_gt: (\d+)", behind)
        site = re.search(r"SITE_ID: \{_gt: (\d+)", behind)
        key = (int(day.group(1)) if day else slices[0][0], int(site.group(1)) if site else max(sites))
        slices = [one for one in slices if one > key]
    return slices


def data(call):
    page, _, aggregate = call.query.partition("_aggregate(")
    rows = [{"BUILDING_ID": building_of(call), "SITE_ID": site, "GROUP_ID": "g", "GRANULARITY": "P1D",
             "DATE_PARTITION": day, "DATE_TIME_START": "2025-05-%02dT00:00:00Z" % (day % 100), "OCCUPANCY_MEAN": 1}
            for day, site in asked(page)]
    answer = {"BUILDING_INSIGHTS": rows}
    if aggregate:
        answer["BUILDING_INSIGHTS_aggregate"] = {"aggregate": {"count": len(asked(aggregate))}}
    return stub_api.answer_json({"data": answer})


class StubRuns(harness.EndToEnd):
    def run_stub(self, answer, buildings_block, code=0, last=DAYS, fetch=None, columns=("OCCUPANCY_MEAN",),
                 token=stub_api.session):
        """answer: to the queries for rows; the tables of names are not there."""
        self.api = stub_api.StubApi(lambda call: answer(call) if "BUILDING_INSIGHTS" in call.query or "__" in call.query
                                    else stub_api.error("validation-failed"), token)
        self.addCleanup(self.api.close)
        (self.folder / "job.yaml").write_text(harness.job_text(
            self.api.url, buildings_block, first="2025-05-01", last="2025-05-%02d" % last,
            columns=columns, fetch=fetch))
        return self.occuport("run", "--json", "job.yaml", code=code).json()

    def states(self):
        with self.database() as database:
            return dict(database.all("SELECT STATE, count(*) FROM completeness GROUP BY 1"))

    def settled(self):
        """Slices stored, by building."""
        with self.database() as database:
            return dict(database.all(
                "SELECT BUILDING_ID, count(*) FROM completeness WHERE STATE = 'settled' GROUP BY 1"))

    def message(self):
        with self.database() as database:
            return database.one("SELECT message FROM runs ORDER BY started_at DESC, run_id DESC LIMIT 1") or ""

    def learned(self):
        with self.database() as database:
            return database.one("SELECT learned FROM runs ORDER BY started_at DESC, run_id DESC LIMIT 1")
