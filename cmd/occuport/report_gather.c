#include "report_gather.h"

#include "sink/csv_occupancy.h"
#include "sink/postgres_occupancy.h"
#include "sink/sqlite_occupancy.h"
#include "store/corrections.h"
#include "store/dimensions.h"

#include <stdio.h>
#include <string.h>

/* Failed slices are copied: their texts live during the visit only. */
struct failures {
    struct gathered *gathered;
    const char *dataset;
    struct report_failure *items;
    size_t count;
    bool out_of_memory;
};

static const char *copy(struct failures *failures, const char *text)
{
    const char *own = arena_copy(&failures->gathered->arena, text, strlen(text));
    failures->out_of_memory = failures->out_of_memory || own == NULL;
    return own;
}

static void add_failure(void *context, const struct ledger_failed_slice *slice)
{
    struct failures *failures = context;
    if (failures->count == REPORT_FAILURES)
        return;
    struct report_failure *to = &failures->items[failures->count++];
    *to = (struct report_failure){.dataset = failures->dataset,
                                  .key = slice->key,
                                  .day = slice->day,
                                  .attempts = slice->attempts,
                                  .message = copy(failures, slice->message),
                                  .failed_at = copy(failures, slice->failed_at)};
    to->key.group_id = copy(failures, slice->key.group_id);
    to->key.granularity = copy(failures, slice->key.granularity);
}

static enum status gather_failures(struct gathered *gathered, struct err *err)
{
    struct failures failures = {.gathered = gathered};
    enum status status = STATUS_OK;
    failures.items = arena_calloc(&gathered->arena, REPORT_FAILURES, sizeof *failures.items);
    if (failures.items == NULL)
        return err_nomem(err);
    for (size_t i = 0; status == STATUS_OK && i < gathered->job.dataset_count; i++) {
        failures.dataset = gathered->job.datasets[i].dataset->name;
        status = overview_each_failed(&gathered->overview.parts[i], REPORT_FAILURES, add_failure, &failures, err);
    }
    if (failures.out_of_memory)
        return err_nomem(err);
    gathered->report.failures = failures.items;
    gathered->report.failure_count = failures.count;
    return status;
}

static enum status gather_history(struct gathered *gathered, struct err *err)
{
    struct report *report = &gathered->report;
    struct db *db = overview_history(&gathered->overview);
    if (db == NULL)
        return STATUS_OK;
    const char *job = gathered->job.config->name;
    struct run_line *runs = arena_calloc(&gathered->arena, REPORT_RUNS, sizeof *runs);
    struct correction_day *days = arena_calloc(&gathered->arena, REPORT_CORRECTION_DAYS, sizeof *days);
    if (runs == NULL || days == NULL)
        return err_nomem(err);
    report->runs = runs;
    report->corrections = days;
    size_t newest;
    enum status status = overview_runs(&gathered->overview, runs, REPORT_RUNS, &report->run_count, &newest, err);
    if (status == STATUS_OK)
        status = corrections_total(db, job, &report->corrected, err);
    if (status == STATUS_OK)
        status = corrections_by_day(db, job, days, REPORT_CORRECTION_DAYS, &report->correction_count, err);
    return status;
}

static const struct job_dataset *insights_of(const struct job *job, size_t *ret_at)
{
    for (size_t i = 0; i < job->dataset_count; i++) {
        if (strcmp(job->datasets[i].dataset->name, "building_insights") == 0) {
            *ret_at = i;
            return &job->datasets[i];
        }
    }
    return NULL;
}

/* The destination whose rows are read: a database, since that is quickest; else the first. -1: none has any. */
static int choose_destination(const struct config *config, const struct view_of_ledgers *view)
{
    int chosen = -1;
    for (size_t i = 0; i < view->count; i++) {
        bool is_database = config->destinations[i].kind != CONFIG_DESTINATION_CSV;
        if (view->ledgers[i] == NULL)
            continue;
        if (is_database)
            return (int)i;
        if (chosen < 0)
            chosen = (int)i;
    }
    return chosen;
}

/* The row of that id in a table that is ordered by it; row_count: there is none. */
static size_t find_row(const struct table *table, int64_t id)
{
    size_t low = 0;
    size_t high = table->row_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int64_t at;
        if (!value_to_id(table_value(table, middle, 0), &at) || at < id)
            low = middle + 1;
        else
            high = middle;
    }
    int64_t found;
    bool is_it = low < table->row_count && value_to_id(table_value(table, low, 0), &found) && found == id;
    return is_it ? low : table->row_count;
}

static void append_value(struct buf *out, const struct table *table, size_t row, size_t column, const char *before)
{
    const struct value *value = table_value(table, row, column);
    char number[32];
    if (value->kind == VALUE_NULL)
        return;
    buf_append_text(out, before);
    if (value->kind == VALUE_INTEGER)
        snprintf(number, sizeof number, "%lld", (long long)value->integer);
    else if (value->kind == VALUE_REAL)
        snprintf(number, sizeof number, "%g", value->real);
    if (value->kind == VALUE_INTEGER || value->kind == VALUE_REAL)
        buf_append_text(out, number);
    else
        buf_append(out, value->text, value->size);
}

/* "S-71-1, Second floor": what the tables sites and floors say of a site. */
static enum status name_site(struct gathered *gathered, const struct table *sites, const struct table *floors,
                             struct occupancy_site *site, struct err *err)
{
    size_t row = find_row(sites, site->id);
    struct buf name = {0};
    int64_t floor_id;
    if (row == sites->row_count)
        return STATUS_OK;
    append_value(&name, sites, row, SITES_CODE, "");
    if (value_to_id(table_value(sites, row, SITES_FLOOR_ID), &floor_id)) {
        size_t floor = find_row(floors, floor_id);
        if (floor < floors->row_count)
            append_value(&name, floors, floor, FLOORS_NAME, name.size > 0 ? ", " : "");
    }
    enum status status = buf_status(&name, err);
    if (status == STATUS_OK && (site->name = arena_copy(&gathered->arena, buf_text(&name), name.size)) == NULL)
        status = err_nomem(err);
    buf_release(&name);
    return status;
}

static enum status name_sites(struct gathered *gathered, struct db *db, struct err *err)
{
    struct table sites = {0};
    struct table floors = {0};
    enum status status = dimensions_read(db, dimension_get(DIMENSION_SITES), &sites, err);
    if (status == STATUS_OK)
        status = dimensions_read(db, dimension_get(DIMENSION_FLOORS), &floors, err);
    for (size_t i = 0; i < gathered->occupancy.building_count; i++) {
        struct occupancy_building *building = &gathered->occupancy.buildings[i];
        for (size_t k = 0; status == STATUS_OK && k < building->building->site_count; k++)
            status = name_site(gathered, &sites, &floors, &building->sites[k], err);
    }
    table_release(&sites);
    table_release(&floors);
    return status;
}

static enum status gather_occupancy(struct gathered *gathered, struct err *err)
{
    size_t at;
    const struct job_dataset *dataset = insights_of(&gathered->job, &at);
    if (dataset == NULL) {
        gathered->report.no_occupancy = "The job does not fetch building_insights, of whose rows this picture is made.";
        return STATUS_OK;
    }
    const struct view_of_ledgers *view = &gathered->overview.parts[at].view;
    int chosen = choose_destination(gathered->job.config, view);
    if (chosen < 0) {
        gathered->report.no_occupancy = "Nothing is stored yet.";
        return STATUS_OK;
    }
    const struct config_destination *destination = &gathered->job.config->destinations[chosen];
    struct occupancy *occupancy = &gathered->occupancy;
    enum sink_csv_layout layout = destination->layout == CONFIG_CSV_SINGLE ? SINK_CSV_SINGLE : SINK_CSV_PARTITIONED;
    enum status status = occupancy_make(&dataset->coverage, dataset->column_count, dataset->columns, occupancy, err);
    if (status != STATUS_OK)
        return status;
    if (destination->kind == CONFIG_DESTINATION_POSTGRES)
        status = postgres_occupancy_read(view->dbs[chosen], dataset->dataset, occupancy, err);
    else if (destination->kind == CONFIG_DESTINATION_SQLITE)
        status = sqlite_occupancy_read(view->dbs[chosen], dataset->dataset, occupancy, err);
    else
        status = csv_occupancy_read(destination->path, layout, dataset->dataset, occupancy, err);
    if (status == STATUS_OK)
        status = name_sites(gathered, view->dbs[chosen], err);
    gathered->report.occupancy = occupancy;
    return status;
}

static enum status gather_coverage(struct gathered *gathered, struct err *err)
{
    struct report *report = &gathered->report;
    size_t count = gathered->job.dataset_count;
    struct report_dataset *datasets = arena_calloc(&gathered->arena, count, sizeof *datasets);
    if (datasets == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++) {
        datasets[i].name = gathered->job.datasets[i].dataset->name;
        datasets[i].tally = &gathered->overview.parts[i].tally;
    }
    report->dataset_count = count;
    report->datasets = datasets;
    report->held = gathered->overview.counts;
    report->has_newest = gathered->overview.has_newest;
    report->newest = gathered->overview.newest;
    report->newest_fetch = gathered->overview.newest_fetch;
    return STATUS_OK;
}

enum status gathered_open(const char *job_path, int64_t now, struct gathered *ret_gathered, struct err *err)
{
    struct gathered *gathered = ret_gathered;
    *gathered = (struct gathered){.report = {.path = job_path, .version = OCCUPORT_VERSION, .now = now}};
    enum status status = job_open(job_path, true, now, &gathered->job, err);
    if (status != STATUS_OK)
        return status;
    gathered->report.job = gathered->job.config->name;
    status = overview_open(&gathered->job, &gathered->overview, err);
    if (status == STATUS_OK)
        status = gather_coverage(gathered, err);
    if (status == STATUS_OK)
        status = gather_history(gathered, err);
    if (status == STATUS_OK)
        status = gather_failures(gathered, err);
    return status == STATUS_OK ? gather_occupancy(gathered, err) : status;
}

void gathered_release(struct gathered *gathered)
{
    occupancy_release(&gathered->occupancy);
    overview_release(&gathered->overview);
    job_release(&gathered->job);
    arena_release(&gathered->arena);
}
