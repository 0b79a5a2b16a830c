/*
 * The body of POST /v2/api, and of the token endpoint, as JSON in and out. Here and in request.c only is json-c used.
 */
#ifndef SIM_REQUEST_H
#define SIM_REQUEST_H

#include "execute.h"

enum {
    REQUEST_BYTES_MAX = 4 << 20,
    REQUEST_BATCH_MAX = 100,
    REQUEST_NAME_MAX = 64,
    REQUEST_ARENA_MAX = 64 << 20,
    REQUEST_TOKEN_TEXT_MAX = 256
};

/* What is told about each operation, for statistics and the log. */
typedef void request_seen(void *context, const char *operation_name);

/* The answer to a body; HTTP 200 always [documented: Hasura]. */
struct request_answer {
    struct buf body; /* owned by the caller */
    bool is_error;   /* errors are never compressed and carry no request id [observed] */
    bool choked;     /* one of them wanted more rows than there may be */
    uint64_t rows;
};

/*
 * Answers one operation, or an array of them by an array of answers, one after another, each with its own data or
 * errors; a malformed element gives one error object instead [documented: Hasura Transport/HTTP.hs].
 */
void request_answer(const struct backend *backend, const char *body, size_t size, request_seen *seen, void *context,
                    struct request_answer *answer);

struct token_request {
    char client_id[REQUEST_TOKEN_TEXT_MAX];
    char client_secret[REQUEST_TOKEN_TEXT_MAX];
    char audience[REQUEST_TOKEN_TEXT_MAX];
};

/* Reads the body of the token endpoint; false: not a JSON object with these three texts. */
bool request_read_token(const char *body, size_t size, struct token_request *ret_request);

#endif
