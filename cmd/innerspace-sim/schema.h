/*
 * The types that a role can see, shaped as Hasura v2 shapes them for a data connector: T, T_bool_exp, T_order_by,
 * T_aggregate, <Scalar>_comparison_exp, order_by, and the introspection types. What a role may not see does not exist
 * in it [documented: Hasura issue 10618], so every check follows from the schema alone.
 *
 * Life cycle: schema_init once with what is offered, then read-only (threads may share it), schema_release.
 */
#ifndef SIM_SCHEMA_H
#define SIM_SCHEMA_H

#include "core/arena.h"
#include "core/err.h"
#include "tables.h"

enum schema_kind { SCHEMA_SCALAR, SCHEMA_OBJECT, SCHEMA_INPUT, SCHEMA_ENUM };

enum schema_scalar { SCALAR_INT, SCALAR_FLOAT, SCALAR_STRING, SCALAR_BOOLEAN, SCALAR_ANY };

struct schema_type;

/* T, T!, [T], [T!], [T!]!: one level of list is all that Hasura uses. */
struct schema_ref {
    const struct schema_type *type;
    bool list;
    bool item_non_null;
    bool non_null;
};

/* An argument, or a field of an input type. */
struct schema_input {
    const char *name;
    struct schema_ref ref;
    bool refuses_null; /* nullable by type, yet Hasura refuses null: everything inside of where */
    struct schema_input *next;
};

/* What a field yields. */
enum schema_tag {
    FIELD_COLUMN,      /* column of a row */
    FIELD_ROWS,        /* root: rows of a table */
    FIELD_AGGREGATE,   /* root: T_aggregate */
    FIELD_AGGREGATES,  /* aggregate { ... } within it */
    FIELD_COUNT,       /* count within that */
    FIELD_TYPENAME,    /* __typename, offered everywhere */
    FIELD_META_SCHEMA, /* root: __schema */
    FIELD_META_TYPE,   /* root: __type */
    FIELD_META         /* within these: told apart by name */
};

struct schema_field {
    const char *name;
    enum schema_tag tag;
    const struct table *table; /* rows, aggregate, column */
    int column;
    const char *description;
    struct schema_ref ref;
    struct schema_input *args;
    struct schema_field *next;
};

struct schema_value {
    const char *name;
    struct schema_value *next;
};

struct schema_type {
    enum schema_kind kind;
    enum schema_scalar scalar;
    const char *name;
    const char *description;     /* or NULL */
    struct schema_field *fields; /* object */
    struct schema_input *inputs; /* input object */
    struct schema_value *values; /* enum */
    struct schema_type *next;
};

struct schema_options {
    bool documented; /* only what the public sample uses: _eq filters, no paging arguments */
    bool aggregates;
    bool introspection;
    const char *gone;      /* more such columns */
    const char *as_text;   /* numeric columns that are String now */
    bool new_columns;      /* DWELL_MINUTES is there */
    const char *denied;    /* columns that the role cannot see, "A,B"; NULL: none */
    const char *time_type; /* name of DATE_TIME_START's scalar, which depends on the connector */
};

struct schema {
    struct arena arena;
    struct schema_type *types; /* query_root first */
    struct schema_field typename_field;
};

/* STATUS_NOMEM; STATUS_BUG when the tables name a type that does not exist. Release also after a failure. */
enum status schema_init(struct schema *schema, const struct schema_options *options, struct err *err) MUST_CHECK;
void schema_release(struct schema *schema);

const struct schema_type *schema_find_type(const struct schema *schema, const char *name);
const struct schema_type *schema_query_root(const struct schema *schema);

/* The field of an object type, __typename included; NULL when the role cannot see one. */
const struct schema_field *schema_find_field(const struct schema *schema, const struct schema_type *type,
                                             const char *name);

/* The input of that name in a chain of inputs or arguments, or NULL. */
const struct schema_input *schema_find_input(const struct schema_input *inputs, const char *name);

/* "T", "[T!]!": as a type is written. Returns out. */
enum { SCHEMA_REF_TEXT_SIZE = 96 };
const char *schema_ref_format(const struct schema_ref *ref, char out[SCHEMA_REF_TEXT_SIZE]);

/* True when the comma-separated list names the word; list NULL is empty. */
bool schema_list_has(const char *list, const char *word);

#endif
