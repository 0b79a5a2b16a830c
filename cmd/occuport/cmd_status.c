#include "command.h"
#include "core/log.h"
#include "model/tally.h"
#include "store/runs.h"
#include "view/calendar.h"
#include "view/terminal.h"
#include "wire.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { RUNS_SHOWN = 5, FAILED_SHOWN = 10, STATUS_WIDTH = 11 };

/* One dataset of the job. */
struct part {
    struct view_of_ledgers view;
    struct tally tally;
};

struct report {
    const struct command_context *context;
    struct job job;
    struct part parts[JOB_DATASETS_MAX]; /* one a dataset */
    struct tally_counts counts;          /* of all of them */
    bool has_newest;                     /* every dataset has a newest day; it is that of the one furthest behind */
    civil_day newest;
    int64_t newest_end;
    size_t run_count;
    struct run_line runs[RUNS_SHOWN];
    char newest_fetch[RUN_TEXT_SIZE];
};

/* History and failures are the same in every ledger: those of the first destination that has one are told. */
static size_t first_with_ledger(const struct view_of_ledgers *view)
{
    size_t at = 0;
    while (at < view->count && view->ledgers[at] == NULL)
        at++;
    return at;
}

static struct db *history_of(const struct view_of_ledgers *view)
{
    size_t at = first_with_ledger(view);
    return at < view->count ? view->dbs[at] : NULL;
}

static struct ledger *ledger_of(const struct view_of_ledgers *view)
{
    size_t at = first_with_ledger(view);
    return at < view->count ? view->ledgers[at] : NULL;
}

/* Which days are empty is told by the first ledger: ledgers that are joined do not say it. */
static enum status tally_empty(const struct coverage *coverage, struct part *part, struct err *err)
{
    struct view_of_ledgers first = part->view;
    struct tally tally;
    first.count = 1;
    enum status status = tally_make(coverage, view_read_series, &first, &tally, err);
    if (status != STATUS_OK)
        return status;
    uint64_t held = part->tally.counts.settled + part->tally.counts.open;
    part->tally.counts.empty = tally.counts.empty < held ? tally.counts.empty : held;
    part->tally.series_never_seen = tally.series_never_seen;
    memcpy(part->tally.never_seen, tally.never_seen, sizeof tally.never_seen);
    tally_release(&tally);
    return STATUS_OK;
}

static void add_tally(struct report *report, const struct tally *tally)
{
    report->counts.due += tally->counts.due;
    report->counts.settled += tally->counts.settled;
    report->counts.open += tally->counts.open;
    report->counts.missing += tally->counts.missing;
    report->counts.failed += tally->counts.failed;
    report->counts.empty += tally->counts.empty;
    report->has_newest = report->has_newest && tally->has_newest;
    if (tally->has_newest && tally->newest_end < report->newest_end) {
        report->newest = tally->newest;
        report->newest_end = tally->newest_end;
    }
}

static enum status gather_part(struct report *report, size_t at, struct err *err)
{
    struct part *part = &report->parts[at];
    const struct job_dataset *dataset = &report->job.datasets[at];
    enum status status = view_open(&report->job, dataset, &part->view, err);
    if (status == STATUS_OK)
        status = tally_make(&dataset->coverage, view_read_series, &part->view, &part->tally, err);
    if (status == STATUS_OK && part->view.count > 1)
        status = tally_empty(&dataset->coverage, part, err);
    if (status == STATUS_OK)
        add_tally(report, &part->tally);
    return status;
}

static enum status gather(struct report *report, struct err *err)
{
    enum status status = STATUS_OK;
    report->has_newest = true;
    report->newest_end = INT64_MAX;
    for (size_t i = 0; status == STATUS_OK && i < report->job.dataset_count; i++)
        status = gather_part(report, i, err);
    struct db *db = status == STATUS_OK ? history_of(&report->parts[0].view) : NULL;
    if (status != STATUS_OK || db == NULL)
        return status;
    status = runs_latest(db, report->job.config->name, report->runs, RUNS_SHOWN, &report->run_count, err);
    if (status == STATUS_OK)
        status = runs_newest_fetch(db, report->job.config->name, report->newest_fetch, err);
    return status;
}

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
    const struct tally_counts *c = &report->counts;
    buf_append_text(out, "{\"job\":");
    append_string(out, report->job.config->name);
    buf_appendf(out,
                ",\"coverage\":{\"due\":%" PRIu64 ",\"settled\":%" PRIu64 ",\"open\":%" PRIu64 ",\"missing\":%" PRIu64
                ",\"failed\":%" PRIu64 ",\"empty\":%" PRIu64 "},\"newest_partition\":",
                c->due, c->settled, c->open, c->missing, c->failed, c->empty);
    if (report->has_newest)
        buf_appendf(out, "%" PRId32, civil_day_to_partition(report->newest));
    else
        buf_append_text(out, "null");
    buf_append_text(out, ",\"newest_fetch\":");
    append_string(out, report->newest_fetch);
    buf_append_text(out, ",\"last_run\":");
    if (report->run_count > 0)
        append_run_json(&report->runs[0], out);
    else
        buf_append_text(out, "null");
    buf_append_text(out, "}\n");
}

/* What stands in a database may have been put there by another program. */
static void append_shown(struct buf *out, const char *text)
{
    buf_append_printable(out, text, strlen(text));
}

static void append_failed(void *context, const struct ledger_failed_slice *slice)
{
    struct buf *out = context;
    char day[CIVIL_TEXT_SIZE];
    buf_appendf(out, "  %s building %" PRId64 " site %" PRId64 " group ", civil_day_format(slice->day, day),
                slice->key.building_id, slice->key.site_id);
    append_shown(out, slice->key.group_id);
    buf_appendf(out, " %s: ", slice->key.granularity);
    append_shown(out, slice->message);
    buf_appendf(out, " (tried in %" PRId64 " run%s)\n", slice->attempts, slice->attempts == 1 ? "" : "s");
}

static void append_runs(const struct report *report, struct buf *out)
{
    buf_append_text(out, "runs:\n");
    for (size_t i = 0; i < report->run_count; i++) {
        const struct run_line *line = &report->runs[i];
        char span[32];
        buf_append_text(out, "  ");
        append_shown(out, line->started_at);
        buf_append_text(out, "  ");
        append_shown(out, line->status);
        for (size_t width = strlen(line->status); width < STATUS_WIDTH; width++)
            buf_append_char(out, ' ');
        buf_appendf(out, " %7s  %" PRIu64 " slices, %" PRIu64 " rows, %" PRIu64 " requests%s",
                    clock_format_span(line->seconds, span, sizeof span), line->counts.slices_fetched,
                    line->counts.rows_received, line->counts.requests, line->message[0] != '\0' ? "; " : "");
        append_shown(out, line->message);
        buf_append_char(out, '\n');
    }
    if (report->run_count == 0)
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
    const struct part *part = &report->parts[at];
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
    struct ledger *ledger = ledger_of(&part->view);
    if (c->failed > 0 && ledger != NULL) {
        buf_append_text(out, "failed slices, newest first:\n");
        enum status status = ledger_each_failed(ledger, FAILED_SHOWN, append_failed, out, err);
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
    const struct tally_counts *c = &report->counts;
    char day[CIVIL_TEXT_SIZE];
    buf_appendf(out,
                "%s: %" PRIu64 " slices: %" PRIu64 " settled, %" PRIu64 " open, %" PRIu64 " missing, %" PRIu64
                " failed; %" PRIu64 " of the fetched are empty\n",
                report->job.config->name, c->due, c->settled, c->open, c->missing, c->failed, c->empty);
    buf_appendf(out, "newest day: %s, newest fetch: %s\n",
                report->has_newest ? civil_day_format(report->newest, day) : "none",
                report->newest_fetch[0] != '\0' ? report->newest_fetch : "never");
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
    int64_t age = report->job.now - report->newest_end;
    if (report->has_newest && age <= max_age->seconds)
        return 0;
    if (report->has_newest)
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
    enum status status = gather(&report, &err);
    if (status == STATUS_OK && !context->opt->json)
        status = format_text(&report, &out, &err);
    else if (status == STATUS_OK)
        format_json(&report, &out);
    int code = status == STATUS_OK ? command_print(&out) : command_fail(&err);
    if (status == STATUS_OK)
        code = exit_code_worse(code, check_age(&report));
    buf_release(&out);
    for (size_t i = 0; i < report.job.dataset_count; i++) {
        tally_release(&report.parts[i].tally);
        view_release(&report.parts[i].view);
    }
    job_release(&report.job);
    return code;
}
