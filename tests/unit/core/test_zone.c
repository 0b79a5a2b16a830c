#include "core/zone.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Every zone with a rule of its own kind; libc is the judge. */
static const char *const names[] = {
    "UTC",
    "America/Toronto",
    "Europe/London",
    "Australia/Sydney",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe", /* half an hour of summer time */
    "Africa/Casablanca",   /* an hour back for Ramadan */
    "Pacific/Apia",        /* had no 2011-12-30 */
    "America/Sao_Paulo",   /* changed at midnight */
    "America/Santiago",
    "Asia/Beirut",
    "Africa/Cairo",
    "America/St_Johns", /* changed at 00:01 */
    "Atlantic/Azores",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
};
enum { NAME_COUNT = sizeof names / sizeof names[0] };

static struct zone *load(const char *name)
{
    struct zone *zone = NULL;
    struct err err = {0};
    cr_assert_eq(zone_load(name, &zone, &err), STATUS_OK, "%s", err.message);
    return zone;
}

static civil_day day_of(int year, int month, int day)
{
    return civil_day_from_date((struct civil_date){year, month, day});
}

static void use_libc_zone(const char *name)
{
    cr_assert_eq(setenv("TZ", name, 1), 0);
    tzset();
}

static int32_t libc_offset(int64_t at)
{
    time_t time = (time_t)at;
    struct tm tm;
    cr_assert_not_null(localtime_r(&time, &tm));
    return (int32_t)tm.tm_gmtoff;
}

static civil_day libc_day(int64_t at)
{
    time_t time = (time_t)at;
    struct tm tm;
    cr_assert_not_null(localtime_r(&time, &tm));
    return day_of(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

Test(zone, offsets_agree_with_libc_at_any_time)
{
    int64_t first = (int64_t)day_of(ZONE_YEAR_FIRST, 1, 1) * 86400;
    int64_t end = (int64_t)day_of(ZONE_YEAR_LAST + 1, 1, 1) * 86400;
    for (size_t i = 0; i < NAME_COUNT; i++) {
        struct zone *zone = load(names[i]);
        use_libc_zone(names[i]);
        for (int64_t at = first; at < end; at += 86400 * 3 + 12345) {
            cr_assert_eq(zone_offset_at(zone, at), libc_offset(at), "%s at %lld", names[i], (long long)at);
            cr_assert_eq(zone_day_at(zone, at), libc_day(at), "%s at %lld", names[i], (long long)at);
        }
        zone_free(zone);
    }
}

Test(zone, changes_happen_at_the_second_that_libc_says)
{
    size_t changes = 0;
    for (size_t i = 0; i < NAME_COUNT; i++) {
        struct zone *zone = load(names[i]);
        use_libc_zone(names[i]);
        int64_t at = (int64_t)day_of(ZONE_YEAR_FIRST, 1, 1) * 86400;
        for (zone_next_change(zone, at, &at); at != INT64_MAX; zone_next_change(zone, at, &at)) {
            changes++;
            int32_t before = zone_offset_at(zone, at - 1);
            int32_t after = zone_offset_at(zone, at);
            cr_assert_neq(before, after);
            cr_assert_eq(before, libc_offset(at - 1), "%s before %lld", names[i], (long long)at);
            cr_assert_eq(after, libc_offset(at), "%s at %lld", names[i], (long long)at);
        }
        zone_free(zone);
    }
    cr_assert(changes > 1000, "%zu changes were seen", changes);
}

/* The first instant that carries the date or a later one, found by looking; changes fall on whole minutes. */
static int64_t start_by_looking(civil_day day, int64_t step)
{
    int64_t at = (int64_t)day * 86400 - INT64_C(40) * 3600;
    while (libc_day(at) < day)
        at += step;
    return at;
}

Test(zone, days_near_a_change_start_where_looking_for_it_finds)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        struct zone *zone = load(names[i]);
        use_libc_zone(names[i]);
        int64_t step = strcmp(names[i], "America/St_Johns") == 0 ? 60 : 900;
        int64_t at = (int64_t)day_of(2007, 1, 1) * 86400;
        int64_t end = (int64_t)day_of(2026, 1, 1) * 86400;
        for (zone_next_change(zone, at, &at); at < end; zone_next_change(zone, at, &at)) {
            civil_day changed = zone_day_at(zone, at);
            for (civil_day day = changed - 1; day <= changed + 1; day++)
                cr_assert_eq(zone_day_start(zone, day), start_by_looking(day, step), "%s on day %d", names[i], day);
        }
        zone_free(zone);
    }
}

Test(zone, days_follow_each_other_without_gap)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        struct zone *zone = load(names[i]);
        int64_t start = zone_day_start(zone, day_of(1999, 12, 25));
        for (civil_day day = day_of(1999, 12, 25); day < day_of(2061, 1, 10); day++) {
            int64_t next = zone_day_start(zone, day + 1);
            if (next > start)
                cr_assert(zone_day_at(zone, start) == day && next - start >= 82800 && next - start <= 90000,
                          "%s: day %d lasts %lld s", names[i], day, (long long)(next - start));
            else
                cr_assert(next == start && strcmp(names[i], "Pacific/Apia") == 0 && day == day_of(2011, 12, 30),
                          "%s: day %d is no day", names[i], day);
            start = next;
        }
        zone_free(zone);
    }
}

struct start_case {
    const char *zone;
    struct civil_date date;
    int64_t start; /* by Python's zoneinfo */
};

static const struct start_case starts[] = {
    {"UTC", {2025, 5, 1}, 1746057600},
    {"America/Toronto", {2025, 3, 9}, 1741496400},
    {"America/Toronto", {2025, 3, 10}, 1741579200},
    {"America/Toronto", {2025, 11, 2}, 1762056000},
    {"America/Toronto", {2025, 11, 3}, 1762146000},
    {"Europe/London", {2025, 3, 30}, 1743292800},
    {"Europe/London", {2025, 3, 31}, 1743375600},
    {"Europe/London", {2025, 10, 26}, 1761433200},
    {"Europe/London", {2025, 10, 27}, 1761523200},
    {"Australia/Sydney", {2025, 4, 6}, 1743858000},
    {"Australia/Sydney", {2025, 4, 7}, 1743948000},
    {"Australia/Sydney", {2025, 10, 5}, 1759586400},
    {"Australia/Sydney", {2025, 10, 6}, 1759669200},
    {"Asia/Kolkata", {2025, 5, 1}, 1746037800},
    {"Asia/Kathmandu", {2025, 5, 1}, 1746036900},
    {"Australia/Lord_Howe", {2025, 4, 6}, 1743858000},
    {"Australia/Lord_Howe", {2025, 4, 7}, 1743946200},
    {"Australia/Lord_Howe", {2025, 10, 5}, 1759584600},
    {"Australia/Lord_Howe", {2025, 10, 6}, 1759669200},
    {"Africa/Casablanca", {2025, 2, 23}, 1740265200},
    {"Africa/Casablanca", {2025, 2, 24}, 1740355200},
    {"Africa/Casablanca", {2025, 4, 6}, 1743897600},
    {"Africa/Casablanca", {2025, 4, 7}, 1743980400},
    {"Pacific/Apia", {2011, 12, 29}, 1325152800},
    {"Pacific/Apia", {2011, 12, 30}, 1325239200}, /* skipped: begins when the 31st does */
    {"Pacific/Apia", {2011, 12, 31}, 1325239200},
    {"Pacific/Apia", {2012, 1, 1}, 1325325600},
    {"America/Sao_Paulo", {2018, 2, 18}, 1518922800}, /* 23:00 came twice the evening before */
    {"America/Sao_Paulo", {2018, 11, 4}, 1541300400}, /* began at 01:00 */
    {"America/Sao_Paulo", {2018, 11, 5}, 1541383200},
    {"America/Santiago", {2025, 4, 6}, 1743912000},
    {"America/Santiago", {2025, 9, 7}, 1757217600},
    {"America/Santiago", {2025, 9, 8}, 1757300400},
    {"Asia/Beirut", {2025, 3, 30}, 1743285600},
    {"Asia/Beirut", {2025, 3, 31}, 1743368400},
    {"Asia/Beirut", {2025, 10, 26}, 1761429600},
    {"Africa/Cairo", {2025, 4, 25}, 1745532000},
    {"Africa/Cairo", {2025, 10, 31}, 1761861600},
    {"America/St_Johns", {2010, 11, 7}, 1289097000}, /* its first minute came an hour before the rest */
    {"America/St_Johns", {2010, 11, 8}, 1289187000},
    {"Atlantic/Azores", {2025, 3, 30}, 1743296400},
    {"Atlantic/Azores", {2025, 10, 26}, 1761436800}, /* midnight came twice: the first counts */
};

Test(zone, days_start_where_another_library_says)
{
    struct zone *zone = NULL;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        if (zone == NULL || strcmp(zone_name(zone), starts[i].zone) != 0) {
            zone_free(zone);
            zone = load(starts[i].zone);
        }
        int64_t start = zone_day_start(zone, civil_day_from_date(starts[i].date));
        cr_expect_eq(start, starts[i].start, "%s %d-%d-%d starts at %lld", starts[i].zone, starts[i].date.year,
                     starts[i].date.month, starts[i].date.day, (long long)start);
    }
    zone_free(zone);
}

Test(zone, utc_never_changes)
{
    struct zone *zone = load("UTC");
    int64_t next = 0;
    zone_next_change(zone, 0, &next);
    cr_assert_eq(next, INT64_MAX);
    cr_assert_eq(zone_offset_at(zone, 1746057600), 0);
    cr_assert_eq(zone_day_start(zone, 20000), INT64_C(20000) * 86400);
    cr_assert_eq(zone_day_at(zone, -1), -1);
    cr_assert_eq(zone_day_at(zone, 0), 0);
    cr_assert_str_eq(zone_name(zone), "UTC");
    zone_free(zone);
}

Test(zone, next_change_lies_strictly_after_the_instant)
{
    struct zone *zone = load("America/Toronto");
    int64_t spring = 1741503600; /* 2025-03-09T07:00:00Z */
    int64_t autumn = 1762063200; /* 2025-11-02T06:00:00Z */
    int64_t next = 0;
    zone_next_change(zone, spring - 1, &next);
    cr_assert_eq(next, spring);
    zone_next_change(zone, spring, &next);
    cr_assert_eq(next, autumn);
    cr_assert_eq(zone_offset_at(zone, spring - 1), -18000);
    cr_assert_eq(zone_offset_at(zone, spring), -14400);
    zone_free(zone);
}

Test(zone, nearest_offset_holds_outside_the_table)
{
    struct zone *zone = load("America/Toronto");
    int64_t before = (int64_t)day_of(1990, 7, 1) * 86400;
    int64_t after = (int64_t)day_of(2090, 7, 1) * 86400;
    int64_t next = 0;
    cr_assert_eq(zone_offset_at(zone, before), -18000);
    cr_assert_eq(zone_offset_at(zone, after), -18000);
    cr_assert_eq(zone_day_start(zone, day_of(1990, 7, 1)), before + 18000);
    cr_assert_eq(zone_day_start(zone, day_of(2090, 7, 1)), after + 18000);
    zone_next_change(zone, after, &next);
    cr_assert_eq(next, INT64_MAX);
    zone_next_change(zone, before, &next);
    cr_assert_eq(zone_day_at(zone, next), day_of(2000, 4, 2));
    zone_free(zone);
}

Test(zone, names_that_the_system_does_not_know_are_refused)
{
    static const char *const strangers[] = {
        "",
        "Mars/Phobos",
        "america/toronto",
        "America",
        "America/",
        "../zoneinfo/UTC",
        "America/../UTC",
        "EST5EDT,M3.2.0,M11.1.0",
        ":UTC",
        "UTC+5",
        "tzdata.zi",
        "/usr/share/zoneinfo/UTC",
        "zone.tab",
        "Toronto",
        " UTC",
        "America/Toronto ",
        "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"};
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        struct zone *zone = NULL;
        struct err err = {0};
        cr_expect_eq(zone_load(strangers[i], &zone, &err), STATUS_CONFIG, "'%s'", strangers[i]);
        cr_expect_null(zone);
        cr_expect_not_null(strstr(err.message, "is not a time zone"), "%s", err.message);
    }
}

Test(zone, loading_leaves_the_zone_of_the_process_alone)
{
    use_libc_zone("Asia/Tokyo");
    struct zone *zone = load("America/Toronto");
    cr_assert_str_eq(getenv("TZ"), "Asia/Tokyo");
    cr_assert_eq(libc_offset(1746057600), 32400);
    zone_free(zone);
    cr_assert_eq(zone_load("Mars/Phobos", &zone, NULL), STATUS_CONFIG);
    cr_assert_str_eq(getenv("TZ"), "Asia/Tokyo");
    unsetenv("TZ");
    zone_free(load("America/Toronto"));
    cr_assert_null(getenv("TZ"));
}

Test(zone, loaded_zones_do_not_depend_on_each_other_or_on_tz)
{
    struct zone *toronto = load("America/Toronto");
    struct zone *sydney = load("Australia/Sydney");
    use_libc_zone("Asia/Kolkata");
    cr_assert_eq(zone_offset_at(toronto, 1735689600), -18000);
    cr_assert_eq(zone_offset_at(sydney, 1735689600), 39600);
    cr_assert_str_eq(zone_name(toronto), "America/Toronto");
    zone_free(toronto);
    cr_assert_eq(zone_offset_at(sydney, 1751328000), 36000);
    zone_free(sydney);
    zone_free(NULL);
}
