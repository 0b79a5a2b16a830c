/*
 * Every way an operation can end, and what the program does about each.
 *
 * Fallible functions return an enum status. The table in status.c maps each
 * kind to {is it worth a retry, does it stop the whole run, exit code}, so
 * that no decision is ever taken on the text of a message.
 */
#ifndef OCCUPORT_CORE_STATUS_H
#define OCCUPORT_CORE_STATUS_H

#include <stdbool.h>

#define MUST_CHECK                       __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#define CLEANUP(function)                __attribute__((cleanup(function)))

enum status {
    STATUS_OK = 0,
    STATUS_USAGE,       /* the command line is wrong */
    STATUS_CONFIG,      /* the job file, or what it names, is wrong */
    STATUS_AUTH,        /* credentials refused */
    STATUS_SESSION,     /* the session expired; a new login cures it */
    STATUS_UNREACHABLE, /* no connection, no name, TLS refused */
    STATUS_TIMEOUT,     /* no answer in time */
    STATUS_THROTTLED,   /* asked to slow down */
    STATUS_SERVER,      /* the server failed; asking again may work */
    STATUS_UNCLEAR,     /* the server said an error that tells neither a fault of its own nor of the question */
    STATUS_TOO_LARGE,   /* the answer or the work was too large; ask for less */
    STATUS_BAD_ANSWER,  /* the answer is not what was agreed: HTML, cut short, no data */
    STATUS_REFUSED,     /* the server refuses this request for good */
    STATUS_UNSUPPORTED, /* the server lacks a feature that was asked for; a smaller dialect may do */
    STATUS_INCOMPLETE,  /* an answer came, but its completeness is not proved */
    STATUS_REJECTED,    /* rows were quarantined */
    STATUS_CANTCREATE,  /* a destination cannot be created */
    STATUS_IO,          /* a destination cannot be read or written */
    STATUS_BUSY,        /* another process holds what is needed */
    STATUS_INTERRUPTED, /* a signal, or out of time */
    STATUS_NOMEM,       /* out of memory, or a named maximum was reached */
    STATUS_BUG,         /* an invariant is broken */
    STATUS_COUNT
};

enum status_reach {
    REACH_SLICE, /* fails the slices concerned, the run goes on */
    REACH_RUN    /* stops the run */
};

/* The name of the kind, for logs and JSON: "auth", "timeout", ... Never NULL. */
const char *status_name(enum status kind);

/* True when the same request may succeed later. */
bool status_may_retry(enum status kind);

/* True when asking for less at once may succeed where this failed. */
bool status_may_halve(enum status kind);

/* How far a failure of this kind reaches once retries are used up. */
enum status_reach status_reach(enum status kind);

/* The sysexits code of design section 2 for this kind; 0 for STATUS_OK. */
int status_exit_code(enum status kind);

/* The worse of two exit codes, in the order 70, 78, 77, 73, 74, 69, 75, 65, then any other, then 0. */
int exit_code_worse(int a, int b);

#endif
