/*
 * The PostgreSQL destination: the rows of one dataset, shown by the view of its name, with the same columns as those of
 * the SQLite destination, typed. It takes all slices of a flush at once.
 *
 * How a row is stored: as sqlite.h tells, and: DATASET_rows is partitioned by month of DATE_PARTITION, with the
 * building in every key. A column of the job gets a column of the table when its first value that is not null comes, of
 * the type of that value; values of other kinds are kept beside it (migrations/postgres/0002_rows_datasets.sql).
 *
 * Life cycle of a flush: sink_postgres_prepare outside of any transaction; then inside of one sink_postgres_begin,
 * sink_postgres_sort_out and sink_postgres_put. What is only copied needs no lock on its series while it is copied; but
 * then what was taken for granted is looked at again with the lock held (sink_postgres_look_again). When the
 * transaction is lost, all of it may be done again with the same slices.
 */
#ifndef OCCUPORT_SINK_POSTGRES_H
#define OCCUPORT_SINK_POSTGRES_H

#include "pg/pg.h"
#include "sink/sink.h"

struct sink_postgres;

struct sink_postgres_options {
    const struct dataset *dataset;
    const struct coverage *coverage;
    size_t column_count;
    const char *const *columns; /* GraphQL names: letters, digits, underscores */
    const char *run_id;
    bool delete_vanished; /* rows that the API no longer returns are deleted; else they stay */
};

struct sink_postgres_slice {
    struct sink_slice slice;     /* is_new and keep_rows are read inside the transaction only */
    struct sink_changes changes; /* set by sink_postgres_put */
};

/*
 * No other program makes tables, columns or views of rows until the end of the transaction at hand; it waits for those
 * that are at it.
 */
enum status sink_postgres_lock(struct db *db, struct err *err) MUST_CHECK;

/* None of them becomes another until the end of the transaction at hand; those that store rows go on. */
enum status sink_postgres_lock_shared(struct db *db, struct err *err) MUST_CHECK;

/* Inside a transaction that holds either lock. *ret_ready: sink_postgres_open would find nothing to make or to change.
 */
enum status sink_postgres_is_ready(struct db *db, const struct sink_postgres_options *options, bool *ret_ready,
                                   struct err *err) MUST_CHECK;

/*
 * Inside a transaction that holds sink_postgres_lock, or the shared one and finds it ready: makes the tables of a
 * dataset that is new, notes the columns that are new, makes the views anew if so, and re-derives local times of
 * buildings whose zone differs from the table buildings: before ledger_declare updates that table. Borrows db and
 * options for its life; the caller owns *ret_sink. STATUS_CONFIG: rows are stored with other extra keys, or a column
 * cannot be one of PostgreSQL.
 */
enum status sink_postgres_open(struct db *db, const struct sink_postgres_options *options,
                               struct sink_postgres **ret_sink, struct err *err) MUST_CHECK;

/* The same on another connection, for what sink_postgres_open has made ready on the first. */
enum status sink_postgres_join(struct db *db, const struct sink_postgres_options *options,
                               struct sink_postgres **ret_sink, struct err *err) MUST_CHECK;

/* Before db_close; accepts NULL and half-opened ones. */
void sink_postgres_close(struct sink_postgres *sink);

/*
 * Outside of a transaction: makes ready what the rows of the slices need - spellings of starts, columns, partitions -
 * in transactions of its own. The slices, in the order in which they came, must stay until sink_postgres_put.
 */
enum status sink_postgres_prepare(struct sink_postgres *sink, size_t count, struct sink_postgres_slice *slices,
                                  struct err *err) MUST_CHECK;

/*
 * Inside the transaction. *ret_stale: another program changed columns since sink_postgres_prepare: the transaction is
 * to be rolled back, and begun anew behind another sink_postgres_prepare.
 */
enum status sink_postgres_begin(struct sink_postgres *sink, bool *ret_stale, struct err *err) MUST_CHECK;

/*
 * Decides which slices are merged: those that the ledger saw, or the tables know of; all others will only be copied.
 * *ret_merges: there are some: the series must be locked, and this called again, before sink_postgres_put. merge_all:
 * nothing is taken for new.
 */
enum status sink_postgres_sort_out(struct sink_postgres *sink, bool merge_all, bool *ret_merges,
                                   struct err *err) MUST_CHECK;

/* Stores all slices, as sink_postgres_sort_out decided. */
enum status sink_postgres_put(struct sink_postgres *sink, struct err *err) MUST_CHECK;

/*
 * After sink_postgres_put of a flush that merged nothing, with the series locked: *ret_changed: another program stored
 * rows of these series under days that are not theirs meanwhile; roll back, and again with merge_all. Whether it stored
 * the same slices is for the ledger to say.
 */
enum status sink_postgres_look_again(struct sink_postgres *sink, bool *ret_changed, struct err *err) MUST_CHECK;

/*
 * Locks the rows of the table series of all slices, in the order of their numbers. STATUS_IO: one is not there, or is
 * another than the slice says: the server lost what was committed.
 */
enum status sink_postgres_lock_series(struct sink_postgres *sink, struct err *err) MUST_CHECK;

/* A new connection has taken the place of the old one. */
void sink_postgres_reconnected(struct sink_postgres *sink);

#endif
