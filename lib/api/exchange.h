/*
 * The inside of a client: its queries and its login, how each is sent and what its answer does. Private to client.c and
 * exchange.c.
 *
 * Queries stand in one list in the order in which they came, until they call back. One that is not in flight waits
 * for whatever is missing: its due time (backoff), a session, a token or a place of the limiter. client.c walks the
 * list from its head and starts what can start, so that nobody is overtaken for long.
 *
 * Who is to blame when an answer says "session expired"? Usually the session, and the query is sent again with the
 * next one. But some query may be refused with every session, and must not cost logins for ever. So a query that met
 * an expired session EXPIRED_LONE times is sent alone on its session while all others wait; refused even so by sessions
 * that met nothing before it, until EXPIRED_MAX, it fails by itself. A query sent alone cannot lose against others for
 * what a session has left, so any session that serves one request at all brings some query home.
 *
 * Which answers show that a session was accepted? What the API itself says of anything else, good or bad; and a gateway
 * that waited in vain for the API, or carried too much. A 429 or 5xx of a gateway says nothing of the session;
 * it may have used up a short one, so neither its end nor the query is then blamed (session.h).
 *
 * Who is to blame when an answer does not come in time, or breaks off? Nobody there, when the caller did not call
 * client_poll for much of that time: the answer may have stood in its socket unread until the time was up, or until the
 * server gave up. Such an attempt counts nowhere, and the query or login is sent again.
 */
#ifndef OCCUPORT_API_EXCHANGE_H
#define OCCUPORT_API_EXCHANGE_H

#include "api/client.h"
#include "api/session.h"
#include "net/health.h"

enum { EXPIRED_LONE = 3, EXPIRED_MAX = 5 };

/*
 * Being throttled is no failure of a query or a login and costs no attempt: it is a state of the client, and all wait.
 * When no other answer came for so long, every query calls back with STATUS_THROTTLED.
 */
enum { THROTTLED_MAX_MINUTES = 15, THROTTLED_MAX_MS = THROTTLED_MAX_MINUTES * 60 * 1000 };

/* Pauses between two polls that are long enough to count, and the share of an attempt that is too much: a fourth. */
enum { UNREAD_LEAST_MS = 50, UNREAD_SHARE = 4 };

/* So many answers that nobody read cost a query no attempt: a server that never answers must not be asked for ever. */
enum { UNREAD_FREE = 8 };

/* When a request was sent, and how long answers had been left unread by then. */
struct sending {
    int64_t started_ms;
    int64_t unread_ms;
};

struct query {
    struct query *next;
    struct query *previous;
    struct client *client;
    uint64_t number; /* in the order of arrival */
    struct buf body;
    client_judge *judge;
    client_receive *receive;
    client_done *done;
    void *context;
    int max_attempts; /* 0: the policy's */
    bool can_shrink;
    bool in_flight;
    bool is_retry;       /* the next sending counts as a retry */
    int attempts;        /* failures other than an expired session, being throttled and what nobody read */
    int unread;          /* answers that nobody read */
    int expired;         /* answers that spoke of an expired session */
    uint64_t generation; /* of the session it was last sent with */
    struct sending sent;
    int64_t due_ms; /* not before; 0: now */
};

struct login {
    bool in_flight;
    int attempts; /* failures in a row, other than being throttled */
    struct sending sent;
    int64_t due_ms;
};

struct client {
    struct http *http; /* borrowed */
    struct client_options options;
    struct buf login_url;
    struct buf query_url;
    struct limiter limiter;
    struct health health;
    struct err health_err; /* of the latest attempt that health counts as bad */
    int64_t budget_due_ms; /* before it the shared budget is not asked again */
    struct session session;
    struct login login;
    struct query *first;
    struct query *last;
    size_t pending;
    size_t in_flight;  /* queries; the login is not among them */
    int64_t polled_ms; /* when client_poll last ended; 0: never */
    int64_t unread_ms; /* all pauses between polls together */
    uint64_t next_number;
    uint64_t random;
    uint64_t called_back;
    struct client_counters counters;
    bool answered;
    bool stopped;
};

int64_t client_now_ms(const struct client *client);

/* INT64_MAX without a deadline; zero or less when it has passed. */
int64_t client_time_left_ms(const struct client *client, int64_t now_ms);

/* Takes the query out of the list, calls it back and frees it. The callback may queue others. */
void query_call_back(struct query *query, enum status status, const struct http_response *response,
                     const struct err *err);

/* Calls back all queries that are not in flight, but none that their callbacks queue. */
void client_fail_waiting(struct client *client, const struct err *err);

/* Sends the query with the valid session; the limiter must have said yes. A query that cannot be sent calls back. */
void query_send(struct query *query, int64_t now_ms);

/* Sends a login; the limiter must have said yes. When that cannot be done, all waiting queries fail. */
void login_send(struct client *client, int64_t now_ms);

#endif
