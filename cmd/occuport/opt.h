/*
 * The command line: what a person typed, checked and ready for use.
 *
 * opt_parse reads the arguments against the table of commands and options
 * (opt_table.h), which also feeds usage, help, the man page and the completion
 * files. It prints nothing, reads no file and no environment, and allocates
 * nothing: texts in the result point into argv.
 *
 * Options may stand anywhere, also before the command; "--" ends them.
 * Of an option given twice the last one counts.
 */
#ifndef OCCUPORT_CMD_OPT_H
#define OCCUPORT_CMD_OPT_H

#include "core/civil.h"
#include "core/err.h"
#include "core/log.h"

#include <stdio.h>

enum opt_command {
    COMMAND_NONE, /* only with help or version */
    COMMAND_RUN,
    COMMAND_BACKFILL,
    COMMAND_RETRY,
    COMMAND_PLAN,
    COMMAND_STATUS,
    COMMAND_CHECK,
    COMMAND_DISCOVER,
    COMMAND_REPORT,
    COMMAND_SCHEDULE,
    COMMAND_INIT,
    COMMAND_COUNT
};

enum opt_color { OPT_COLOR_AUTO, OPT_COLOR_ALWAYS, OPT_COLOR_NEVER };

/* What a backfill takes up again; OPT_DUE is what run does: missing, failed and open. */
enum opt_reprocess { OPT_DUE, OPT_MISSING, OPT_FAILED, OPT_ALL };

/* Who starts the job. */
enum opt_schedule { OPT_SYSTEMD, OPT_CRON, OPT_K8S };

enum { OPT_JOBS_MAX = 256, OPT_IDS_MAX = 256 };

struct opt_day {
    bool given;
    civil_day day;
};

struct opt_ids {
    size_t count;
    int64_t ids[OPT_IDS_MAX];
};

struct opt_texts {
    size_t count;
    const char *texts[OPT_IDS_MAX];
};

struct opt_duration {
    bool given;
    int64_t seconds; /* at least 1 when given */
};

struct opt_result {
    enum opt_command command;
    bool help;    /* print the help of command and end; nothing else was demanded of the command line */
    bool version; /* print the version and end; likewise */

    size_t job_count;
    const char *jobs[OPT_JOBS_MAX]; /* at least one for every command but init, which has none */

    bool quiet;
    unsigned verbosity; /* how often -v was given */
    enum log_format log_format;
    enum opt_color color;

    struct opt_day from;          /* backfill, plan */
    struct opt_day to;            /* backfill, plan: the last day */
    enum opt_reprocess reprocess; /* backfill, plan */
    bool newest_first;            /* backfill */
    struct opt_ids buildings;     /* backfill, plan: none given means all; likewise the next two */
    struct opt_ids sites;
    struct opt_texts groups;

    bool json;                       /* run, backfill, retry, plan, status */
    struct opt_duration max_runtime; /* run, backfill, retry */
    struct opt_duration max_age;     /* status */
    bool worker;                     /* run, backfill, retry */
    bool online;                     /* check */
    enum opt_schedule schedule;      /* schedule */
    int workers;                     /* schedule: how many share the job; 0: not given */
    const char *output;              /* init, report: the file to write; of init also as its operand */
};

/*
 * Parses the command line of main. STATUS_USAGE: err says what is wrong and, for a near miss, what may have been
 * meant; *ret_result is then untouched.
 */
enum status opt_parse(int argc, char *const *argv, struct opt_result *ret_result, struct err *err) MUST_CHECK;

/* What -q and -v ask for: WARN with -q (it wins), else INFO, DEBUG with -v, TRACE with -vv and more. */
enum log_level opt_log_level(const struct opt_result *result);

/* The help of a command, or of the program for COMMAND_NONE; at most 80 columns. */
void opt_print_help(FILE *out, enum opt_command command);

/* "occuport 0.1.0" */
void opt_print_version(FILE *out);

/*
 * Two lines for stderr after opt_parse failed: "occuport: MESSAGE" and "Try 'occuport COMMAND --help'.", with the
 * command if one was named.
 */
void opt_print_error(FILE *out, int argc, char *const *argv, const struct err *err);

#endif
