/*
 * A GraphQL request document from its text: operations and fragments; a type system definition is refused.
 *
 * Depth of values, selections and types is bounded by GQL_DEPTH_MAX, memory by the arena's maximum.
 */
#ifndef SIM_GRAPHQL_PARSE_H
#define SIM_GRAPHQL_PARSE_H

#include "core/arena.h"
#include "core/err.h"
#include "graphql_ast.h"

enum { GQL_DEPTH_MAX = 64 };

/*
 * Parses text; *ret_document and all below it live in the arena. STATUS_REFUSED: not a valid document (the err says
 * the line and what is wrong); STATUS_NOMEM: over the arena's maximum.
 */
enum status gql_parse(struct arena *arena, const char *text, size_t size, struct gql_document **ret_document,
                      struct err *err) MUST_CHECK;

#endif
