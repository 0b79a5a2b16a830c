#include "sink/csv_reader.h"

#include "core/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 256 * 1024 };

struct csv_reader {
    int fd;
    char *path;  /* owned */
    char *input; /* owned: what was read from the file */
    size_t input_size;
    size_t input_at;
    size_t line;     /* of the next byte */
    size_t column;   /* of the next byte */
    struct buf text; /* the unquoted fields of the record, one behind the other */
    size_t offsets[CSV_FIELDS_MAX];
    struct csv_field fields[CSV_FIELDS_MAX];
};

enum status csv_reader_open(const char *path, struct csv_reader **ret_reader, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        *ret_reader = NULL;
        return STATUS_OK;
    }
    if (fd < 0)
        return err_set_errno(err, STATUS_IO, errno, "cannot read %s", path);
    struct csv_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        close(fd);
        return err_nomem(err);
    }
    *reader = (struct csv_reader){.fd = fd, .line = 1, .column = 1};
    reader->text.max = CSV_RECORD_MAX;
    reader->path = strdup(path);
    reader->input = malloc(READ_SIZE);
    if (reader->path == NULL || reader->input == NULL) {
        csv_reader_close(reader);
        return err_nomem(err);
    }
    *ret_reader = reader;
    return STATUS_OK;
}

void csv_reader_close(struct csv_reader *reader)
{
    if (reader == NULL)
        return;
    close(reader->fd);
    buf_release(&reader->text);
    free(reader->path);
    free(reader->input);
    free(reader);
}

static enum status refuse_at(const struct csv_reader *reader, size_t line, size_t column, const char *message,
                             struct err *err)
{
    return err_set(err, STATUS_IO, "%s:%zu:%zu: %s", reader->path, line, column, message);
}

enum status csv_reader_refuse(const struct csv_reader *reader, const struct csv_field *field, const char *message,
                              struct err *err)
{
    return refuse_at(reader, field->line, field->column, message, err);
}

/* The next byte without taking it, or -1 at the end of the file. */
static enum status peek(struct csv_reader *reader, int *ret_byte, struct err *err)
{
    if (reader->input_at == reader->input_size) {
        ssize_t size;
        do {
            size = read(reader->fd, reader->input, READ_SIZE);
        } while (size < 0 && errno == EINTR);
        if (size < 0)
            return err_set_errno(err, STATUS_IO, errno, "cannot read %s", reader->path);
        reader->input_size = (size_t)size;
        reader->input_at = 0;
    }
    *ret_byte = reader->input_at < reader->input_size ? (unsigned char)reader->input[reader->input_at] : -1;
    return STATUS_OK;
}

static void take(struct csv_reader *reader)
{
    bool newline = reader->input[reader->input_at++] == '\n';
    reader->column = newline ? 1 : reader->column + 1;
    reader->line += newline;
}

/* The plain bytes up to the next one that means something, taken at once. */
static void take_plain(struct csv_reader *reader, bool quoted)
{
    size_t from = reader->input_at;
    size_t at = from;
    while (at < reader->input_size) {
        char c = reader->input[at];
        if (c == '"' || c == '\n' || c == '\0' || (!quoted && (c == ',' || c == '\r')))
            break;
        at++;
    }
    buf_append(&reader->text, reader->input + from, at - from);
    reader->column += at - from;
    reader->input_at = at;
}

/* Behind the opening quote: up to and with the closing one. */
static enum status read_quoted(struct csv_reader *reader, const struct csv_field *field, struct err *err)
{
    while (true) {
        int byte = -1;
        enum status status = peek(reader, &byte, err);
        if (status != STATUS_OK)
            return status;
        if (byte == 0)
            return refuse_at(reader, reader->line, reader->column, "a NUL byte", err);
        if (byte < 0)
            return csv_reader_refuse(reader, field, "the quoted field has no end", err);
        if (byte == '\n') {
            buf_append_char(&reader->text, '\n');
            take(reader);
        } else if (byte != '"') {
            take_plain(reader, true);
        } else {
            take(reader);
            status = peek(reader, &byte, err);
            if (status != STATUS_OK || byte != '"')
                return status;
            buf_append_char(&reader->text, '"');
            take(reader);
        }
    }
}

static enum status read_field(struct csv_reader *reader, struct csv_field *field, struct err *err)
{
    int byte = -1;
    *field = (struct csv_field){.line = reader->line, .column = reader->column};
    enum status status = peek(reader, &byte, err);
    if (status != STATUS_OK)
        return status;
    if (byte == '"') {
        take(reader);
        status = read_quoted(reader, field, err);
    } else {
        field->is_null = byte == ',' || byte == '\n';
        while (status == STATUS_OK && byte >= 0 && byte != ',' && byte != '\n' && byte != '"' && byte != '\r' &&
               byte != 0) {
            take_plain(reader, false);
            status = peek(reader, &byte, err);
        }
    }
    if (status == STATUS_OK)
        status = peek(reader, &byte, err);
    if (status != STATUS_OK)
        return status;
    if (byte < 0)
        return refuse_at(reader, reader->line, reader->column, "the file ends within a row", err);
    if (byte == '\r')
        return refuse_at(reader, reader->line, reader->column,
                         "a carriage return: the file was saved by another program", err);
    if (byte != ',' && byte != '\n')
        return refuse_at(reader, reader->line, reader->column, "a quote or NUL where a comma is expected", err);
    return STATUS_OK;
}

/* Fields point into the text buffer, which moves while it grows: they are set when the record is whole. */
static void set_texts(struct csv_reader *reader, size_t count)
{
    const char *text = buf_text(&reader->text);
    for (size_t i = 0; i < count; i++) {
        size_t end = i + 1 < count ? reader->offsets[i + 1] : reader->text.size;
        reader->fields[i].text = text + reader->offsets[i];
        reader->fields[i].size = end - reader->offsets[i];
    }
}

enum status csv_reader_next(struct csv_reader *reader, const struct csv_field **ret_fields, size_t *ret_count,
                            struct err *err)
{
    int byte = -1;
    size_t count = 0;
    buf_reset(&reader->text);
    enum status status = peek(reader, &byte, err);
    while (status == STATUS_OK && byte >= 0) {
        if (count == CSV_FIELDS_MAX)
            return refuse_at(reader, reader->line, reader->column, "too many fields in one row", err);
        reader->offsets[count] = reader->text.size;
        status = read_field(reader, &reader->fields[count], err);
        if (status == STATUS_OK && reader->text.failed == STATUS_NOMEM)
            status = err_nomem(err);
        else if (status == STATUS_OK && reader->text.failed != STATUS_OK)
            status = csv_reader_refuse(reader, &reader->fields[count], "the row is too long", err);
        if (status != STATUS_OK)
            return status;
        count++;
        status = peek(reader, &byte, err);
        if (status != STATUS_OK)
            return status;
        take(reader);
        if (byte == '\n')
            break;
    }
    if (status == STATUS_OK) {
        set_texts(reader, count);
        *ret_fields = reader->fields;
        *ret_count = count;
    }
    return status;
}
