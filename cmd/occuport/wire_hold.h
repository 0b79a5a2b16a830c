/* Who may be at a schema of PostgreSQL: one machine at a time, for jobs that do not share their work through its queue.
 */
#ifndef OCCUPORT_CMD_WIRE_HOLD_H
#define OCCUPORT_CMD_WIRE_HOLD_H

#include "wire.h"

/*
 * Holds the job in the PostgreSQL of db until its session ends; to be called again on another connection. Runs that
 * share by the claims beside an SQLite file hold it together. STATUS_BUSY: another run holds the job. Nothing for a job
 * that shares through the queue.
 */
enum status hold_job(const struct job *job, const char *run_id, struct db *db, struct err *err) MUST_CHECK;

/*
 * Holds the schema of db for the destination of that number, against the other destinations of the run: only the server
 * can tell that two connection strings lead to one place. STATUS_CONFIG: another one has it.
 */
enum status hold_place(const struct job *job, const char *run_id, size_t number, struct db *db,
                       struct err *err) MUST_CHECK;

/* The words for that: STATUS_CONFIG. */
enum status hold_tell_same_place(const struct db *db, struct err *err);

#endif
