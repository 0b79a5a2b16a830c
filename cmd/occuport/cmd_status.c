#include "command.h"
#include "core/log.h"
#include "overview.h"
#include "store/work.h"
#include "view/calendar.h"
#include "view/terminal.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { FAILED_SHOWN = 10, STATUS_WIDTH = 6 };

struct report {
    const struct command_context *context;
    struct job job;
    struct overview overview;
};

static void append_string(struct buf *out, const char *text)
{
    if (text[0] == '\0')
        buf_append_text(out, "null");
    else
        buf_append_json_string(out, text, strlen(text));
}

static void append_run_json(const struct run_line *line, struct buf *out)
{
    buf_append_text(out, "{\"run_id\":");
    append_string(out, line->run_id);
    buf_append_text(out, ",\"command\":");
    append_string(out, line->command);
    buf_append_text(out, ",\"status\":");
    append_string(out, line->status);
    buf_append_text(out, ",\"exit_code\":");
    if (line->has_exit_code)
        buf_appendf(out, "%d", line->exit_code);
    else
        buf_append_text(out, "null");
    buf_append_text(out, ",\"started_at\":");
    append_string(out, line->started_at);
    buf_append_text(out, ",\"finished_at\":");
    append_string(out, line->finished_at);
    buf_append_text(out, ",\"message\":");
    append_string(out, line->message);
    buf_appendf(out,
                ",\"seconds\":%.3f,\"slices_fetched\":%" PRIu64 ",\"slices_failed\":%" PRIu64
                ",\"rows_received\":%" PRIu64 ",\"requests\":%" PRIu64 "}",
                line->seconds, line->counts.slices_fetched, line->counts.slices_failed, line->counts.rows_received,
                line->counts.requests);
}

static void format_json(const struct report *report, struct buf *out)
{
    const struct tally_counts *c = &report->overview.counts;
    buf_append_text(out, "{\"job\":");
    append_string(out, report->job.config->name);
    buf_appendf(out,
                ",\"coverage\":{\"due\":%" PRIu64 ",\"settled\":%" PRIu64 ",\"open\":%" PRIu64 ",\"missing\":%" PRIu64
                ",\"failed\":%" PRIu64 ",\"empty\":%" PRIu64 "},\"newest_partition\":",
                c->due, c->settled, c->open, c->missing, c->failed, c->empty);
    if (report->overview.has_newest)
        buf_appendf(out, "%" PRId32, civil_day_to_partition(report->overview.newest));
    else
        buf_append_text(out, "null");
    buf_append_text(out, ",\"newest_fetch\":");
    append_string(out, report->overview.newest_fetch);
    buf_append_text(out, ",\"last_run\":");
    if (report->overview.run_count > 0)
        append_run_json(&report->overview.runs[0], out);
    else
        buf_append_text(out, "null");
    buf_append_text(out, "}\n");
}

/* What stands in a database may have been put there by another program. */
static void append_shown(struct buf *out, const char *text)
{
    buf_append_printable(out, text, strlen(text));
}

/* Printable, and wrapped. */
static void append_message(struct buf *out, const char *text)
{
    struct buf shown = {0};
    append_shown(&shown, text);
    buf_append_wrapped(out, 6, buf_text(&shown));
    buf_release(&shown);
}

/* The failed slices so far, and what the last of them have in common: that is said once. */
struct failed_list {
    struct buf *out;
    struct buf common;
};

static void append_failed(void *context, const struct ledger_failed_slice *slice)
{
    struct failed_list *list = context;
    struct buf common = {0};
    char day[CIVIL_TEXT_SIZE];
    buf_appendf(&common, "group %s, %s: %s", slice->key.group_id, slice->key.granularity, slice->message);
    if (strcmp(buf_text(&common), buf_text(&list->common)) != 0) {
        buf_append_text(list->out, "  ");
        append_message(list->out, buf_text(&common));
        buf_append_char(list->out, '\n');
    }
    buf_release(&list->common);
    list->common = common;
    buf_appendf(list->out, "    %s building %" PRId64 ", site %" PRId64 " (tried in %" PRId64 " run%s)\n",
                civil_day_format(slice->day, day), slice->key.building_id, slice->key.site_id, slice->attempts,
                slice->attempts == 1 ? "" : "s");
}

/* Of the queue in PostgreSQL. Whoever may not read it is told nothing of it. */
static void append_workers(const struct report *report, struct buf *out)
{
    struct db *db = overview_history(&report->overview);
    int64_t count = 0;
    struct err ignored;
    if (db == NULL || db_kind(db) != DB_POSTGRES ||
        work_count_workers(db, report->job.config->name, &count, &ignored) != STATUS_OK || count == 0)
        return;
    buf_appendf(out, "  %" PRId64 " worker%s at it now\n", count, count == 1 ? "" : "s");
}

static void append_runs(const struct report *report, struct buf *out)
{
    buf_append_text(out, "runs:\n");
    append_workers(report, out);
    for (size_t i = 0; i < report->overview.run_count; i++) {
        const struct run_line *line = &report->overview.runs[i];
        char span[32];
        buf_append_text(out, "  ");
        append_shown(out, line->started_at);
        buf_append_text(out, "  ");
        append_shown(out, line->status);
        for (size_t width = strlen(line->status); width < STATUS_WIDTH; width++)
            buf_append_char(out, ' ');
        buf_appendf(out, " %7s  %" PRIu64 " slices, %" PRIu64 " rows, %" PRIu64 " requests\n",
                    clock_format_span(line->seconds, span, sizeof span), line->counts.slices_fetched,
                    line->counts.rows_received, line->counts.requests);
        if (line->message[0] == '\0')
            continue;
        buf_append_text(out, "      ");
        append_message(out, line->message);
        buf_append_char(out, '\n');
    }
    if (report->overview.run_count == 0)
        buf_append_text(out, "  none yet; start one with: occuport run\n");
}

static void append_never_seen(const struct tally *tally, struct buf *out)
{
    if (tally->series_never_seen == 0)
        return;
    buf_appendf(out, "%" PRIu64 " series never had a row (a wrong site or group id looks like that):\n",
                tally->series_never_seen);
    for (uint64_t i = 0; i < tally->series_never_seen && i < TALLY_NAMED_MAX; i++) {
        const struct series_key *key = &tally->never_seen[i];
        buf_appendf(out, "  building %" PRId64 " site %" PRId64 " group ", key->building_id, key->site_id);
        append_shown(out, key->group_id);
        buf_appendf(out, " %s\n", key->granularity);
    }
    if (tally->series_never_seen > TALLY_NAMED_MAX)
        buf_appendf(out, "  and %" PRIu64 " more\n", tally->series_never_seen - TALLY_NAMED_MAX);
}

static enum status append_part(const struct report *report, size_t at, struct buf *out, struct err *err)
{
    const struct overview_part *part = &report->overview.parts[at];
    const struct tally_counts *c = &part->tally.counts;
    struct calendar_options calendar = {
        .color = report->context->color,
        .width = terminal_is_one(STDOUT_FILENO) ? terminal_width(STDOUT_FILENO) : 80,
    };
    if (report->job.dataset_count > 1)
        buf_appendf(out,
                    "dataset %s: %" PRIu64 " slices: %" PRIu64 " settled, %" PRIu64 " open, %" PRIu64
                    " missing, %" PRIu64 " failed\n",
                    report->job.datasets[at].dataset->name, c->due, c->settled, c->open, c->missing, c->failed);
    calendar_format(&part->tally, &calendar, out);
    if (c->failed > 0) {
        buf_append_text(out, "failed slices, newest first:\n");
        struct failed_list list = {.out = out};
        enum status status = overview_each_failed(part, FAILED_SHOWN, append_failed, &list, err);
        buf_release(&list.common);
        if (status != STATUS_OK)
            return status;
        if (c->failed > FAILED_SHOWN)
            buf_appendf(out, "  and %" PRIu64 " more\n", c->failed - FAILED_SHOWN);
    }
    append_never_seen(&part->tally, out);
    return STATUS_OK;
}

static enum status format_text(const struct report *report, struct buf *out, struct err *err)
{
    const struct tally_counts *c = &report->overview.counts;
    char day[CIVIL_TEXT_SIZE];
    buf_appendf(
        out, "%s: %" PRIu64 " slices: %" PRIu64 " settled, %" PRIu64 " open, %" PRIu64 " missing, %" PRIu64 " failed\n",
        report->job.config->name, c->due, c->settled, c->open, c->missing, c->failed);
    buf_appendf(out, "newest day: %s, newest fetch: %s, without a row: %" PRIu64 "\n",
                report->overview.has_newest ? civil_day_format(report->overview.newest, day) : "none",
                report->overview.newest_fetch[0] != '\0' ? report->overview.newest_fetch : "never", c->empty);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < report->job.dataset_count; i++)
        status = append_part(report, i, out, err);
    append_runs(report, out);
    return status;
}

/* --max-age: the newest day that is held must not have ended longer ago. */
static int check_age(const struct report *report)
{
    const struct opt_duration *max_age = &report->context->opt->max_age;
    if (!max_age->given)
        return 0;
    char span[32];
    int64_t age = report->job.now - report->overview.newest_end;
    if (report->overview.has_newest && age <= max_age->seconds)
        return 0;
    if (report->overview.has_newest)
        log_error("%s: the newest day ended %s ago", report->job.config->name,
                  clock_format_span((double)age, span, sizeof span));
    else
        log_error("%s: no day was fetched yet", report->job.config->name);
    return status_exit_code(STATUS_TIMEOUT);
}

int cmd_status(const struct command_context *context, const char *job_path)
{
    struct report report = {.context = context};
    struct err err;
    struct clock clock = clock_system();
    if (job_open(job_path, true, clock_wall(&clock), &report.job, &err) != STATUS_OK)
        return command_fail(&err);
    struct buf out = {.max = (size_t)64 << 20};
    enum status status = overview_open(&report.job, &report.overview, &err);
    if (status == STATUS_OK && !context->opt->json)
        status = format_text(&report, &out, &err);
    else if (status == STATUS_OK)
        format_json(&report, &out);
    int code = status == STATUS_OK ? command_print(&out) : command_fail(&err);
    if (status == STATUS_OK)
        code = exit_code_worse(code, check_age(&report));
    buf_release(&out);
    overview_release(&report.overview);
    job_release(&report.job);
    return code;
}
