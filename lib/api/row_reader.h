/*
 * Reads one row of a page: from its JSON into the batch, as a row or as a reject.
 *
 * Life cycle: `struct row_reader r = {0}`, row_reader_init, row_reader_read row by row, row_reader_release.
 * A row of exactly the usual shape is read by row_plain.h; every other by json-c, which is asked by one judge for all
 * rows of a page. What json-c cannot tell (the digits of a number, the text of an object, a key that stands there
 * twice) is taken from the raw text.
 *
 * A row is rejected, with its raw text and the first reason found, when it is no object, is not UTF-8, has a key twice,
 * has a string that holds NUL or half a surrogate pair, does not belong to the unit, or has no DATE_TIME_START that
 * is understood, or an extra key that is neither a whole number nor a text. It is put down to a slice only when day,
 * site and group say so beyond doubt and building and granularity are those of the unit.
 */
#ifndef OCCUPORT_API_ROW_READER_H
#define OCCUPORT_API_ROW_READER_H

#include "api/json_judge.h"
#include "api/query.h"
#include "model/batch.h"

/* ROW_KEY_MAX: four of them with all other keys stay below the 2,704 bytes that an index of PostgreSQL takes a row. */
enum { ROW_REASON_SIZE = 192, ROW_START_MAX = 256, ROW_KEY_MAX = 640 };

/* Where a row stands in the unit. */
struct row_place {
    size_t slice; /* SIZE_MAX: in none, or in doubt */
    bool has_moment;
    struct moment moment;
    const char *start; /* in the batch's arena; NULL: it, or an extra key, cannot be read or is too long */
    bool start_is_number;
    size_t key_count; /* with start: the extra keys */
    const struct value *keys;
};

struct row_field;
struct row_plain;

struct row_reader {
    const struct page_query *query;
    struct batch *batch;
    struct json_judge judge;
    size_t field_count;
    struct row_field *fields; /* the key columns, the extra keys, then the columns */
    size_t slice;             /* of the row before: its neighbour is mostly in the same one */
    struct row_plain *plain;  /* owned; NULL: every row goes to json-c (what fuzzing compares with) */
};

/* Borrows query and batch. STATUS_NOMEM. */
enum status row_reader_init(struct row_reader *reader, const struct page_query *query, struct batch *batch,
                            struct err *err) MUST_CHECK;

/*
 * Reads the value at scan and moves over it. STATUS_NOMEM; STATUS_BAD_ANSWER when it is no sound JSON, or cut short:
 * nothing was kept of it then.
 */
enum status row_reader_read(struct row_reader *reader, struct json_scan *scan, struct row_place *ret_place,
                            struct err *err) MUST_CHECK;

void row_reader_release(struct row_reader *reader);

#endif
