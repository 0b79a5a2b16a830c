/* Runs and failed slices, of all ledgers together: a run that left out a destination is known to the others alone. */
#include "overview.h"

#include <stdlib.h>
#include <string.h>

/* The latest runs of one ledger. */
struct history {
    size_t count;
    size_t at; /* the first that was not taken yet */
    struct run_line *lines;
};

/* Of two ledgers' lines of one run: the one that knows its end, then the one of the destination that took more. */
static bool says_more(const struct run_line *line, const struct run_line *other)
{
    if (line->has_exit_code != other->has_exit_code)
        return line->has_exit_code;
    return line->counts.slices_fetched > other->counts.slices_fetched;
}

/* The ledger with the next line, since ids of runs sort by time; count: all were taken. */
static size_t newest_head(const struct history *histories, size_t count)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        if (histories[i].at == histories[i].count)
            continue;
        const struct run_line *line = &histories[i].lines[histories[i].at];
        const struct run_line *other = best < count ? &histories[best].lines[histories[best].at] : NULL;
        int order = other != NULL ? strcmp(line->run_id, other->run_id) : 1;
        if (order > 0 || (order == 0 && says_more(line, other)))
            best = i;
    }
    return best;
}

static void pass_over(struct history *histories, size_t count, const char *run_id)
{
    for (size_t i = 0; i < count; i++) {
        struct history *history = &histories[i];
        if (history->at < history->count && strcmp(history->lines[history->at].run_id, run_id) == 0)
            history->at++;
    }
}

static size_t merge(struct history *histories, size_t count, struct run_line *lines, size_t most, size_t *ret_newest)
{
    size_t taken = 0;
    size_t at;
    *ret_newest = count;
    while (taken < most && (at = newest_head(histories, count)) < count) {
        if (taken == 0)
            *ret_newest = at;
        lines[taken] = histories[at].lines[histories[at].at];
        pass_over(histories, count, lines[taken].run_id);
        taken++;
    }
    return taken;
}

static enum status read_histories(const struct overview *overview, size_t most, struct run_line *room,
                                  struct history *histories, struct err *err)
{
    const struct view_of_ledgers *view = &overview->parts[0].view;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < view->count; i++) {
        histories[i] = (struct history){.lines = room + i * most};
        if (view->ledgers[i] != NULL)
            status = runs_latest(view->dbs[i], overview->job->config->name, histories[i].lines, most,
                                 &histories[i].count, err);
    }
    return status;
}

enum status overview_runs(const struct overview *overview, struct run_line *lines, size_t most, size_t *ret_count,
                          size_t *ret_newest, struct err *err)
{
    size_t count = overview->parts[0].view.count;
    struct history histories[ENGINE_DESTINATIONS_MAX];
    struct run_line *room = calloc(count * most + 1, sizeof *room);
    if (room == NULL)
        return err_nomem(err);
    enum status status = read_histories(overview, most, room, histories, err);
    if (status == STATUS_OK)
        *ret_count = merge(histories, count, lines, most, ret_newest);
    free(room);
    return status;
}

/* Failed slices are copied: their texts live during the visit only. */
struct failed {
    struct arena arena;
    size_t count;
    struct ledger_failed_slice *slices;
    bool out_of_memory;
};

static const char *copy(struct failed *failed, const char *text)
{
    const char *own = arena_copy(&failed->arena, text, strlen(text));
    failed->out_of_memory = failed->out_of_memory || own == NULL;
    return own != NULL ? own : "";
}

static void collect(void *context, const struct ledger_failed_slice *slice)
{
    struct failed *failed = context;
    struct ledger_failed_slice *own = &failed->slices[failed->count++];
    *own = *slice;
    own->key.group_id = copy(failed, slice->key.group_id);
    own->key.granularity = copy(failed, slice->key.granularity);
    own->message = copy(failed, slice->message);
    own->failed_at = copy(failed, slice->failed_at);
}

static int compare_slices(const struct ledger_failed_slice *left, const struct ledger_failed_slice *right)
{
    if (left->day != right->day)
        return left->day > right->day ? -1 : 1;
    if (left->key.building_id != right->key.building_id)
        return left->key.building_id < right->key.building_id ? -1 : 1;
    if (left->key.site_id != right->key.site_id)
        return left->key.site_id < right->key.site_id ? -1 : 1;
    int order = strcmp(left->key.group_id, right->key.group_id);
    return order != 0 ? order : strcmp(left->key.granularity, right->key.granularity);
}

/* Of one slice the ledger that saw it fail most often comes first. */
static int compare(const void *a, const void *b)
{
    const struct ledger_failed_slice *left = a;
    const struct ledger_failed_slice *right = b;
    int order = compare_slices(left, right);
    return order != 0 ? order : (left->attempts < right->attempts) - (left->attempts > right->attempts);
}

static void visit_each(const struct failed *failed, size_t most, ledger_visit_failed *visit, void *context)
{
    size_t visited = 0;
    for (size_t i = 0; i < failed->count && visited < most; i++) {
        if (i > 0 && compare_slices(&failed->slices[i], &failed->slices[i - 1]) == 0)
            continue;
        visit(context, &failed->slices[i]);
        visited++;
    }
}

enum status overview_each_failed(const struct overview_part *part, size_t most, ledger_visit_failed *visit,
                                 void *context, struct err *err)
{
    const struct view_of_ledgers *view = &part->view;
    struct failed failed = {.slices = calloc(view->count * most + 1, sizeof *failed.slices)};
    if (failed.slices == NULL)
        return err_nomem(err);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < view->count; i++) {
        if (view->ledgers[i] != NULL)
            status = ledger_each_failed(view->ledgers[i], (int64_t)most, collect, &failed, err);
    }
    if (status == STATUS_OK && failed.out_of_memory)
        status = err_nomem(err);
    if (status == STATUS_OK) {
        qsort(failed.slices, failed.count, sizeof *failed.slices, compare);
        visit_each(&failed, most, visit, context);
    }
    arena_release(&failed.arena);
    free(failed.slices);
    return status;
}
