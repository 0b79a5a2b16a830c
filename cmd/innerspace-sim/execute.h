/*
 * From a checked selection to the JSON of `data`.
 */
#ifndef SIM_EXECUTE_H
#define SIM_EXECUTE_H

#include "check.h"
#include "flaws.h"
#include "quota.h"
#include "respond.h"

enum {
    EXECUTE_COLLECT_MAX = 500 * 1000, /* rows that are sorted in memory */
    EXECUTE_BYTES_MAX = 256 << 20     /* the largest answer */
};

/* What all requests share; read-only while the server runs. */
struct backend {
    const struct world *world;
    const struct schema *schema;
    struct respond_style style;
    int64_t row_cap; /* rows that the role may get per field, silently; 0: no cap */
    bool count_capped;
    int64_t count_off;  /* added to every count of BUILDING_INSIGHTS */
    int64_t order_keys; /* so many keys of order_by are obeyed, and no more; 0: all */
    struct quota quota;
    struct rates flaws;
    bool choked;   /* this request wanted more rows than quota.rows */
    uint64_t rows; /* rows written by this request; each request has its own copy of the backend */
};

/*
 * Appends {"data":{...}}. chance: seeds everything that the service leaves open (ties, precedence). STATUS_REFUSED with
 * the refusal set; out then holds rubbish that the caller drops.
 */
enum status execute(struct backend *backend, struct arena *arena, const struct selected *selected, uint64_t chance,
                    struct buf *out, struct refusal *refusal) MUST_CHECK;

/* One root field each: the rows, and the count, of a table. */
enum status execute_rows(struct backend *backend, struct arena *arena, const struct selected *field, uint64_t *chance,
                         struct buf *out, struct refusal *refusal) MUST_CHECK;
enum status execute_aggregate(struct backend *backend, struct arena *arena, const struct selected *field,
                              uint64_t *chance, struct buf *out, struct refusal *refusal) MUST_CHECK;

/* __schema { ... } and __type(name) { ... }. */
void introspect_schema(const struct schema *schema, const struct selected *field, struct buf *out);
void introspect_type(const struct schema *schema, const struct selected *field, struct buf *out);

/* Appends "response": with its comma when it is not the first of an object. */
void execute_key(struct buf *out, const struct selected *field, bool first);

#endif
