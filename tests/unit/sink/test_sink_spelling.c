#include "rig.h"

#include "core/buf.h"

#include <stdio.h>
#include <string.h>

TestSuite(sink_spelling, .init = rig_begin, .fini = rig_end);

struct spelling {
    const char *text;
    const char *start_utc; /* "-": unknown */
    const char *local;     /* date and hour */
};

/* Puts each as a row of its own series, and looks at what the view says of them. */
static void expect_all(const char *zone, const struct spelling *spellings, size_t count)
{
    struct buf want = {0};
    cr_assert_leq(count, (size_t)RIG_SERIES);
    rig_set_zone(zone);
    rig_open();
    for (size_t i = 0; i < count; i++) {
        rig_expect_changes(rig_put_one((int64_t)i + 1, 20250501, spellings[i].text, 1), 1, 0, 0, 0, 0);
        buf_appendf(&want, "%s | %s | %s\n", spellings[i].text, spellings[i].start_utc, spellings[i].local);
    }
    rig_expect_lines("SELECT DATE_TIME_START || ' | ' || ifnull(START_UTC, '-') || ' | ' || LOCAL_DATE || ' ' ||"
                     " LOCAL_HOUR FROM building_insights ORDER BY SITE_ID",
                     buf_text(&want));
    for (size_t i = 0; i < count; i++)
        rig_expect_changes(rig_put_one((int64_t)i + 1, 20250501, spellings[i].text, 1), 0, 0, 1, 0, 0);
    rig_open();
    for (size_t i = count; i > 0; i--)
        rig_expect_changes(rig_put_one((int64_t)i, 20250501, spellings[i - 1].text, 1), 0, 0, 1, 0, 0);
    buf_release(&want);
}

Test(sink_spelling, every_spelling_comes_back_and_is_understood)
{
    static const struct spelling spellings[] = {
        {"2025-05-01", "-", "2025-05-01 0"},
        {"2025-05-01T13:00:00", "-", "2025-05-01 13"},
        {"2025-05-01 13:00:00", "-", "2025-05-01 13"},
        {"2025-05-01T23:45", "-", "2025-05-01 23"},
        {"2025-05-01 00:00:00.000", "-", "2025-05-01 0"},
        {"2025-05-01 14:00:00.123", "-", "2025-05-01 14"},
        {"2025-05-01T03:00:00Z", "2025-05-01T03:00:00Z", "2025-04-30 23"},
        {"2025-05-01T04:00:00Z", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"2025-05-01 04:00:00Z", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"2025-05-01 04:00:00 Z", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"2025-05-01T04:00Z", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"2025-05-01T00:00:00-04:00", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"2025-05-01T00:00:00-0400", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"2025-05-01T00:00:00-04", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"2025-05-01 00:00:00 -0400", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"2025-05-01 00:00:00 -04:00", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"2025-05-01T00:00-04:00", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"2025-05-01T09:30:00+05:30", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"2025-05-01T04:00:00+00:00", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"2025-05-01T04:00:00-00:00", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"2025-05-01 14:00:00.123 -0800", "2025-05-01T22:00:00Z", "2025-05-01 18"},
        {"2025-05-01 14:00:00.000 -0800", "2025-05-01T22:00:00Z", "2025-05-01 18"},
        {"1746072000", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"0746072000", "1993-08-23T02:13:20Z", "1993-08-22 21"},
        {"1746072000000", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"1746072000999", "2025-05-01T04:00:00Z", "2025-05-01 0"},
        {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "9999-12-31 18"},
    };
    expect_all("America/Toronto", spellings, sizeof spellings / sizeof spellings[0]);
}

Test(sink_spelling, fractions_of_any_length_come_back)
{
    char texts[20][40];
    struct spelling spellings[18];
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(texts[digits - 1], sizeof texts[0], "2025-05-01T04:00:00.%.*sZ", digits, "123456789");
        snprintf(texts[digits + 8], sizeof texts[0], "2025-05-01T04:00:00.%.*sZ", digits, "000000000");
    }
    for (size_t i = 0; i < 18; i++)
        spellings[i] = (struct spelling){texts[i], "2025-05-01T04:00:00Z", "2025-05-01 4"};
    expect_all("UTC", spellings, 18);
}

Test(sink_spelling, local_hours_follow_the_clocks_of_the_zone)
{
    static const struct spelling toronto[] = {
        {"2025-03-09T06:59:59Z", "2025-03-09T06:59:59Z", "2025-03-09 1"},
        {"2025-03-09T07:00:00Z", "2025-03-09T07:00:00Z", "2025-03-09 3"},
        {"2025-11-02T04:30:00Z", "2025-11-02T04:30:00Z", "2025-11-02 0"},
        {"2025-11-02T05:30:00Z", "2025-11-02T05:30:00Z", "2025-11-02 1"},
        {"2025-11-02T06:30:00Z", "2025-11-02T06:30:00Z", "2025-11-02 1"},
        {"2025-11-02T07:00:00Z", "2025-11-02T07:00:00Z", "2025-11-02 2"},
        {"2025-11-02T01:00:00-04:00", "2025-11-02T05:00:00Z", "2025-11-02 1"},
        {"2025-11-02T01:00:00-05:00", "2025-11-02T06:00:00Z", "2025-11-02 1"},
        {"2025-11-02T05:30:00.5Z", "2025-11-02T05:30:00Z", "2025-11-02 1"},
        {"2025-11-02T02:30:00", "-", "2025-11-02 2"},
    };
    expect_all("America/Toronto", toronto, sizeof toronto / sizeof toronto[0]);
}

Test(sink_spelling, zones_of_half_and_quarter_hours_are_exact)
{
    static const struct spelling kolkata[] = {
        {"2025-05-01T18:29:59Z", "2025-05-01T18:29:59Z", "2025-05-01 23"},
        {"2025-05-01T18:30:00Z", "2025-05-01T18:30:00Z", "2025-05-02 0"},
        {"2025-05-01T00:00:00+05:30", "2025-04-30T18:30:00Z", "2025-05-01 0"},
    };
    static const struct spelling kathmandu[] = {
        {"2025-05-01T18:14:59Z", "2025-05-01T18:14:59Z", "2025-05-01 23"},
        {"2025-05-01T18:15:00Z", "2025-05-01T18:15:00Z", "2025-05-02 0"},
    };
    expect_all("Asia/Kolkata", kolkata, 3);
    rig_exec("DELETE FROM building_insights_rows; DELETE FROM building_insights_days;"
             " DELETE FROM building_insights_strays");
    expect_all("Asia/Kathmandu", kathmandu, 2);
}

Test(sink_spelling, instants_before_the_epoch_come_back)
{
    static const struct spelling early[] = {
        {"1970-01-01T00:00:00+14:00", "1969-12-31T10:00:00Z", "1969-12-31 10"},
        {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970-01-01 0"},
        {"1970-01-01", "-", "1970-01-01 0"},
    };
    expect_all("UTC", early, 3);
}

/* The encoder remembers the last spelling; neighbours that differ in one place must not take it for theirs. */
Test(sink_spelling, spellings_mixed_in_one_slice_are_kept_apart)
{
    static const char *const forms[] = {"2025-05-01T%02d:00:00Z",      "2025-05-01 %02d:00:00Z",
                                        "2025-05-01T%02d:00:00-00:00", "2025-05-01T%02d:00:00+00:00",
                                        "2025-05-01 %02d:00:00+00:00", "2025-05-01T%02d:00:00.000Z",
                                        "2025-05-01T%02d:00:00.500Z",  "2025-05-01T%02d:00Z",
                                        "2025-05-01T%02d:00:00",       "2025-05-01T%02d:00"};
    enum { FORMS = sizeof forms / sizeof forms[0], HOURS = 24 };
    char texts[HOURS][40];
    struct item items[HOURS];
    for (size_t round = 0; round < 2 * FORMS; round++) {
        struct buf want = {0};
        for (size_t hour = 0; hour < HOURS; hour++) {
            const char *form = forms[(hour * (round % FORMS + 1) + hour / 5 + round) % FORMS];
            const char *digits = strstr(form, "%02d");
            snprintf(texts[hour], sizeof texts[0], "%.*s%02zu%s", (int)(digits - form), form, hour, digits + 4);
            items[hour] = (struct item){texts[hour], {INT((int64_t)hour), NIL}};
            buf_appendf(&want, "%s\n", texts[hour]);
        }
        rig_put((int64_t)round + 1, 20250501, items, HOURS);
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT DATE_TIME_START FROM building_insights WHERE SITE_ID = %zu ORDER BY MEAN",
                 round + 1);
        rig_expect_lines(sql, buf_text(&want));
        buf_release(&want);
    }
}

Test(sink_spelling, spelling_that_changes_is_an_update_of_the_same_row)
{
    rig_put_one(1, 20250501, "2025-05-01T04:00:00Z", 1);
    rig_expect_changes(rig_put_one(1, 20250501, "2025-05-01T00:00:00-04:00", 1), 0, 1, 0, 0, 0);
    rig_expect_changes(rig_put_one(1, 20250501, "2025-05-01 04:00:00", 1), 0, 1, 0, 0, 0);
    rig_expect_lines("SELECT DATE_TIME_START FROM building_insights", "2025-05-01 04:00:00\n");
}

Test(sink_spelling, series_share_spellings_and_texts)
{
    for (int64_t series = 1; series <= 20; series++) {
        rig_put_one(series, 20250501, "2025-05-01T04:00:00Z", 1);
        rig_put_one(series, 20250502, "2025-05-02T04:00:00.25Z", 1);
    }
    cr_assert_eq(rig_integer("SELECT count(*) FROM spellings"), 1);
    cr_assert_eq(rig_integer("SELECT count(*) FROM odd_starts"), 1);
    cr_assert_eq(rig_integer("SELECT count(*) FROM building_insights"), 40);
}
