#include "run/summary.h"

#include "core/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *summary_status(const struct summary *summary)
{
    if (summary->interrupted)
        return "interrupted";
    return summary->exit_code == 0 ? "ok" : "failed";
}

void summary_add_failure(struct summary *summary, const struct series_key *key, civil_day day, const char *error)
{
    summary->failures_total++;
    if (summary->failure_count == SUMMARY_FAILURES_MAX)
        return;
    if (summary->failures == NULL)
        summary->failures = calloc(SUMMARY_FAILURES_MAX, sizeof *summary->failures);
    char *group = strdup(key->group_id);
    char *granularity = strdup(key->granularity);
    if (summary->failures == NULL || group == NULL || granularity == NULL) {
        free(group); /* the count stays true; only the list is shorter */
        free(granularity);
        return;
    }
    struct summary_failure *failure = &summary->failures[summary->failure_count++];
    *failure = (struct summary_failure){key->building_id, key->site_id, group, granularity, summary->dataset, day, {0}};
    snprintf(failure->error, sizeof failure->error, "%s", error);
}

static bool is_of(const struct summary *summary, const struct summary_failure *failure, const struct unit *unit)
{
    return failure->dataset == summary->dataset && failure->building_id == unit->building->id &&
           strcmp(failure->granularity, unit->granularity) == 0 &&
           unit_slice_of(unit, failure->day, failure->site_id, failure->group_id, strlen(failure->group_id)) !=
               SIZE_MAX;
}

void summary_forget_failures(struct summary *summary, const struct unit *unit, uint64_t failed)
{
    size_t kept = 0;
    for (size_t i = 0; i < summary->failure_count; i++) {
        struct summary_failure *failure = &summary->failures[i];
        if (is_of(summary, failure, unit)) {
            free(failure->group_id);
            free(failure->granularity);
        } else {
            summary->failures[kept++] = *failure;
        }
    }
    summary->failure_count = kept;
    summary->failures_total -= failed < summary->failures_total ? failed : summary->failures_total;
}

void summary_blame(struct summary *summary, const struct err *failure)
{
    summary->exit_code = exit_code_worse(summary->exit_code, status_exit_code(failure->kind));
    if (summary->reason != STATUS_OK)
        return;
    summary->reason = failure->kind;
    summary->err = *failure;
}

void summary_carry(struct summary *summary, const struct summary *before)
{
    struct run_counts counts = before->counts;
    run_counts_forget_traffic(&counts);
    run_counts_add(&summary->counts, &counts);
    bool is_unreachable = summary->exit_code == status_exit_code(STATUS_UNREACHABLE); /* and nothing worse */
    if (is_unreachable && before->counts.slices_fetched > 0)
        summary->exit_code = exit_code_worse(before->exit_code, status_exit_code(STATUS_TIMEOUT));
    if (before->reason != STATUS_OK) {
        summary->reason = before->reason;
        summary->err = before->err;
    }
    if (summary->dialect == NULL)
        summary->dialect = before->dialect;
    summary->interrupted = summary->interrupted || before->interrupted;
}

static void append_text(struct buf *out, const char *text)
{
    buf_append_json_string(out, text, strlen(text));
}

static void append_failure(struct buf *out, const struct summary_failure *failure)
{
    buf_append_char(out, '{');
    if (failure->dataset != NULL) {
        buf_append_text(out, "\"dataset\":");
        append_text(out, failure->dataset);
        buf_append_char(out, ',');
    }
    buf_appendf(out, "\"building_id\":%" PRId64 ",\"site_id\":%" PRId64 ",\"group_id\":", failure->building_id,
                failure->site_id);
    append_text(out, failure->group_id);
    buf_append_text(out, ",\"granularity\":");
    append_text(out, failure->granularity);
    buf_appendf(out, ",\"date_partition\":%" PRId32 ",\"error\":", civil_day_to_partition(failure->day));
    append_text(out, failure->error);
    buf_append_char(out, '}');
}

void summary_format_json(const struct summary *summary, struct buf *out)
{
    const struct run_counts *c = &summary->counts;
    buf_append_text(out, "{\"run_id\":");
    append_text(out, summary->run_id);
    buf_append_text(out, ",\"job\":");
    append_text(out, summary->job);
    buf_appendf(out, ",\"status\":\"%s\",\"exit_code\":%d", summary_status(summary), summary->exit_code);
    buf_append_text(out, ",\"message\":");
    if (summary->reason == STATUS_OK)
        buf_append_text(out, "null");
    else
        append_text(out, summary->err.message);
    buf_appendf(out,
                ",\"slices\":{\"due\":%" PRIu64 ",\"fetched\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"empty\":%" PRIu64
                "},\"rows\":{\"received\":%" PRIu64 ",\"inserted\":%" PRIu64 ",\"updated\":%" PRIu64
                ",\"unchanged\":%" PRIu64 ",\"vanished\":%" PRIu64 ",\"rejected\":%" PRIu64 "}",
                c->slices_due, c->slices_fetched, c->slices_failed, c->slices_empty, c->rows_received, c->rows_inserted,
                c->rows_updated, c->rows_unchanged, c->rows_vanished, c->rows_rejected);
    buf_appendf(out,
                ",\"requests\":%" PRIu64 ",\"retries\":%" PRIu64 ",\"logins\":%" PRIu64 ",\"throttled\":%" PRIu64
                ",\"bytes_received\":%" PRIu64 ",\"seconds\":%.3f,\"dialect\":",
                c->requests, c->retries, c->logins, c->throttled, c->bytes_received, summary->seconds);
    if (summary->dialect != NULL)
        append_text(out, summary->dialect);
    else
        buf_append_text(out, "null");
    buf_append_text(out, ",\"failures\":[");
    for (size_t i = 0; i < summary->failure_count; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        append_failure(out, &summary->failures[i]);
    }
    buf_appendf(out, "],\"failures_total\":%" PRIu64 "}\n", summary->failures_total);
}

/* A blank, the text, and the end of the line. */
static void append_wrapped_line(struct buf *out, const char *text)
{
    struct buf line = {0};
    buf_append_char(&line, ' ');
    buf_append_text(&line, text);
    buf_append_wrapped(out, 6, buf_text(&line));
    buf_append_char(out, '\n');
    buf_release(&line);
}

static bool is_told_with(const struct summary_failure *one, const struct summary_failure *other)
{
    return one->dataset == other->dataset && strcmp(one->group_id, other->group_id) == 0 &&
           strcmp(one->granularity, other->granularity) == 0 && strcmp(one->error, other->error) == 0;
}

/* What they have in common is said once. */
static void append_failures_text(const struct summary *summary, struct buf *out)
{
    enum { SHOWN = 5 };
    size_t shown = summary->failure_count < SHOWN ? summary->failure_count : SHOWN;
    for (size_t i = 0; i < shown; i++) {
        const struct summary_failure *failure = &summary->failures[i];
        char day[CIVIL_TEXT_SIZE];
        if (i == 0 || !is_told_with(failure, failure - 1)) {
            buf_appendf(out, "  failed: %s%sgroup ", failure->dataset != NULL ? failure->dataset : "",
                        failure->dataset != NULL ? ", " : "");
            buf_append_printable(out, failure->group_id, strlen(failure->group_id));
            buf_appendf(out, ", %s:", failure->granularity);
            append_wrapped_line(out, failure->error);
        }
        buf_appendf(out, "    building %" PRId64 ", site %" PRId64 ", %s\n", failure->building_id, failure->site_id,
                    civil_day_format(failure->day, day));
    }
    if (summary->failures_total > shown)
        buf_appendf(out, "    and %" PRIu64 " more; `occuport status` names ten, the table ledger_failures all\n",
                    summary->failures_total - shown);
}

/* What is not nought, so that the line fits a terminal and the eye finds what happened. */
static void append_rows_text(const struct run_counts *counts, struct buf *out)
{
    const struct {
        const char *word;
        uint64_t count;
    } fates[] = {{"inserted", counts->rows_inserted},
                 {"updated", counts->rows_updated},
                 {"unchanged", counts->rows_unchanged},
                 {"rejected", counts->rows_rejected},
                 {"vanished", counts->rows_vanished}};
    const char *separator = ": ";
    buf_appendf(out, "  rows: %" PRIu64 " received", counts->rows_received);
    for (size_t i = 0; i < sizeof fates / sizeof fates[0]; i++) {
        if (fates[i].count == 0)
            continue;
        buf_appendf(out, "%s%" PRIu64 " %s", separator, fates[i].count, fates[i].word);
        separator = ", ";
    }
    buf_append_char(out, '\n');
}

/* What to do; *ret_command is what to call with the job for it, or NULL. */
static const char *next_step(const struct summary *summary, const char **ret_command)
{
    *ret_command = NULL;
    switch (summary->exit_code) {
    case 69:
    case 75:
        if (strcmp(summary->command, "run") != 0)
            return "run the same command again; it continues where this one ended";
        *ret_command = summary->is_shared ? "run --worker" : "run";
        return "the next run continues where this one ended; to do it now:";
    case 77: *ret_command = "check --online"; return "put the credentials right, then:";
    case 78: *ret_command = "check --online"; return "correct the job, then:";
    case 73:
    case 74: return "look at path, rights and free space of the destination; the next run makes up for it";
    case 65: return "look at the table rejects, which holds the rows and the reasons";
    case 70: return "please report this, with what was said before";
    default: return "look at the lines above";
    }
}

/* The words for a run that ended with 0. A backfill and a retry are about a part of the job, and know of no more. */
static const char *well_done(const struct summary *summary)
{
    if (summary->is_shared)
        return "this worker's part is done";
    return strcmp(summary->command, "run") == 0 ? "all covered" : "all that was asked for is covered";
}

/* For a terminal it is wrapped, and the command has a line of its own, so that it can be copied. */
static void append_next(const struct summary *summary, bool is_log, struct buf *out)
{
    const char *command;
    const char *step = next_step(summary, &command);
    if (is_log)
        buf_append_text(out, step);
    else
        buf_append_wrapped(out, 6, step);
    if (command == NULL)
        return;
    buf_appendf(out, "%soccuport %s ", is_log ? " " : "\n      ", command);
    buf_append_shell_word(out, summary->path != NULL ? summary->path : "JOB.yaml");
}

void summary_format_text(const struct summary *summary, struct buf *out)
{
    const struct run_counts *c = &summary->counts;
    char span[32];
    buf_appendf(out, "%s: %s in %s\n", summary->job,
                summary->exit_code == 0 ? well_done(summary) : summary_status(summary),
                clock_format_span(summary->seconds, span, sizeof span));
    if (summary->note != NULL)
        buf_appendf(out, "  %s\n", summary->note);
    buf_appendf(out,
                "  slices: %" PRIu64 " due%s, %" PRIu64 " fetched (%" PRIu64 " of them empty), %" PRIu64 " failed\n",
                c->slices_due, summary->is_shared ? " for all workers" : "", c->slices_fetched, c->slices_empty,
                c->slices_failed);
    append_rows_text(c, out);
    buf_appendf(out, "  api: %" PRIu64 " request%s (%" PRIu64 " login%s, %" PRIu64 " retr%s), %.1f MB received\n",
                c->requests, c->requests == 1 ? "" : "s", c->logins, c->logins == 1 ? "" : "s", c->retries,
                c->retries == 1 ? "y" : "ies", (double)c->bytes_received / 1e6);
    append_failures_text(summary, out);
    if (summary->reason != STATUS_OK) {
        buf_append_text(out, "  problem:");
        append_wrapped_line(out, summary->err.message);
    }
    if (summary->exit_code == 0)
        return;
    buf_append_text(out, "  next: ");
    append_next(summary, false, out);
    buf_append_char(out, '\n');
}

void summary_append_first_failure(const struct summary *summary, struct buf *out)
{
    char day[CIVIL_TEXT_SIZE];
    if (summary->failure_count == 0)
        return;
    const struct summary_failure *first = &summary->failures[0];
    buf_appendf(out,
                "%" PRIu64 " slices failed; the first: building %" PRId64 ", site %" PRId64 ", group %s, %s, %s: %s",
                summary->failures_total, first->building_id, first->site_id, first->group_id, first->granularity,
                civil_day_format(first->day, day), first->error);
}

void summary_append_end(const struct summary *summary, struct buf *out)
{
    const struct run_counts *counts = &summary->counts;
    buf_appendf(out,
                "ended with %d: %" PRIu64 " slices were due, %" PRIu64 " of them fetched; next: ", summary->exit_code,
                counts->slices_due, counts->slices_fetched);
    append_next(summary, true, out);
}

void summary_release(struct summary *summary)
{
    for (size_t i = 0; i < summary->failure_count; i++) {
        free(summary->failures[i].group_id);
        free(summary->failures[i].granularity);
    }
    free(summary->failures);
    *summary = (struct summary){0};
}
