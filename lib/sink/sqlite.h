/*
 * The SQLite destination: the rows of one dataset, shown by the view of its name. Those of building_insights are in the
 * tables of migrations/0002_rows_building_insights.sql; other datasets have tables of the same form with their extra
 * keys in them, made when they are first opened (sqlite_tables.c).
 *
 * How a row is stored. DATE_TIME_START becomes an integer (seconds) and the
 * number of a spelling, from which the view gives the text back character for
 * character; what no spelling gives back is kept as text in odd_starts. LOCAL_DATE and
 * LOCAL_HOUR come from the offset of the building's zone at that instant,
 * stored with the row; when the zone of a building changes in the job, they are made anew.
 * A start without zone is read as local time, and START_UTC is then null.
 *
 * One row per series, start and extra keys, over all partitions: where the API gives one
 * start under two partitions, the row of the later partition stays, whatever the order of fetching; only when that
 * partition no longer returns it, the earlier one's takes its place.
 */
#ifndef OCCUPORT_SINK_SQLITE_H
#define OCCUPORT_SINK_SQLITE_H

#include "db/db.h"
#include "sink/sink.h"

struct sink_sqlite;

struct sink_sqlite_options {
    const struct dataset *dataset;
    const struct coverage *coverage;
    size_t column_count;
    const char *const *columns; /* GraphQL names: letters, digits, underscores */
    const char *run_id;
    bool delete_vanished; /* rows that the API no longer returns are deleted; else they stay */
};

/*
 * Makes the tables of a dataset that is new, adds the columns that are new, makes the view anew if so, and re-derives
 * local times of buildings whose zone differs from the table buildings; call it inside a transaction, before
 * ledger_declare updates that table. Borrows db and options for its life; the caller owns *ret_sink. STATUS_CONFIG:
 * rows are stored with other extra keys, or there are too many columns.
 */
enum status sink_sqlite_open(struct db *db, const struct sink_sqlite_options *options, struct sink_sqlite **ret_sink,
                             struct err *err) MUST_CHECK;

/* At the start of each transaction: another run of the job may have stored rows since the last one. */
enum status sink_sqlite_begin(struct sink_sqlite *sink, struct err *err) MUST_CHECK;

/* Before db_close; accepts NULL and half-opened ones. */
void sink_sqlite_close(struct sink_sqlite *sink);

extern const struct sink_ops sink_sqlite_ops;

#endif
