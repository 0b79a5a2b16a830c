#include "overview.h"

#include <string.h>

static size_t first_with_ledger(const struct view_of_ledgers *view)
{
    size_t at = 0;
    while (at < view->count && view->ledgers[at] == NULL)
        at++;
    return at;
}

struct db *overview_history(const struct overview *overview)
{
    const struct view_of_ledgers *view = &overview->parts[0].view;
    size_t at = first_with_ledger(view);
    return at < view->count ? view->dbs[at] : NULL;
}

struct ledger *overview_ledger(const struct overview_part *part)
{
    const struct view_of_ledgers *view = &part->view;
    size_t at = first_with_ledger(view);
    return at < view->count ? view->ledgers[at] : NULL;
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

enum status overview_open(const struct job *job, struct overview *ret_overview, struct err *err)
{
    struct overview *overview = ret_overview;
    *overview = (struct overview){.job = job};
    enum status status = STATUS_OK;
    overview->has_newest = true;
    overview->newest_end = INT64_MAX;
    for (size_t i = 0; status == STATUS_OK && i < overview->job->dataset_count; i++)
        status = gather_part(overview, i, err);
    struct db *db = status == STATUS_OK ? overview_history(overview) : NULL;
    if (status != STATUS_OK || db == NULL)
        return status;
    status = runs_latest(db, overview->job->config->name, overview->runs, OVERVIEW_RUNS, &overview->run_count, err);
    if (status == STATUS_OK)
        status = runs_newest_fetch(db, overview->job->config->name, overview->newest_fetch, err);
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
