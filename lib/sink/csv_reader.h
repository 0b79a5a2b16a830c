/*
 * Reads a CSV file record by record (RFC 4180, LF ends a record), with the
 * place of every field, so that a damaged or edited file can be reported by line and column.
 *
 * Memory is bounded by one record. What RFC 4180 leaves open is refused: a
 * quote inside a bare field, text behind a closing quote, a carriage return
 * outside quotes (a spreadsheet has saved the file), an unfinished last record, a NUL.
 */
#ifndef OCCUPORT_SINK_CSV_READER_H
#define OCCUPORT_SINK_CSV_READER_H

#include "core/err.h"

#include <stddef.h>

enum { CSV_FIELDS_MAX = 1024, CSV_RECORD_MAX = 4 << 20 };

struct csv_field {
    const char *text; /* unquoted; valid until the next record is read */
    size_t size;
    bool is_null;  /* empty and not quoted */
    size_t line;   /* where it begins, from 1 */
    size_t column; /* in bytes, from 1 */
};

struct csv_reader;

/* *ret_reader is NULL when the file is not there. STATUS_IO: it cannot be read. The caller closes it. */
enum status csv_reader_open(const char *path, struct csv_reader **ret_reader, struct err *err) MUST_CHECK;
void csv_reader_close(struct csv_reader *reader);

/* The next record; *ret_count 0 at the end. STATUS_IO with PATH:LINE:COLUMN when it is damaged. */
enum status csv_reader_next(struct csv_reader *reader, const struct csv_field **ret_fields, size_t *ret_count,
                            struct err *err) MUST_CHECK;

/* A finding about a field of the current record: "PATH:LINE:COLUMN: MESSAGE", STATUS_IO. */
enum status csv_reader_refuse(const struct csv_reader *reader, const struct csv_field *field, const char *message,
                              struct err *err);

#endif
