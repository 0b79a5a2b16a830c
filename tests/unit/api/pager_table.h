/* A pager under test, fed with pages by hand. */
#ifndef TEST_API_PAGER_TABLE_H
#define TEST_API_PAGER_TABLE_H

#include "fixture.h"

/* Owns the pager, what it borrows, and the rows of the page that is being made. */
struct table {
    struct unit unit;
    struct pager_options options;
    struct pager_evidence evidence;
    struct pager pager;
    struct buf rows;
    struct err err;
};

/* A pager over the unit, page_size 100, verify auto, nothing known of the server. */
void table_init(struct table *table, struct unit unit);
void table_release(struct table *table);

/* Begins the same unit again, with what the run has learned. */
void table_again(struct table *table);

/* Adds hours of a slice to the page. */
void table_hours(struct table *table, size_t slice, int from, int to);

/* Adds rows as they stand. */
void table_raw(struct table *table, const char *rows);

/* Feeds the page, with a count unless it is negative, and begins an empty one. */
enum pager_step table_feed(struct table *table, long long count);

#endif
