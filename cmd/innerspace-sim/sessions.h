/*
 * The sessions that the token endpoint hands out. Several may live at once; each answers a number of requests, or lives
 * a number of seconds, and is then unknown. Thread-safe.
 *
 * Life cycle: sessions_init, ..., sessions_release. The table is bounded: when it is full the oldest session ends.
 */
#ifndef SIM_SESSIONS_H
#define SIM_SESSIONS_H

#include "core/clock.h"
#include "core/status.h"

#include <pthread.h>
#include <stdint.h>

enum { SESSIONS_MAX = 1024, SESSION_ID_SIZE = 41 };

struct session {
    char id[SESSION_ID_SIZE]; /* "": free */
    int64_t requests_left;    /* -1: any number */
    int64_t ends_ms;          /* monotonic; INT64_MAX: never */
};

struct sessions {
    pthread_mutex_t lock;
    struct clock clock;
    int64_t requests; /* per session; 0: any number */
    int64_t seconds;  /* per session; 0: for ever */
    const char *file; /* where each id is written when it is handed out; NULL: nowhere. Borrowed */
    size_t next;      /* the slot that the next session takes */
    struct session slots[SESSIONS_MAX];
};

void sessions_init(struct sessions *sessions, int64_t requests, int64_t seconds, struct clock clock);
void sessions_release(struct sessions *sessions);

/* Makes a session; false when the system gives no random bytes, or the file cannot be written. */
bool sessions_open(struct sessions *sessions, char ret_id[SESSION_ID_SIZE]) MUST_CHECK;

/* Uses a session for one request; false when it is unknown or at its end. id may be NULL. */
bool sessions_use(struct sessions *sessions, const char *id) MUST_CHECK;

#endif
