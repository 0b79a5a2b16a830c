/* Shared by the files of the engine (engine.c, fetch.c, negotiate.c, settle.c) and nobody else. */
#ifndef OCCUPORT_RUN_ENGINE_INTERNAL_H
#define OCCUPORT_RUN_ENGINE_INTERNAL_H

#include "run/engine.h"

/* Slices that fail in a row, with no page accepted between, before the run ends. */
enum { ENGINE_FAILURES_IN_ROW_MAX = 20, ENGINE_FLUSH_MS = 1000, ENGINE_FLUSH_ROWS = 50000, ENGINE_WAIT_MS = 250 };

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
    bool keys_asked;   /* the query without any column of the job was answered */
    bool keys_refused; /* and refused: it is not the columns */
    size_t at;         /* the column being asked for */
    struct unit slice;
    struct err cause; /* the validation error that led here */
    struct buf unknown;
    size_t unknown_count;
};

/* A destination during a run. */
struct target {
    bool is_down; /* it failed: left alone from then on */
    struct err err;
    struct run_counts pending; /* written, not flushed */
    struct run_counts flushed;
};

struct unit_list {
    struct unit *units; /* owned */
    size_t count;
    size_t capacity;
};

struct engine {
    const struct engine_options *options;
    struct summary *summary;
    enum dialect dialect;
    bool dialect_is_settled;
    struct column_probe probe;
    struct pager_evidence evidence;
    size_t next_unit;        /* of the plan */
    struct unit_list halves; /* units that were cut from others, a stack */
    struct fetch *fetches;
    size_t fetch_count;
    struct target targets[ENGINE_DESTINATIONS_MAX];
    struct unit_list deferred; /* units that another run is at */
    struct unit_list written;  /* units whose claims end with the next flush */
    bool must_wait;            /* for a run that comes first */
    int64_t asked_wait_ms;     /* when that was looked at */
    int64_t flushed_ms;
    uint64_t flush_rows; /* pending rows from which the next flush is tried, when a destination put one off */
    int failures_in_row;
    uint64_t rejected_slices; /* that failed only because rows were rejected */
    enum status stop;         /* why no more units are begun; STATUS_OK: go on */
    struct err stop_err;
};

/* No more units; the first reason stays. */
void engine_stop(struct engine *engine, const struct err *err);

/* A client_judge: what answer_classify says of the answer. */
enum status engine_judge(void *context, const struct http_response *response, struct err *err);

enum status unit_list_add(struct unit_list *list, const struct unit *unit, struct err *err) MUST_CHECK;

/* Puts a unit on the stack of units to fetch. */
enum status engine_push(struct engine *engine, const struct unit *unit, struct err *err) MUST_CHECK;

/* Ends the claim on a unit that is dropped or cut, without rows written. */
void engine_give_back(struct engine *engine, const struct unit *unit);

/* The counts of the first destination that works (else of the first), with what is pending. */
struct run_counts engine_counts(const struct engine *engine);

/* Cuts until the unit is one that the dialect can ask; the rest goes on the stack. */
enum status fetch_cut_for_dialect(struct engine *engine, struct unit *unit, struct err *err) MUST_CHECK;

/* Begins a unit that is ours. */
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

/*
 * Its pages cannot be proved complete, and rows were rejected: it is cut, or its slice fails with the rejects kept.
 * failure is what the pager said.
 */
void settle_rejected(struct fetch *fetch, const struct err *failure);

/* A unit failed for good: it is cut, or its slices fail. */
void settle_failed(struct engine *engine, const struct unit *unit, const struct err *failure);

/* Makes what was written durable and its counts official; without must a destination may put it off. */
void settle_flush(struct engine *engine, bool must);

#endif
