#include "service.h"

#include <stdio.h>
#include <string.h>

enum status service_init(struct service *service, const struct sim_options *options, int64_t now, struct err *err)
{
    *service = (struct service){.options = options};
    sessions_init(&service->sessions, options->session_requests, options->session_seconds, clock_system());
    service->sessions.file = options->sessions_file;
    faults_init(&service->faults, (uint64_t)options->seed, (int)options->fail);
    stats_init(&service->stats);
    enum status status =
        garble_init(&service->garble, (uint64_t)options->seed, options->garble, (size_t)options->blanks, err);
    if (status == STATUS_OK)
        status = edition_init(&service->editions[0], options, false, now, err);
    if (status == STATUS_OK && options->change_after >= 0)
        status = edition_init(&service->editions[1], options, true, now, err);
    if (status == STATUS_OK && options->remember)
        status = memory_init(&service->memory, err);
    return status;
}

void service_release(struct service *service)
{
    edition_release(&service->editions[0]);
    edition_release(&service->editions[1]);
    memory_release(&service->memory);
    stats_release(&service->stats);
    garble_release(&service->garble);
    faults_release(&service->faults);
    sessions_release(&service->sessions);
}

const struct edition *service_edition(const struct service *service, uint64_t queries)
{
    int64_t after = service->options->change_after;
    return &service->editions[after >= 0 && queries >= (uint64_t)after];
}

/* Answers the token endpoint; true: a session was given. */
static bool answer_token(struct service *service, const struct call *call, struct reply *reply)
{
    const struct sim_options *options = service->options;
    struct token_request request;
    char session_id[SESSION_ID_SIZE];
    if (strcmp(call->method, "POST") != 0) {
        reply_gateway(reply, 405, "Not Allowed");
    } else if (!request_read_token(call->body, call->size, &request)) {
        reply_json(reply, 400,
                   "{\"error\":\"invalid_request\",\"error_description\":\"client_id, client_secret and audience are "
                   "required\"}");
    } else if (strcmp(request.client_id, options->client_id) != 0 ||
               strcmp(request.client_secret, options->client_secret) != 0) {
        reply_json(reply, 401, "{\"error\":\"access_denied\",\"error_description\":\"Unauthorized\"}");
    } else if (strcmp(request.audience, options->audience) != 0) {
        reply_json(reply, 403, "{\"error\":\"access_denied\",\"error_description\":\"Service not found\"}");
    } else if (!sessions_open(&service->sessions, session_id)) {
        reply_json(reply, 500, "{\"error\":\"server_error\"}");
    } else {
        reply_json(reply, 200, "{\"session_id\":\"");
        buf_append_text(&reply->body, session_id);
        buf_append_text(&reply->body, "\"}");
        return true;
    }
    return false;
}

/* Expiry as HTTP 401 [documented: the public sample], or as Hasura says it, in a 200. */
static void reply_no_session(const struct service *service, const struct call *call, struct reply *reply)
{
    if (service->options->expiry == EXPIRY_401)
        reply_json(reply, 401, "{\"message\":\"Unauthorized\"}");
    else if (call->session_id == NULL)
        reply_refusal(reply, "access-denied", "Missing 'X-Session-Id' header in request");
    else
        reply_refusal(reply, "invalid-jwt", "Could not verify JWT: JWTExpired");
}

struct seen {
    struct service *service;
    struct reply *reply;
};

static void see_operation(void *context, const char *name)
{
    const struct seen *seen = context;
    stats_add_operation(&seen->service->stats, name);
    snprintf(seen->reply->operation, sizeof seen->reply->operation, "%s", name != NULL ? name : "(anonymous)");
}

static void remember(struct service *service, const struct call *call, struct reply *reply)
{
    const struct remembered *kept = memory_keep(&service->memory, call->body, call->size, &reply->body, reply->rows);
    reply->remembered = kept != NULL ? &kept->answer : NULL;
}

/* True when the question was answered before. */
static bool recall(struct service *service, const struct call *call, struct reply *reply)
{
    const struct remembered *remembered =
        service->memory.slots != NULL ? memory_find(&service->memory, call->body, call->size) : NULL;
    if (remembered == NULL)
        return false;
    reply_json(reply, 200, "");
    reply->remembered = &remembered->answer;
    reply->rows = remembered->rows;
    stats_add(&service->stats, STATS_QUERY);
    return true;
}

static void answer_query(struct service *service, const struct call *call, struct reply *reply)
{
    if (!sessions_use(&service->sessions, call->session_id)) {
        stats_add(&service->stats, STATS_EXPIRED);
        reply_no_session(service, call, reply);
        return;
    }
    if (recall(service, call, reply))
        return;
    struct request_answer answer = {0};
    struct seen seen = {.service = service, .reply = reply};
    const struct edition *edition = service_edition(service, atomic_fetch_add(&service->queries, 1));
    request_answer(&edition->backend, call->body, call->size, see_operation, &seen, &answer);
    reply_json(reply, 200, "");
    buf_release(&reply->body);
    reply->body = answer.body;
    reply->is_error = answer.is_error;
    reply->rows = answer.rows;
    if (answer.choked)
        quota_choke((enum choke_style)service->options->choke_style, reply);
    stats_add(&service->stats, STATS_QUERY);
    if (reply->is_error)
        stats_add(&service->stats, STATS_ERROR);
    else if (garble_apply(&service->garble, reply))
        stats_add(&service->stats, STATS_FAULT);
    else if (service->memory.slots != NULL && reply->code == 200)
        remember(service, call, reply);
}

static void answer_healthy(struct service *service, const struct call *call, struct reply *reply)
{
    if (strcmp(call->method, "POST") == 0)
        answer_query(service, call, reply);
    else if (strcmp(call->method, "GET") == 0)
        reply_refusal(reply, "not-supported", "Automatic Persisted Queries is not enabled"); /* [observed] */
    else
        reply_gateway(reply, 405, "Not Allowed");
}

/* A fault stands in front of everything, sessions as well; only a body cut short had a whole one before. */
static void answer_api(struct service *service, const struct call *call, struct reply *reply)
{
    enum fault fault = faults_next(&service->faults);
    if (fault != FAULT_NONE)
        stats_add(&service->stats, STATS_FAULT);
    if (fault == FAULT_NONE || fault == FAULT_CUT)
        answer_healthy(service, call, reply);
    if (fault != FAULT_NONE)
        fault_apply(fault, reply);
}

void service_answer(struct service *service, const struct call *call, struct reply *reply)
{
    stats_add(&service->stats, STATS_REQUEST);
    if (call->too_large)
        reply_gateway(reply, 413, "Request Entity Too Large");
    else if (strcmp(call->path, "/v2/oauth/token") == 0)
        stats_add(&service->stats, answer_token(service, call, reply) ? STATS_LOGIN : STATS_LOGIN_REFUSED);
    else if (strcmp(call->path, "/v2/api") == 0)
        answer_api(service, call, reply);
    else
        reply_gateway(reply, 404, "Not Found");
    stats_add_answer(&service->stats, reply->rows, reply_body(reply)->size);
}
