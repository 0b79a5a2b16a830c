#include "wire.h"

#include "core/log.h"
#include "wire_columns.h"

#include <stdio.h>
#include <string.h>

enum { SECONDS_PER_DAY = 86400 };

/* The zone of that name, loaded once however many buildings have it. */
static enum status zone_of(struct job *job, const char *name, const struct zone **ret_zone, struct err *err)
{
    for (size_t i = 0; i < job->zone_count; i++) {
        if (strcmp(zone_name(job->zones[i]), name) == 0) {
            *ret_zone = job->zones[i];
            return STATUS_OK;
        }
    }
    struct zone *zone;
    enum status status = zone_load(name, &zone, err);
    if (status != STATUS_OK)
        return status;
    job->zones[job->zone_count++] = zone;
    *ret_zone = zone;
    return STATUS_OK;
}

/*
 * A fixed date that has passed is never followed by a day that moves: such a coverage has ended, or is a slip of the
 * pen.
 */
static enum status check_days(const struct job *job, civil_day first, civil_day until, struct err *err)
{
    char first_text[CIVIL_TEXT_SIZE];
    char until_text[CIVIL_TEXT_SIZE];
    if (first <= until)
        return STATUS_OK;
    return err_set(
        err, STATUS_CONFIG,
        "%s: 'coverage.from' (%dd: now %s) is after 'coverage.until' (%s): there will never be a day to fetch",
        job->config->path, (int)job->config->coverage.from_days_ago, civil_day_format(first, first_text),
        civil_day_format(until, until_text));
}

/* What the job covers, as of now: each building's "today" is its own. */
static enum status resolve_days(const struct job *job, const struct zone *zone, struct day_range *ret_days,
                                struct err *err)
{
    const struct config_coverage *coverage = &job->config->coverage;
    civil_day today = zone_day_at(zone, job->now);
    struct day_range days = {
        .first = coverage->from_is_relative ? today - coverage->from_days_ago : coverage->from,
        .end = today,
    };
    enum status status = STATUS_OK;
    if (coverage->until == CONFIG_UNTIL_TODAY) {
        days.end = today + 1;
    } else if (coverage->until == CONFIG_UNTIL_DATE) {
        /* Days to come hold nothing yet. Partitions may be days of UTC, where the next one has begun in the evening of
         * a zone to its west. */
        civil_day begun = (civil_day)(job->now / SECONDS_PER_DAY);
        begun = begun > today ? begun : today;
        days.end = (coverage->until_day < begun ? coverage->until_day : begun) + 1;
        status = check_days(job, days.first, coverage->until_day, err);
    }
    if (days.first > days.end) /* it begins later: a backfill may reach before it, and still not into days to come */
        days.first = days.end;
    *ret_days = days;
    return status;
}

static enum status add_building(struct job *job, const struct config_building *from, struct coverage_building *to,
                                struct err *err)
{
    const struct zone *zone;
    enum status status = zone_of(job, from->time_zone, &zone, err);
    struct day_range days;
    if (status == STATUS_OK)
        status = resolve_days(job, zone, &days, err);
    if (status != STATUS_OK)
        return status;
    *to = (struct coverage_building){
        .id = from->id,
        .name = from->name,
        .zone = zone,
        .days = days,
        .site_count = from->site_count,
        .sites = from->sites,
        .group_count = from->group_count,
        .groups = from->groups,
    };
    return STATUS_OK;
}

/* The name of the coverage: building_insights has that of the job, as it had before there were others. */
static const char *coverage_name(struct job *job, const char *dataset)
{
    if (strcmp(dataset, "building_insights") == 0)
        return job->config->name;
    struct buf name = {0};
    buf_appendf(&name, "%s/%s", job->config->name, dataset);
    const char *copy =
        buf_status(&name, NULL) == STATUS_OK ? arena_copy(&job->arena, buf_text(&name), name.size) : NULL;
    buf_release(&name);
    return copy;
}

/* What a job that describes a dataset may correct later: its root field, and which columns are its partition and start.
 * NULL: out of memory. */
static const char *source_of(struct job *job, const struct dataset *dataset)
{
    struct buf text = {0};
    buf_appendf(&text, "%s/%s/%s", dataset->root_field, dataset->partition_column, dataset->start_column);
    const char *copy =
        buf_status(&text, NULL) == STATUS_OK ? arena_copy(&job->arena, buf_text(&text), text.size) : NULL;
    buf_release(&text);
    return copy;
}

static enum status add_dataset(struct job *job, const struct config_dataset *from, const struct coverage *common,
                               struct err *err)
{
    struct job_dataset *to = &job->datasets[job->dataset_count++];
    *to = (struct job_dataset){
        .dataset = &from->dataset,
        .all_columns = job->config->all_columns && from->column_count == 0,
        .column_count = from->column_count,
        .columns = from->columns,
        .coverage = *common,
    };
    to->coverage.job = coverage_name(job, from->dataset.name);
    to->coverage.granularity_count = from->granularity_count;
    to->coverage.granularities = from->granularities;
    to->ledger_job = (struct ledger_job){
        .dataset = from->dataset.name,
        .coverage = &to->coverage,
        .column_count = from->column_count,
        .columns = from->columns,
    };
    bool is_described = dataset_built_in(from->dataset.name) == NULL;
    if (is_described)
        to->ledger_job.source = source_of(job, &from->dataset);
    bool is_whole = to->coverage.job != NULL && (!is_described || to->ledger_job.source != NULL);
    return is_whole ? STATUS_OK : err_nomem(err);
}

static enum status resolve(struct job *job, struct err *err)
{
    const struct config *config = job->config;
    if (config->dataset_count > JOB_DATASETS_MAX)
        return err_set(err, STATUS_CONFIG, "a job has at most %d datasets", JOB_DATASETS_MAX);
    job->datasets = arena_calloc(&job->arena, config->dataset_count, sizeof *job->datasets);
    size_t count = config->building_count;
    struct coverage_building *buildings = arena_calloc(&job->arena, count + 1, sizeof *buildings);
    job->zones = arena_calloc(&job->arena, count + 1, sizeof *job->zones);
    if (job->datasets == NULL || buildings == NULL || job->zones == NULL)
        return err_nomem(err);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = add_building(job, &config->buildings[i], &buildings[i], err);
    const struct coverage common = {
        .building_count = count,
        .buildings = buildings,
        .settle_seconds = config->coverage.settle_seconds,
        .as_of = job->now,
    };
    for (size_t i = 0; status == STATUS_OK && i < config->dataset_count; i++)
        status = add_dataset(job, &config->datasets[i], &common, err);
    return status;
}

/* A person is shown the lines with carets; a program that reads the log gets one entry a mistake. */
static void explain(const char *path, const struct diagnostics *diagnostics)
{
    if (log_options_current().format != LOG_FORMAT_JSON) {
        struct buf text = {.max = (size_t)4 << 20};
        config_explain(path, diagnostics, &text);
        fputs(buf_text(&text), stderr);
        buf_release(&text);
        return;
    }
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct diagnostic *entry = &diagnostics->entries[i];
        if (entry->line > 0)
            log_error("%s:%zu:%zu: %s", path, entry->line, entry->column, entry->message);
        else
            log_error("%s: %s", path, entry->message);
    }
}

static void warn(const char *path, const struct diagnostics *warnings)
{
    for (size_t i = 0; i < warnings->count; i++) {
        const struct diagnostic *entry = &warnings->entries[i];
        log_warn("%s:%zu:%zu: %s", path, entry->line, entry->column, entry->message);
    }
}

static enum status load(const char *path, bool without_credentials, struct config **ret_config, struct err *err)
{
    struct diagnostics diagnostics = {0};
    struct config_options options = {.without_credentials = without_credentials};
    enum status status = config_load(path, &options, ret_config, &diagnostics);
    if (status == STATUS_OK) {
        warn(path, &(*ret_config)->warnings);
    } else if (status == STATUS_NOMEM) {
        err_nomem(err); /* what else is known of the file is not the reason */
        err_prefix(err, "%s", path);
    } else {
        explain(path, &diagnostics);
        err_set(err, status, "%s: %zu error%s in the job; nothing was done", path,
                diagnostics.count + diagnostics.dropped, diagnostics.count + diagnostics.dropped == 1 ? "" : "s");
    }
    diagnostics_release(&diagnostics);
    return status;
}

enum status job_open(const char *path, bool without_credentials, int64_t now, struct job *ret_job, struct err *err)
{
    *ret_job = (struct job){.now = now};
    enum status status = load(path, without_credentials, &ret_job->config, err);
    if (status == STATUS_OK)
        status = resolve(ret_job, err);
    if (status == STATUS_OK && without_credentials) /* it sends nothing */
        status = columns_recall(ret_job, err);
    if (status != STATUS_OK)
        job_release(ret_job);
    return status;
}

enum status job_drop_other_datasets(const struct job *job, struct db *db, struct err *err)
{
    const char *names[JOB_DATASETS_MAX];
    for (size_t i = 0; i < job->dataset_count; i++)
        names[i] = job->datasets[i].coverage.job;
    return ledger_drop_others(db, job->config->name, job->dataset_count, names, err);
}

void job_release(struct job *job)
{
    for (size_t i = 0; i < job->zone_count; i++)
        zone_free(job->zones[i]);
    arena_release(&job->arena);
    config_free(job->config);
    *job = (struct job){0};
}

struct plan_options job_plan_options(const struct job *job)
{
    /* A little less than a page, so that a 25-hour day or a late row does not make a second one. */
    int page_size = job->config->fetch.page_size;
    int unit_rows = page_size - page_size / 20;
    return (struct plan_options){
        .unit_rows = unit_rows < 1 ? 1 : unit_rows,
        .newest_first = true,
        .single_slices = job->config->api.dialect == CONFIG_DIALECT_DOCUMENTED,
    };
}
