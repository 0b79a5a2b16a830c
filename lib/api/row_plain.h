/*
 * The fast way to read a row: exactly the keys that were asked for, in the order they were asked for, without blanks,
 * each value plain (plain_json.h). Nearly every row is so. Whatever is not is left to row_draft.h and json-c, which
 * remain the judge: a row that is taken here is stored as they would store it (tests/fuzz/fuzz_page.c).
 */
#ifndef OCCUPORT_API_ROW_PLAIN_H
#define OCCUPORT_API_ROW_PLAIN_H

#include "api/row_reader.h"

enum { ROW_HEAD_MAX = 512 };

/* One a row_reader. */
struct row_plain {
    bool is_usable; /* false: the query asks for one key twice, which an answer holds once */
    size_t field_count;
    struct plain_label *labels; /* `{"KEY":` of the first field, `,"KEY":` of the others; owned */
    /* The row before up to its start: most rows begin like it, and are then of its slice. */
    size_t head_size; /* 0: none */
    char head[ROW_HEAD_MAX];
    size_t slice;
    /* The start of the row before: mostly only its hour differs. */
    size_t start_size;
    char start[MOMENT_TEXT_MAX];
    struct moment moment;
};

/* names: as they are asked for, no two the same. STATUS_NOMEM. */
enum status row_plain_init(struct row_plain *plain, size_t field_count, const struct row_field *fields,
                           struct err *err) MUST_CHECK;
void row_plain_release(struct row_plain *plain);

/*
 * Reads the row at scan and moves behind it: *ret_taken, and *ret_row and *ret_place are filled, their texts in the
 * batch's arena. Not taken: it is not plain, not of the unit, or cut short, and the scan is where it was. STATUS_NOMEM.
 */
enum status row_plain_read(struct row_plain *plain, const struct page_query *query, struct arena *arena,
                           struct json_scan *scan, struct row *ret_row, struct row_place *ret_place, bool *ret_taken,
                           struct err *err) MUST_CHECK;

#endif
