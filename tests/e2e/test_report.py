"""What `occuport report` writes: its numbers beside SQL on the database, and that it is one safe page."""
import re
import sqlite3
import unittest

import harness
from harness import DAY, NOW
from report_page import Page

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
NONE = "\u2013"
EVERYONE = "00000000-0000-0000-0000-000000000000"
COLUMNS = ["OCCUPANCY_MEAN", "OCCUPANCY_MAX"]


def luminance(color):
    parts = [int(color[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    """As WCAG 2 has it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def shown(value):
    return NONE if value is None else "%.1f" % value


class Report(harness.EndToEnd):
    FIRST, LAST = "2025-05-05", "2025-05-31"

    def prepare(self, columns=COLUMNS, more="", **options):
        simulator = self.simulate(**dict({"buildings": 2, "sites": 2, "groups": 2, "granularities": "PT1H,P1D",
                                          "gaps": 10}, **options))
        self.write_job(simulator, first=self.FIRST, last=self.LAST, columns=columns, more=more)
        return simulator

    def page(self, job="job.yaml", **keys):
        page = Page(self.occuport("report", "-o", "-", job, **keys).out)
        self.assert_whole(page)
        return page

    def assert_whole(self, page):
        """One file, no script, and everything that a screen reader needs."""
        self.assertFalse({"script", "link", "img", "iframe", "object", "base", "form"} & {tag for tag, _ in page.elements})
        for tag, attributes in page.elements:
            for name, value in attributes.items():
                self.assertFalse(name.startswith("on"), (tag, name))
                if name in ("src", "href", "data", "action"):
                    self.assertTrue(value.startswith("#"), (tag, name, value))
        self.assertEqual(set(re.findall(r"url\([^)]*\)", page.style)), {"url(#gap)", "url(#hatch)"})
        self.assertNotIn("@import", page.style)
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        self.assertEqual(len(ids), len(set(ids)))
        wanted = [name for _, attributes in page.elements for name in attributes.get("aria-labelledby", "").split()]
        wanted += [attributes["href"][1:] for _, attributes in page.elements if "href" in attributes]
        self.assertLessEqual(set(wanted), set(ids))
        self.assertTrue(all(attributes.get("aria-hidden") == "true" for attributes in page.named("svg")))
        names = [attributes.get("aria-label") for tag, attributes in page.elements if attributes.get("role") == "img"]
        self.assertTrue(all(names))
        self.assertTrue(all(attributes.get("scope") for attributes in page.named("th")))
        for banned in ("animation", "transition", "scroll-behavior"):  # nothing moves, so nothing need be stilled
            self.assertNotIn(banned, page.style)
        self.assertTrue(all(table.caption for table in page.tables))

    def assert_weeks(self, page, database):
        rows = database.all(
            "SELECT BUILDING_ID, SITE_ID, (strftime('%w', LOCAL_DATE) + 6) % 7, LOCAL_HOUR, avg(OCCUPANCY_MEAN)"
            " FROM building_insights WHERE GROUP_ID = ? AND GRANULARITY = 'PT1H' GROUP BY 1, 2, 3, 4", EVERYONE)
        truth = {row[:4]: row[4] for row in rows}
        seen = {}
        for table in page.tables:
            if "day of week and hour" not in table.caption:
                continue
            building, site = int(table.figure["data-building"]), int(table.figure["data-site"])
            for day, cells in table.by_first().items():
                self.assertEqual(len(cells), 24)
                for hour, cell in enumerate(cells):
                    seen[building, site, DAYS.index(day), hour] = cell
        self.assertEqual(len(seen), 4 * 7 * 24)
        self.assertEqual(seen, {key: shown(truth.get(key)) for key in seen})
        self.assertLessEqual(truth.keys(), seen.keys())

    def assert_days(self, page, database, peak="OCCUPANCY_MAX"):
        for building in (71, 72):
            rows = database.all("SELECT DATE_PARTITION, avg(OCCUPANCY_MEAN), max(%s) FROM building_insights WHERE"
                                " BUILDING_ID = ? AND GROUP_ID = ? AND GRANULARITY = 'PT1H' GROUP BY 1" % peak,
                                building, EVERYONE)
            truth = {"%04d-%02d-%02d" % (row[0] // 10000, row[0] // 100 % 100, row[0] % 100): row[1:] for row in rows}
            table = page.table("Building %d: mean and peak by day" % building).by_first()
            self.assertEqual({day: cells[:2] for day, cells in table.items()},
                             {str(day): [shown(value) for value in truth.get(str(day), (None, None))]
                              for day in harness.days_between(self.FIRST, self.LAST)})
            for day, cells in table.items():
                if cells[1] == NONE:
                    continue
                sites = [row[0] for row in database.all(
                    "SELECT SITE_ID FROM building_insights WHERE BUILDING_ID = ? AND GROUP_ID = ? AND GRANULARITY = 'PT1H'"
                    " AND DATE_PARTITION = ? GROUP BY 1 HAVING max(%s) = ?" % peak, building, EVERYONE,
                    int(day.replace("-", "")), truth[day][1])]
                self.assertIn(int(cells[2]), sites)

    def assert_coverage(self, page, database):
        states = ("settled", "open", "missing", "failed")
        rows = database.all("SELECT BUILDING_ID, DATE_PARTITION, STATE, count(*) FROM completeness GROUP BY 1, 2, 3")
        truth = {}
        for building, day, state, count in rows:
            truth.setdefault((building, day), dict.fromkeys(states, 0))[state] = count
        seen = {}
        for building in (71, 72):
            for row in page.table("Coverage of building %d" % building).rows[1:]:
                for day in harness.days_between(row[0], row[1]):
                    seen[building, harness.partition(day)] = dict(zip(states, map(int, row[3:])))
                    worst = [state for state in ("failed", "missing", "open", "settled") if int(row[3 + states.index(state)])]
                    self.assertEqual(row[2], worst[0])
        self.assertEqual(seen, truth)
        cards = [attributes for attributes in page.named("dl") if "data-due" in attributes][0]
        for state in states:
            self.assertEqual(int(cards["data-" + state]), sum(counts[state] for counts in truth.values()), state)
        figures = {int(f["data-building"]): f for f in page.named("figure") if "data-due" in f}
        for building, figure in figures.items():
            for state in states:
                self.assertEqual(int(figure["data-" + state]),
                                 sum(counts[state] for key, counts in truth.items() if key[0] == building))

    def test_its_numbers_are_those_of_the_database(self):
        self.prepare()
        self.occuport("run", "job.yaml")
        page = self.page()
        with self.database() as database:
            self.assert_weeks(page, database)
            self.assert_days(page, database)
            self.assert_coverage(page, database)
        self.assertIn("Complete: all 432 slices", page.section_text["summary"])
        self.assertIn("Nothing. The next run", page.section_text["summary"])
        self.assertIn("None: the last attempt", page.section_text["failures"])
        self.assertIn("No later fetch has changed anything", page.section_text["corrections"])

    def test_rows_whose_partition_is_not_their_local_day(self):
        self.prepare(partitions="utc", columns=["OCCUPANCY_MEAN"])
        self.occuport("run", "job.yaml")
        page = self.page()
        with self.database() as database:
            self.assert_weeks(page, database)
            self.assert_days(page, database, peak="OCCUPANCY_MEAN")

    def test_numbers_that_come_as_text_count(self):
        self.prepare(numbers="string")
        self.occuport("run", "job.yaml")
        page = self.page()
        with self.database() as database:
            self.assertEqual(database.one("SELECT typeof(max(OCCUPANCY_MEAN)) FROM building_insights"), "text")
            row = database.all("SELECT avg(OCCUPANCY_MEAN + 0), max(OCCUPANCY_MAX + 0) FROM building_insights WHERE"
                               " BUILDING_ID = 72 AND GROUP_ID = ? AND GRANULARITY = 'PT1H' AND DATE_PARTITION = 20250520",
                               EVERYONE)[0]
        self.assertEqual(page.table("Building 72: mean").by_first()["2025-05-20"][:2], [shown(row[0]), shown(row[1])])
        self.assertNotIn("are no numbers", page.section_text["weeks"])

    def test_csv_files_give_the_same_pictures(self):
        self.prepare()
        path = self.folder / "job.yaml"
        text = path.read_text()
        self.occuport("run", "job.yaml")
        wanted = [(table.caption, table.rows) for table in self.page().tables if "mean" in table.caption]
        self.assertEqual(len(wanted), 6)
        for layout in ("partitioned", "single"):
            path.write_text(text.replace('sqlite: {path: "occupancy.db"}', "csv: {directory: %s, layout: %s}" % (layout, layout)))
            self.occuport("run", "job.yaml")
            page = self.page()
            self.assertEqual([(table.caption, table.rows) for table in page.tables if "mean" in table.caption], wanted)
            self.assertIn("Floor", page.section_text["weeks"])
        rows = self.folder / "single/building_insights.csv"
        rows.write_text(rows.read_text().replace(",20250505,", ",soon,"))
        self.assertRegex(self.occuport("report", "job.yaml", code=74).err, r"building_insights\.csv:\d+:\d+: DATE_PARTITION")

    def test_corrections_failures_and_runs(self):
        for now in (NOW - DAY, NOW):
            self.prepare(restate=10, drop=3, groups=1, now=now)
            self.occuport("run", "job.yaml", now=now)
        with self.database() as database:
            self.assertGreater(database.one("SELECT sum(updated) FROM corrections"), 0)
        simulator = self.simulate(buildings=2, sites=2, groups=1, granularities="PT1H,P1D", flaws="no-start:2", restate=5)
        self.write_job(simulator, first=self.FIRST, last=self.LAST, columns=COLUMNS)
        self.occuport("run", "job.yaml", now=NOW + DAY, code=65)
        page = self.page(now=NOW + DAY)
        with self.database() as database:
            self.assert_coverage(page, database)
            truth = database.all("SELECT substr(seen_at, 1, 10), count(*), sum(inserted), sum(updated), sum(vanished)"
                                 " FROM corrections GROUP BY 1 ORDER BY 1 DESC")
            table = page.table("Corrections by the day")
            self.assertEqual([(row[0], *map(int, row[1:])) for row in table.rows[1:]], truth)
            total = database.all("SELECT count(*), sum(inserted), sum(updated), sum(vanished) FROM corrections")[0]
            self.assertEqual(tuple(int(page.sections["corrections"]["data-" + name]) for name in
                                   ("slices", "inserted", "updated", "vanished")), total)
            runs = database.all("SELECT command, slices_fetched, slices_failed, rows_received, rows_inserted, rows_updated,"
                                " rows_vanished, rows_rejected, requests, retries FROM runs ORDER BY started_at DESC")
            table = page.table("Runs, newest first")
            self.assertEqual([(row[1], *map(int, row[4:13])) for row in table.rows[1:]], runs)
            self.assertEqual(table.rows[1][2], "failed (exit 65)")
            failed = database.all("SELECT n.building_id, n.site_id, n.granularity, f.error FROM ledger_failures f"
                                  " JOIN series n USING (series_id) ORDER BY 1, 2, 3, 4")
            table = page.table("Slices whose last attempt failed")
            self.assertEqual(sorted((int(row[1]), int(row[2]), row[4], row[7]) for row in table.rows[1:]), failed)
            self.assertTrue(failed)
        self.assertIn("retry job.yaml", page.section_text["summary"])
        self.assertIn("Not complete", page.section_text["summary"])

    def test_texts_of_others_stay_text(self):
        name = "\\\"><script>alert('x')</script> & \\u202Eabc"
        simulator = self.prepare()
        path = self.folder / "<b>&'job.yaml"
        text = (self.folder / "job.yaml").read_text()
        path.write_text(text.replace("- id: 71\n", "- id: 71\n    name: \"%s\"\n" % name).replace(
            'groups: [', 'groups: ["<i onclick=1>", '))
        self.occuport("run", path.name)
        simulator.stop()
        connection = sqlite3.connect(self.database_path)
        connection.execute("UPDATE sites SET SITE_CODE = 'code<img src=x>' || char(7) || char(133) || '\"'")
        connection.commit()
        connection.close()
        page = self.page(path.name)
        self.assertIn("code<img src=x>\ufffd\ufffd\"", page.section_text["weeks"])
        self.assertIn("Building 71 \"><script>alert('x')</script> & \u202eabc", page.section_text["coverage"])
        self.assertIn("<i onclick=1>", page.section_text["coverage"])
        self.assertIn("never had a row", page.section_text["summary"])
        self.assertFalse({"b", "i"} & {tag for tag, _ in page.elements})
        self.assertFalse(any(ord(c) < 32 and c != "\n" for c in page.text))

    def test_where_it_is_written(self):
        self.prepare()
        (self.folder / "sub").mkdir()
        text = (self.folder / "job.yaml").read_text()
        (self.folder / "sub/other.yml").write_text(text)
        self.occuport("run", "sub/other.yml")
        result = self.occuport("report", "job.yaml", "sub/other.yml")
        self.assertEqual(result.out, "")
        self.assertIn("wrote sub/other.html", result.err)
        for path in ("job.html", "sub/other.html"):
            self.assertTrue((self.folder / path).read_text().endswith("</html>\n"))
        before = (self.folder / "sub/other.html").stat().st_ino
        self.occuport("report", "sub/other.yml")
        self.assertNotEqual((self.folder / "sub/other.html").stat().st_ino, before, "it is replaced by rename")
        self.occuport("report", "-o", "x.html", "job.yaml", "sub/other.yml", code=64)
        self.assertIn("cannot create", self.occuport("report", "-o", "gone/x.html", "job.yaml", code=73).err)
        self.assertEqual(sorted(p.name for p in self.folder.rglob("*.html")), ["job.html", "other.html"])

    def test_before_the_first_run_it_says_what_to_do(self):
        self.prepare()
        page = self.page()
        self.assertFalse(self.database_path.exists())
        self.assertIn("432 were never fetched", page.section_text["summary"])
        self.assertIn("occuport run job.yaml", page.section_text["summary"])
        self.assertIn("Nothing is stored yet", page.section_text["weeks"])
        self.assertIn("No run of this job is known", page.section_text["runs"])

    def test_texts_and_marks_stand_out_in_both_schemes(self):
        self.prepare()
        style = re.sub(r"#([0-9a-f])([0-9a-f])([0-9a-f])\b(?![0-9a-f])", r"#\1\1\2\2\3\3", self.page().style)
        blocks = re.findall(r":root\{([^}]*)\}", style)
        self.assertEqual(len(blocks), 2)
        for block in blocks:
            colors = dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", block))
            for ground in ("ground", "card"):
                for name in ("text", "soft", "accent"):
                    self.assertGreaterEqual(contrast(colors[name], colors[ground]), 4.5, (name, ground))
            for name in ("settled", "open", "missing", "failed", "h4", "h5"):
                self.assertGreaterEqual(contrast(colors[name], colors["ground"]), 3, name)

    def test_a_job_with_several_datasets(self):
        zones = "  - {name: zone_insights, root_field: ZONE_INSIGHTS, keys: [ZONE_ID]}\n"
        self.prepare(more="datasets:\n  - name: building_insights\n" + zones, columns=["OCCUPANCY_MEAN"])
        self.occuport("run", "job.yaml")
        page = self.page()
        self.assertIn("Dataset zone_insights", page.section_text["coverage"])
        self.assertEqual(len([table for table in page.tables if table.caption.startswith("Coverage of")]), 4)
        with self.database() as database:
            self.assert_weeks(page, database)
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace("  - name: building_insights\n", ""))
        self.assertIn("does not fetch building_insights", self.page().section_text["days"])

    def test_days_without_hours(self):
        self.prepare(granularities="P1D", columns=["OCCUPANCY_MEAN"])
        self.occuport("run", "job.yaml")
        page = self.page()
        self.assertIn("no granularity that is shorter than a day", page.section_text["weeks"])
        with self.database() as database:
            mean = database.one("SELECT avg(OCCUPANCY_MEAN) FROM building_insights WHERE BUILDING_ID = 71 AND GROUP_ID = ?"
                                " AND DATE_PARTITION = 20250520", EVERYONE)
        self.assertEqual(page.table("Building 71: mean").by_first()["2025-05-20"][0], shown(mean))


if __name__ == "__main__":
    unittest.main()
