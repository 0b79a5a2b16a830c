"""The views for dashboards, and the questions of docs/bi.md: beside what Python makes of the simulator's rows."""
import datetime
import re
import sqlite3
import unittest

import harness

EVERYONE = "00000000-0000-0000-0000-000000000000"
NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
SITE = ["BUILDING_ID", "SITE_ID", "GROUP_ID", "GRANULARITY"]


def rounded(rows):
    return [tuple(round(value, 6) if isinstance(value, float) else value for value in row) for row in rows]


def mean(values):
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def most(values):
    return max((value for value in values if value is not None), default=None)


def peak_of(own):
    """The greatest OCCUPANCY_MAX of a day and when it was first reached."""
    peak = most(values[1] for _, values in own)
    return peak, None if peak is None else min(start for start, values in own if values[1] == peak)


class Filled(harness.EndToEnd):
    """A database that was filled from the simulator, and the simulator's rows."""
    FIRST, LAST = "2025-05-02", "2025-05-31"
    COLUMNS = ["OCCUPANCY_MEAN", "OCCUPANCY_MAX"]

    def fill(self, columns=COLUMNS, **options):
        self.simulator = self.simulate(**dict({"buildings": 2, "sites": 2, "groups": 2, "granularities": "PT1H,P1D",
                                               "gaps": 5}, **options))
        self.write_job(self.simulator, columns=columns, first=self.FIRST)
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace("- id: 71\n", "- id: 71\n    name: Tower\n"))
        self.occuport("run", "job.yaml")
        return self.simulator.truth(self.FIRST, self.LAST, columns)

    def local(self, key):
        start = datetime.datetime.fromisoformat(key[5].replace("Z", "+00:00"))
        return start.astimezone(self.simulator.zone(key[0]))

    def days(self, truth):
        """Series and partition to the rows of it, each (local start, values)."""
        days = {}
        for key, values in truth.items():
            days.setdefault(key[:5], []).append((self.local(key), values))
        return days


class Views(Filled):
    def test_daily(self):
        truth = self.days(self.fill())
        with self.database() as database:
            rows = database.all("SELECT %s, DATE_PARTITION, ROW_COUNT, AVG_OCCUPANCY_MEAN, MAX_OCCUPANCY_MEAN,"
                                " MAX_OCCUPANCY_MAX FROM occupancy_daily" % ", ".join(SITE))
            expected = []
            for series, own in truth.items():
                means = [values[0] for _, values in own]
                expected.append(series + (len(own), mean(means), most(means), most(values[1] for _, values in own)))
            self.assertEqual(sorted(rounded(rows), key=str), sorted(rounded(expected), key=str))
            dates = database.all("SELECT DISTINCT DATE, DATE_PARTITION FROM occupancy_daily")
            self.assertTrue(all(int(date.replace("-", "")) == day for date, day in dates))
            self.assertEqual(len(dates), 30)

    def test_peak(self):
        truth = self.days(self.fill())
        with self.database() as database:
            rows = database.all("SELECT %s, DATE_PARTITION, METRIC, PEAK, PEAK_HOUR, PEAK_TIME FROM occupancy_peak"
                                % ", ".join(SITE))
        expected = []
        for series, own in truth.items():
            if series[3] == "PT1H":
                peak, at = peak_of(own)
                expected.append(series + ("OCCUPANCY_MAX", peak, at and at.hour, at and at.strftime("%H:%M")))
        self.assertEqual(sorted(rows, key=str), sorted(expected, key=str))

    def test_hour_of_week(self):
        cells = {}
        for series, own in self.days(self.fill()).items():
            for start, values in own if series[3] == "PT1H" else []:
                cells.setdefault(series[:4] + (start.isoweekday(), start.hour), []).append(values)
        with self.database() as database:
            rows = database.all("SELECT %s, WEEKDAY, LOCAL_HOUR, ROW_COUNT, AVG_OCCUPANCY_MEAN, MAX_OCCUPANCY_MAX"
                                " FROM occupancy_hour_of_week" % ", ".join(SITE))
            names = dict(database.all("SELECT DISTINCT WEEKDAY, WEEKDAY_NAME FROM occupancy_hour_of_week"))
        expected = [cell + (len(own), mean(v[0] for v in own), most(v[1] for v in own)) for cell, own in cells.items()]
        self.assertEqual(sorted(rounded(rows), key=str), sorted(rounded(expected), key=str))
        self.assertEqual(names, {i + 1: name for i, name in enumerate(NAMES)})

    def test_names_stand_in_all_of_them(self):
        self.fill()
        with self.database() as database:
            for view in ("occupancy_daily", "occupancy_peak", "occupancy_hour_of_week"):
                rows = database.all("SELECT DISTINCT v.BUILDING_NAME, v.SITE_CODE IS s.SITE_CODE, v.FLOOR_ID IS s.FLOOR_ID,"
                                    " v.FLOOR_NAME IS f.NAME, v.FLOOR_LEVEL IS f.LEVEL, v.BUILDING_ID FROM %s v"
                                    " JOIN sites s USING (SITE_ID) JOIN floors f ON f.FLOOR_ID = s.FLOOR_ID" % view)
                self.assertEqual(sorted(rows, key=lambda row: row[5]), [("Tower", 1, 1, 1, 1, 71), (None, 1, 1, 1, 1, 72)])

    def test_what_is_no_number_is_null_as_in_the_sums_by_day(self):
        self.fill(columns=["OCCUPANCY_MEAN", "LARGEST_ZONE"], groups=1, flaws="nested:2,null:5")
        with self.database() as database:
            wanted = database.all("SELECT BUILDING_ID, SITE_ID, GRANULARITY, DATE_PARTITION, ROW_COUNT, AVG_OCCUPANCY_MEAN,"
                                  " MAX_OCCUPANCY_MEAN, AVG_LARGEST_ZONE FROM building_insights_daily ORDER BY 1, 2, 3, 4")
            rows = database.all("SELECT BUILDING_ID, SITE_ID, GRANULARITY, DATE_PARTITION, ROW_COUNT, AVG_OCCUPANCY_MEAN,"
                                " MAX_OCCUPANCY_MEAN, AVG_LARGEST_ZONE FROM occupancy_daily ORDER BY 1, 2, 3, 4")
            peaks = dict(database.all("SELECT SITE_ID || '/' || DATE_PARTITION, PEAK FROM occupancy_peak"))
            times = database.all("SELECT PEAK IS NULL, PEAK_HOUR IS NULL, PEAK_TIME IS NULL FROM occupancy_peak GROUP BY 1, 2, 3")
        self.assertEqual(rows, wanted)
        hourly = {"%d/%d" % (row[1], row[3]): row[6] for row in rows if row[2] == "PT1H"}
        self.assertEqual(peaks, hourly)
        self.assertIn(None, peaks.values())
        self.assertEqual(times, [(0, 0, 0), (1, 1, 1)])

    def test_a_new_column_and_an_older_database_get_the_views(self):
        self.fill(columns=["OCCUPANCY_MEAN"], groups=1)
        connection = sqlite3.connect(self.database_path)
        self.assertEqual(connection.execute("SELECT DISTINCT METRIC FROM occupancy_peak").fetchall(), [("OCCUPANCY_MEAN",)])
        for view in ("occupancy_daily", "occupancy_hour_of_week", "occupancy_peak"):
            connection.execute("DROP VIEW " + view)
        connection.execute("CREATE TABLE occupancy_peak (mine)")
        connection.commit()
        connection.close()
        self.occuport("run", "job.yaml")
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace("columns: [OCCUPANCY_MEAN]", "columns: [OCCUPANCY_MEAN, OCCUPANCY_MAX]"))
        self.occuport("run", "job.yaml")
        with self.database() as database:
            self.assertGreater(database.one("SELECT min(MAX_OCCUPANCY_MAX) FROM occupancy_hour_of_week"), -1)
            self.assertGreater(database.one("SELECT count(MAX_OCCUPANCY_MAX) FROM occupancy_daily"), 0)
            self.assertEqual(database.all("SELECT * FROM pragma_table_info('occupancy_peak')")[0][1], "mine")


class Questions(Filled):
    """Each SQL block of the document is run; the views of its title are tested above."""

    def blocks(self):
        text = (harness.ROOT / "docs/bi.md").read_text()
        return re.findall(r"^(\w[^\n]*\?[^\n]*)\n\n```sql\n(.*?)```", text, re.MULTILINE | re.DOTALL)

    def test_the_query_for_grafana(self):
        truth = self.days(self.fill())
        query = re.findall(r"```grafana\n(.*?)```", (harness.ROOT / "docs/bi.md").read_text(), re.DOTALL)
        self.assertEqual(len(query), 1)
        first, last = (datetime.datetime(2025, 5, day, 7, tzinfo=datetime.timezone.utc) for day in (10, 20))
        sql = query[0]
        for name, time in (("$__from", first), ("$__to", last)):  # Grafana puts in milliseconds
            sql = sql.replace(name, str(int(time.timestamp()) * 1000))
        with self.database() as database:
            rows = database.all(sql)
            codes = dict(database.all("SELECT SITE_ID, SITE_CODE FROM occupancy_daily WHERE BUILDING_ID = 71"))
        expected = {}
        for series, own in truth.items():
            if series[0] == 71 and series[2:4] == (EVERYONE, "PT1H") and 20250510 <= series[4] <= 20250520:
                day = datetime.datetime.strptime(str(series[4]), "%Y%m%d").replace(tzinfo=datetime.timezone.utc)
                expected[int(day.timestamp()), codes[series[1]]] = mean(values[0] for _, values in own)
        self.assertGreater(len(expected), 15)
        self.assertEqual({row[:2]: round(row[2], 6) for row in rows}, {key: round(v, 6) for key, v in expected.items()})
        self.assertTrue(all(isinstance(row[2], float) for row in rows), "or the plugin cuts the decimals off")

    def test_questions(self):
        truth = self.days(self.fill())
        blocks = self.blocks()
        self.assertEqual(len(blocks), 10)
        self.assertEqual((harness.ROOT / "docs/bi.md").read_text().count("```sql"), 10)
        answers = {}
        with self.database() as database:
            for question, sql in blocks:
                answers[question] = database.all(sql)
                self.assertTrue(answers[question], question)

        def answer(beginning):
            found = [rows for question, rows in answers.items() if question.startswith(beginning)]
            self.assertEqual(len(found), 1, beginning)
            return found[0]

        hours = {series: own for series, own in truth.items() if series[2:4] == (EVERYONE, "PT1H")}
        self.check_a_day(answer("How busy"), hours)
        self.check_busiest_hours(answer("Which hour"), hours)
        self.check_months(answer("What was the peak of each building"), hours)
        self.check_days_reached(answer("On how many"), hours)
        self.check_profile(answer("What does"), hours)
        self.check_trust(answer("Can I trust"))

    def check_a_day(self, answer, hours):
        expected = {}
        for series, own in hours.items():
            if series[4] == 20250520:
                peak, at = peak_of(own)
                expected[series[1]] = (mean(values[0] for _, values in own), peak, at.strftime("%H:%M"))
        self.assertEqual({row[1]: row[4:] for row in answer}, {site: row[1:] for site, row in expected.items()})
        for row in answer:
            self.assertAlmostEqual(row[3], expected[row[1]][0], delta=0.051)

    def check_busiest_hours(self, answer, hours):
        cells = {}
        for series, own in hours.items():
            for start, values in own:
                cells.setdefault(series[:2], {}).setdefault((NAMES[start.weekday()], start.hour), []).append(values[0])
        for building, site, weekday, hour, told in answer:
            means = {cell: mean(values) for cell, values in cells[building, site].items()}
            self.assertAlmostEqual(told, most(means.values()))
            self.assertAlmostEqual(means[weekday, hour], told)
        self.assertEqual({row[:2] for row in answer}, cells.keys())

    def check_months(self, answer, hours):
        self.assertEqual([row[:2] for row in answer], [(71, "2025-05"), (72, "2025-05")])
        for building, _, peak, date, _, site in answer:
            peaks = {series: peak_of(own)[0] for series, own in hours.items() if series[0] == building}
            self.assertEqual(peak, most(peaks.values()))
            self.assertEqual(peaks[building, site, EVERYONE, "PT1H", int(date.replace("-", ""))], peak)

    def check_days_reached(self, answer, hours):
        expected = {}
        for series, own in hours.items():
            reached, days = expected.get(series[1], (0, 0))
            expected[series[1]] = (reached + ((peak_of(own)[0] or 0) >= 150), days + 1)
        self.assertEqual({row[0]: row[1:] for row in answer}, expected)

    def check_profile(self, answer, hours):
        cells = {}
        for series, own in hours.items():
            if series[0] == 71 and 20250512 <= series[4] <= 20250525:
                for start, values in own:
                    if start.isoweekday() <= 5:
                        cells.setdefault((series[1], start.hour), []).append(values[0])
        self.assertEqual({row[:2] for row in answer}, cells.keys())
        for site, hour, told in answer:
            self.assertAlmostEqual(told, mean(cells[site, hour]), delta=0.051)

    def check_trust(self, answer):
        with self.database() as database:
            states = {}
            for slice_, (state, _) in database.completeness().items():
                states[slice_[0], state] = states.get((slice_[0], state), 0) + 1
        self.assertEqual({row[:2]: row[2] for row in answer}, states)


if __name__ == "__main__":
    unittest.main()
