/* Shared by the files of the engine (engine.c, fetch.c, negotiate.c, settle.c) and nobody else. */
#ifndef OCCUPORT_RUN_ENGINE_INTERNAL_H
#define OCCUPORT_RUN_ENGINE_INTERNAL_H

#include "run/engine.h"

/*
 * Units that failed in a row, with no page accepted between, before the run
 * ends: an API that is down is not hammered all night.
 */
enum { ENGINE_FAILURES_IN_ROW_MAX = 20, ENGINE_FLUSH_MS = 1000, ENGINE_FLUSH_ROWS = 50000 };

/* Times that a page whose answer is not of the agreed shape is asked for again. */
enum { ENGINE_PAGE_ATTEMPTS_MAX = 4 };

struct engine;

/* A unit in flight. */
struct fetch {
    struct engine *engine;
    struct fetch *next; /* in the list of fetches */
    struct unit unit;
    struct pager_options pager_options; /* as the dialect was when it began */
    struct pager pager;
    int64_t fetched_at;
    int page_attempts; /* of the page at hand */
};

/* What the negotiation asks column by column; see negotiate.c. */
struct column_probe {
    bool active;
    size_t at; /* the column being asked for */
    struct unit slice;
    struct err cause; /* the validation error that led here */
    struct buf unknown;
    size_t unknown_count;
};

struct engine {
    const struct engine_options *options;
    struct summary *summary;
    enum dialect dialect;
    bool dialect_is_settled;
    struct column_probe probe;
    struct pager_evidence evidence;
    size_t next_unit;    /* of the plan */
    struct unit *halves; /* units that were cut from others, a stack */
    size_t half_count;
    size_t half_capacity;
    struct fetch *fetches;
    size_t fetch_count;
    struct run_counts pending; /* written, not flushed */
    int64_t flushed_ms;
    int failures_in_row;
    enum status stop; /* why no more units are begun; STATUS_OK: go on */
    struct err stop_err;
};

/* No more units; the first reason stays. */
void engine_stop(struct engine *engine, const struct err *err);

/* A client_judge: what answer_classify says of the answer. */
enum status engine_judge(void *context, const struct http_response *response, struct err *err);

/* Puts a unit on the stack. */
enum status engine_push(struct engine *engine, const struct unit *unit, struct err *err) MUST_CHECK;

/* Begins a unit; one that the dialect cannot ask at once is cut first. */
enum status fetch_begin(struct engine *engine, const struct unit *unit, struct err *err) MUST_CHECK;
void fetch_end(struct fetch *fetch);

/*
 * A unit was refused before the dialect is known: takes the next step down and queues what is to be asked
 * then. False: there is no step left for this failure.
 */
bool negotiate_step(struct engine *engine, const struct unit *unit, const struct err *failure);

/* A unit's pages are complete: rows and rejects go to the destination. May cut the unit instead when rows belong to
 * none of its slices. */
void settle_complete(struct fetch *fetch);

/* A unit failed for good: it is cut, or its slices fail. */
void settle_failed(struct engine *engine, const struct unit *unit, const struct err *failure);

/* Makes what was written durable and its counts official. */
void settle_flush(struct engine *engine);

#endif
