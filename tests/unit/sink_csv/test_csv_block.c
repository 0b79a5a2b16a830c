/* Lines are what records make of the same rows, byte for byte. */
#include "bench.h"
#include "sink/csv_block.h"
#include "sink/csv_render.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const column_names[] = {"A"};
static const struct dataset rows_dataset = {.name = "rows"};
static struct csv_columns columns;
static struct zone *zone;

static void begin(void)
{
    must(zone_load("America/Toronto", &zone, &problem));
    must(csv_columns_init(&columns, &rows_dataset, 1, column_names, &problem));
}

static void end(void)
{
    zone_free(zone);
}

TestSuite(csv_block, .init = begin, .fini = end);

static struct sink_slice slice_of(const struct row *row, const char *group)
{
    return (struct sink_slice){.key = {71, -9, group, "PT1H"}, .zone = zone, .day = DAY, .rows = row, .row_count = 1};
}

static void expect_same(struct value value, const char *start, const char *group, bool excel_safe)
{
    struct row row = {.start_text = start, .start_size = strlen(start), .values = &value};
    cr_assert(moment_parse(start, row.start_size, &row.start), "%s", start);
    const struct sink_slice slice = slice_of(&row, group);
    struct arena arena = {0};
    struct csv_record record;
    struct buf want = {.max = (size_t)16 << 20};
    struct buf got = {.max = (size_t)16 << 20};
    must(csv_render(&slice, &row, &columns, excel_safe, &arena, &record, &problem));
    csv_record_append(&want, &record);
    must(csv_block_append(&got, &slice, &columns, excel_safe, &problem));
    cr_expect_str_eq(buf_text(&got), buf_text(&want));
    buf_release(&want);
    buf_release(&got);
    arena_release(&arena);
}

static void expect_value(struct value value)
{
    expect_same(value, "2025-05-01T04:00:00Z", "a", false);
}

Test(csv_block, numbers)
{
    const double reals[] = {0,         -0.0,       0.5,       -0.5,          1.5,          116.583333,
                            0.1,       0.1 + 0.2,  1e-4,      9.9e-5,        1e-5,         1e14,
                            1e15,      1e16,       1e300,     123456789.125, 1e-300,       0.85723,
                            1.0 / 3.0, 2.0 / 3.0,  58.291667, 100,           1e9,          999999999999999.0,
                            5e-324,    0.00012345, 4503.6275, 12345.6789012, 99999999.9999};
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
        expect_value(REAL(reals[i]));
    const int64_t integers[] = {0, 1, -1, 9, 10, 99, INT64_MAX, INT64_MIN, 20250501};
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
        expect_value(INT(integers[i]));
}

Test(csv_block, random_numbers)
{
    uint64_t state = 42;
    for (int i = 0; i < 200000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        double number;
        if (i % 2 == 0) { /* decimals of few digits, as the API sends them */
            number = (double)(int64_t)(state >> 40) / pow(10, (double)(state % 8));
        } else { /* any bits at all */
            memcpy(&number, &state, sizeof number);
        }
        if (isfinite(number))
            expect_value(REAL(number));
    }
}

Test(csv_block, texts)
{
    expect_value(NIL);
    expect_value(TEXT(""));
    expect_value(TEXT("plain"));
    expect_value(TEXT("with, comma"));
    expect_value(TEXT("with \"quotes\""));
    expect_value(TEXT("two\nlines\r"));
    expect_value(TEXT("a\0b"));
    expect_same(TEXT("=1+1"), "2025-05-01T04:00:00Z", "a", true);
    expect_same(TEXT("=1+1"), "2025-05-01T04:00:00Z", "a", false);
    expect_value((struct value){.kind = VALUE_JSON, .text = "{\"a\":[1,2]}", .size = 11});
}

Test(csv_block, starts_and_groups)
{
    const char *const starts[] = {"2025-05-01T04:00:00Z", "2025-05-01T23:59:59.000-04:00",
                                  "2025-05-01 05:00",     "2025-05-01",
                                  "1746057600",           "1746057600123",
                                  "1970-01-01T03:00:00Z", "1999-01-01T00:00:00Z",
                                  "2025-03-09T07:00:00Z", "2025-11-02T05:30:00+00:00",
                                  "2099-12-31T23:59:59Z"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        expect_same(INT(1), starts[i], "group, with \"all\"", false);
}
