/*
 * What a report tells, gathered from the destinations of a job.
 *
 * Life cycle: gathered_open, read gathered->report, gathered_release.
 */
#ifndef OCCUPORT_CMD_REPORT_GATHER_H
#define OCCUPORT_CMD_REPORT_GATHER_H

#include "overview.h"
#include "view/report.h"

struct gathered {
    struct job job;
    struct overview overview;
    struct occupancy occupancy;
    struct arena arena;
    struct report report; /* borrows from all of the above */
};

/* Reads only; sends nothing. The caller releases *ret_gathered, also after a failure. */
enum status gathered_open(const char *job_path, int64_t now, struct gathered *ret_gathered, struct err *err) MUST_CHECK;
void gathered_release(struct gathered *gathered);

#endif
