/* Conditions of pthreads that wait by the monotonic clock, so that a change of the date neither hurries nor holds. */
#ifndef OCCUPORT_CORE_COND_H
#define OCCUPORT_CORE_COND_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* The caller destroys it. */
void cond_init(pthread_cond_t *cond);

/* When so many milliseconds from now are over: for pthread_cond_timedwait with a condition of cond_init. */
struct timespec cond_deadline(int64_t milliseconds);

#endif
