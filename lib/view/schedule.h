/*
 * A job as something that a scheduler starts every night: units of systemd, a line of a crontab, a CronJob of
 * Kubernetes. Pure: what it needs to know of the machine is handed in.
 *
 * All of them start the job once at a time, make up for a night that was missed where the scheduler can, do not start
 * at the same minute everywhere, and (but for cron) start it again only for exit codes that
 * another try can change (75, 69, 74).
 */
#ifndef OCCUPORT_VIEW_SCHEDULE_H
#define OCCUPORT_VIEW_SCHEDULE_H

#include "core/buf.h"

#include <stdint.h>

enum { SCHEDULE_FOLDERS_MAX = 40, SCHEDULE_INPUTS_MAX = 64, SCHEDULE_HOUR = 3 };
enum { SCHEDULE_NEEDED_MAX = 3 + 2 * SCHEDULE_INPUTS_MAX };

/* A file that the job takes a value from. */
struct schedule_file {
    const char *name; /* as the job writes it: absolute, or relative to the job */
    const char *path; /* absolute */
};

struct schedule {
    const char *program;         /* absolute path of occuport */
    const char *version;         /* of it: names the container image */
    const char *job;             /* absolute path of the job file */
    const char *job_text;        /* what stands in it */
    const char *name;            /* of the job: letters, digits, '-', '_' and '.' come through, others become '-' */
    const char *user;            /* who shall run it; NULL: the scheduler's usual user */
    const char *time_zone;       /* whose night it is */
    int64_t max_runtime_seconds; /* of a run; 0: no limit */
    int workers; /* Kubernetes: pods that share the job through PostgreSQL; 0: one, which keeps its data */
    size_t folder_count;
    const char *folders[SCHEDULE_FOLDERS_MAX]; /* absolute, there, and written to by the job */
    size_t needed_count;
    const char *needed[SCHEDULE_NEEDED_MAX]; /* what else must be there to be read or started; of links, both ends */
    size_t variable_count;
    const char *variables[SCHEDULE_INPUTS_MAX]; /* names that the job takes from the environment */
    size_t file_count;
    struct schedule_file files[SCHEDULE_INPUTS_MAX];
};

/* A service and a timer, each behind a comment that names its file. */
void schedule_systemd(const struct schedule *schedule, struct buf *out);

/* The command of a line of a crontab: what Debian's cron takes, in bytes. */
enum { SCHEDULE_CRON_COMMAND_MAX = 998 };

/* One line with what must be known of it as comments. STATUS_CONFIG: it would be longer than cron takes. */
enum status schedule_cron(const struct schedule *schedule, struct buf *out, struct err *err) MUST_CHECK;

/*
 * A ConfigMap with the job, a claim for the data unless workers share it, and the CronJob: one YAML stream. Variables
 * and files of the job come from one Secret, which the comment at the top tells how to make; no name of a file may hold
 * a ':'.
 */
void schedule_k8s(const struct schedule *schedule, struct buf *out);

/* A minute of the hour that is the job's own, so that many jobs do not begin together. */
int schedule_minute(const char *job);

/* The name as far as all schedulers take it: lower case for Kubernetes. */
void schedule_append_name(struct buf *out, const char *name, bool lower_case);

#endif
