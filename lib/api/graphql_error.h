/*
 * The errors of a GraphQL answer: {"message", "extensions": {"code", "path"}}, the envelope of Hasura v2 (DDN sends
 * the message alone).
 *
 * What an error means is decided by its code alone, through one table. Of several errors the one
 * that decides is the first of the worst kind, in the order session, throttled, timeout, too large, unsupported,
 * refused, server, unclear: what a new login or a pause cures comes before what is lasting, and a lasting reason before
 * one that is not understood.
 */
#ifndef OCCUPORT_API_GRAPHQL_ERROR_H
#define OCCUPORT_API_GRAPHQL_ERROR_H

#include "api/json_scan.h"

enum {
    GRAPHQL_ERRORS_MAX = 100, /* of one answer are looked at */
    GRAPHQL_CODE_SIZE = 64,
    GRAPHQL_PATH_SIZE = 256,
    GRAPHQL_MESSAGE_SIZE = 512
};

struct graphql_error {
    enum status kind;
    char code[GRAPHQL_CODE_SIZE];       /* "" when there is none; texts are cut to fit */
    char path[GRAPHQL_PATH_SIZE];       /* likewise */
    char message[GRAPHQL_MESSAGE_SIZE]; /* likewise */
};

enum graphql_errors { GRAPHQL_ERRORS_NONE, GRAPHQL_ERRORS_SOME, GRAPHQL_ERRORS_MALFORMED };

/* Reads the value of "errors". NONE: it is null or an empty list. SOME: *ret_error is the one that decides. */
enum graphql_errors graphql_errors_read(struct json_span errors, struct graphql_error *ret_error) MUST_CHECK;

#endif
