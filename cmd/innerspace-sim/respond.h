/*
 * Values and errors as JSON text, in the spellings that the options ask for.
 */
#ifndef SIM_RESPOND_H
#define SIM_RESPOND_H

#include "core/buf.h"
#include "refusal.h"
#include "row.h"

enum number_style { NUMBERS_PLAIN, NUMBERS_STRING, NUMBERS_EXPONENT };

struct respond_style {
    enum number_style numbers; /* how Float columns are written */
    bool stringify_ids;        /* integer key columns as JSON strings */
    unsigned text_columns;     /* bits of the columns of BUILDING_INSIGHTS that are strings now */
};

/* Appends the value of a column as JSON. */
void respond_json(struct buf *out, const struct respond_style *style, struct row *row, int column);

/* Appends the same value as bare text: no quotes, nothing for null. For CSV. */
void respond_plain(struct buf *out, const struct respond_style *style, struct row *row, int column);

/* Hasura's envelope: {"errors":[{"message","extensions":{"path","code"}}]}, without data. */
void respond_errors(struct buf *out, const struct refusal *refusal);

/* Appends a whole number, quickly. */
void respond_integer(struct buf *out, int64_t value);

#endif
