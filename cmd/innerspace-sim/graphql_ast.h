/*
 * A GraphQL document as a tree. Every node lives in the arena that the parser was given.
 *
 * Lists are chained by `next` in the order of the document. Texts are NUL-terminated; strings may hold NUL bytes, so
 * `size` counts.
 */
#ifndef SIM_GRAPHQL_AST_H
#define SIM_GRAPHQL_AST_H

#include <stdbool.h>
#include <stddef.h>

enum gql_value_kind {
    GQL_NULL,
    GQL_INT,
    GQL_FLOAT,
    GQL_STRING,
    GQL_BOOLEAN,
    GQL_ENUM,
    GQL_LIST,
    GQL_OBJECT,
    GQL_VARIABLE
};

struct gql_value {
    enum gql_value_kind kind;
    bool boolean;
    bool from_json;   /* came in `variables`: a JSON string may then stand for an enum value */
    const char *name; /* of the argument or object field that holds it; NULL in lists */
    const char *text; /* digits, the string, the enum value or the variable's name */
    size_t size;
    struct gql_value *first; /* of a list or object */
    struct gql_value *next;
};

struct gql_type {
    const char *name;      /* NULL: a list of item */
    struct gql_type *item; /* with name NULL */
    bool non_null;
};

struct gql_variable {
    const char *name;
    struct gql_type *type;
    struct gql_value *fallback; /* the default value, or NULL */
    struct gql_variable *next;
};

struct gql_directive {
    const char *name;
    struct gql_value *args;
    struct gql_directive *next;
};

enum gql_selection_kind { GQL_FIELD, GQL_SPREAD, GQL_INLINE };

struct gql_selection {
    enum gql_selection_kind kind;
    const char *response; /* field: the alias, or the name */
    const char *name;     /* field or fragment name */
    const char *on;       /* inline fragment: type condition, or NULL */
    struct gql_value *args;
    struct gql_directive *directives;
    bool has_selections;
    struct gql_selection *selections;
    struct gql_selection *next;
};

enum gql_operation_kind { GQL_QUERY, GQL_MUTATION, GQL_SUBSCRIPTION };

struct gql_operation {
    enum gql_operation_kind kind;
    const char *name; /* NULL: anonymous */
    struct gql_variable *variables;
    struct gql_directive *directives;
    struct gql_selection *selections;
    struct gql_operation *next;
};

struct gql_fragment {
    const char *name;
    const char *on;
    struct gql_selection *selections;
    struct gql_fragment *next;
    bool open; /* being expanded: meeting it again is a cycle */
};

struct gql_document {
    struct gql_operation *operations;
    struct gql_fragment *fragments;
};

#endif
