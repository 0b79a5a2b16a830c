/* Arrays of PostgreSQL as parameters of a statement: one for each column, an element a row. Private to lib/store. */
#ifndef OCCUPORT_STORE_ARRAYS_H
#define OCCUPORT_STORE_ARRAYS_H

#include "core/buf.h"
#include "db/db.h"

enum { ARRAYS_MAX = 9 };

struct arrays {
    int count;
    struct buf columns[ARRAYS_MAX];
};

struct arrays arrays_new(int count);
void arrays_release(struct arrays *arrays);

/* Where the text of the next element of a column is appended: without blanks, quotes, commas and braces. */
struct buf *arrays_next(struct arrays *arrays, int column);
void arrays_add_number(struct arrays *arrays, int column, int64_t number);
void arrays_add_bytes(struct arrays *arrays, int column, const unsigned char *bytes, size_t size); /* NULL: null */

/* Prepares the statement, with the arrays as its parameters from 1 on: they must stay until it was run. */
enum status arrays_bind(struct db *db, const char *sql, struct arrays *arrays, struct db_statement **ret_statement,
                        struct err *err) MUST_CHECK;

/* Runs a statement over the arrays and releases them. */
enum status arrays_run(struct db *db, const char *sql, struct arrays *arrays, struct err *err) MUST_CHECK;

#endif
