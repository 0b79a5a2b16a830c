/*
 * A report of a job: one page of HTML that needs nothing beside itself, no network and no script, for screen, paper,
 * keyboard and screen reader. Whatever a job file or a server says is text in it (html.h).
 */
#ifndef OCCUPORT_VIEW_REPORT_H
#define OCCUPORT_VIEW_REPORT_H

#include "core/buf.h"
#include "model/occupancy.h"
#include "model/tally.h"
#include "store/corrections.h"
#include "store/runs.h"

enum {
    REPORT_RUNS = 100,            /* the latest */
    REPORT_FAILURES = 200,        /* the newest days */
    REPORT_CORRECTION_DAYS = 366, /* the latest on which there were any */
    REPORT_WEEKS = 400            /* sites whose week is drawn */
};

struct report_dataset {
    const char *name;
    const struct tally *tally;
};

struct report_failure {
    const char *dataset;
    struct series_key key;
    civil_day day;
    int64_t attempts;
    const char *message;
    const char *failed_at;
};

/* Everything is borrowed. */
struct report {
    const char *job;     /* its name */
    const char *path;    /* of the job file, for the commands that are told */
    const char *version; /* of the program */
    int64_t now;         /* seconds since the epoch */
    size_t dataset_count;
    const struct report_dataset *datasets;
    struct tally_counts held; /* over all datasets */
    bool has_newest;
    civil_day newest;
    const char *newest_fetch; /* UTC text; "": never */
    size_t run_count;
    const struct run_line *runs; /* newest first */
    size_t failure_count;        /* in failures; held.failed says how many there are */
    const struct report_failure *failures;
    struct correction_counts corrected; /* of all time */
    size_t correction_count;
    const struct correction_day *corrections; /* newest first */
    const struct occupancy *occupancy;        /* NULL: no pictures of it */
    const char *no_occupancy;                 /* then: why, as a sentence */
};

/* Appends the page. */
void report_format(const struct report *report, struct buf *out);

/* The style of the page, piece by piece; NULL behind the last. */
extern const char *const report_style[];

/* The parts of the page, in their order; each begins with its heading. */
void report_append_summary(const struct report *report, struct buf *out);
void report_append_coverage(const struct report *report, struct buf *out);
void report_append_weeks(const struct report *report, struct buf *out);
void report_append_days(const struct report *report, struct buf *out);
void report_append_corrections(const struct report *report, struct buf *out);
void report_append_runs(const struct report *report, struct buf *out);
void report_append_failures(const struct report *report, struct buf *out);

/* "building 71" and its name, if it has one. */
void report_append_building(const struct coverage_building *building, struct buf *out);

/* Opens a table that is folded away, with its caption; report_end_table closes it. Among hundreds that are called alike
 * a screen reader says the caption as well. */
void report_begin_table(const char *summary, const char *caption, struct buf *out);
void report_end_table(struct buf *out);

#endif
