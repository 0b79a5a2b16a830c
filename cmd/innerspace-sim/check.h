/*
 * Is a document what the schema allows? As strict as Hasura v2 [documented: api-facts section 5; observed]: numbers
 * unquoted, no unknown field, argument or operator, no null inside of where, no variable sent that is not declared and
 * used. One mistake fails the whole request.
 *
 * The result is a tree of what was selected: fragments expanded, directives obeyed, equal fields merged, variables put
 * in, single values turned into lists where a list is wanted, so that nothing after this file needs to know of them.
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "core/arena.h"
#include "graphql_ast.h"
#include "refusal.h"
#include "schema.h"

enum { CHECK_DEPTH_MAX = 100, CHECK_FIELDS_MAX = 20000 };

struct selected {
    const char *response; /* the key in the answer */
    const struct schema_field *field;
    const struct schema_type *parent; /* the type that the field stands in */
    const struct gql_value *args;     /* checked; chained by next */
    struct selected *children;
    struct selected *next;
};

/* A variable of the operation and its value. */
struct binding {
    const struct gql_variable *variable;
    const struct gql_value *value; /* NULL: absent */
    bool used;
    struct binding *next;
};

struct check {
    const struct schema *schema;
    struct arena *arena;
    struct gql_document *document;
    struct binding *bindings;
    struct refusal *refusal;
    size_t field_count;
    unsigned depth;
};

struct check_request {
    struct gql_document *document;
    const char *operation_name;        /* NULL: not given */
    const struct gql_value *variables; /* chain of values with from_json set, or NULL */
};

/*
 * Checks a request; *ret_selected and all below live in arena. STATUS_REFUSED with the refusal set: code
 * "validation-failed", for numbers out of range "parse-failed".
 */
enum status check_operation(const struct schema *schema, struct arena *arena, const struct check_request *request,
                            struct selected **ret_selected, struct refusal *refusal) MUST_CHECK;

/* The members of this file's parts, in check_coerce.c and check_variables.c. */

/* A value as an input of type ref wants it. at: where it stands. */
enum status check_coerce(struct check *check, const struct schema_ref *ref, bool refuses_null,
                         const struct gql_value *value, const struct path *at,
                         const struct gql_value **ret_value) MUST_CHECK;

/* Arguments or the fields of an input object: known names only, required ones given. */
enum status check_coerce_members(struct check *check, const struct schema_input *inputs, const struct gql_value *values,
                                 const struct path *at, const struct gql_value **ret_first) MUST_CHECK;

/* Binds the variables of the operation to what was sent, and refuses what was sent in vain. */
enum status check_bind(struct check *check, const struct gql_operation *operation,
                       const struct gql_value *variables) MUST_CHECK;

/* The value of a variable where an input of type ref is wanted; NULL in *ret_value: absent. */
enum status check_variable(struct check *check, const struct schema_ref *ref, const char *name, const struct path *at,
                           const struct gql_value **ret_value) MUST_CHECK;

/* The value of that name in a chain, or NULL. */
const struct gql_value *gql_value_find(const struct gql_value *first, const char *name);

/* The fragment of that name, or NULL. */
struct gql_fragment *gql_fragment_find(const struct gql_document *document, const char *name);

#endif
