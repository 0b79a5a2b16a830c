#include "model/moment.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAY_DAY = 1746057600 }; /* 2025-05-01T00:00:00Z */

struct spelling {
    const char *text;
    int64_t seconds;
    int32_t nanos;
    bool zone_known;
    int32_t offset;
    const char *pattern; /* NULL: none gives the text back */
};

static const struct spelling spellings[] = {
    {"2025-05-01", MAY_DAY, 0, false, 0, "%Y-%m-%d"},
    {"2025-05-01T00:00:00", MAY_DAY, 0, false, 0, "%Y-%m-%dT%H:%M:%S"},
    {"2025-05-01 13:00:00", MAY_DAY + 46800, 0, false, 0, "%Y-%m-%d %H:%M:%S"},
    {"2025-05-01T13:45", MAY_DAY + 49500, 0, false, 0, "%Y-%m-%dT%H:%M"},
    {"2025-05-01T13:45:59Z", MAY_DAY + 49559, 0, true, 0, "%Y-%m-%dT%H:%M:%SZ"},
    {"2025-05-01T13:45Z", MAY_DAY + 49500, 0, true, 0, "%Y-%m-%dT%H:%MZ"},
    {"2025-05-01T00:00:00-04:00", MAY_DAY + 14400, 0, true, -14400, "%Y-%m-%dT%H:%M:%S-04:00"},
    {"2025-05-01T00:00:00-0400", MAY_DAY + 14400, 0, true, -14400, "%Y-%m-%dT%H:%M:%S-0400"},
    {"2025-05-01T00:00:00+05:30", MAY_DAY - 19800, 0, true, 19800, "%Y-%m-%dT%H:%M:%S+05:30"},
    {"2025-05-01T00:00:00+14", MAY_DAY - 50400, 0, true, 50400, "%Y-%m-%dT%H:%M:%S+14"},
    {"2025-05-01T00:00-04:00", MAY_DAY + 14400, 0, true, -14400, "%Y-%m-%dT%H:%M-04:00"},
    {"2025-05-01 14:00:00.123 -0800", MAY_DAY + 79200, 123000000, true, -28800, NULL},
    {"2025-05-01 14:00:00.000 -0800", MAY_DAY + 79200, 0, true, -28800, "%Y-%m-%d %H:%M:%S.000 -0800"},
    {"2025-05-01 14:00:00 Z", MAY_DAY + 50400, 0, true, 0, "%Y-%m-%d %H:%M:%S Z"},
    {"2025-05-01T00:00:00.1Z", MAY_DAY, 100000000, true, 0, NULL},
    {"2025-05-01T00:00:00.123456789Z", MAY_DAY, 123456789, true, 0, NULL},
    {"2025-05-01T00:00:00.000000001", MAY_DAY, 1, false, 0, NULL},
    {"2025-05-01T00:00:00.000000Z", MAY_DAY, 0, true, 0, "%Y-%m-%dT%H:%M:%S.000000Z"},
    {"2025-05-01T00:00:00+00:00", MAY_DAY, 0, true, 0, "%Y-%m-%dT%H:%M:%S+00:00"},
    {"2024-02-29T23:59:59Z", 1709251199, 0, true, 0, "%Y-%m-%dT%H:%M:%SZ"},
    {"1970-01-01T00:00:00+14:00", -50400, 0, true, 50400, "%Y-%m-%dT%H:%M:%S+14:00"},
    {"9999-12-31T23:59:59Z", INT64_C(253402300799), 0, true, 0, "%Y-%m-%dT%H:%M:%SZ"},
    {"1746057600", MAY_DAY, 0, true, 0, "%s"},
    {"100000000", 100000000, 0, true, 0, "%s"},
    {"0100000000", 100000000, 0, true, 0, NULL},
    {"1746057600000", MAY_DAY, 0, true, 0, "%s000"},
    {"0746057600000", 746057600, 0, true, 0, NULL},
    {"1746057600123", MAY_DAY, 123000000, true, 0, NULL},
};

Test(moment, every_known_spelling_is_understood)
{
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        const struct spelling *want = &spellings[i];
        struct moment got;
        cr_assert(moment_parse(want->text, strlen(want->text), &got), "%s", want->text);
        cr_expect_eq(got.seconds, want->seconds, "%s is %lld", want->text, (long long)got.seconds);
        cr_expect_eq(got.nanos, want->nanos, "%s", want->text);
        cr_expect_eq(got.zone_known, want->zone_known, "%s", want->text);
        cr_expect_eq(got.offset, want->offset, "%s", want->text);
    }
}

/* Through a pointer, since the pattern is no literal. */
static size_t (*const format_time)(char *, size_t, const char *, const struct tm *) = strftime;

Test(moment, pattern_gives_the_text_back)
{
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        const struct spelling *want = &spellings[i];
        struct moment moment;
        char pattern[MOMENT_PATTERN_SIZE];
        cr_assert(moment_parse(want->text, strlen(want->text), &moment));
        bool found = moment_pattern(want->text, strlen(want->text), &moment, pattern);
        cr_assert_eq(found, want->pattern != NULL, "%s", want->text);
        if (!found)
            continue;
        cr_expect_str_eq(pattern, want->pattern);
        time_t written = (time_t)(moment.seconds + moment.offset);
        struct tm tm;
        char text[MOMENT_PATTERN_SIZE + 24];
        cr_assert_not_null(gmtime_r(&written, &tm));
        if (pattern[1] == 's') /* strftime would take the tm as local time */
            snprintf(text, sizeof text, "%lld%s", (long long)written, pattern + 2);
        else
            cr_assert(format_time(text, sizeof text, pattern, &tm) > 0);
        cr_expect_str_eq(text, want->text);
    }
}

static const char *const refused[] = {
    "",
    " ",
    "2025",
    "2025-05",
    "2025-5-1",
    "2025-02-29",
    "2025-13-01",
    "2025-00-10",
    "2025-05-32T00:00:00Z",
    "1969-12-31T00:00:00Z",
    "2025/05/01",
    "2025-05-01T",
    "2025-05-01T1",
    "2025-05-01T13",
    "2025-05-01T13:",
    "2025-05-01T13:4",
    "2025-05-01T13:45:",
    "2025-05-01T13:45:5",
    "2025-05-01T24:00:00",
    "2025-05-01T23:60:00",
    "2025-05-01T23:59:60",
    "2025-05-01T00:00:00.",
    "2025-05-01T00:00:00.Z",
    "2025-05-01T00:00:00.1234567890",
    "2025-05-01T00:00:00,5",
    "2025-05-01t00:00:00",
    "2025-05-01T00:00:00z",
    "2025-05-01T00:00:00  Z",
    "2025-05-01T00:00:00 ",
    "2025-05-01T00:00:00ZZ",
    "2025-05-01T00:00:00+",
    "2025-05-01T00:00:00+4",
    "2025-05-01T00:00:00+04:",
    "2025-05-01T00:00:00+04:0",
    "2025-05-01T00:00:00+04:60",
    "2025-05-01T00:00:00+19:00",
    "2025-05-01T00:00:00+04:00Z",
    "2025-05-01T00:00:00 America/Toronto",
    "2025-05-01  00:00:00",
    "2025-05-01Z",
    "-2025-05-01",
    "12345678", /* too short for an epoch, and 20250501 is a partition */
    "-1746057600",
    "1746057600.5",
    "1.746e9",
    "99999999999999999999",
    "999999999999999999",
    "null",
    "yesterday",
    "2025-05-01T00:00:00.000000000000000000000000000000000000000000000Z",
};

Test(moment, anything_else_is_refused_and_leaves_the_output_alone)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct moment moment = {.seconds = 42, .nanos = 7};
        cr_expect_not(moment_parse(refused[i], strlen(refused[i]), &moment), "'%s'", refused[i]);
        cr_expect(moment.seconds == 42 && moment.nanos == 7, "'%s'", refused[i]);
    }
}

Test(moment, text_ends_where_its_size_says)
{
    struct moment moment;
    char text[10]; /* no NUL: reading on would be seen by the sanitizer */
    memcpy(text, "2025-05-01", sizeof text);
    cr_assert(moment_parse(text, sizeof text, &moment));
    cr_assert_eq(moment.seconds, MAY_DAY);
    cr_assert_not(moment_parse("2025-05-01T00:00:00Z", 19 - 1, &moment));
    cr_assert_not(moment_parse("2025-05-01\0T00:00", 16, &moment), "a NUL is no separator");
}

Test(moment, every_prefix_of_a_text_is_read_within_its_bounds)
{
    static const char whole[] = "2025-05-01 14:00:00.123 -0800";
    for (size_t size = 0; size < sizeof whole; size++) {
        char *copy = malloc(size > 0 ? size : 1);
        cr_assert_not_null(copy);
        memcpy(copy, whole, size);
        struct moment moment;
        char pattern[MOMENT_PATTERN_SIZE];
        if (moment_parse(copy, size, &moment))
            (void)!moment_pattern(copy, size, &moment, pattern);
        free(copy);
    }
}

Test(moment, written_day_is_the_day_that_the_digits_show)
{
    static const char *const texts[] = {"2025-05-01",          "2025-05-01T23:30:00-04:00", "2025-05-01T00:30:00+14:00",
                                        "2025-05-01T00:00:00", "2025-05-01T23:59:59.999Z",  "1746057600",
                                        "1746143999"};
    civil_day day = civil_day_from_date((struct civil_date){2025, 5, 1});
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct moment moment;
        cr_assert(moment_parse(texts[i], strlen(texts[i]), &moment));
        cr_expect_eq(moment_written_day(&moment), day, "%s", texts[i]);
    }
    struct moment first_day;
    cr_assert(moment_parse("1970-01-01T00:00:00+14:00", 25, &first_day));
    cr_assert_eq(moment_written_day(&first_day), 0, "also before the epoch in UTC");
    struct moment before = {.seconds = -1};
    cr_assert_eq(moment_written_day(&before), -1);
}

static int compare_texts(const char *a, const char *b)
{
    struct moment x;
    struct moment y;
    cr_assert(moment_parse(a, strlen(a), &x));
    cr_assert(moment_parse(b, strlen(b), &y));
    int order = moment_compare(&x, &y);
    int reversed = moment_compare(&y, &x);
    cr_assert((order < 0) == (reversed > 0) && (order == 0) == (reversed == 0), "%s and %s", a, b);
    return order;
}

Test(moment, order_is_by_instant)
{
    cr_assert(compare_texts("2025-05-01T00:00:00Z", "2025-05-01T00:00:01Z") < 0);
    cr_assert(compare_texts("2025-05-01T00:00:00.5Z", "2025-05-01T00:00:00.25Z") > 0);
    cr_assert(compare_texts("2025-11-02T01:00:00-04:00", "2025-11-02T01:00:00-05:00") < 0,
              "the same wall time twice on the day the clocks go back");
    cr_assert_eq(compare_texts("2025-05-01T00:00:00-04:00", "2025-05-01T04:00:00Z"), 0);
    cr_assert_eq(compare_texts("2025-05-01", "2025-05-01T00:00:00"), 0);
    cr_assert_eq(compare_texts("2025-05-01T00:00:00", "2025-05-01T00:00:00Z"), 0,
                 "a zone that is not known is read as UTC");
}
