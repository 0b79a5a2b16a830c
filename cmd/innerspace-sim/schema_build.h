/*
 * Inside of the schema: adding types, fields and inputs. References are written as text ("[Int!]") and resolved at the
 * end, so that types may name each other in any order. Failures are sticky.
 */
#ifndef SIM_SCHEMA_BUILD_H
#define SIM_SCHEMA_BUILD_H

#include "schema.h"

struct schema_pending {
    struct schema_ref *ref;
    const char *text;
    struct schema_pending *next;
};

struct schema_builder {
    struct schema *schema;
    struct schema_type **tail;
    struct schema_pending *pending;
    bool failed; /* out of memory; what the functions return then is scratch and must only be written to */
    struct {
        struct schema_type type;
        struct schema_field field;
        struct schema_input input;
    } scratch;
};

/* A type; name is copied. */
struct schema_type *schema_build_type(struct schema_builder *builder, enum schema_kind kind, const char *name);

struct schema_field *schema_build_field(struct schema_builder *builder, struct schema_type *type, const char *name,
                                        const char *ref, enum schema_tag tag);

/* Appends to a chain of inputs or arguments. */
struct schema_input *schema_build_input(struct schema_builder *builder, struct schema_input **chain, const char *name,
                                        const char *ref);

void schema_build_value(struct schema_builder *builder, struct schema_type *type, const char *name);

/* The introspection types, and __schema and __type in the query root when introspection is offered. */
void schema_build_meta(struct schema_builder *builder, struct schema_type *query_root, bool introspection);

#endif
