/*
 * The columns that a dataset had on the server, over time: for jobs that say `columns: all`. The only writer of the
 * table schema_changes (migrations/0004_ledger_server.sql).
 */
#ifndef OCCUPORT_STORE_SCHEMA_CHANGES_H
#define OCCUPORT_STORE_SCHEMA_CHANGES_H

#include "core/arena.h"
#include "db/db.h"

#include <stdbool.h>

struct schema_known {
    const char *name;
    const char *type; /* as the server calls it */
};

/* The columns known as of the last run, in the order they were found; allocated from arena. None: never noted. */
enum status schema_changes_read(struct db *db, const char *dataset, struct arena *arena,
                                const struct schema_known **ret_columns, size_t *ret_count, struct err *err) MUST_CHECK;

struct schema_sighting {
    const char *run_id;
    int64_t seen_at;
    const char *dataset;
    size_t column_count;
    const struct schema_known *columns; /* all that the server has now */
};

enum schema_change_kind { SCHEMA_CHANGE_ADDED, SCHEMA_CHANGE_GONE, SCHEMA_CHANGE_TYPE };

struct schema_change {
    enum schema_change_kind kind;
    const char *name;
    const char *from; /* NULL: it was not there */
    const char *to;   /* NULL: it is gone */
};

typedef void schema_changes_visit(const void *context, const struct schema_change *change);

/*
 * Compares with what is known, writes down what differs inside the caller's transaction, and tells each difference. The
 * first sighting of a dataset is written down and told to nobody. visit may be NULL.
 */
enum status schema_changes_note(struct db *db, const struct schema_sighting *sighting, schema_changes_visit *visit,
                                const void *context, struct err *err) MUST_CHECK;

#endif
