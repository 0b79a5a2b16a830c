#include "overview.h"

#include <string.h>

struct db *overview_history(const struct overview *overview)
{
    const struct view_of_ledgers *view = &overview->parts[0].view;
    size_t at = overview->newest_history;
    for (size_t i = 0; at >= view->count && i < view->count; i++)
        at = view->ledgers[i] != NULL ? i : at;
    return at < view->count ? view->dbs[at] : NULL;
}

/* Which days are empty is told by the first ledger: ledgers that are joined do not say it. */
static enum status tally_empty(const struct coverage *coverage, struct overview_part *part, struct err *err)
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

static void add_tally(struct overview *overview, const struct tally *tally)
{
    overview->counts.due += tally->counts.due;
    overview->counts.settled += tally->counts.settled;
    overview->counts.open += tally->counts.open;
    overview->counts.missing += tally->counts.missing;
    overview->counts.failed += tally->counts.failed;
    overview->counts.empty += tally->counts.empty;
    overview->has_newest = overview->has_newest && tally->has_newest;
    if (tally->has_newest && tally->newest_end < overview->newest_end) {
        overview->newest = tally->newest;
        overview->newest_end = tally->newest_end;
    }
}

static enum status gather_part(struct overview *overview, size_t at, struct err *err)
{
    struct overview_part *part = &overview->parts[at];
    const struct job_dataset *dataset = &overview->job->datasets[at];
    enum status status = view_open(overview->job, dataset, &part->view, err);
    if (status == STATUS_OK)
        status = tally_make(&dataset->coverage, view_read_series, &part->view, &part->tally, err);
    if (status == STATUS_OK && part->view.count > 1)
        status = tally_empty(&dataset->coverage, part, err);
    if (status == STATUS_OK)
        add_tally(overview, &part->tally);
    return status;
}

static enum status find_newest_fetch(struct overview *overview, struct err *err)
{
    const struct view_of_ledgers *view = &overview->parts[0].view;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < view->count; i++) {
        char when[RUN_TEXT_SIZE] = "";
        if (view->ledgers[i] != NULL)
            status = runs_newest_fetch(view->dbs[i], overview->job->config->name, when, err);
        if (status == STATUS_OK && strcmp(when, overview->newest_fetch) > 0)
            memcpy(overview->newest_fetch, when, sizeof when);
    }
    return status;
}

static enum status gather_history(struct overview *overview, struct err *err)
{
    enum status status =
        overview_runs(overview, overview->runs, OVERVIEW_RUNS, &overview->run_count, &overview->newest_history, err);
    return status == STATUS_OK ? find_newest_fetch(overview, err) : status;
}

enum status overview_open(const struct job *job, struct overview *ret_overview, struct err *err)
{
    struct overview *overview = ret_overview;
    *overview = (struct overview){.job = job};
    enum status status = STATUS_OK;
    overview->has_newest = true;
    overview->newest_end = INT64_MAX;
    for (size_t i = 0; status == STATUS_OK && i < overview->job->dataset_count; i++)
        status = gather_part(overview, i, err);
    return status == STATUS_OK ? gather_history(overview, err) : status;
}

enum status overview_last_success(const struct overview *overview, int64_t *ret_when, struct err *err)
{
    const struct view_of_ledgers *view = &overview->parts[0].view;
    enum status status = STATUS_OK;
    *ret_when = 0;
    for (size_t i = 0; status == STATUS_OK && i < view->count; i++) {
        int64_t when = 0;
        if (view->ledgers[i] != NULL)
            status = runs_last_success(view->dbs[i], overview->job->config->name, &when, err);
        if (status == STATUS_OK && when > *ret_when)
            *ret_when = when;
    }
    return status;
}

void overview_release(struct overview *overview)
{
    for (size_t i = 0; overview->job != NULL && i < overview->job->dataset_count; i++) {
        tally_release(&overview->parts[i].tally);
        view_release(&overview->parts[i].view);
    }
    overview->job = NULL;
}
