/*
 * Who works at a job in a PostgreSQL without its queue of work: a plan that two machines make and carry out without
 * knowing of each other would store what was fetched earlier over what was fetched later.
 */
#ifndef OCCUPORT_STORE_JOB_LOCK_H
#define OCCUPORT_STORE_JOB_LOCK_H

#include "db/db.h"

/*
 * Until the session of db ends, nobody of another place holds the job in its schema; those of the same place may, since
 * they share by other means. STATUS_BUSY: somebody of another place does. Outside of a transaction. Nothing to do with
 * SQLite.
 */
enum status job_lock_take(struct db *db, const char *job, const char *place, struct err *err) MUST_CHECK;

#endif
