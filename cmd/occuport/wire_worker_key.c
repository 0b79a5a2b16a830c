#include "api/schema.h"
#include "wire_worker_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, twice: by chance two jobs never have the same one. */
struct mark {
    uint64_t a;
    uint64_t b;
};

static const struct mark empty = {UINT64_C(14695981039346656037), UINT64_C(7809847782465536322)};

static void add(struct mark *mark, const void *bytes, size_t size)
{
    for (const unsigned char *at = bytes; size > 0; at++, size--) {
        mark->a = (mark->a ^ *at) * UINT64_C(1099511628211);
        mark->b = (mark->b + *at) * UINT64_C(6364136223846793005) + 1;
    }
}

static void add_number(struct mark *mark, int64_t number)
{
    add(mark, &number, sizeof number);
}

static void add_text(struct mark *mark, const char *text)
{
    const char *known = text != NULL ? text : "";
    add(mark, known, strlen(known) + 1);
}

static void add_texts(struct mark *mark, size_t count, const char *const *texts)
{
    add_number(mark, (int64_t)count);
    for (size_t i = 0; i < count; i++)
        add_text(mark, texts[i]);
}

static void add_ids(struct mark *mark, size_t count, const int64_t *ids)
{
    add_number(mark, (int64_t)count);
    add(mark, ids, count * sizeof *ids);
}

static void add_dataset(struct mark *mark, const struct job_dataset *dataset)
{
    add_text(mark, dataset->dataset->name);
    add_text(mark, dataset->dataset->root_field);
    add_text(mark, dataset->dataset->partition_column);
    add_text(mark, dataset->dataset->start_column);
    add_texts(mark, dataset->dataset->key_count, dataset->dataset->keys);
    if (dataset->all_columns)
        add_text(mark, "all columns"); /* which they are today is behind the form */
    else
        add_texts(mark, dataset->column_count, dataset->columns);
    add_texts(mark, dataset->coverage.granularity_count, dataset->coverage.granularities);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In whatever order the server shows them. */
static void add_learned(struct mark *mark, const struct job_dataset *dataset)
{
    const char *names[SCHEMA_COLUMNS_MAX];
    size_t count = dataset->column_count;
    memcpy(names, dataset->columns, count * sizeof *names);
    qsort(names, count, sizeof *names, compare_names);
    add_texts(mark, count, names);
}

/*
 * A column that the server has had for an hour may be known to one worker and not to another. Who knows it must not
 * count what the other stored as done.
 */
static struct mark mark_learned(const struct job *job)
{
    struct mark mark = empty;
    for (size_t i = 0; i < job->dataset_count; i++)
        if (job->datasets[i].all_columns && job->datasets[i].column_count > 0)
            add_learned(&mark, &job->datasets[i]);
    return mark;
}

/*
 * The form of the job: what is asked of the server and how it is stored; not: credentials, and how fast one worker goes
 * about it. And behind it what was learned today.
 */
enum status worker_make_fingerprint(const struct job *job, char *out, size_t size, struct err *err)
{
    const struct config *config = job->config;
    const struct config_coverage *coverage = &config->coverage;
    struct mark mark = empty;
    struct buf rate = {0};
    add_number(&mark, WORK_RULES);
    add_text(&mark, config->api.base_url);
    buf_appendf(&rate, "%.17g", config->fetch.requests_per_second);
    add_text(&mark, buf_text(&rate));
    enum status status = buf_status(&rate, err);
    buf_release(&rate);
    add_number(&mark, config->on_vanished);
    add_number(&mark, config->fetch.verify);
    add_number(&mark, coverage->from_is_relative ? coverage->from_days_ago : coverage->from);
    add_number(&mark, coverage->from_is_relative);
    add_number(&mark, coverage->until);
    add_number(&mark, coverage->until == CONFIG_UNTIL_DATE ? coverage->until_day : 0);
    add_number(&mark, coverage->settle_seconds);
    for (size_t i = 0; i < job->dataset_count; i++)
        add_dataset(&mark, &job->datasets[i]);
    for (size_t i = 0; i < config->building_count; i++) {
        const struct config_building *building = &config->buildings[i];
        add_number(&mark, building->id);
        add_text(&mark, building->time_zone);
        add_ids(&mark, building->site_count, building->sites);
        add_texts(&mark, building->group_count, building->groups);
    }
    struct mark learned = mark_learned(job);
    snprintf(out, size, "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64, mark.a, mark.b, learned.a, learned.b);
    return status;
}

enum status worker_make_key(const struct worker *worker, const struct plan_filter *filters, char *out, size_t size,
                            struct err *err)
{
    struct mark mark = empty;
    for (size_t i = 0; i < worker->job->dataset_count; i++) {
        const struct coverage *coverage = &worker->coverages[i];
        const struct plan_filter *filter = &filters[i];
        for (size_t b = 0; b < coverage->building_count; b++) {
            add_number(&mark, coverage->buildings[b].days.first);
            add_number(&mark, coverage->buildings[b].days.end);
        }
        add_number(&mark, filter->limit_days ? filter->days.first : INT64_MIN);
        add_number(&mark, filter->limit_days ? filter->days.end : INT64_MIN);
        add_ids(&mark, filter->building_count, filter->buildings);
        add_ids(&mark, filter->site_count, filter->sites);
        add_texts(&mark, filter->group_count, filter->groups);
    }
    int used = snprintf(out, size, "%s %d %016" PRIx64 "%016" PRIx64, worker->options.command,
                        (int)worker->options.reprocess, mark.a, mark.b);
    return used > 0 && (size_t)used < size ? STATUS_OK : err_set(err, STATUS_BUG, "a key of a goal is too long");
}
