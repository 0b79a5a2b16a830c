#include "fixture.h"

#include <stdio.h>

const char *const fixture_columns[1] = {"OCCUPANCY_MEAN"};

static const struct coverage_building building = {.id = 71};
static const int64_t sites[] = {9, 10};
static const char *const groups[] = {GROUP_A, GROUP_B};

struct unit fixture_unit(void)
{
    civil_day first = civil_day_from_date((struct civil_date){2025, 5, 1});
    return (struct unit){.building = &building,
                         .granularity = "PT1H",
                         .days = {first, first + 2},
                         .site_count = 2,
                         .sites = sites,
                         .group_count = 2,
                         .groups = groups};
}

struct unit fixture_single(void)
{
    struct unit unit = fixture_unit();
    unit.days.end = unit.days.first + 1;
    unit.site_count = 1;
    unit.group_count = 1;
    return unit;
}

struct page_query fixture_query(const struct unit *unit)
{
    return (struct page_query){.dialect = DIALECT_HASURA,
                               .dataset = dataset_built_in("building_insights"),
                               .unit = unit,
                               .column_count = 1,
                               .columns = fixture_columns,
                               .limit = 100};
}

void fixture_row(struct buf *out, int partition, long long site, const char *group, const char *start,
                 const char *value)
{
    buf_appendf(out,
                "%s{\"DATE_PARTITION\":%d,\"BUILDING_ID\":71,\"SITE_ID\":%lld,\"GROUP_ID\":\"%s\","
                "\"GRANULARITY\":\"PT1H\",\"DATE_TIME_START\":%s,\"OCCUPANCY_MEAN\":%s}",
                out->size > 0 ? "," : "", partition, site, group, start, value);
}

void fixture_hours(struct buf *out, const struct unit *unit, size_t slice, int from, int to)
{
    civil_day day;
    struct series_key series = unit_series_of(unit, slice, &day);
    for (int hour = from; hour < to; hour++) {
        char date[CIVIL_TEXT_SIZE];
        char start[32];
        char value[16];
        snprintf(start, sizeof start, "\"%s %02d:00:00\"", civil_day_format(day, date), hour);
        snprintf(value, sizeof value, "%d", hour);
        fixture_row(out, civil_day_to_partition(day), series.site_id, series.group_id, start, value);
    }
}

void fixture_page(struct buf *out, const char *rows, long long count)
{
    buf_appendf(out, "{\"data\":{\"BUILDING_INSIGHTS\":[%s]", rows);
    if (count >= 0)
        buf_appendf(out, ",\"BUILDING_INSIGHTS_aggregate\":{\"aggregate\":{\"count\":%lld}}", count);
    buf_append_text(out, "}}");
}
