/*
 * Rows of the program as a table inside of statements: INSERT INTO t SELECT c0, c1 FROM name.
 *
 * One statement then takes many rows, which costs a third less than running a statement for each: SQLite
 * keeps its place in the table, and nothing is bound. The table can only be read, and only by this connection.
 *
 * Life cycle: db_feed_open before statements that name it are prepared, db_feed_close after they were finalized. The
 * struct db_feed must stay where it is between the two; its rows are read while a statement runs.
 */
#ifndef OCCUPORT_DB_FEED_H
#define OCCUPORT_DB_FEED_H

#include "db/db.h"

/* Where a value goes; valid during the call. */
struct db_output;

struct db_feed {
    const char *name;    /* of the table */
    int column_count;    /* its columns are c0, c1, ... */
    uint64_t row_count;  /* of the rows at hand: set before a statement is run */
    const void *context; /* handed to value */
    /* Puts the value of a column of a row; nothing put is NULL. */
    void (*value)(const void *context, uint64_t row, int column, struct db_output *out);
};

/* STATUS_IO, STATUS_NOMEM. A table of the database with that name would hide it. */
enum status db_feed_open(struct db *db, struct db_feed *feed, struct err *err) MUST_CHECK;
void db_feed_close(struct db *db, const struct db_feed *feed);

void db_put_integer(struct db_output *out, int64_t value);
void db_put_real(struct db_output *out, double value);
/* Not copied: it must stay until the statement has run. */
void db_put_text(struct db_output *out, const char *text, size_t size);

#endif
