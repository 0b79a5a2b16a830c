/*
 * The session of a client: which state it is in, what a login says, what an answer to it means. No network.
 *
 *   NONE --session_login_sent--> LOGGING_IN --session_login_answered--> VALID, REFUSED or back to NONE
 *   VALID --session_expired--> NONE
 *
 * Each session has a generation number; a query remembers the one it was sent with, so that the answers of a whole
 * burst about one dead session end it once. A session that was refused at once is barren; after SESSION_BARREN_MAX of
 * them without an accepted query between, session_is_hopeless says so: the API accepts the login and refuses the
 * session, and logging in again for ever would not help. One that met only failures which say nothing of it (a gateway
 * that throttles, a broken transfer) before it ended is doubtful: those may have used it up. Of them it takes
 * SESSION_DOUBTFUL_MAX.
 *
 * The session id is a secret: it is only in the header line, never in a message, and wiped.
 */
#ifndef OCCUPORT_API_SESSION_H
#define OCCUPORT_API_SESSION_H

#include "core/buf.h"

#include <stdint.h>

/* The answer to a login is small: whatever is larger is something else, and is not worth reading. */
enum { SESSION_ANSWER_MAX = 1 << 20 };

enum { SESSION_ID_MAX = 4096, SESSION_BARREN_MAX = 3, SESSION_DOUBTFUL_MAX = 20 };

enum session_state { SESSION_NONE, SESSION_LOGGING_IN, SESSION_VALID, SESSION_REFUSED };

struct session {
    enum session_state state;
    uint64_t generation;        /* of the newest session; 0: none yet */
    bool used;                  /* it had an accepted query */
    bool tried;                 /* it met a failure that says nothing of it */
    int barren;                 /* sessions refused at once, since a query was accepted */
    uint64_t barren_generation; /* the latest of them */
    int doubtful;               /* sessions that met nothing but such failures, since then */
    struct buf header;          /* "X-Session-Id: ..." while VALID */
    struct err refusal;         /* while REFUSED */
};

/* Appends the JSON body of a login to an empty buf, which becomes a secret one. */
void session_append_login(struct buf *out, const char *client_id, const char *client_secret, const char *audience);

void session_login_sent(struct session *session);

/*
 * Takes the answer to a login. STATUS_OK: VALID. STATUS_AUTH: REFUSED (HTTP 400, 401, 403, or a JSON answer without a
 * usable session_id). Otherwise NONE again: THROTTLED (429), SERVER (5xx), UNREACHABLE (a web page, 404 and other
 * codes: this is no token endpoint), NOMEM.
 */
enum status session_login_answered(struct session *session, long http_code, bool is_html, const char *body, size_t size,
                                   struct err *err) MUST_CHECK;

/* No answer to a login came: NONE again. */
void session_login_failed(struct session *session);

/* An answer said that the session of this generation is over. True when that was news: now NONE; used and tried still
 * hold. */
bool session_expired(struct session *session, uint64_t generation);

/* A query of this generation was accepted. */
void session_accepted(struct session *session, uint64_t generation);

/* A query of this generation failed in a way that says nothing of the session. It may come late. */
void session_tried(struct session *session, uint64_t generation);

/* The last session was not to blame for its end: the row of barren sessions begins anew. */
void session_acquitted(struct session *session);

/* True when SESSION_BARREN_MAX barren or SESSION_DOUBTFUL_MAX doubtful sessions had no accepted query between. */
bool session_is_hopeless(const struct session *session);

/* Ends it: REFUSED, with a refusal that tells of hopeless sessions. */
void session_refuse(struct session *session);

/* Strikes the session id and the client's secret out of the message: a server may repeat what it was sent. */
void session_redact(const struct session *session, const char *client_secret, struct err *err);

/* Wipes; accepts a zeroed session. */
void session_release(struct session *session);

#endif
