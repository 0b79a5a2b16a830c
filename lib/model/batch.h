/*
 * The rows of one unit while they are fetched, and the rows that cannot be kept.
 *
 * Life cycle: `struct batch b = {0}`, batch_init, batch_add for each row,
 * batch_reject for each bad one, batch_finish once, then read; batch_reset to
 * start the unit again; batch_release. All memory comes from the batch's arena.
 */
#ifndef OCCUPORT_MODEL_BATCH_H
#define OCCUPORT_MODEL_BATCH_H

#include "core/arena.h"
#include "model/moment.h"
#include "model/plan.h"

enum value_kind {
    VALUE_NULL,    /* JSON null, or the key is missing: not zero */
    VALUE_INTEGER, /* a JSON number without fraction that fits 64 bits, or true (1) and false (0) */
    VALUE_REAL,    /* a JSON number that a double holds to all its digits */
    VALUE_TEXT,    /* a JSON string; or the digits of a number that neither of the above holds */
    VALUE_JSON     /* an object or an array: its JSON text as it came */
};

/* 16 bytes: a page holds tens of thousands. */
struct value {
    enum value_kind kind;
    uint32_t size; /* TEXT, JSON: bytes of text */
    union {
        int64_t integer;
        double real;
        const char *text; /* TEXT, JSON: UTF-8, not NUL-terminated */
    };
};

/* A text as a value; no row, and so no text of one, has 4 GiB. */
static inline struct value value_of_text(enum value_kind kind, const char *text, size_t size)
{
    return (struct value){.kind = kind, .size = (uint32_t)size, .text = text};
}

struct row {
    size_t slice; /* its number in the unit */
    struct moment start;
    const char *start_text; /* DATE_TIME_START character for character */
    size_t start_size;
    const struct value *keys;   /* the extra keys of the dataset: INTEGER or TEXT; NULL when it has none */
    const struct value *values; /* one a configured column */
};

enum { REJECT_RAW_MAX = 4096, BATCH_REJECTS_MAX = 1000 };

struct reject {
    size_t slice;       /* its number, or SIZE_MAX when the row belongs to no slice of the unit */
    const char *reason; /* "DATE_TIME_START is missing", ... */
    const char *raw;    /* the row as it came, cut at REJECT_RAW_MAX bytes */
    size_t raw_size;
};

struct batch {
    struct arena arena;
    size_t key_count; /* extra keys of a row: 0 after batch_init, set by the caller before the first row */
    size_t column_count;
    const struct zone *zone; /* of the building: NULL after batch_init, set by the caller before the first row */
    size_t row_count;
    size_t row_capacity;
    size_t row_hint; /* so many rows are expected: 0 after batch_init */
    struct row *rows;
    size_t reject_count;
    uint64_t rejects_dropped; /* beyond BATCH_REJECTS_MAX */
    struct reject *rejects;
    uint64_t received;           /* rows as they came, duplicates and rejects included */
    const struct row *ambiguous; /* by batch_finish: one of the first pair whose start comes twice; else NULL */
};

/* An empty batch whose rows have column_count values; max_bytes 0: ARENA_MAX_DEFAULT. */
void batch_init(struct batch *batch, size_t column_count, size_t max_bytes);

/* Adds a row; what row points to must live in batch->arena. STATUS_NOMEM. */
enum status batch_add(struct batch *batch, const struct row *row, struct err *err) MUST_CHECK;

/* Adds a reject; reason and raw are copied. STATUS_NOMEM. */
enum status batch_reject(struct batch *batch, size_t slice, const char *reason, const char *raw, size_t raw_size,
                         struct err *err) MUST_CHECK;

/*
 * Sorts the rows by (slice, start, extra keys) and drops repeats: the same key with the same values (pages may
 * overlap). Two rows with one key and different values contradict each other: *ret_conflict is then the slice number of
 * the first such pair (else SIZE_MAX), and both rows stay.
 *
 * Where clocks are set back, a wall clock shows an hour twice. Two rows that begin in it and do not say their zone may
 * well be two rows, also when their values are the same, as they are at night: they count as such a pair, and
 * batch->ambiguous is one of the first of them.
 */
void batch_finish(struct batch *batch, size_t *ret_conflict);

bool value_equal(const struct value *a, const struct value *b);

/* The order of extra keys, that of SQLite: numbers before texts, texts byte by byte; the first that differs decides. */
int keys_compare(const struct value *a, const struct value *b, size_t count);

/* What a batch holds at a moment before batch_finish, to put it back to. */
struct batch_mark {
    size_t row_count;
    size_t reject_count;
    uint64_t rejects_dropped;
    uint64_t received;
};

struct batch_mark batch_mark(const struct batch *batch);

/* Drops all rows and rejects since the mark. */
void batch_put_back(struct batch *batch, const struct batch_mark *mark);

/* Empty again; memory for rows is kept. */
void batch_reset(struct batch *batch);
void batch_release(struct batch *batch);

#endif
