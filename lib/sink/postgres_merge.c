#include "sink/postgres_internal.h"

/* Runs a statement of one parameter, the round. */
static enum status run(struct sink_postgres *sink, enum sink_statement which, int round, struct err *err)
{
    struct db_statement *query;
    enum status status = postgres_query(sink, which, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, round);
    return db_run(query, err);
}

static enum status run_all(struct sink_postgres *sink, size_t count, const enum sink_statement *which, int round,
                           struct err *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = run(sink, which[i], round, err);
    return status;
}

static struct sink_changes *changes_of(struct sink_postgres *sink, struct db_statement *query)
{
    return &sink->slices[db_column_integer(query, 0)].changes;
}

/*
 * A table of rows that is joined with a few is not to be read from end to end, whatever the server guesses of
 * temporary tables, which have no statistics: with nested loops alone it is looked up by its key.
 */
static enum status join_by_key(struct sink_postgres *sink, bool on, struct err *err)
{
    return db_exec(sink->db,
                   on ? "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
                      : "SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on",
                   err);
}

static enum status run_by_key(struct sink_postgres *sink, size_t count, const enum sink_statement *which, int round,
                              struct err *err)
{
    enum status status = join_by_key(sink, true, err);
    if (status == STATUS_OK)
        status = run_all(sink, count, which, round, err);
    return status == STATUS_OK ? join_by_key(sink, false, err) : status;
}

/* New rows that are stored under another partition. */
static enum status move(struct sink_postgres *sink, int round, struct err *err)
{
    static const enum sink_statement then[] = {STATEMENT_MOVE_ROWS, STATEMENT_MOVE_VANISHED, STATEMENT_MOVE_LOSERS,
                                               STATEMENT_MOVE_DAYS};
    struct db_statement *query;
    bool any = false;
    bool row;
    enum status status = postgres_query(sink, STATEMENT_MOVE, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, round);
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        struct sink_changes *changes = changes_of(sink, query);
        uint64_t moved = (uint64_t)db_column_integer(query, 2);
        changes->unchanged += (uint64_t)db_column_integer(query, 1);
        changes->updated += moved;
        changes->inserted -= moved; /* the merge counts them as new */
        any = true;
    }
    if (status == STATUS_OK && any)
        status = run_by_key(sink, sizeof then / sizeof then[0], then, round, err);
    return status;
}

/* Stored rows that the API no longer returns. */
static enum status keep(struct sink_postgres *sink, int round, struct err *err)
{
    struct db_statement *query;
    bool row;
    enum status status = postgres_query(sink, STATEMENT_KEEP, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, round);
    db_bind_string(query, 2, sink->options->run_id);
    while ((status = db_step(query, &row, err)) == STATUS_OK && row)
        changes_of(sink, query)->vanished += (uint64_t)db_column_integer(query, 1);
    sink->has_vanished = true;
    return status;
}

static enum status drop(struct sink_postgres *sink, int round, struct err *err)
{
    static const enum sink_statement all[] = {STATEMENT_DROP_ROWS, STATEMENT_DROP_VANISHED, STATEMENT_DROP_STRAYS};
    return run_by_key(sink, sizeof all / sizeof all[0], all, round, err);
}

/* *ret_missed: rows of the round that are to be kept as vanished, or to be dropped. */
static enum status compare(struct sink_postgres *sink, int round, bool *ret_missed, struct err *err)
{
    struct db_statement *query;
    bool row;
    *ret_missed = false;
    enum status status = postgres_query(sink, STATEMENT_MERGE, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, round);
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        const struct sink_slice *slice = &sink->slices[db_column_integer(query, 0)].slice;
        struct sink_changes *changes = changes_of(sink, query);
        uint64_t missed = (uint64_t)db_column_integer(query, 4);
        bool stays = slice->keep_rows || !sink->options->delete_vanished;
        changes->inserted += (uint64_t)db_column_integer(query, 1);
        changes->updated += (uint64_t)db_column_integer(query, 2);
        changes->unchanged += (uint64_t)db_column_integer(query, 3);
        *(stays ? &changes->kept : &changes->vanished) += missed;
        *ret_missed = *ret_missed || (missed > 0 && !slice->keep_rows);
        if (missed > 0)
            sink_note_vanished(changes, slice->day, db_column_integer(query, 5));
    }
    return status;
}

static enum status merge_round(struct sink_postgres *sink, int round, struct err *err)
{
    static const enum sink_statement strays[] = {STATEMENT_STRAY_PUT, STATEMENT_STRAY_DELETE};
    bool missed = false;
    enum status status = round > 0 ? move(sink, round, err) : STATUS_OK;
    if (status == STATUS_OK)
        status = compare(sink, round, &missed, err);
    if (status == STATUS_OK && round > 0)
        status = run_all(sink, sizeof strays / sizeof strays[0], strays, round, err);
    if (status == STATUS_OK && sink->has_vanished)
        status = run(sink, STATEMENT_UNVANISH, round, err);
    if (status == STATUS_OK && missed)
        status = sink->options->delete_vanished ? drop(sink, round, err) : keep(sink, round, err);
    return status;
}

/* Slices whose rows are not as they were, as an array of their numbers. */
static void append_changed(struct buf *numbers, const struct sink_postgres *sink)
{
    for (size_t i = 0; i < sink->count; i++) {
        const struct sink_changes *changes = &sink->slices[i].changes;
        if (sink->states[i].must_merge && changes->inserted + changes->updated + changes->vanished > 0)
            buf_appendf(numbers, "%c%zu", numbers->size > 0 ? ',' : '{', i);
    }
    if (numbers->size > 0)
        buf_append_char(numbers, '}');
}

static enum status make_days(struct sink_postgres *sink, struct err *err)
{
    static const enum sink_statement which[] = {STATEMENT_DAYS_CHANGED, STATEMENT_DAYS_PUT, STATEMENT_DAYS_DELETE};
    struct buf numbers = {.max = 16 << 20};
    append_changed(&numbers, sink);
    enum status status = buf_status(&numbers, err);
    bool any = numbers.size > 0; /* a row that moved was counted as updated */
    for (size_t i = 0; status == STATUS_OK && any && i < sizeof which / sizeof which[0]; i++) {
        struct db_statement *query;
        if (which[i] == STATEMENT_DAYS_DELETE)
            status = join_by_key(sink, true, err);
        if (status == STATUS_OK)
            status = postgres_query(sink, which[i], &query, err);
        if (status != STATUS_OK)
            break;
        if (which[i] == STATEMENT_DAYS_CHANGED)
            db_bind_text(query, 1, buf_text(&numbers), numbers.size);
        status = db_run(query, err);
    }
    if (status == STATUS_OK && any)
        status = join_by_key(sink, false, err);
    buf_release(&numbers);
    return status;
}

enum status postgres_merge(struct sink_postgres *sink, struct err *err)
{
    enum status status = STATUS_OK;
    for (int round = 0; status == STATUS_OK && round <= sink->rounds; round++)
        status = merge_round(sink, round, err);
    return status == STATUS_OK ? make_days(sink, err) : status;
}
