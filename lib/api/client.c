#include "api/client.h"

#include "api/exchange.h"

#include <stdlib.h>
#include <string.h>

/* A query names thousands of groups at most; what is longer is a mistake. */
static const size_t QUERY_MAX = (size_t)8 << 20;

static void set_url(struct buf *out, const char *base_url, const char *path)
{
    size_t size = strlen(base_url);
    while (size > 0 && base_url[size - 1] == '/')
        size--;
    buf_append(out, base_url, size);
    buf_append_text(out, path);
}

enum status client_new(struct http *http, const struct client_options *options, struct client **ret_client,
                       struct err *err)
{
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL)
        return err_nomem(err);
    client->http = http;
    client->options = *options;
    client->random = options->random_seed;
    set_url(&client->login_url, options->base_url, "/v2/oauth/token");
    set_url(&client->query_url, options->base_url, "/v2/api");
    limiter_init(&client->limiter, options->requests_per_second, options->concurrency, client_now_ms(client));
    enum status status = buf_status(&client->login_url, err);
    if (status == STATUS_OK)
        status = buf_status(&client->query_url, err);
    if (status != STATUS_OK) {
        client_free(client);
        return status;
    }
    *ret_client = client;
    return STATUS_OK;
}

/* What is in flight will not be answered any more. */
static void abandon(struct client *client)
{
    if (client->login.in_flight)
        http_cancel(client->http, client);
    client->login.in_flight = false;
    for (struct query *query = client->first; query != NULL; query = query->next) {
        if (query->in_flight)
            http_cancel(client->http, query);
        query->in_flight = false;
    }
    client->in_flight = 0;
}

void client_free(struct client *client)
{
    if (client == NULL)
        return;
    abandon(client);
    while (client->first != NULL) {
        struct query *query = client->first;
        client->first = query->next;
        buf_release(&query->body);
        free(query);
    }
    session_release(&client->session);
    buf_release(&client->login_url);
    buf_release(&client->query_url);
    free(client);
}

static void set_stopped(struct err *err)
{
    err_set(err, STATUS_INTERRUPTED, "interrupted before the answer came");
}

static struct query *query_new(struct client *client, const char *body, size_t body_size, struct err *err)
{
    struct query *query = calloc(1, sizeof *query);
    if (query == NULL) {
        (void)err_nomem(err);
        return NULL;
    }
    query->client = client;
    query->body.max = QUERY_MAX;
    buf_append(&query->body, body, body_size);
    if (buf_status(&query->body, err) != STATUS_OK) {
        buf_release(&query->body);
        free(query);
        return NULL;
    }
    return query;
}

enum status client_query(struct client *client, const struct client_ask *ask, struct err *err)
{
    if (client->stopped) {
        struct err stopped;
        set_stopped(&stopped);
        ask->done(ask->context, STATUS_INTERRUPTED, NULL, &stopped);
        return STATUS_OK;
    }
    struct err failure = {0};
    struct query *query = query_new(client, ask->body, ask->body_size, &failure);
    if (query == NULL) {
        if (err != NULL)
            *err = failure;
        return failure.kind;
    }
    query->judge = ask->judge;
    query->receive = ask->receive;
    query->done = ask->done;
    query->context = ask->context;
    query->max_attempts = ask->max_attempts;
    query->can_shrink = ask->can_shrink;
    query->number = client->next_number++;
    query->previous = client->last;
    *(client->last != NULL ? &client->last->next : &client->first) = query;
    client->last = query;
    client->pending++;
    return STATUS_OK;
}

static bool session_has_unanswered(const struct client *client)
{
    if (client->session.state != SESSION_VALID)
        return false;
    for (const struct query *query = client->first; query != NULL; query = query->next) {
        if (query->in_flight && query->generation == client->session.generation)
            return true;
    }
    return false;
}

/* The oldest query that waits for nothing of its own; while one must be alone, only that one. */
static struct query *next_ready(const struct client *client, int64_t now_ms)
{
    struct query *oldest = NULL;
    for (struct query *query = client->first; query != NULL; query = query->next) {
        bool ready = !query->in_flight && query->due_ms <= now_ms;
        if (query->expired >= EXPIRED_LONE && (ready || query->in_flight))
            return ready && !session_has_unanswered(client) ? query : NULL;
        if (ready && oldest == NULL)
            oldest = query;
    }
    return oldest;
}

/* True when a request may leave now. A request of the shared budget is then taken: call it only to send one. */
static bool may_send(struct client *client, int64_t now_ms)
{
    const struct client_options *options = &client->options;
    if (limiter_delay(&client->limiter, now_ms) != 0 || client->budget_due_ms > now_ms)
        return false;
    int64_t wait_ms = options->budget != NULL ? options->budget(options->budget_context) : 0;
    client->budget_due_ms = now_ms + wait_ms;
    return wait_ms <= 0;
}

/* Ends the client when new sessions are refused again and again, but waits for answers that may prove the contrary. */
static void log_in(struct client *client, int64_t now_ms)
{
    if (session_is_hopeless(&client->session)) {
        if (client->in_flight == 0) {
            session_refuse(&client->session);
            client_fail_waiting(client, &client->session.refusal);
        }
        return;
    }
    if (client->login.due_ms <= now_ms && may_send(client, now_ms))
        login_send(client, now_ms);
}

static void start_ready(struct client *client, int64_t now_ms)
{
    struct query *query;
    while ((query = next_ready(client, now_ms)) != NULL) {
        if (client->session.state == SESSION_NONE)
            log_in(client, now_ms);
        if (client->session.state != SESSION_VALID || !may_send(client, now_ms))
            return;
        query_send(query, now_ms);
    }
}

/* Calls back what can no longer succeed, and starts what can start. */
static void advance(struct client *client, int64_t now_ms)
{
    struct err err;
    if (client->stopped) {
        abandon(client);
        set_stopped(&err);
        client_fail_waiting(client, &err);
        return;
    }
    if (client_time_left_ms(client, now_ms) <= 0) {
        err_set(&err, STATUS_INTERRUPTED, "out of time before the request was answered");
        client_fail_waiting(client, &err);
        return;
    }
    if (health_is_down(&client->health)) {
        err_set(&err, STATUS_UNREACHABLE, "%d of the last %d requests failed; the last: %s", client->health.bad,
                HEALTH_WINDOW, client->health_err.message);
        client_fail_waiting(client, &err);
        return;
    }
    if (limiter_throttled_ms(&client->limiter, now_ms) >= THROTTLED_MAX_MS) {
        err_set(&err, STATUS_THROTTLED, "the API has been throttling for %d minutes, without any other answer",
                THROTTLED_MAX_MINUTES);
        client_fail_waiting(client, &err);
        return;
    }
    if (client->session.state == SESSION_REFUSED) {
        client_fail_waiting(client, &client->session.refusal);
        return;
    }
    start_ready(client, now_ms);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/*
 * How long nothing can happen but an answer; at most `most`. Asked for the instant of the advance before it: what could
 * start then has been started.
 */
static int64_t idle_ms(const struct client *client, int64_t most, int64_t now_ms)
{
    int64_t left_ms = client_time_left_ms(client, now_ms);
    int64_t wait_ms = left_ms > 0 ? smaller(most, left_ms) : most;
    for (const struct query *query = client->first; query != NULL; query = query->next) {
        if (!query->in_flight && query->due_ms > now_ms)
            wait_ms = smaller(wait_ms, query->due_ms - now_ms);
    }
    if (client->session.state == SESSION_LOGGING_IN || next_ready(client, now_ms) == NULL)
        return wait_ms;
    if (client->session.state == SESSION_NONE && client->login.due_ms > now_ms)
        return smaller(wait_ms, client->login.due_ms - now_ms);
    int64_t delay_ms = limiter_delay(&client->limiter, now_ms);
    if (client->budget_due_ms > now_ms)
        wait_ms = smaller(wait_ms, client->budget_due_ms - now_ms);
    return delay_ms > 0 ? smaller(wait_ms, delay_ms) : wait_ms;
}

/* How long nobody has read since the last poll. */
static void note_pause(struct client *client, int64_t now_ms)
{
    if (client->polled_ms > 0 && now_ms - client->polled_ms >= UNREAD_LEAST_MS)
        client->unread_ms += now_ms - client->polled_ms;
}

enum status client_poll(struct client *client, int max_wait_ms, struct err *err)
{
    uint64_t before = client->called_back;
    int64_t now_ms = client_now_ms(client);
    note_pause(client, now_ms);
    advance(client, now_ms);
    int64_t wait_ms = client->called_back == before ? idle_ms(client, max_wait_ms, now_ms) : 0;
    enum status status = http_poll(client->http, (int)wait_ms, err);
    /* At once, so that the network is busy while the caller works on what called back. */
    if (status == STATUS_OK)
        advance(client, client_now_ms(client));
    client->polled_ms = client_now_ms(client);
    return status;
}

size_t client_pending(const struct client *client)
{
    return client->pending;
}

size_t client_room(const struct client *client)
{
    size_t window = (size_t)client->limiter.window;
    return window > client->pending ? window - client->pending : 0;
}

void client_stop(struct client *client)
{
    client->stopped = true;
}

const struct client_counters *client_counters(const struct client *client)
{
    return &client->counters;
}

bool client_was_answered(const struct client *client)
{
    return client->answered;
}
