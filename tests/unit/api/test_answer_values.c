/* What becomes of the values of a row: stored faithfully, or the row is a reject that says why. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct batch read_value(const char *start, const char *value)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    struct buf rows = {0};
    struct buf body = {0};
    struct batch batch = {0};
    struct page_summary page;
    struct err err = {0};
    fixture_row(&rows, 20250501, 9, GROUP_A, start, value);
    fixture_page(&body, buf_text(&rows), -1);
    batch_init(&batch, 1, 0);
    cr_assert_eq(page_read(&query, body.data, body.size, &batch, &page, &err), STATUS_OK, "%s: %s", value, err.message);
    buf_release(&rows);
    buf_release(&body);
    return batch;
}

static void expect_text(const char *json, enum value_kind kind, const char *text)
{
    struct batch batch = read_value("\"2025-05-01T04:00:00\"", json);
    cr_assert_eq(batch.row_count, 1u, "%s", json);
    const struct value *value = &batch.rows[0].values[0];
    cr_expect_eq(value->kind, kind, "%s", json);
    cr_assert_eq(value->size, strlen(text), "%s", json);
    cr_expect_eq(memcmp(value->text, text, value->size), 0, "%s", json);
    batch_release(&batch);
}

static void expect_integer(const char *json, int64_t integer)
{
    struct batch batch = read_value("\"2025-05-01T04:00:00\"", json);
    cr_assert_eq(batch.row_count, 1u, "%s", json);
    cr_expect_eq(batch.rows[0].values[0].kind, VALUE_INTEGER, "%s", json);
    cr_expect_eq(batch.rows[0].values[0].integer, integer, "%s", json);
    batch_release(&batch);
}

static void expect_real(const char *json)
{
    struct batch batch = read_value("\"2025-05-01T04:00:00\"", json);
    cr_assert_eq(batch.row_count, 1u, "%s", json);
    cr_expect_eq(batch.rows[0].values[0].kind, VALUE_REAL, "%s", json);
    double wanted = strtod(json, NULL);
    cr_expect_eq(memcmp(&batch.rows[0].values[0].real, &wanted, sizeof wanted), 0, "%s", json);
    batch_release(&batch);
}

static void expect_flaw(const char *start, const char *json, const char *reason)
{
    struct batch batch = read_value(start, json);
    cr_expect_eq(batch.row_count, 0u, "%s", json);
    cr_assert_eq(batch.reject_count, 1u, "%s", json);
    cr_expect_str_eq(batch.rejects[0].reason, reason);
    cr_expect_eq(batch.rejects[0].slice, 0u, "%s", json);
    batch_release(&batch);
}

Test(answer_values, whole_numbers_and_booleans_are_integers)
{
    expect_integer("0", 0);
    expect_integer("-0", 0);
    expect_integer("9007199254740993", INT64_C(9007199254740993));
    expect_integer("9223372036854775807", INT64_MAX);
    expect_integer("-9223372036854775808", INT64_MIN);
    expect_integer("true", 1);
    expect_integer("false", 0);
}

Test(answer_values, numbers_with_fraction_or_exponent_are_real_when_a_double_holds_them)
{
    expect_real("0.1");
    expect_real("1.0");
    expect_real("-0.0");
    expect_real("1.230000000000000e+00");
    expect_real("1e2");
    expect_real("5e-324");
    expect_real("0.30000000000000004");
}

Test(answer_values, numbers_that_neither_holds_keep_their_digits)
{
    expect_text("9223372036854775808", VALUE_TEXT, "9223372036854775808");
    expect_text("-170141183460469231731687303715884105728", VALUE_TEXT, "-170141183460469231731687303715884105728");
    expect_text("0.1234567890123456789", VALUE_TEXT, "0.1234567890123456789");
    expect_text("1e400", VALUE_TEXT, "1e400");
    expect_text("9007199254740993.0", VALUE_TEXT, "9007199254740993.0");
}

Test(answer_values, strings_stay_text_even_when_they_look_like_numbers)
{
    expect_text("\"12\"", VALUE_TEXT, "12");
    expect_text("\"1.50\"", VALUE_TEXT, "1.50");
    expect_text("\"\"", VALUE_TEXT, "");
    expect_text("\"null\"", VALUE_TEXT, "null");
    expect_text("\"\\ud837\\udc00 \\ud876\\uDC00 \\udbff\\udfff\"", VALUE_TEXT,
                "\xF0\x9D\xB0\x80 \xF0\xAD\xA0\x80 \xF4\x8F\xBF\xBF"); /* json-c makes U+FFFD of the first two */
    expect_text("\" \\\"\\\\\\/\\n\\u00e9\\ud83d\\ude00 \xC3\xA9\"", VALUE_TEXT,
                " \"\\/\n\xC3\xA9\xF0\x9F\x98\x80 \xC3\xA9");
}

Test(answer_values, objects_and_arrays_are_kept_as_they_came)
{
    expect_text("{\"zone\": 7,  \"share\":0.50 , \"zone\":8}", VALUE_JSON,
                "{\"zone\": 7,  \"share\":0.50 , \"zone\":8}");
    expect_text("[1, 2.0,{\"a\":\"\\u0000\\ud800\"}]", VALUE_JSON, "[1, 2.0,{\"a\":\"\\u0000\\ud800\"}]");
    expect_text("{}", VALUE_JSON, "{}");
}

Test(answer_values, null_and_a_missing_column_are_null)
{
    struct batch batch = read_value("\"2025-05-01T04:00:00\"", "null");
    cr_assert_eq(batch.row_count, 1u);
    cr_expect_eq(batch.rows[0].values[0].kind, VALUE_NULL);
    batch_release(&batch);
    batch = read_value("\"2025-05-01T04:00:00\",\"OTHER\":1,\"x\":1", "5");
    cr_expect_eq(batch.rows[0].values[0].integer, 5);
    batch_release(&batch);
}

Test(answer_values, a_column_that_the_row_does_not_have_is_null)
{
    static const char *const columns[] = {"ABSENT", "SITE_ID", "OCCUPANCY_MEAN"};
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    struct buf rows = {0};
    struct buf body = {0};
    struct batch batch = {0};
    struct page_summary page;
    struct err err = {0};
    query.columns = columns;
    query.column_count = 3;
    fixture_row(&rows, 20250501, 9, GROUP_A, "\"2025-05-01T04:00:00\"", "5");
    fixture_page(&body, buf_text(&rows), -1);
    batch_init(&batch, 3, 0);
    cr_assert_eq(page_read(&query, body.data, body.size, &batch, &page, &err), STATUS_OK);
    cr_assert_eq(batch.row_count, 1u);
    cr_expect_eq(batch.rows[0].values[0].kind, VALUE_NULL);
    cr_expect_eq(batch.rows[0].values[1].integer, 9, "a key column may be asked for as a column too");
    cr_expect_eq(batch.rows[0].values[2].integer, 5);
    batch_release(&batch);
    buf_release(&rows);
    buf_release(&body);
}

Test(answer_values, strings_that_cannot_be_text_are_rejects)
{
    const char *start = "\"2025-05-01T04:00:00\"";
    expect_flaw(start, "\"a\\u0000b\"", "OCCUPANCY_MEAN holds NUL");
    expect_flaw(start, "\"\\ud800\"", "OCCUPANCY_MEAN holds half a surrogate pair");
    expect_flaw(start, "\"\\udc00\\ud800\"", "OCCUPANCY_MEAN holds half a surrogate pair");
}

Test(answer_values, bytes_that_are_not_utf8_are_rejects_of_their_slice)
{
    const char *start = "\"2025-05-01T04:00:00\"";
    static const char *const values[] = {"\"\xFF\"",         "\"\xC3\"",     "\"\xC0\x80\"",
                                         "\"\xED\xA0\x80\"", "\"\xE2\x82\"", "\"\xF4\x90\x80\x80\"",
                                         "{\"a\":\"\x80\"}", "[\"\xF8\"]"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        expect_flaw(start, values[i], "the row is not UTF-8");
}

static void expect_start(const char *json, const char *text, int64_t seconds, bool zone_known)
{
    struct batch batch = read_value(json, "1");
    cr_assert_eq(batch.row_count, 1u, "%s", json);
    cr_expect_str_eq(batch.rows[0].start_text, text);
    cr_expect_eq(batch.rows[0].start_size, strlen(text));
    cr_expect_eq(batch.rows[0].start.seconds, seconds, "%s", json);
    cr_expect_eq(batch.rows[0].start.zone_known, zone_known, "%s", json);
    batch_release(&batch);
}

Test(answer_values, every_spelling_of_a_start_is_kept_character_for_character)
{
    expect_start("\"2025-05-01T04:00:00Z\"", "2025-05-01T04:00:00Z", 1746072000, true);
    expect_start("\"2025-05-01 04:00:00.123\"", "2025-05-01 04:00:00.123", 1746072000, false);
    expect_start("\"2025-05-01 00:00:00.000 -0400\"", "2025-05-01 00:00:00.000 -0400", 1746072000, true);
    expect_start("\"2025-05-01T00:00:00-04:00\"", "2025-05-01T00:00:00-04:00", 1746072000, true);
    expect_start("\"2025-05-01\"", "2025-05-01", 1746057600, false);
    expect_start("\"2025\\u002d05-01\"", "2025-05-01", 1746057600, false);
    expect_start("1746072000", "1746072000", 1746072000, true);
    expect_start("1746072000123", "1746072000123", 1746072000, true);
    expect_start("\"1746072000\"", "1746072000", 1746072000, true);
}

Test(answer_values, a_deep_value_is_kept_within_the_maximum_depth)
{
    enum { DEPTH = 400 };
    char value[2 * DEPTH + 1];
    memset(value, '[', DEPTH);
    memset(value + DEPTH, ']', DEPTH);
    value[2 * DEPTH] = '\0';
    expect_text(value, VALUE_JSON, value);
}

Test(answer_values, a_long_reject_keeps_the_front_of_its_raw_text)
{
    char value[REJECT_RAW_MAX + 100];
    memset(value, 'x', sizeof value);
    value[0] = '"';
    memcpy(value + sizeof value - 8, "\\u0000\"", 8);
    struct batch batch = read_value("\"2025-05-01T04:00:00\"", value);
    cr_assert_eq(batch.reject_count, 1u);
    cr_expect_eq(batch.rejects[0].raw_size, (size_t)REJECT_RAW_MAX);
    batch_release(&batch);
}
