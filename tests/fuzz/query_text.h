/* A GraphQL document of the simulator's parser as text: what the sim_query target holds the parser to. */
#ifndef OCCUPORT_TEST_FUZZ_QUERY_TEXT_H
#define OCCUPORT_TEST_FUZZ_QUERY_TEXT_H

#include "core/buf.h"
#include "graphql_ast.h"

/* Appends the document, on one line. Directives of variables and of fragments are not kept by the parser. */
void query_text_append(struct buf *out, const struct gql_document *document);

#endif
