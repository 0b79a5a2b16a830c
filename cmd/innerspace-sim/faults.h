/*
 * The faults of --fail: which requests to the API meet one, and what they get instead of an answer.
 *
 * Whether a request is hit depends on the seed and its number alone; those that are hit get the faults in turn, in the
 * order of the enum. Thread-safe.
 */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "reply.h"

#include <pthread.h>
#include <stdint.h>

enum fault {
    FAULT_NONE,
    FAULT_SERVER,       /* 500 */
    FAULT_GATEWAY,      /* 502 in HTML */
    FAULT_UNAVAILABLE,  /* 503, Retry-After: 0 */
    FAULT_TOO_MANY,     /* 429, Retry-After: 0 */
    FAULT_UNEXPECTED,   /* 200, errors with the code "unexpected" */
    FAULT_EMPTY,        /* 200 without a body */
    FAULT_CUT,          /* the right answer, of which half the body is missing and Content-Length knows it */
    FAULT_DATA_IS_NULL, /* 200, {"data":null} */
    FAULT_COUNT
};

struct faults {
    pthread_mutex_t lock;
    uint64_t seed;
    int percent;
    uint64_t requests;
    uint64_t hits;
};

void faults_init(struct faults *faults, uint64_t seed, int percent);
void faults_release(struct faults *faults);

/* Counts a request and says which fault it meets. */
enum fault faults_next(struct faults *faults);

/* Turns an empty reply, or the right one in case of FAULT_CUT, into the fault; no rows arrive. Not for FAULT_NONE. */
void fault_apply(enum fault fault, struct reply *reply);

#endif
