/* One machine at a time: for jobs that write to PostgreSQL and do not share their work through its queue. */
#ifndef OCCUPORT_CMD_WIRE_HOLD_H
#define OCCUPORT_CMD_WIRE_HOLD_H

#include "wire.h"

/*
 * Holds the job in the PostgreSQL of db until its session ends; to be called again on another connection. Runs that
 * share by the claims beside an SQLite file hold it together. STATUS_BUSY: another run holds the job. Nothing for a job
 * that shares through the queue.
 */
enum status hold_job(const struct job *job, const char *run_id, struct db *db, struct err *err) MUST_CHECK;

#endif
