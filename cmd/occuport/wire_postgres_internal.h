/* Shared by wire_postgres.c and wire_postgres_flush.c and nobody else. */
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

struct postgres_destination {
    struct db *db;
    const struct job *job;
    const char *run_id;
    struct postgres_dataset *datasets; /* owned; as many as the job has */
    struct postgres_dataset *current;
    const struct fence *fence; /* NULL: none */
    size_t kept_count;
    size_t kept_capacity;
    const struct unit_outcome **kept; /* since the last flush */
    int64_t flush_number;
    bool is_in_doubt;         /* the COMMIT of the flush at hand was sent, and not answered */
    struct run_counts stored; /* by the last attempt of it */
    bool merge_all;
};

/* The two functions of struct destination; context is a struct postgres_destination. */
enum status postgres_write(void *context, const struct unit_outcome *outcome, struct run_counts *counts,
                           struct err *err);
enum status postgres_flush(void *context, bool must, struct run_counts *counts, bool *ret_flushed, struct err *err);

/*
 * Makes anew what the old connection had, and asks again for what was known by it, perhaps from another server.
 * STATUS_BUSY: another run holds the job by now.
 */
enum status postgres_reconnected(void *context, struct err *err);

/* Whether a failure of the last call is one that another attempt may mend; waits for a server that is lost. */
bool postgres_may_mend(struct postgres_destination *pg, struct patience *patience, const struct err *err);

#endif
