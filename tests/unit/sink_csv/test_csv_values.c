#include "bench.h"
#include "sink/csv_reader.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(csv_values, .init = bench_begin, .fini = bench_end);

/* The two values of the only row after it was put and merged, as they stand in the file. */
static void store(struct value note, struct value amount)
{
    const struct item item = {0, {note, amount}};
    bench_open();
    bench_put(71, "a", DAY, &item, 1);
    must(bench_merge());
}

static void expect_stored(const char *want)
{
    const char *text = bench_read(PART_71);
    cr_assert_not_null(text);
    const char *at = strstr(text, "T00:00:00Z,");
    cr_assert_not_null(at);
    at += strlen("T00:00:00Z,");
    const char *end = strstr(at, ",2025-05-01T00");
    cr_assert_not_null(end);
    cr_assert(strlen(want) == (size_t)(end - at) && strncmp(at, want, strlen(want)) == 0, "%.*s, wanted %s",
              (int)(end - at), at, want);
}

Test(csv_values, real_values_read_back_as_the_same_double)
{
    static const double values[] = {0.1,     1.0 / 3, 0.1 + 0.2, -0.0,     5.0,
                                    DBL_MAX, DBL_MIN, 5e-324,    1e22 + 1, 123456789.123456789};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct csv_reader *reader;
        const struct csv_field *fields;
        size_t count;
        store(REAL(values[i]), NIL);
        must(csv_reader_open(PART_71, &reader, &problem));
        must(csv_reader_next(reader, &fields, &count, &problem));
        must(csv_reader_next(reader, &fields, &count, &problem));
        char *text = strndup(fields[6].text, fields[6].size);
        cr_assert_not_null(text);
        double back = strtod(text, NULL);
        free(text);
        cr_expect(memcmp(&back, &values[i], sizeof back) == 0, "%.17g came back as %.*s", values[i],
                  (int)fields[6].size, fields[6].text);
        csv_reader_close(reader);
        const struct item again = {0, {REAL(values[i]), NIL}};
        bench_put(71, "a", DAY, &again, 1);
        must(bench_merge());
        bench_expect(0, (struct sink_changes){.unchanged = 1});
    }
}

Test(csv_values, short_numbers_stay_short)
{
    store(REAL(0.1), INT(INT64_MIN));
    expect_stored("0.1,-9223372036854775808");
}

Test(csv_values, formulas_are_written_as_they_are_without_excel_safe)
{
    store(TEXT("=1+1"), TEXT("@x"));
    expect_stored("=1+1,@x");
}

Test(csv_values, formulas_become_text_with_excel_safe)
{
    bench.options.excel_safe = true;
    static const struct {
        const char *text;
        const char *want;
    } texts[] = {
        {"=1+1", "'=1+1,-5"},   {"+1", "'+1,-5"},         {"-1", "'-1,-5"}, {"@x", "'@x,-5"},  {"\tx", "'\tx,-5"},
        {"\rx", "\"'\rx\",-5"}, {"=a,b", "\"'=a,b\",-5"}, {"'x", "'x,-5"},  {"a=b", "a=b,-5"}, {"", "\"\",-5"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        store(bench_text(texts[i].text, strlen(texts[i].text)), INT(-5)); /* a number is no formula */
        expect_stored(texts[i].want);
    }
}

Test(csv_values, json_is_quoted_like_text)
{
    store((struct value){.kind = VALUE_JSON, .text = "{\"a\":[1,2]}", .size = 11}, NIL);
    expect_stored("\"{\"\"a\"\":[1,2]}\",");
}

/* A file with a NUL could never be read again. */
Test(csv_values, nul_in_a_text_becomes_a_question_mark)
{
    store(TEXT("a\0b"), NIL);
    expect_stored("a?b,");
    store(TEXT("a\0b"), NIL);
    bench_expect(0, (struct sink_changes){.unchanged = 1});
}

/* What the reader would refuse is not written: else the file could never be merged again. */
Test(csv_values, row_that_could_not_be_read_again_is_refused)
{
    char *text = calloc(CSV_RECORD_MAX, 1);
    cr_assert_not_null(text);
    memset(text, '"', CSV_RECORD_MAX);
    const struct value values[2] = {bench_text(text, CSV_RECORD_MAX - 16), NIL};
    struct row row = {.start_text = "2025-05-01T00:00:00Z", .start_size = 20, .values = values};
    cr_assert(moment_parse(row.start_text, row.start_size, &row.start));
    struct sink_slice slice = {.series_id = 7, .key = {71, 1, "a", "PT1H"}, .zone = bench.zone, .day = DAY};
    slice.rows = &row;
    slice.row_count = 1;
    bench_open();
    cr_assert_eq(sink_csv_put(bench.sink, &slice, &problem), STATUS_IO);
    sink_csv_discard(bench.sink);
    store(bench_text(text, CSV_RECORD_MAX - 1024), NIL);
    store(bench_text(text, CSV_RECORD_MAX - 1024), NIL); /* with its quotes doubled it is read all the same */
    bench_expect(0, (struct sink_changes){.unchanged = 1});
    free(text);
}

Test(csv_values, local_columns_follow_the_zone_and_unknown_zones_have_no_utc)
{
    struct zone *toronto;
    must(zone_load("America/Toronto", &toronto, &problem));
    const struct value values[2] = {NIL, NIL};
    struct row rows[2] = {{.start_text = "2025-05-01 23:00:00", .start_size = 19, .values = values},
                          {.start_text = "2025-05-02T03:30:00Z", .start_size = 20, .values = values}};
    for (size_t i = 0; i < 2; i++)
        cr_assert(moment_parse(rows[i].start_text, rows[i].start_size, &rows[i].start));
    struct sink_slice slice = {.series_id = 7, .key = {71, 1, "a", "PT1H"}, .zone = toronto, .day = DAY};
    slice.rows = rows;
    slice.row_count = 2;
    bench_open();
    must(sink_csv_put(bench.sink, &slice, &problem));
    must(bench_merge());
    bench_expect_file(PART_71,
                      HEADER "71,1,a,PT1H,20250501,2025-05-01 23:00:00,,,,2025-05-01,23\n"
                             "71,1,a,PT1H,20250501,2025-05-02T03:30:00Z,,,2025-05-02T03:30:00Z,2025-05-01,23\n");
    zone_free(toronto);
}
