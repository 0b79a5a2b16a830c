/* Shared by wire_postgres.c, wire_postgres_lanes.c and wire_postgres_flush.c and nobody else. */
#ifndef OCCUPORT_CMD_WIRE_POSTGRES_INTERNAL_H
#define OCCUPORT_CMD_WIRE_POSTGRES_INTERNAL_H

#include "fence.h"
#include "sink/postgres.h"
#include "wire_books_many.h"
#include "wire_patience.h"

/* One dataset of the job. */
struct postgres_dataset {
    struct sink_postgres *sink;
    struct ledger *ledger;
    struct books books;
    struct sink_postgres_options sink_options;
};

/*
 * A connection with all that stores outcomes through it. The server does the work of one connection on one processor,
 * so large flushes are dealt to several: each stores its part in a transaction of its own.
 */
struct postgres_lane {
    size_t number; /* from 0; the first one lives as long as the destination, and does all that is no flush */
    size_t destination_number; /* in the job, from 0 */
    struct db *db;             /* NULL: not opened */
    const struct job *job;
    const char *run_id;
    char flush_id[80];                 /* what its flushes are noted under */
    struct postgres_dataset *datasets; /* owned; as many as the job has */
    struct postgres_dataset *current;
    const struct fence *fence; /* NULL: none */
    size_t kept_count;
    size_t kept_capacity;
    const struct unit_outcome **kept; /* of the flush at hand; after a failure: what is not stored of it */
    int64_t flush_number;
    bool is_in_doubt;         /* the COMMIT of the flush at hand was sent, and not answered */
    struct run_counts stored; /* by the last attempt of it */
    bool merge_all;
    enum status status;       /* of the flush at hand */
    struct run_counts counts; /* of what it stored */
    uint64_t counted_rows;    /* of its outcomes, refused or not: the writes counted them as received */
    struct err err;
};

enum { POSTGRES_LANES = 2 };
_Static_assert((int)POSTGRES_LANES <= (int)FENCE_LANES, "each lane asks the fence");

struct postgres_destination {
    const struct job *job;
    const struct config_destination *destination;
    const char *run_id;
    size_t dataset; /* the current one */
    const struct fence *fence;
    size_t kept_count;
    size_t kept_capacity;
    const struct unit_outcome **kept; /* since the last flush */
    size_t lane_max;                  /* fewer than POSTGRES_LANES once a connection was not to be had */
    struct postgres_lane lanes[POSTGRES_LANES];
};

/* --- wire_postgres.c */

/*
 * Connects. The first lane then makes ready whatever is new, as prepare of a destination does; others find it. The
 * caller closes it, also after a failure.
 */
enum status postgres_lane_open(struct postgres_lane *lane, const struct postgres_destination *pg, size_t number,
                               struct err *err) MUST_CHECK;
void postgres_lane_close(struct postgres_lane *lane);

/*
 * The session is known as one of the run: an older one of the lane, whose network was cut, ends, and this one is found
 * when the program is frozen. The first lane has it done by the note that the run begins.
 */
enum status postgres_lane_hold(struct postgres_lane *lane, struct err *err) MUST_CHECK;

/* Holds place and job, as wire_hold.h has it: for the first lane, on each connection that it gets. */
enum status postgres_lane_hold_job(struct postgres_lane *lane, struct err *err) MUST_CHECK;

/* --- wire_postgres_lanes.c: the two functions of struct destination; context is a struct postgres_destination */

enum status postgres_write(void *context, const struct unit_outcome *outcome, struct run_counts *counts,
                           struct err *err);
enum status postgres_flush(void *context, bool must, struct run_counts *counts, bool *ret_flushed, struct err *err);

/*
 * Of the first lane: makes anew what its old connection had, and asks again for what was known by it, perhaps from
 * another server. STATUS_BUSY: another run holds the job by now.
 */
enum status postgres_reconnected(void *context, struct err *err);

/* Rows that were received for it. */
uint64_t postgres_rows_of(const struct unit_outcome *outcome);

/* --- wire_postgres_flush.c */

/* Stores what the lane keeps, and sets its status, err, counts and counted_rows. */
void postgres_lane_store(struct postgres_lane *lane);

/*
 * Whether *err, the failure of the last call, is one that another attempt may mend; waits for a server that is lost. If
 * that is there again and refuses the lane, as for another run that took the job meanwhile, *err becomes the reason.
 */
bool postgres_may_mend(struct postgres_lane *lane, struct patience *patience, struct err *err);

#endif
