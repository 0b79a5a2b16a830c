/*
 * `columns: all`: what it means today. A run asks the server (columns_learn), a command that sends nothing takes
 * what the last run wrote down (columns_recall). Both put the answer into the job; the config stays as it was
 * written. A job that names its columns is left alone by all of them.
 */
#ifndef OCCUPORT_CMD_WIRE_COLUMNS_H
#define OCCUPORT_CMD_WIRE_COLUMNS_H

#include "wire_ask.h"

/*
 * Asks for the schema of the dataset. STATUS_CONFIG: the server answers, but does not show its schema to this login, or
 * has no such dataset; the columns must then be named. The caller frees *ret_probe.
 */
enum status columns_ask(const struct asker *asker, const struct job_dataset *dataset, struct schema_probe **ret_probe,
                        struct err *err) MUST_CHECK;

/* Puts the columns of the schema into the job. STATUS_CONFIG as schema_columns_choose. */
enum status columns_choose(struct job *job, struct job_dataset *dataset, const struct schema_probe *probe,
                           struct err *err) MUST_CHECK;

/* Both, with a network of its own. Otherwise the job has the columns that were known before. */
enum status columns_learn(struct job *job, int64_t deadline_ms, const volatile sig_atomic_t *interrupted,
                          struct err *err) MUST_CHECK;

/* From the ledgers of all destinations together; none known: the job has no columns yet. */
enum status columns_recall(struct job *job, struct err *err) MUST_CHECK;

/* Writes what changed into schema_changes of each destination, and says it once. One that fails is left out. */
enum status columns_note(const struct job *job, struct destinations *destinations, const char *run_id,
                         struct err *err) MUST_CHECK;

/* The columns that a destination knows and the server no longer has, as "'A', 'B'"; "" for none. */
enum status columns_find_gone(const struct job *job, const struct job_dataset *dataset, struct buf *gone,
                              struct err *err) MUST_CHECK;

#endif
