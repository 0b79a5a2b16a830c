#include "model/batch.h"

#include <criterion/criterion.h>
#include <string.h>

static struct value integer(int64_t number)
{
    return (struct value){.kind = VALUE_INTEGER, .integer = number};
}

static struct value text(enum value_kind kind, const char *bytes)
{
    return value_of_text(kind, bytes, strlen(bytes));
}

static struct value real(double number)
{
    return (struct value){.kind = VALUE_REAL, .real = number};
}

/* A row of one integer column; what it points to lives in the batch's arena, as the contract asks. */
static void add(struct batch *batch, size_t slice, int64_t seconds, int64_t number)
{
    struct value *values = arena_calloc(&batch->arena, 1, sizeof *values);
    cr_assert_not_null(values);
    values[0] = integer(number);
    const struct row row = {.slice = slice, .start = {.seconds = seconds}, .values = values};
    cr_assert_eq(batch_add(batch, &row, NULL), STATUS_OK);
}

static void assert_row(const struct batch *batch, size_t at, size_t slice, int64_t seconds, int64_t number)
{
    const struct row *row = &batch->rows[at];
    cr_assert(row->slice == slice && row->start.seconds == seconds && row->values[0].integer == number,
              "row %zu is slice %zu, second %lld, value %lld", at, row->slice, (long long)row->start.seconds,
              (long long)row->values[0].integer);
}

Test(batch, rows_come_back_sorted_by_slice_and_start)
{
    struct batch batch = {0};
    batch_init(&batch, 1, 0);
    add(&batch, 2, 100, 1);
    add(&batch, 0, 300, 2);
    add(&batch, 2, 50, 3);
    add(&batch, 0, 200, 4);
    size_t conflict = 0;
    batch_finish(&batch, &conflict);
    cr_assert_eq(conflict, SIZE_MAX);
    cr_assert_eq(batch.row_count, 4);
    assert_row(&batch, 0, 0, 200, 4);
    assert_row(&batch, 1, 0, 300, 2);
    assert_row(&batch, 2, 2, 50, 3);
    assert_row(&batch, 3, 2, 100, 1);
    batch_release(&batch);
}

Test(batch, repeats_are_dropped_but_counted_as_received)
{
    struct batch batch = {0};
    batch_init(&batch, 1, 0);
    for (int pass = 0; pass < 3; pass++) {
        for (int64_t i = 0; i < 5; i++)
            add(&batch, 0, i, i * 10);
    }
    size_t conflict = 0;
    batch_finish(&batch, &conflict);
    cr_assert_eq(conflict, SIZE_MAX);
    cr_assert_eq(batch.row_count, 5);
    cr_assert_eq(batch.received, 15);
    for (size_t i = 0; i < 5; i++)
        assert_row(&batch, i, 0, (int64_t)i, (int64_t)i * 10);
    batch_release(&batch);
}

Test(batch, one_key_with_two_values_is_a_conflict_and_both_rows_stay)
{
    struct batch batch = {0};
    batch_init(&batch, 1, 0);
    add(&batch, 7, 100, 1);
    add(&batch, 3, 100, 1);
    add(&batch, 7, 100, 2);
    add(&batch, 3, 100, 9);
    size_t conflict = 0;
    batch_finish(&batch, &conflict);
    cr_assert_eq(conflict, 3, "the first in the order of slices, not %zu", conflict);
    cr_assert_eq(batch.row_count, 4);
    batch_release(&batch);
}

Test(batch, neighbouring_pair_that_conflicts_is_found_in_sorted_input)
{
    struct batch batch = {0};
    batch_init(&batch, 1, 0);
    add(&batch, 0, 100, 1);
    add(&batch, 0, 100, 2);
    size_t conflict = SIZE_MAX;
    batch_finish(&batch, &conflict);
    cr_assert_eq(conflict, 0);
    batch_release(&batch);
}

Test(batch, fraction_of_a_second_makes_another_key)
{
    struct batch batch = {0};
    batch_init(&batch, 0, 0);
    const struct row rows[] = {
        {.start = {.seconds = 5, .nanos = 2}}, {.start = {.seconds = 5, .nanos = 1}}, {.start = {.seconds = 5}}};
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(batch_add(&batch, &rows[i], NULL), STATUS_OK);
    size_t conflict = 0;
    batch_finish(&batch, &conflict);
    cr_assert_eq(conflict, SIZE_MAX);
    cr_assert_eq(batch.row_count, 3);
    cr_assert_eq(batch.rows[2].start.nanos, 2);
    batch_release(&batch);
}

/* 2024-11-03 in Toronto: 02:00 becomes 01:00, so 01:00 to 02:00 comes twice. */
static void expect_twice(const char *name, int64_t digits, int64_t second, bool zone_known, bool is_ambiguous)
{
    struct batch batch = {0};
    struct zone *zone = NULL;
    const struct value same = {.kind = VALUE_INTEGER, .integer = second};
    const struct row rows[] = {{.start = {.seconds = digits + 1, .zone_known = zone_known}, .values = &same},
                               {.start = {.seconds = digits, .zone_known = zone_known}, .values = &same},
                               {.start = {.seconds = digits, .zone_known = zone_known}, .values = &same}};
    size_t conflict = 7;
    cr_assert_eq(zone_load(name, &zone, NULL), STATUS_OK);
    batch_init(&batch, 1, 0);
    batch.zone = zone;
    for (int again = 0; again < 2; again++) { /* a batch that is begun again keeps its zone */
        for (size_t i = 0; i < 3; i++)
            cr_assert_eq(batch_add(&batch, &rows[i], NULL), STATUS_OK);
        batch_finish(&batch, &conflict);
        cr_expect_eq(conflict, is_ambiguous ? 0 : SIZE_MAX, "%s %lld", name, (long long)digits);
        cr_expect_eq(batch.row_count, is_ambiguous ? 3 : 2);
        cr_expect_eq(batch.ambiguous != NULL, is_ambiguous);
        cr_expect(batch.ambiguous == NULL || batch.ambiguous->start.seconds == digits);
        batch_reset(&batch);
    }
    batch_release(&batch);
    zone_free(zone);
}

Test(batch, equal_rows_of_an_hour_that_comes_twice_are_no_repeat)
{
    enum { AUTUMN = 1730592000, SPRING = 1741478400 }; /* midnights of 2024-11-03 and 2025-03-09, as if in UTC */
    expect_twice("America/Toronto", AUTUMN + 3600, 0, false, true);
    expect_twice("America/Toronto", AUTUMN + 2 * 3600 - 1, 0, false, true);
    expect_twice("America/Toronto", AUTUMN + 3600, 0, true, false);
    expect_twice("America/Toronto", AUTUMN + 3599, 0, false, false);
    expect_twice("America/Toronto", AUTUMN + 2 * 3600, 0, false, false);
    expect_twice("America/Toronto", AUTUMN + 25 * 3600, 0, false, false);
    expect_twice("America/Toronto", SPRING + 2 * 3600, 0, false, false);
    expect_twice("UTC", AUTUMN + 3600, 0, false, false);
    expect_twice("Australia/Lord_Howe", 1743904800 + 3600 - 1, 0, false, false); /* 2025-04-06 02:00: by half an hour */
    expect_twice("Australia/Lord_Howe", 1743904800 - 1800, 0, false, true);
}

Test(batch, empty_batch_can_be_finished)
{
    struct batch batch = {0};
    batch_init(&batch, 3, 0);
    size_t conflict = 0;
    batch_finish(&batch, &conflict);
    cr_assert_eq(conflict, SIZE_MAX);
    cr_assert_eq(batch.row_count, 0);
    batch_release(&batch);
    batch_release(&batch);
}

Test(batch, many_rows_grow_the_batch)
{
    struct batch batch = {0};
    batch_init(&batch, 1, 0);
    for (int64_t i = 0; i < 5000; i++)
        add(&batch, 0, 4999 - i, i);
    size_t conflict = 0;
    batch_finish(&batch, &conflict);
    cr_assert_eq(batch.row_count, 5000);
    for (size_t i = 0; i < 5000; i++)
        assert_row(&batch, i, 0, (int64_t)i, 4999 - (int64_t)i);
    batch_release(&batch);
}

Test(batch, rows_beyond_the_maximum_are_refused)
{
    struct batch batch = {0};
    batch_init(&batch, 0, 100000);
    const struct row row = {0};
    enum status status = STATUS_OK;
    size_t added = 0;
    struct err err = {0};
    while (status == STATUS_OK && added < 100000) {
        status = batch_add(&batch, &row, &err);
        added += status == STATUS_OK;
    }
    cr_assert_eq(status, STATUS_NOMEM);
    cr_assert_eq(err.kind, STATUS_NOMEM);
    cr_assert(added > 0 && added * sizeof row < 100000);
    cr_assert_eq(batch.row_count, added, "what was added before is still there");
    batch_release(&batch);
}

Test(batch, rejects_are_copied_and_counted)
{
    struct batch batch = {0};
    batch_init(&batch, 1, 0);
    char reason[] = "DATE_TIME_START is missing";
    char raw[] = "{\"A\":1}";
    cr_assert_eq(batch_reject(&batch, 4, reason, raw, strlen(raw), NULL), STATUS_OK);
    cr_assert_eq(batch_reject(&batch, SIZE_MAX, "no slice", "", 0, NULL), STATUS_OK);
    memset(reason, 'x', sizeof reason);
    memset(raw, 'x', sizeof raw);
    cr_assert_eq(batch.reject_count, 2);
    cr_assert_eq(batch.received, 2);
    cr_assert_eq(batch.rejects[0].slice, 4);
    cr_assert_str_eq(batch.rejects[0].reason, "DATE_TIME_START is missing");
    cr_assert(batch.rejects[0].raw_size == 7 && memcmp(batch.rejects[0].raw, "{\"A\":1}", 7) == 0);
    cr_assert_eq(batch.rejects[1].slice, SIZE_MAX);
    cr_assert_eq(batch.rejects[1].raw_size, 0);
    batch_release(&batch);
}

Test(batch, raw_text_of_a_reject_is_cut)
{
    struct batch batch = {0};
    batch_init(&batch, 1, 0);
    static char raw[REJECT_RAW_MAX + 100];
    memset(raw, 'r', sizeof raw);
    cr_assert_eq(batch_reject(&batch, 0, "too long", raw, sizeof raw, NULL), STATUS_OK);
    cr_assert_eq(batch.rejects[0].raw_size, REJECT_RAW_MAX);
    cr_assert_eq(batch.rejects[0].raw[REJECT_RAW_MAX - 1], 'r');
    batch_release(&batch);
}

Test(batch, rejects_beyond_the_maximum_are_only_counted)
{
    struct batch batch = {0};
    batch_init(&batch, 1, 0);
    for (int i = 0; i < BATCH_REJECTS_MAX + 25; i++)
        cr_assert_eq(batch_reject(&batch, 0, "bad", "raw", 3, NULL), STATUS_OK);
    cr_assert_eq(batch.reject_count, BATCH_REJECTS_MAX);
    cr_assert_eq(batch.rejects_dropped, 25);
    cr_assert_eq(batch.received, BATCH_REJECTS_MAX + 25);
    batch_release(&batch);
}

Test(batch, reset_starts_the_unit_again)
{
    struct batch batch = {0};
    batch_init(&batch, 1, 1 << 20);
    add(&batch, 0, 1, 1);
    cr_assert_eq(batch_reject(&batch, 0, "bad", "raw", 3, NULL), STATUS_OK);
    batch_reset(&batch);
    cr_assert(batch.row_count == 0 && batch.reject_count == 0 && batch.received == 0 && batch.rejects_dropped == 0);
    cr_assert_eq(batch.column_count, 1);
    cr_assert_eq(batch.arena.max, 1 << 20);
    add(&batch, 5, 6, 7);
    cr_assert_eq(batch.row_count, 1);
    assert_row(&batch, 0, 5, 6, 7);
    batch_release(&batch);
}

Test(batch, values_are_equal_only_in_kind_and_content)
{
    const struct value values[] = {
        {.kind = VALUE_NULL},
        integer(0),
        integer(1),
        real(0.0),
        real(-0.0),
        real(1.0),
        text(VALUE_TEXT, ""),
        text(VALUE_TEXT, "1"),
        text(VALUE_TEXT, "12"),
        text(VALUE_TEXT, "null"),
        text(VALUE_JSON, "{}"),
        text(VALUE_JSON, "[1]"),
        text(VALUE_JSON, "12"),
    };
    enum { COUNT = sizeof values / sizeof values[0] };
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < COUNT; j++)
            cr_expect_eq(value_equal(&values[i], &values[j]), i == j, "values %zu and %zu", i, j);
    }
}

Test(batch, nulls_are_equal_whatever_lies_beside_them)
{
    struct value a = {.kind = VALUE_NULL, .integer = 5};
    struct value b = {.kind = VALUE_NULL, .size = 1, .integer = 6};
    cr_assert(value_equal(&a, &b));
    a = integer(5);
    b = integer(5);
    b.size = 1;
    cr_assert(value_equal(&a, &b));
}

/* A row of one extra key and no column. */
static void add_keyed(struct batch *batch, size_t slice, int64_t seconds, struct value key)
{
    struct value *keys = arena_calloc(&batch->arena, 1, sizeof *keys);
    cr_assert_not_null(keys);
    keys[0] = key;
    const struct row row = {.slice = slice, .start = {.seconds = seconds}, .keys = keys};
    cr_assert_eq(batch_add(batch, &row, NULL), STATUS_OK);
}

Test(batch, rows_of_one_start_are_told_apart_and_sorted_by_their_extra_keys)
{
    struct batch batch = {0};
    batch_init(&batch, 0, 0);
    batch.key_count = 1;
    add_keyed(&batch, 0, 100, text(VALUE_TEXT, "desk"));
    add_keyed(&batch, 0, 100, integer(10));
    add_keyed(&batch, 0, 50, integer(99));
    add_keyed(&batch, 0, 100, integer(9));
    add_keyed(&batch, 0, 100, text(VALUE_TEXT, "des"));
    add_keyed(&batch, 0, 100, integer(9)); /* a repeat */
    size_t conflict = 0;
    batch_finish(&batch, &conflict);
    cr_assert_eq(conflict, SIZE_MAX);
    cr_assert_eq(batch.row_count, 5);
    cr_expect_eq(batch.rows[0].keys[0].integer, 99);
    cr_expect_eq(batch.rows[1].keys[0].integer, 9);
    cr_expect_eq(batch.rows[2].keys[0].integer, 10);
    cr_expect_eq(batch.rows[3].keys[0].size, 3);
    cr_expect_eq(batch.rows[4].keys[0].size, 4);
    batch_release(&batch);
}

Test(batch, a_reset_keeps_the_number_of_extra_keys)
{
    struct batch batch = {0};
    batch_init(&batch, 0, 0);
    batch.key_count = 1;
    add_keyed(&batch, 0, 100, integer(1));
    batch_reset(&batch);
    cr_assert_eq(batch.row_count, 0);
    add_keyed(&batch, 3, 100, integer(2));
    add_keyed(&batch, 3, 100, integer(1));
    size_t conflict = 0;
    batch_finish(&batch, &conflict);
    cr_expect_eq(batch.row_count, 2);
    cr_expect_eq(batch.rows[0].keys[0].integer, 1);
    batch_release(&batch);
}

Test(batch, the_first_extra_key_that_differs_decides)
{
    const struct value a[] = {integer(1), text(VALUE_TEXT, "b")};
    const struct value b[] = {integer(1), text(VALUE_TEXT, "c")};
    const struct value c[] = {integer(2), text(VALUE_TEXT, "a")};
    cr_expect_lt(keys_compare(a, b, 2), 0);
    cr_expect_lt(keys_compare(b, c, 2), 0);
    cr_expect_eq(keys_compare(a, b, 1), 0);
    cr_expect_eq(keys_compare(NULL, NULL, 0), 0);
}
