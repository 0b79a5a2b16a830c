#include "api/exchange.h"

#include "api/envelope.h"
#include "core/log.h"

#include <inttypes.h>
#include <stdlib.h>

int64_t client_now_ms(const struct client *client)
{
    return clock_monotonic_ms(&client->options.clock);
}

int64_t client_time_left_ms(const struct client *client, int64_t now_ms)
{
    int64_t deadline_ms = client->options.deadline_ms;
    return deadline_ms == INT64_MAX ? INT64_MAX : deadline_ms - now_ms;
}

/* splitmix64: enough for jitter. */
static uint64_t next_random(struct client *client)
{
    client->random += 0x9E3779B97F4A7C15u;
    uint64_t z = client->random;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static struct retry_answer decide(struct client *client, enum status failure, int attempts, int max_attempts,
                                  int64_t retry_after_ms)
{
    struct retry_policy policy = client->options.retry;
    policy.max_attempts = max_attempts;
    const struct retry_question question = {
        .failure = failure,
        .attempts_done = attempts,
        .retry_after_ms = retry_after_ms,
        .time_left_ms = client_time_left_ms(client, client_now_ms(client)),
        .random = next_random(client),
    };
    return retry_decide(&policy, &question);
}

/*
 * For what costs no attempt: as after the first of two. How long throttling lasts is for the limiter, which holds all
 * requests; one of them waits for its jitter alone.
 */
static struct retry_answer decide_free(struct client *client, enum status failure, int64_t retry_after_ms)
{
    return decide(client, failure, 1, 2, retry_after_ms);
}

static struct sending sending_now(const struct client *client, int64_t now_ms)
{
    return (struct sending){.started_ms = now_ms, .unread_ms = client->unread_ms};
}

/* True when no answer came, and that may be because nobody read it. */
static bool was_unread(const struct client *client, const struct http_response *response, const struct sending *sent)
{
    if (response->status != STATUS_TIMEOUT && response->status != STATUS_BAD_ANSWER)
        return false;
    int64_t unread_ms = client->unread_ms - sent->unread_ms;
    return unread_ms > 0 && unread_ms * UNREAD_SHARE >= client_now_ms(client) - sent->started_ms;
}

/* Says in err why no further attempt is made. */
static void explain_end(enum retry_verdict verdict, int attempts, struct err *err)
{
    if (verdict == RETRY_NO_TIME) {
        err_prefix(err, "out of time for another attempt");
        err->kind = STATUS_INTERRUPTED;
    } else if (attempts > 1) {
        err_prefix(err, "given up after %d attempts", attempts);
    }
}

/*
 * What every answer, or its absence, does to the limiter, the health and the counters; err tells a failure. is_served:
 * the API itself said it, so it is up.
 */
static void take_note(struct client *client, const struct http_response *response, enum status outcome, bool is_served,
                      const struct err *err, const struct sending *sent)
{
    if (was_unread(client, response, sent))
        outcome = STATUS_INTERRUPTED; /* by ourselves */
    bool overloaded = response->code == 429 || response->code == 503;
    bool asked = response->code == 429 || (response->code == 503 && response->retry_after_ms >= 0);
    client->counters.bytes_received += response->bytes_received;
    client->counters.answers += response->status == STATUS_OK ? 1 : 0;
    client->counters.throttled += asked || outcome == STATUS_THROTTLED ? 1 : 0;
    int64_t hold_ms = outcome != STATUS_OK ? retry_after_capped(&client->options.retry, response->retry_after_ms) : -1;
    limiter_finish(&client->limiter, outcome, overloaded, sent->started_ms, hold_ms, client_now_ms(client));
    if (health_note(&client->health, is_served ? STATUS_OK : outcome))
        client->health_err = *err;
}

void query_call_back(struct query *query, enum status status, const struct http_response *response,
                     const struct err *err)
{
    struct client *client = query->client;
    *(query->previous != NULL ? &query->previous->next : &client->first) = query->next;
    *(query->next != NULL ? &query->next->previous : &client->last) = query->previous;
    client->pending--;
    client->called_back++;
    query->done(query->context, status, response, err);
    buf_release(&query->body);
    free(query);
}

void client_fail_waiting(struct client *client, const struct err *err)
{
    uint64_t limit = client->next_number;
    struct query *query = client->first;
    while (query != NULL && query->number < limit) {
        struct query *next = query->next;
        if (!query->in_flight)
            query_call_back(query, err->kind, NULL, err);
        query = next;
    }
}

/* A gateway that turns a request away at once is not slow: the answer says nothing of how much was asked for. */
enum { QUICK_MS = 5000 };

/* Where less can be asked for, what is too slow is not asked for again, and what says nothing of itself once more. */
static int attempts_worth(const struct query *query, const struct http_response *response, enum status failure)
{
    int most = query->client->options.retry.max_attempts;
    if (query->max_attempts > 0 && query->max_attempts < most)
        most = query->max_attempts;
    bool is_quick = response->status == STATUS_OK && response->code >= 400 && response->elapsed_ms < QUICK_MS;
    if (query->can_shrink && failure == STATUS_TIMEOUT && !is_quick)
        return 1;
    if (query->can_shrink && failure == STATUS_UNCLEAR && most > 2)
        return 2;
    return most;
}

static void query_failed(struct query *query, const struct http_response *response, struct err *err)
{
    struct client *client = query->client;
    bool is_unread = was_unread(client, response, &query->sent) && query->unread++ < UNREAD_FREE;
    bool is_free = err->kind == STATUS_THROTTLED || is_unread;
    int attempts = query->attempts += !is_free;
    struct retry_answer answer = is_free ? decide_free(client, err->kind, response->retry_after_ms)
                                         : decide(client, err->kind, attempts,
                                                  attempts_worth(query, response, err->kind), response->retry_after_ms);
    if (answer.verdict != RETRY_AGAIN) {
        explain_end(answer.verdict, attempts, err);
        query_call_back(query, err->kind, NULL, err);
        return;
    }
    if (is_unread)
        log_debug("nobody read the answer to a query in time, asking again in %" PRId64 " ms", answer.wait_ms);
    else
        log_debug("attempt %d of a query failed, next in %" PRId64 " ms: %s", attempts, answer.wait_ms, err->message);
    query->is_retry = true;
    query->due_ms = client_now_ms(client) + answer.wait_ms;
}

/* A session that is refused at once may not have reached all servers yet: the next login is not hurried. */
static void end_session(struct client *client)
{
    struct session *session = &client->session;
    log_debug("session %" PRIu64 " expired", session->generation);
    client->login.due_ms = 0;
    int unserved = session->barren + (session->doubtful > 0);
    if (unserved == 0)
        return;
    struct retry_policy patient = client->options.retry;
    patient.max_attempts = SESSION_BARREN_MAX + 2;
    const struct retry_question question = {
        .failure = STATUS_SESSION,
        .attempts_done = unserved,
        .retry_after_ms = -1,
        .time_left_ms = INT64_MAX,
        .random = next_random(client),
    };
    client->login.due_ms = client_now_ms(client) + retry_decide(&patient, &question).wait_ms;
}

static void query_met_expired_session(struct query *query)
{
    struct client *client = query->client;
    struct session *session = &client->session;
    bool is_news = session_expired(session, query->generation);
    if (is_news)
        end_session(client);
    /* Of what is sent alone, only the first use of a session tells: others may have used it up. */
    bool was_fresh = is_news && !session->used && !session->tried;
    if (query->expired < EXPIRED_LONE || was_fresh)
        query->expired++;
    query->due_ms = 0;
    if (query->expired < EXPIRED_MAX || session_is_hopeless(&client->session))
        return;
    struct err err;
    err_set(&err, STATUS_REFUSED,
            "the API answered \"session expired\" with each of %d sessions, also when nothing else was sent; the "
            "client may lack rights to this data",
            query->expired);
    session_acquitted(&client->session);
    query_call_back(query, err.kind, NULL, &err);
}

/*
 * True when the API itself said it, and not what stands before it. A GraphQL error is an answer: what stands behind may
 * fail for some and work for others. Some servers send theirs under 400.
 */
static bool is_of_api(const struct http_response *response)
{
    struct envelope envelope;
    if (response->status != STATUS_OK)
        return false;
    if (response->code != 400)
        return response->code / 100 == 2;
    return !response->is_html &&
           envelope_read(buf_text(response->body), response->body->size, NULL, &envelope, NULL) == STATUS_OK &&
           envelope.errors.text != NULL;
}

/*
 * A gateway that waited in vain for the API, or carried too much, had let the session pass. What else it says (429,
 * 5xx) it may say without a look at the session.
 */
static bool is_beyond_gateway(const struct http_response *response, enum status status)
{
    return response->status == STATUS_OK && (status == STATUS_TIMEOUT || status == STATUS_TOO_LARGE);
}

static void query_answered(void *context, const struct http_response *response)
{
    struct query *query = context;
    struct client *client = query->client;
    struct err err = response->err;
    query->in_flight = false;
    client->in_flight--;
    enum status status = response->status;
    if (status == STATUS_OK)
        status = query->judge(query->context, response, &err);
    err.kind = status;
    session_redact(&client->session, client->options.client_secret, &err);
    bool is_served = is_of_api(response) && status != STATUS_BAD_ANSWER && status != STATUS_SESSION;
    client->counters.served += is_served ? 1 : 0;
    take_note(client, response, status, is_served && status != STATUS_THROTTLED, &err, &query->sent);
    if (is_served || is_beyond_gateway(response, status)) {
        session_accepted(&client->session, query->generation);
        query->expired = 0;
    } else if (status != STATUS_SESSION) {
        session_tried(&client->session, query->generation);
    }
    if (status == STATUS_OK)
        query_call_back(query, STATUS_OK, response, &err);
    else if (status == STATUS_SESSION)
        query_met_expired_session(query);
    else
        query_failed(query, response, &err);
}

static enum status query_received(void *context, struct buf *body, bool is_first, struct err *err)
{
    struct query *query = context;
    return query->receive(query->context, body, is_first, err);
}

void query_send(struct query *query, int64_t now_ms)
{
    struct client *client = query->client;
    struct err err = {0};
    const char *const headers[] = {buf_text(&client->session.header), NULL};
    const struct http_request request = {
        .url = buf_text(&client->query_url),
        .headers = headers,
        .body = buf_text(&query->body),
        .body_size = query->body.size,
        .receive = query->receive != NULL ? query_received : NULL,
    };
    enum status status = http_submit(client->http, &request, query_answered, query, &err);
    if (status != STATUS_OK) {
        query_call_back(query, status, NULL, &err);
        return;
    }
    limiter_start(&client->limiter, now_ms);
    client->counters.requests++;
    client->counters.retries += query->is_retry ? 1 : 0;
    client->in_flight++;
    query->is_retry = false;
    query->in_flight = true;
    query->generation = client->session.generation;
    query->sent = sending_now(client, now_ms);
}

static void login_failed(struct client *client, const struct http_response *response, struct err *err)
{
    struct login *login = &client->login;
    bool is_free = err->kind == STATUS_THROTTLED || was_unread(client, response, &login->sent);
    login->attempts += !is_free;
    struct retry_answer answer = is_free ? decide_free(client, err->kind, response->retry_after_ms)
                                         : decide(client, err->kind, login->attempts,
                                                  client->options.retry.max_attempts, response->retry_after_ms);
    if (answer.verdict == RETRY_AGAIN) {
        log_debug("login attempt %d failed, next in %" PRId64 " ms: %s", login->attempts, answer.wait_ms, err->message);
        login->due_ms = client_now_ms(client) + answer.wait_ms;
        return;
    }
    explain_end(answer.verdict, login->attempts, err);
    login->attempts = 0;
    login->due_ms = 0;
    client_fail_waiting(client, err);
}

static void login_answered(void *context, const struct http_response *response)
{
    struct client *client = context;
    struct err err = response->err;
    client->login.in_flight = false;
    enum status status = response->status;
    if (status == STATUS_OK) {
        status = session_login_answered(&client->session, response->code, response->is_html, buf_text(response->body),
                                        response->body->size, &err);
    } else {
        /* What is asked for cannot be made smaller, and what is so large is no token endpoint. */
        if (status == STATUS_TOO_LARGE)
            status = err.kind = STATUS_UNREACHABLE;
        session_login_failed(&client->session);
        err_prefix(&err, "login");
    }
    take_note(client, response, status, false, &err, &client->login.sent);
    if (status == STATUS_OK || status == STATUS_AUTH) {
        log_debug("login %s", status == STATUS_OK ? "accepted" : "refused");
        client->answered = true;
        client->login.attempts = 0;
        client->login.due_ms = 0;
        return;
    }
    login_failed(client, response, &err);
}

void login_send(struct client *client, int64_t now_ms)
{
    const struct client_options *options = &client->options;
    struct err err = {0};
    struct buf body = {0};
    session_append_login(&body, options->client_id, options->client_secret, options->audience);
    enum status status = buf_status(&body, &err);
    if (status == STATUS_OK) {
        const struct http_request request = {
            .url = buf_text(&client->login_url),
            .body = buf_text(&body),
            .body_size = body.size,
            .body_max = SESSION_ANSWER_MAX,
            .is_secret = true,
        };
        status = http_submit(client->http, &request, login_answered, client, &err);
    }
    buf_release(&body);
    if (status != STATUS_OK) {
        client_fail_waiting(client, &err);
        return;
    }
    log_debug("login sent");
    session_login_sent(&client->session);
    limiter_start(&client->limiter, now_ms);
    client->counters.requests++;
    client->counters.logins++;
    client->login.in_flight = true;
    client->login.sent = sending_now(client, now_ms);
}
