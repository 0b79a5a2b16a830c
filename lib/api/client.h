/*
 * An authenticated client of the API: one session, many queries in flight.
 *
 * Login: POST {base_url}/v2/oauth/token with client_id, client_secret and audience as JSON; the answer
 * holds session_id. Query: POST {base_url}/v2/api with X-Session-Id. [documented: developers.innerspace.io
 * authentication-v2]
 *
 * One login at a time: queries that meet an expired session (HTTP 401, or 200
 * with an auth code of the GraphQL engine) wait for one new session and are
 * sent again; only the answer to a query that was sent with the CURRENT session starts a login,
 * so a burst of stale answers costs one. A login that is refused (HTTP 400, 401, 403, or a JSON answer without
 * session_id) ends the client: every query calls back with STATUS_AUTH, but for those whose answer is on its way and
 * turns out well. Fresh sessions that are refused at once, three of them without one accepted query between, are
 * STATUS_AUTH as well and not an endless loop. A query that alone meets "session expired" with every session, while
 * others are accepted, fails by itself with STATUS_REFUSED (session.h and exchange.h tell the rules).
 * Logins that fail for other reasons are retried like any request; a web page or a 404 instead of a token is
 * STATUS_UNREACHABLE, with the question whether base_url is right. When the attempts are used up, every query that
 * waits calls back with that failure; the next query begins a new login.
 *
 * Each query passes the limiter, then is retried by the policy of net/retry; only when that is used up does it call
 * back with the failure. Being throttled costs no attempt, neither of a query nor of a login: all wait as long as the
 * server names, or longer and longer (net/limiter.h). When no other answer came for a quarter of an hour, every query
 * that waits, and every later one, calls back with STATUS_THROTTLED. What an answer means (session expired, throttled,
 * ...) is told by the judge that the caller passes in: this file does not know rows.
 *
 * When nearly all of the latest attempts failed (net/health.h), the API is down: every query that waits, and every
 * later one, calls back with STATUS_UNREACHABLE.
 *
 * An answer that is late or broken off because client_poll was not called for a good part of its time is nobody's
 * failure: it costs no attempt, and the query is sent again.
 *
 * Nothing waits beyond the deadline: what has not been sent by then, or would have to be sent again after it, calls
 * back with STATUS_INTERRUPTED. An answer that is on its way is waited for, as long as the http's timeout allows.
 *
 * Secrets: client_secret and the session id are never logged nor put into an err, also where a server repeats them in
 * an error text; the session id is wiped on client_free.
 *
 * All calls come from one thread; callbacks run inside client_poll (after client_stop also inside client_query) and
 * may call client_query, client_room and client_stop, not client_poll nor client_free.
 */
#ifndef OCCUPORT_API_CLIENT_H
#define OCCUPORT_API_CLIENT_H

#include "core/clock.h"
#include "net/http.h"
#include "net/limiter.h"
#include "net/retry.h"

struct client;

struct client_options {
    const char *base_url;
    const char *audience;
    const char *client_id;
    const char *client_secret;
    struct retry_policy retry;
    double requests_per_second;
    int concurrency;
    int64_t deadline_ms; /* monotonic; INT64_MAX: none */
    struct clock clock;
    uint64_t random_seed; /* for jitter */
    /*
     * Asked before each request when it may go by the client's own limits: 0, take it; else ask again after so many
     * milliseconds. For a budget that several processes share. NULL: none.
     */
    int64_t (*budget)(void *context);
    void *budget_context;
};

struct client_counters {
    uint64_t requests;  /* queries and logins sent, retries included */
    uint64_t retries;   /* queries sent again after a failure; replays after a new session do not count */
    uint64_t logins;    /* sent */
    uint64_t throttled; /* answers that asked to slow down: 429, 503 with Retry-After, or so judged */
    uint64_t bytes_received;
    uint64_t answers; /* complete HTTP answers of any code */
    /* Of these, what the API itself said: 2xx, or GraphQL errors under 400; no page of a gateway, no refused session.
     */
    uint64_t served;
};

/*
 * Looks at a whole HTTP answer (response->status is STATUS_OK) and says what it is. STATUS_OK: hand it to done.
 * It runs once per answer, before done, and must not keep the body.
 */
typedef enum status client_judge(void *context, const struct http_response *response, struct err *err);

/*
 * Exactly once a query: status STATUS_OK with the response (valid during the call), or the failure in err with response
 * NULL. err is never NULL.
 */
typedef void client_done(void *context, enum status status, const struct http_response *response,
                         const struct err *err);

/* Borrows http and the strings of options for its life; base_url may end in a slash. STATUS_NOMEM. */
enum status client_new(struct http *http, const struct client_options *options, struct client **ret_client,
                       struct err *err) MUST_CHECK;

/* Drops pending queries without calling back; free it before the http. */
void client_free(struct client *client);

/*
 * Called with what came so far of the body of an answer of HTTP 2xx, whatever the judge will say of it; may take bytes
 * out of it. is_first: it is the body of another attempt than before. Anything but STATUS_OK fails the attempt.
 */
typedef enum status client_receive(void *context, struct buf *body, bool is_first, struct err *err);

struct client_ask {
    const char *body; /* JSON text of the GraphQL request; copied */
    size_t body_size;
    client_judge *judge;
    client_done *done;
    client_receive *receive; /* NULL: judge and done get the whole body; else what receive left of it */
    void *context;           /* for all of them */
    int max_attempts;        /* fewer than the policy of the client allows; 0: as many */
    /*
     * The caller can ask for less instead: a timeout calls back at once (but for a quick one of the gateway), an
     * unclear error after a second attempt.
     */
    bool can_shrink;
};

/*
 * Queues one request. An error means that nothing was queued and done will not be called: STATUS_NOMEM,
 * STATUS_TOO_LARGE (8 MiB).
 */
enum status client_query(struct client *client, const struct client_ask *ask, struct err *err) MUST_CHECK;

/*
 * Starts what the limiter, the session and the backoff allow, then waits at most max_wait_ms for answers.
 * Returns early after something called back, or when a backoff or the limiter lets something start.
 */
enum status client_poll(struct client *client, int max_wait_ms, struct err *err) MUST_CHECK;

/* Queries that have not called back, waiting or in flight. */
size_t client_pending(const struct client *client);

/* How many more queries make sense to queue now: the window less what is pending; never negative. */
size_t client_room(const struct client *client);

/* Every pending query calls back with STATUS_INTERRUPTED at the next client_poll; later ones at once. */
void client_stop(struct client *client);

const struct client_counters *client_counters(const struct client *client);

/* False until the API accepted or refused a login (a web page is neither); tells "API unreachable, nothing fetched"
 * from a failing slice. */
bool client_was_answered(const struct client *client);

#endif
