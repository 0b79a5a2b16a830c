#include "spelling.h"

#include <criterion/criterion.h>
#include <string.h>

/* 2021-02-24T14:00:00Z, in Toronto. */
enum { AT = 1614175200, OFFSET = -5 * 3600, MICROS = 1000000 };

struct spelled {
    enum spelling spelling;
    const char *text;
    int64_t written; /* seconds */
};

static const struct spelled spelled[SPELLING_COUNT] = {
    {SPELLING_ISO_Z, "2021-02-24T14:00:00Z", AT},
    {SPELLING_ISO_OFFSET, "2021-02-24T09:00:00-05:00", AT},
    {SPELLING_ISO_LOCAL, "2021-02-24T09:00:00", AT + OFFSET},
    {SPELLING_SNOWFLAKE_NTZ, "2021-02-24 14:00:00.000", AT},
    {SPELLING_SNOWFLAKE_TZ, "2021-02-24 09:00:00.000 -0500", AT},
    {SPELLING_DATE, "2021-02-24", AT - 14 * 3600},
    {SPELLING_EPOCH, "1614175200", AT},
};

Test(sim_spelling, every_spelling_is_written_as_documented)
{
    for (size_t i = 0; i < SPELLING_COUNT; i++) {
        char out[SPELLING_TEXT_SIZE];
        size_t size = spelling_format(spelled[i].spelling, AT, OFFSET, out);
        cr_assert_str_eq(out, spelled[i].text);
        cr_assert_eq(size, strlen(out));
    }
}

Test(sim_spelling, what_a_column_writes_it_also_understands)
{
    for (size_t i = 0; i < SPELLING_COUNT; i++) {
        int64_t written;
        cr_assert(spelling_parse(spelled[i].spelling, spelled[i].text, strlen(spelled[i].text), &written));
        cr_assert_eq(written, spelled[i].written * MICROS, "%s", spelled[i].text);
        cr_assert_eq(spelling_written(spelled[i].spelling, AT, OFFSET), written, "%s", spelled[i].text);
    }
}

Test(sim_spelling, an_instant_column_compares_other_spellings_by_instant)
{
    static const char *const same[] = {"2021-02-24T14:00Z",
                                       "2021-02-24 09:00:00 -0500",
                                       "2021-02-24T19:30:00+05:30",
                                       "2021-02-24T14:00:00.000000000Z",
                                       "2021-02-24T14:00:00",
                                       "2021-02-24T14:00:00+00",
                                       "1614175200"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        int64_t written;
        cr_assert(spelling_parse(SPELLING_ISO_Z, same[i], strlen(same[i]), &written), "%s", same[i]);
        cr_assert_eq(written, (int64_t)AT * MICROS, "%s", same[i]);
    }
}

Test(sim_spelling, fractions_count_down_to_the_microsecond)
{
    int64_t written;
    cr_assert(spelling_parse(SPELLING_ISO_Z, "2021-02-24T14:00:00.123456789Z", 30, &written));
    cr_assert_eq(written, (int64_t)AT * MICROS + 123456);
    cr_assert(spelling_parse(SPELLING_ISO_Z, "2021-02-24T14:00:00.5Z", 22, &written));
    cr_assert_eq(written, (int64_t)AT * MICROS + 500000);
}

Test(sim_spelling, what_is_no_time_is_not_understood)
{
    static const char *const bad[] = {"",
                                      "now",
                                      "2021-02-30",
                                      "2021-02-24T",
                                      "2021-02-24T14",
                                      "2021-02-24T24:00:00Z",
                                      "2021-02-24T14:60:00Z",
                                      "2021-02-24T14:00:00.Z",
                                      "2021-02-24T14:00:00.1234567890Z",
                                      "2021-02-24T14:00:00ZZ",
                                      "2021-02-24T14:00:00+5",
                                      "2021-02-24T14:00:00+05:",
                                      "2021-02-24T14:00:00 ",
                                      "2021-02-24x14:00:00",
                                      "2021-2-24",
                                      "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t written = -1;
        cr_assert_not(spelling_parse(SPELLING_ISO_Z, bad[i], strlen(bad[i]), &written), "'%s'", bad[i]);
        cr_assert_eq(written, -1);
    }
}

Test(sim_spelling, times_before_1970_keep_their_day)
{
    char out[SPELLING_TEXT_SIZE];
    spelling_format(SPELLING_ISO_LOCAL, 3600, OFFSET, out);
    cr_assert_str_eq(out, "1969-12-31T20:00:00");
    cr_assert_eq(spelling_written(SPELLING_DATE, 3600, OFFSET), -86400LL * MICROS);
}
