/*
 * COPY ... FROM STDIN (FORMAT binary): the fastest way of many rows into a table. One at a time on a connection, inside
 * a transaction; rows are sent as a buffer of PG_COPY_BYTES fills.
 *
 * Life cycle: pg_copy_begin, for each row pg_copy_row and as many fields as it says, pg_copy_end in any case.
 * Errors stick: what comes after one does nothing, and pg_copy_end tells it.
 */
#ifndef OCCUPORT_PG_COPY_H
#define OCCUPORT_PG_COPY_H

#include "pg/pg.h"

enum { PG_COPY_BYTES = 256 * 1024 };

struct pg_copy;

/* sql: "COPY stage (a, b) FROM STDIN (FORMAT binary)". The caller owns *ret_copy; pg_copy_end frees it. */
enum status pg_copy_begin(struct db *db, const char *sql, struct pg_copy **ret_copy, struct err *err) MUST_CHECK;

/* Begins a row of so many fields. Each of the following adds one, in the order of the columns, of exactly that type. */
void pg_copy_row(struct pg_copy *copy, int fields);
void pg_copy_null(struct pg_copy *copy);
void pg_copy_bool(struct pg_copy *copy, bool value);
void pg_copy_int2(struct pg_copy *copy, int16_t value);
void pg_copy_int4(struct pg_copy *copy, int32_t value);
void pg_copy_int8(struct pg_copy *copy, int64_t value);
void pg_copy_float8(struct pg_copy *copy, double value);
void pg_copy_text(struct pg_copy *copy, const char *text, size_t size); /* text, varchar; UTF-8 without NUL */
void pg_copy_jsonb(struct pg_copy *copy, const char *text, size_t size);

/* Sends the rest and waits for the server's word; *ret_rows (may be NULL): rows that were copied. */
enum status pg_copy_end(struct pg_copy *copy, uint64_t *ret_rows, struct err *err) MUST_CHECK;

#endif
