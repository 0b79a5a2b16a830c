#include "bench.h"
#include "core/buf.h"
#include "sink/csv_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(csv_reader, .init = bench_begin, .fini = bench_end);

static void write_bytes(const char *bytes, size_t size)
{
    FILE *file = fopen("in.csv", "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

/* Every record as [field][field], null as -, a record a line; how it ended is returned. */
static enum status dump(const char *bytes, size_t size, struct buf *out)
{
    struct csv_reader *reader;
    const struct csv_field *fields;
    size_t count = 1;
    write_bytes(bytes, size);
    must(csv_reader_open("in.csv", &reader, &problem));
    enum status status = STATUS_OK;
    while (status == STATUS_OK && count > 0) {
        status = csv_reader_next(reader, &fields, &count, &problem);
        for (size_t i = 0; status == STATUS_OK && i < count; i++) {
            buf_append_text(out, fields[i].is_null ? "-" : "[");
            buf_append(out, fields[i].text, fields[i].size);
            buf_append_text(out, fields[i].is_null ? "" : "]");
        }
        if (status == STATUS_OK && count > 0)
            buf_append_char(out, '\n');
    }
    csv_reader_close(reader);
    return status;
}

Test(csv_reader, every_form_of_rfc_4180_is_read)
{
    static const struct {
        const char *text;
        const char *want;
    } forms[] = {
        {"", ""},
        {"a\n", "[a]\n"},
        {"a,b\nc,d\n", "[a][b]\n[c][d]\n"},
        {"a,,c\n", "[a]-[c]\n"},
        {",\n", "--\n"},
        {"\n", "-\n"},
        {"a,\"\"\n", "[a][]\n"},
        {"\"\",\n", "[]-\n"},
        {"\"a\",\"b c\"\n", "[a][b c]\n"},
        {"\"a,b\",c\n", "[a,b][c]\n"},
        {"\"a\nb\",c\n", "[a\nb][c]\n"},
        {"\"a\r\nb\",c\n", "[a\r\nb][c]\n"},
        {"\"say \"\"hi\"\"\"\n", "[say \"hi\"]\n"},
        {"\"\"\"\"\n", "[\"]\n"},
        {"\"\"\"\"\"\"\n", "[\"\"]\n"},
        {" a , b \n", "[ a ][ b ]\n"},
        {"\xC3\xA9\t'\n", "[\xC3\xA9\t']\n"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct buf got = {0};
        must(dump(forms[i].text, strlen(forms[i].text), &got));
        cr_expect_str_eq(buf_text(&got), forms[i].want, "form %zu", i);
        buf_release(&got);
    }
}

Test(csv_reader, damage_is_refused_with_its_place)
{
    static const struct {
        const char *text;
        size_t size;
        const char *want;
    } cases[] = {
#define DAMAGED(text, want) {text, sizeof(text) - 1, want}
        DAMAGED("a,b\r\n", "in.csv:1:4: a carriage return"),
        DAMAGED("a\n\r\n", "in.csv:2:1: a carriage return"),
        DAMAGED("a\n\"b\"\r\n", "in.csv:2:4: a carriage return"),
        DAMAGED("a,b\"c\n", "in.csv:1:4: a quote"),
        DAMAGED("\"a\"b\n", "in.csv:1:4: a quote"),
        DAMAGED("\"a\" \n", "in.csv:1:4: a quote"),
        DAMAGED("x\ny,\"a\nb", "in.csv:2:3: the quoted field has no end"),
        DAMAGED("\"", "in.csv:1:1: the quoted field has no end"),
        DAMAGED("\"a\"\"", "in.csv:1:1: the quoted field has no end"),
        DAMAGED("a\nb", "in.csv:2:2: the file ends within a row"),
        DAMAGED("a\nb,", "in.csv:2:3: the file ends within a row"),
        DAMAGED("a\n\"b\"", "in.csv:2:4: the file ends within a row"),
        DAMAGED("\"a\nb\",c\"\n", "in.csv:2:5: a quote"), /* lines inside quotes count */
        DAMAGED("a,b\0c\n", "in.csv:1:4: a quote or NUL"),
        DAMAGED("a\n\"b\0\"\n", "in.csv:2:3: a NUL byte"),
        DAMAGED("\0", "in.csv:1:1: a quote or NUL"),
#undef DAMAGED
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf got = {0};
        problem = (struct err){0};
        cr_expect_eq(dump(cases[i].text, cases[i].size, &got), STATUS_IO, "case %zu", i);
        cr_expect(strncmp(problem.message, cases[i].want, strlen(cases[i].want)) == 0, "case %zu: %s", i,
                  problem.message);
        buf_release(&got);
    }
}

Test(csv_reader, every_field_knows_its_place)
{
    struct csv_reader *reader;
    const struct csv_field *fields;
    size_t count;
    write_bytes("ab,\"c\nd\",e\nf\n", 13);
    must(csv_reader_open("in.csv", &reader, &problem));
    must(csv_reader_next(reader, &fields, &count, &problem));
    cr_assert_eq(count, 3);
    static const size_t places[][2] = {{1, 1}, {1, 4}, {2, 4}};
    for (size_t i = 0; i < 3; i++) {
        cr_expect_eq(fields[i].line, places[i][0]);
        cr_expect_eq(fields[i].column, places[i][1]);
    }
    cr_assert_eq(csv_reader_refuse(reader, &fields[2], "no", &problem), STATUS_IO);
    cr_assert_str_eq(problem.message, "in.csv:2:4: no");
    must(csv_reader_next(reader, &fields, &count, &problem));
    cr_assert_eq(fields[0].line, 3);
    must(csv_reader_next(reader, &fields, &count, &problem));
    cr_assert_eq(count, 0);
    must(csv_reader_next(reader, &fields, &count, &problem)); /* the end stays the end */
    cr_assert_eq(count, 0);
    csv_reader_close(reader);
}

/* The pair of quotes, the newline and the closing quote each come to lie on both sides of the end of a chunk. */
Test(csv_reader, chunk_may_end_anywhere_in_a_quoted_field)
{
    enum { CHUNK = 256 * 1024, AROUND = 8 };
    for (size_t back = 0; back < AROUND; back++) {
        size_t plain = CHUNK - back;
        struct buf text = {.max = 2 * CHUNK};
        struct buf want = {.max = 2 * CHUNK};
        struct buf got = {.max = 2 * CHUNK};
        buf_append_char(&text, '"');
        buf_append_char(&want, '[');
        for (size_t i = 0; i < plain; i++) {
            buf_append_char(&text, (char)('a' + i % 26));
            buf_append_char(&want, (char)('a' + i % 26));
        }
        buf_append_text(&text, "\"\"\n,\",x\n");
        buf_append_text(&want, "\"\n,][x]\n");
        must(dump(buf_text(&text), text.size, &got));
        cr_assert_eq(got.size, want.size);
        cr_assert_eq(memcmp(got.data, want.data, want.size), 0);
        buf_release(&text);
        buf_release(&want);
        buf_release(&got);
    }
}

Test(csv_reader, row_beyond_the_maximum_is_refused)
{
    struct buf text = {.max = 2 * CSV_RECORD_MAX};
    struct buf got = {.max = 2 * CSV_RECORD_MAX};
    buf_append_text(&text, "a,b\nc,\"");
    size_t head = text.size;
    char *filler = malloc(CSV_RECORD_MAX);
    cr_assert_not_null(filler);
    memset(filler, 'x', CSV_RECORD_MAX);
    buf_append(&text, filler, CSV_RECORD_MAX);
    buf_append_text(&text, "\"\n");
    free(filler);
    cr_assert_eq(dump(buf_text(&text), text.size, &got), STATUS_IO);
    cr_assert_str_eq(problem.message, "in.csv:2:3: the row is too long");
    memmove(text.data + head, text.data + head + 16, text.size - head - 16);
    buf_reset(&got);
    must(dump(text.data, text.size - 16, &got)); /* a little shorter it is read */
    buf_release(&text);
    buf_release(&got);
}

Test(csv_reader, too_many_fields_are_refused)
{
    struct buf text = {0};
    struct buf got = {0};
    for (int i = 1; i < CSV_FIELDS_MAX; i++)
        buf_append_char(&text, ',');
    buf_append_char(&text, '\n');
    must(dump(buf_text(&text), text.size, &got));
    text.data[text.size - 1] = ',';
    buf_append_char(&text, '\n');
    cr_assert_eq(dump(buf_text(&text), text.size, &got), STATUS_IO);
    cr_assert_str_eq(problem.message, "in.csv:1:1025: too many fields in one row");
    buf_release(&text);
    buf_release(&got);
}

Test(csv_reader, file_that_is_not_there_is_no_reader)
{
    struct csv_reader *reader = (struct csv_reader *)&bench;
    must(csv_reader_open("nowhere.csv", &reader, &problem));
    cr_assert_null(reader);
    csv_reader_close(NULL);
}

Test(csv_reader, directory_cannot_be_read)
{
    struct csv_reader *reader;
    const struct csv_field *fields;
    size_t count;
    must(csv_reader_open(".", &reader, &problem));
    cr_assert_eq(csv_reader_next(reader, &fields, &count, &problem), STATUS_IO);
    cr_assert(bench_says("cannot read .: Is a directory"));
    csv_reader_close(reader);
}
