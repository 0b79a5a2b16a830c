/*
 * A server in memory that answers page queries the slow and obvious way, with every fault that is wanted of it. It
 * reads the struct of the query, not its text.
 */
#ifndef TEST_API_NAIVE_SERVER_H
#define TEST_API_NAIVE_SERVER_H

#include "fixture.h"

enum { SERVER_ROWS_MAX = 512, SERVER_SLICES = 8, SERVER_HOURS = 24, SERVER_VERSIONS = 2 };

enum server_count { SERVER_COUNT_NONE, SERVER_COUNT_TRUE, SERVER_COUNT_CAPPED };

struct server_row {
    size_t slice;
    int hour;  /* SERVER_HOURS: DATE_TIME_START is null */
    int value; /* negative: a text that holds NUL, so the row is a reject */
};

/* What one publication holds. */
struct server_rows {
    size_t count;
    struct server_row rows[SERVER_ROWS_MAX];
};

struct server {
    struct unit unit;
    uint64_t random; /* state */
    struct server_rows versions[SERVER_VERSIONS];
    uint64_t republish_at; /* requests from this one on see version 1; UINT64_MAX: none */
    uint64_t requests;
    uint64_t cap; /* rows a page at most; 0: none */
    enum server_count count;
    bool ignores_limit;
    bool ignores_key;
    bool ignores_order;
    bool takes_gt_for_gte; /* inside a slice */
    bool reverses_groups;  /* another collation, in order and in comparison */
    int repeat_percent;    /* so often a page that reads on is the page before, sent again */
    struct buf previous;
    int version_before;
    bool may_be_mixed[SERVER_SLICES]; /* a page began inside the slice after another version had been read */
};

/* A number below limit. */
uint64_t server_random(struct server *server, uint64_t limit);

/* Writes the body of the answer. */
void server_answer(struct server *server, const struct page_query *query, struct buf *out);

void server_release(struct server *server);

#endif
