/*
 * The faults of the connection, of --break and --break-logins: which request meets one. Pure, but for its count of
 * requests; what a fault does on the wire is in front_fault.c.
 *
 * A list names them by the number of the request ("reset@3", "503@1-4", counted from 1) or by chance ("stall:2", in
 * percent); a request that a number names is left to it. What chance does depends on the seed and the number alone.
 */
#ifndef SIM_BREAKAGE_H
#define SIM_BREAKAGE_H

#include "rates.h"

#include <stdbool.h>

enum break_kind {
    BREAK_RESET,         /* no answer: the connection is reset */
    BREAK_DROP,          /* no answer: it is closed */
    BREAK_REFUSE,        /* the same, and for --break-ms nobody can connect */
    BREAK_SILENCE,       /* no answer, and it stays open */
    BREAK_HEADERS_RESET, /* reset in the middle of the headers */
    BREAK_HEADERS_CUT,   /* closed there */
    BREAK_BODY_LOST,     /* reset right behind the headers */
    BREAK_BODY_RESET,    /* reset in the middle of the body */
    BREAK_BODY_CUT,      /* closed there */
    BREAK_STALL,         /* no more bytes from there on */
    BREAK_DRIP,          /* all of it, a few bytes at a time */
    BREAK_LENGTH_LONG,   /* Content-Length says more than comes */
    BREAK_LENGTH_SHORT,  /* and less: the rest comes where the next answer should */
    BREAK_UNSIZED,       /* whole, as HTTP/1.0: the length is not told, and its end is that of the connection */
    BREAK_UNSIZED_CUT,   /* of such an answer half is missing, and nothing on the wire says so */
    BREAK_429,           /* these are answered here, and the API never hears of the request */
    BREAK_429_SECONDS,   /* Retry-After: 1 */
    BREAK_500,
    BREAK_502, /* HTML, as of all gateways */
    BREAK_503,
    BREAK_503_SECONDS,
    BREAK_504,
    BREAK_COUNT
};

enum { BREAK_NONE = -1 };

/* For the help of the switch. */
#define BREAK_KINDS                                                                                                    \
    "reset, drop, refuse, silence, headers-reset, headers-cut, body-lost, body-reset, body-cut, stall, drip, "         \
    "length-long, length-short, unsized, unsized-cut, 429, 429-seconds, 500, 502, 503, 503-seconds, 504"

enum { BREAK_RANGES_MAX = 64 };

struct break_range {
    uint64_t first;
    uint64_t last;
    enum break_kind kind;
};

struct breakage {
    uint64_t seed;
    uint64_t requests; /* so far */
    struct rates rates;
    size_t range_count;
    struct break_range ranges[BREAK_RANGES_MAX];
};

/* "reset", ... */
const char *break_name(enum break_kind kind);

/* name: of the switch; text: its value, NULL: nothing is ever met. STATUS_USAGE tells what is wrong with it. */
enum status breakage_init(struct breakage *breakage, uint64_t seed, const char *name, const char *text,
                          struct err *err) MUST_CHECK;

/* Counts a request and says what it meets: an enum break_kind, or BREAK_NONE. */
int breakage_next(struct breakage *breakage);

#endif
