/*
 * Reads the rows of a page into a batch, while its body arrives or when all of it is there.
 *
 * Life cycle: page_reader_begin; page_reader_take whenever the body has grown, or never; then either page_reader_end
 * with the whole answer, or page_reader_drop. Whatever the pieces, the rows are the same.
 *
 * How a page is read before its end is known: rows are taken from the front of the list, one by one, out of the
 * body, as long as it begins as every answer does that we know of. What is left, in the end
 * `{"data":{"BUILDING_INSIGHTS":[],...}}`, is an answer like any other: answer_classify judges it, and what it says of
 * errors and counts holds for the page as a whole. Should it be no good, the rows that were taken are dropped. So
 * memory holds a few kilobytes of text a request, and the text is read once. Where the body does not look that
 * way, nothing is taken from it, and all of it is read at the end.
 *
 * A row that is outside the unit, or whose key is missing or of the wrong type, becomes a
 * reject with its raw text and the batch goes on (row_reader.h has the list). Ids may be numbers or strings of digits;
 * BUILDING_ID and GRANULARITY must equal the unit's; DATE_PARTITION, SITE_ID and GROUP_ID must be in the unit;
 * DATE_TIME_START must parse (model/moment.h); an extra key of the dataset must be a whole
 * number or a text. In the documented dialect all key columns but DATE_TIME_START are pinned
 * to one value, so a key column that is absent is taken from the slice; present ones are checked all the same.
 */
#ifndef OCCUPORT_API_PAGE_READER_H
#define OCCUPORT_API_PAGE_READER_H

#include "api/page_order.h"

struct page_reader {
    const struct page_query *query;
    struct batch *batch;
    struct batch_mark mark; /* the batch as it was before the page */
    struct row_reader rows;
    struct page_order order;
    uint64_t row_count;
    enum { PAGE_HEAD, PAGE_ROWS, PAGE_REST } place; /* in the body, as far as it was read */
    size_t list_at;                                 /* behind the bracket that opens the list */
    size_t look_at_size;                            /* of the body; below it no further row can be whole */
    bool comma_taken;                               /* a row must follow */
};

/* Borrows query and batch. STATUS_NOMEM. */
enum status page_reader_begin(struct page_reader *reader, const struct page_query *query, struct batch *batch,
                              struct err *err) MUST_CHECK;

/*
 * Takes whole rows out of the part of the body that came so far. STATUS_NOMEM; STATUS_TOO_LARGE: a row beyond 2 GiB.
 * What makes no sense is left where it is, for page_reader_end.
 */
enum status page_reader_take(struct page_reader *reader, struct buf *body, struct err *err) MUST_CHECK;

/*
 * Reads what is left in the body of an answer that answer_classify called STATUS_OK.
 *
 * STATUS_BAD_ANSWER: the body is not the agreed shape (e.g. data without the root field, rows that are no list, the
 * same key twice in data); STATUS_TOO_LARGE: a row beyond 2 GiB; STATUS_NOMEM. The batch then holds what it held
 * before the page. In any case the reader is finished.
 */
enum status page_reader_end(struct page_reader *reader, const char *body, size_t size, struct page_summary *ret_summary,
                            struct err *err) MUST_CHECK;

/* Puts the batch back as it was before the page; accepts a finished reader. */
void page_reader_drop(struct page_reader *reader);

/* All at once: begin and end. */
enum status page_read(const struct page_query *query, const char *body, size_t size, struct batch *batch,
                      struct page_summary *ret_summary, struct err *err) MUST_CHECK;

#endif
