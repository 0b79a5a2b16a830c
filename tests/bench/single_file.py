"""A CSV file of many rows (layout: single), to measure what merging one more night into it costs.

Writes FOLDER/one/building_insights.csv with ROWS rows of building 1 before 2025, as occuport itself orders them.
"""
import datetime
import pathlib
import sys

HEADER = ("BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START,OCCUPANCY_MEAN,START_UTC,LOCAL_DATE,"
          "LOCAL_HOUR\n")


def main():
    folder, rows = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    days = 2000
    first = datetime.date(2025, 1, 1) - datetime.timedelta(days=days)
    hours = []
    for number in range(days):
        day = first + datetime.timedelta(days=number)
        for hour in range(24):
            start = "%sT%02d:00:00Z" % (day, hour)
            hours.append("PT1H,%s,%s,%d.5,%s,%s,%d\n" % (day.strftime("%Y%m%d"), start, hour, start, day, hour))
    written = 0
    with open(folder / "building_insights.csv", "w") as out:
        out.write(HEADER)
        site = 0
        while written < rows:
            site += 1
            out.writelines("1,%d,everyone,%s" % (site, line) for line in hours[:rows - written])
            written += min(len(hours), rows - written)


if __name__ == "__main__":
    main()
