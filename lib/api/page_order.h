/*
 * Where the rows of a page stand in the order that was asked for: (day, site, group, start, extra keys of the dataset).
 *
 * Reading on from a key is only right when the server keeps that order, so it is looked at. Group ids are compared
 * byte by byte: a server whose collation differs seems out of order to us, and its units are then read without
 * reading on. Two starts are in order when they are so as instants or as texts: the server may sort by either. Texts
 * among the extra keys are compared byte by byte as well.
 *
 * Rows outside the unit have no place and are passed over. Pure.
 */
#ifndef OCCUPORT_API_PAGE_ORDER_H
#define OCCUPORT_API_PAGE_ORDER_H

#include "api/row_reader.h"

struct page_summary {
    uint64_t rows; /* in the answer, rejects included */
    bool has_count;
    uint64_t count; /* of the unit, when asked for and given */

    /* Of the rows that have a place in the unit, rejects with a slice included. */
    bool in_order;            /* they stand in the order that was asked for, as far as we can compare */
    bool past_key;            /* all of them lie behind query->after (true on a first page) */
    bool has_repeats;         /* neighbours have the same key */
    size_t tail_slice;        /* that of the last one; SIZE_MAX: there is none */
    uint64_t tail_rows;       /* how many in a row at the end belong to tail_slice */
    bool has_last;            /* a start (and its extra keys) in tail_slice can be read */
    struct page_key last;     /* the last such; its text lives in the batch's arena */
    bool has_boundary;        /* there are rows before those of tail_slice */
    struct page_key boundary; /* the slice just before tail_slice; start NULL */
};

struct page_order {
    const struct unit *unit;
    bool has_after;
    struct row_place after;      /* start NULL: the page begins behind the whole slice */
    struct row_place last;       /* slice SIZE_MAX before the first row with a place */
    struct row_place last_start; /* the last one in the slice of `last` whose start can be read; start NULL: none */
    size_t boundary;             /* the slice before that of `last`; SIZE_MAX: none */
    uint64_t tail_rows;          /* in the slice of `last` */
    bool in_order;
    bool past_key;
    bool has_repeats;
};

void page_order_init(struct page_order *order, const struct unit *unit, const struct page_key *after);

/* The next row of the page, kept or rejected. place->start must outlive the order. */
void page_order_add(struct page_order *order, const struct row_place *place);

/* Writes what was seen into the fields of the summary that speak of order. */
void page_order_tell(const struct page_order *order, struct page_summary *summary);

#endif
