/*
 * A checked job as the text of a job file that says the same, every key written out: for the promise that reading is
 * settled once it is done.
 */
#ifndef OCCUPORT_TEST_FUZZ_JOB_TEXT_H
#define OCCUPORT_TEST_FUZZ_JOB_TEXT_H

#include "config/config.h"

/* Appends the text; plain ASCII, whatever the job holds. */
void job_text_append(struct buf *out, const struct config *config);

#endif
