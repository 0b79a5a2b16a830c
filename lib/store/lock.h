/*
 * One process at a time: for destinations whose files only one run may write.
 *
 * An flock on a file that says who holds it, in words for the one who has to
 * wait. The kernel lets go of it when the process ends, however it ends.
 */
#ifndef OCCUPORT_STORE_LOCK_H
#define OCCUPORT_STORE_LOCK_H

#include "core/err.h"

#include <stdint.h>

struct lock;

/*
 * STATUS_BUSY: another run holds it; the message says which, its pid and since when. STATUS_CANTCREATE: the
 * file cannot be made. The caller owns *ret_lock.
 */
enum status lock_take(const char *path, const char *command, const char *run_id, int64_t now, struct lock **ret_lock,
                      struct err *err) MUST_CHECK;

/* Lets go; accepts NULL. The file stays. */
void lock_release(struct lock *lock);

#endif
