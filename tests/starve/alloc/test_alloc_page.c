/*
 * Questions and answers without memory: a page is read right, or STATUS_NOMEM; never "the page is broken", never a row
 * that says something else than the server. What a reader made is written out as text and compared.
 */
#include "fixture.h"
#include "starve.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable()
#define __lsan_enable()
#endif

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const columns[] = {"OCCUPANCY_MEAN", "NOTE"};

struct reading {
    struct unit unit;
    struct buf first; /* the answers */
    struct buf second;
    struct pager_options options;
    struct pager_evidence evidence;
    struct pager pager;
    size_t piece; /* 0: at once */
    struct buf expected;
};

static void add_row(struct buf *out, const char *start, const char *mean, const char *note)
{
    buf_appendf(
        out,
        "%s{\"DATE_PARTITION\":20250501,\"BUILDING_ID\":71,\"SITE_ID\":9,\"GROUP_ID\":\"" GROUP_A "\","
        "\"GRANULARITY\":\"PT1H\",\"DATE_TIME_START\":\"2025-05-01 %s:00:00\",\"OCCUPANCY_MEAN\":%s,\"NOTE\":%s}",
        out->size > 0 ? "," : "", start, mean, note);
}

/* Plain rows and odd ones: long texts, escapes, numbers that no double holds, objects, a row that is rejected. */
static void make_answers(struct reading *reading)
{
    struct buf rows = {0};
    char note[3000];
    add_row(&rows, "00", "1.5", "null");
    add_row(&rows, "01", "0.1234567890123456789012345678901234567890",
            "\"a \\u00e9 that is escaped, and long enough "
            "to need more than thirty-two bytes\"");
    memset(note, 'n', sizeof note);
    note[0] = note[sizeof note - 2] = '"';
    note[1] = '\\';
    note[sizeof note - 1] = '\0';
    add_row(&rows, "02", "3", note);
    add_row(&rows, "03", "123456789012345678901234567890123456789", "{\"zone\":[1,2,{\"x\":\"\\\"\"}]}");
    add_row(&rows, "04", "5", "[true,false,[]]");
    fixture_page(&reading->first, rows.data, 7);
    buf_reset(&rows);
    add_row(&rows, "05", "6", "\"x\"");
    add_row(&rows, "06", "7", "\"\\n\"");
    fixture_page(&reading->second, rows.data, 7);
    buf_release(&rows);
}

/* The rows and rejects of a batch as text. */
static void write_batch(struct buf *out, const struct batch *batch)
{
    for (size_t i = 0; i < batch->row_count; i++) {
        const struct row *row = &batch->rows[i];
        buf_appendf(out, "%zu %.*s", row->slice, (int)row->start_size, row->start_text);
        for (size_t c = 0; c < batch->column_count; c++) {
            const struct value *value = &row->values[c];
            if (value->kind == VALUE_TEXT || value->kind == VALUE_JSON)
                buf_appendf(out, " %d:%.*s", (int)value->kind, (int)value->size, value->text);
            else if (value->kind != VALUE_NULL)
                buf_appendf(out, " %d:%" PRIx64, (int)value->kind, (uint64_t)value->integer);
        }
        buf_append_char(out, '\n');
    }
    for (size_t i = 0; i < batch->reject_count; i++)
        buf_appendf(out, "%s: %.*s\n", batch->rejects[i].reason, (int)batch->rejects[i].raw_size,
                    batch->rejects[i].raw);
}

static void begin(struct reading *reading, size_t piece)
{
    *reading = (struct reading){.unit = fixture_single(), .piece = piece};
    reading->options = (struct pager_options){.dialect = DIALECT_HASURA,
                                              .dataset = dataset_built_in("building_insights"),
                                              .column_count = COUNT(columns),
                                              .columns = columns,
                                              .page_size = 5,
                                              .verify = PAGER_VERIFY_COUNT};
    make_answers(reading);
}

static enum status take_in_pieces(struct reading *reading, const struct buf *answer, struct buf *body, struct err *err)
{
    enum status status = STATUS_OK;
    for (size_t at = 0; status == STATUS_OK && at < answer->size; at += reading->piece) {
        size_t left = answer->size - at;
        buf_append(body, answer->data + at, left < reading->piece ? left : reading->piece);
        status = buf_status(body, err);
        if (status == STATUS_OK)
            status = pager_take(&reading->pager, body, at == 0, err);
    }
    return status;
}

/* One answer, as the engine hands it to the pager. */
static enum status feed(struct reading *reading, const struct buf *answer, enum pager_step wanted, struct err *err)
{
    struct buf body = {0};
    enum status status = STATUS_OK;
    if (reading->piece > 0)
        status = take_in_pieces(reading, answer, &body, err);
    else
        buf_append(&body, answer->data, answer->size);
    if (status == STATUS_OK)
        status = buf_status(&body, err);
    if (status == STATUS_OK) {
        enum pager_step step = pager_feed(&reading->pager, body.data, body.size, err);
        if (step != wanted)
            status = step == PAGER_FAIL ? err->kind : err_set(err, STATUS_BUG, "another step than with memory");
    }
    buf_release(&body);
    return status;
}

static enum status read_pages(void *context, struct err *err)
{
    struct reading *reading = context;
    pager_init(&reading->pager, &reading->options, &reading->evidence, &reading->unit);
    enum status status = feed(reading, &reading->first, PAGER_ASK, err);
    return status == STATUS_OK ? feed(reading, &reading->second, PAGER_DONE, err) : status;
}

static void check_pages(void *context)
{
    const struct reading *reading = context;
    struct buf got = {0};
    write_batch(&got, &reading->pager.batch);
    cr_assert_str_eq(buf_text(&got), buf_text(&reading->expected));
    buf_release(&got);
}

static void release_pages(void *context)
{
    struct reading *reading = context;
    pager_release(&reading->pager);
    reading->evidence = (struct pager_evidence){0};
}

static void end(struct reading *reading)
{
    buf_release(&reading->first);
    buf_release(&reading->second);
    buf_release(&reading->expected);
}

Test(alloc_page, pages_are_read_right_or_memory_is_out)
{
    for (size_t piece = 0; piece <= 1500; piece += 500) {
        struct reading reading;
        struct err err;
        begin(&reading, piece);
        cr_assert_eq(read_pages(&reading, &err), STATUS_OK, "%s", err.message);
        cr_assert_eq(reading.pager.batch.row_count, 7);
        write_batch(&reading.expected, &reading.pager.batch);
        release_pages(&reading);
        struct starved starved = {"pages", &reading, read_pages, check_pages, release_pages, STATUS_OK};
        cr_assert_gt(starve_each(&starved), 100);
        end(&reading);
    }
}

static enum status read_wide(void *context, struct err *err)
{
    struct reading *reading = context;
    pager_init(&reading->pager, &reading->options, &reading->evidence, &reading->unit);
    return feed(reading, &reading->first, PAGER_DONE, err);
}

/*
 * With more than ten members json-c makes the table of an object larger. It says nothing when it cannot, and loses what
 * it was about to add, which stays behind as a leak of its own.
 */
Test(alloc_page, a_member_that_json_c_loses_is_no_member_that_is_missing)
{
    static const char *const many[] = {"A", "B", "C", "D", "E", "F", "G"};
    struct reading reading = {.unit = fixture_single()};
    struct buf rows = {0};
    struct err err = {0};
    reading.options = (struct pager_options){.dialect = DIALECT_HASURA,
                                             .dataset = dataset_built_in("building_insights"),
                                             .column_count = COUNT(many),
                                             .columns = many,
                                             .page_size = 5,
                                             .verify = PAGER_VERIFY_COUNT};
    add_row(&rows, "00", "1", "\"\"");
    rows.size--;
    buf_append_text(&rows, ",\"A\":\"\\\\1\",\"B\":\"2\",\"C\":3,\"D\":4,\"E\":5,\"F\":6,\"G\":7}");
    fixture_page(&reading.first, rows.data, 1);
    buf_release(&rows);
    cr_assert_eq(read_wide(&reading, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(reading.pager.batch.row_count, 1);
    write_batch(&reading.expected, &reading.pager.batch);
    release_pages(&reading);
    struct starved starved = {"a wide row", &reading, read_wide, check_pages, release_pages, STATUS_OK};
    __lsan_disable();
    starve_each(&starved);
    __lsan_enable();
    end(&reading);
}
