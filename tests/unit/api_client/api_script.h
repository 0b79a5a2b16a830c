/*
 * A scripted API with a token endpoint, and a client on it that keeps what called back.
 *
 * By default a login gives the session SESSION_SECRET "-N" and ends the one before; a session serves api->session_life
 * queries (0: without end) and then answers as api->expiry says; a good answer is {"data":BODY}.
 */
#ifndef OCCUPORT_TESTS_API_SCRIPT_H
#define OCCUPORT_TESTS_API_SCRIPT_H

#include "api/client.h"
#include "net/health.h"
#include "support/http_script.h"

#define SESSION_SECRET "session-id-that-nobody-sees"
#define CLIENT_SECRET  "client-secret-that-nobody-sees"

enum { RESULTS_MAX = 128 };

enum expiry { EXPIRY_401, EXPIRY_200 };

struct api;

/* Returns true when it wrote the reply itself; number counts logins or queries from 1. */
typedef bool api_hook(struct api *api, int number, const struct script_request *request, struct script_reply *reply);

struct result {
    struct api *api;
    int calls;
    enum status status;
    struct err err;
    struct buf body;
    int order; /* the how manieth to call back, from 1 */
};

struct api {
    /* Set before the first query. */
    int session_life;
    enum expiry expiry;
    api_hook *on_login;
    api_hook *on_query;
    int max_attempts; /* of each query; 0: the policy's */
    bool can_shrink;
    long timeout_ms; /* of each request; 0: 20,000 */

    struct http_script *script;
    struct http *http;
    struct client *client;
    int logins; /* seen by the server */
    int queries;
    int served; /* by the newest session */
    int came;   /* with the newest session, served or not */
    struct result results[RESULTS_MAX];
    int called_back;
};

/* Retries after a few milliseconds, 3 attempts, concurrency 8, no rate, no deadline. */
struct client_options api_options(void);

/* Starts server and client; base_url NULL in options: the server's. */
void api_start(struct api *api, struct client_options options);

/* Queues a query whose answer goes to results[index]. */
void api_query(struct api *api, int index, const char *body);

/* Queues count queries {"q":INDEX} into results[0...]. */
void api_queries(struct api *api, int count);

/* Polls until nothing is pending. */
void api_wait(struct api *api);

/* All of results[first...end) called back once with this status. */
void api_check(const struct api *api, int first, int end, enum status status);

void api_stop(struct api *api);

/* A hook: HTTP 500, "out of order". */
bool api_always_fails(struct api *api, int number, const struct script_request *request, struct script_reply *reply);

/* Helpers of hooks. */
void api_expire(struct api *api, struct script_reply *reply);
bool api_has_session(const struct script_request *request, int number);

#endif
