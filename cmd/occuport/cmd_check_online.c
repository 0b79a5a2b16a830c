#include "check_online.h"

#include "core/log.h"
#include "core/text.h"
#include "wire_columns.h"

#include <inttypes.h>
#include <string.h>

/* Columns that the server has and the job does not name: so many are told. */
enum { OTHERS_SHOWN_MAX = 8 };

/* Where the rows of the try go: nothing of them is kept but how many the newest slice had. */
struct trial {
    bool has_slice;
    struct series_key key;
    civil_day day;
    size_t rows;
};

struct online {
    struct job *job;
    struct job_dataset *dataset; /* of the job: what is tried */
    const volatile sig_atomic_t *interrupted;
    struct clock clock;
    struct network network;
    struct schema_probe *probe; /* NULL: the server does not show its schema, or was not asked */
    struct err no_schema;       /* why not; STATUS_OK: not asked */
    struct trial trial;
    bool has_count;
    struct summary summary;
};

static enum status note_slices(void *context, const struct unit_outcome *outcome, struct run_counts *counts,
                               struct err *err)
{
    struct trial *trial = context;
    (void)err;
    counts->rows_received += outcome->rows_received;
    for (size_t i = 0; i < unit_slice_count(outcome->unit); i++) {
        const struct row *rows;
        civil_day day;
        struct series_key key = unit_series_of(outcome->unit, i, &day);
        counts->slices_failed += outcome->slice_errs[i] != NULL;
        counts->slices_fetched += outcome->slice_errs[i] == NULL;
        if (outcome->slice_errs[i] != NULL || (trial->has_slice && day <= trial->day))
            continue;
        trial->has_slice = true;
        trial->key = key;
        trial->day = day;
        trial->rows = outcome_slice_rows(outcome, i, &rows);
    }
    return STATUS_OK;
}

static enum status flush_nothing(void *context, bool must, struct run_counts *counts, bool *ret_flushed,
                                 struct err *err)
{
    (void)context;
    (void)must;
    (void)counts;
    (void)err;
    *ret_flushed = true;
    return STATUS_OK;
}

/*
 * Two days, and two sites or else two groups where the job has them, so that ranges and lists of the filter are tried
 * as well. Where all days are to come, yesterday is asked for.
 */
static struct unit trial_unit(const struct online *online)
{
    const struct coverage *coverage = &online->dataset->coverage;
    const struct coverage_building *building = &coverage->buildings[0];
    civil_day today = zone_day_at(building->zone, online->job->now);
    struct unit unit = {
        .building = building,
        .granularity = coverage->granularities[0],
        .days = building->days,
        .site_count = building->site_count > 1 ? 2 : 1,
        .sites = building->sites,
        .group_count = building->site_count == 1 && building->group_count > 1 ? 2 : 1,
        .groups = building->groups,
    };
    if (unit.days.end > today || unit.days.first == unit.days.end)
        unit.days.end = today;
    if (unit.days.first < unit.days.end - 2)
        unit.days.first = unit.days.end - 2;
    if (unit.days.first >= unit.days.end)
        unit.days.first = unit.days.end - 1;
    return unit;
}

static enum status try_unit(struct online *online, struct err *err)
{
    static const enum pager_verify verify[] = {[CONFIG_VERIFY_AUTO] = PAGER_VERIFY_AUTO,
                                               [CONFIG_VERIFY_COUNT] = PAGER_VERIFY_COUNT,
                                               [CONFIG_VERIFY_PAGES] = PAGER_VERIFY_PAGES};
    const struct config *config = online->job->config;
    struct unit unit = trial_unit(online);
    struct plan plan = {.unit_count = 1, .units = &unit, .counts = {.due = unit_slice_count(&unit)}};
    struct destination nowhere = {"no destination", &online->trial, note_slices, flush_nothing,
                                  .keeps_outcomes = false};
    const struct destination *destinations[] = {&nowhere};
    struct engine_options options = {
        .plan = &plan,
        .client = online->network.client,
        .destination_count = 1,
        .destinations = destinations,
        .dataset = online->dataset->dataset,
        .column_count = online->dataset->column_count,
        .columns = online->dataset->columns,
        .page_size = config->fetch.page_size,
        .max_attempts = config->fetch.max_attempts,
        .verify = verify[config->fetch.verify],
        .dialect_is_fixed = config->api.dialect != CONFIG_DIALECT_AUTO,
        .dialect = config->api.dialect == CONFIG_DIALECT_DOCUMENTED ? DIALECT_DOCUMENTED : DIALECT_HASURA,
        .clock = online->clock,
        .deadline_ms = INT64_MAX,
        .interrupted = online->interrupted,
    };
    return engine_run(&options, &online->summary, err);
}

/* A server that hides its schema may count all the same; a small try proves itself without it, so it is asked. */
static enum status learn_count(struct online *online, struct err *err)
{
    struct unit unit = trial_unit(online);
    struct page_query query = {
        .dialect = DIALECT_HASURA, .dataset = online->dataset->dataset, .unit = &unit, .limit = 1, .with_count = true};
    struct asker asker = {online->network.client, online->interrupted};
    struct buf question = {0};
    struct buf answer = {0};
    enum status status = query_page(&query, &question, err);
    if (status == STATUS_OK)
        status = ask(&asker, &question, &answer, err);
    online->has_count = status == STATUS_OK;
    buf_release(&question);
    buf_release(&answer);
    return ask_may_go_on(status) ? STATUS_OK : status;
}

static bool job_names(const struct job_dataset *dataset, const char *column)
{
    for (size_t i = 0; i < dataset->column_count; i++) {
        if (strcmp(dataset->columns[i], column) == 0)
            return true;
    }
    return false;
}

/* The names of the fields that can be columns. Returns how many. */
static size_t column_names(const struct schema_table *table, const char *names[SCHEMA_COLUMNS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].is_object)
            names[count++] = table->columns[i].name;
    }
    return count;
}

static enum status check_root(const struct online *online, struct err *err)
{
    const char *const *roots;
    if (schema_probe_table(online->probe)->exists)
        return STATUS_OK;
    size_t count = schema_probe_roots(online->probe, &roots);
    const char *root_field = online->dataset->dataset->root_field;
    const char *nearest = text_nearest(root_field, roots, count);
    return err_set(err, STATUS_CONFIG, "the API has no %s for this login%s%s%s", root_field,
                   nearest != NULL ? "; the nearest name it has is " : "", nearest != NULL ? nearest : "",
                   count == 0 ? "; it shows nothing at all" : "");
}

/* With `columns: all`: what it means, and whether a column that is stored is gone. */
static enum status learn_all_columns(struct online *online, const struct asker *asker, struct err *err)
{
    struct buf gone = {.max = ERR_MESSAGE_MAX / 2};
    enum status status = columns_ask(asker, online->dataset, &online->probe, err);
    if (status == STATUS_OK)
        status = columns_choose(online->job, online->dataset, online->probe, err);
    if (status == STATUS_OK)
        status = columns_find_gone(online->job, online->dataset, &gone, err);
    if (status == STATUS_OK && gone.size > 0)
        status = err_set(err, STATUS_CONFIG,
                         "%s: the API no longer has the column %s in %s for this login; what is stored of it stays",
                         online->job->config->path, buf_text(&gone), online->dataset->dataset->root_field);
    buf_release(&gone);
    return status;
}

/* What the schema says, if the server shows it. Whether it has the columns of the job is for the try to tell. */
static enum status learn_schema(struct online *online, struct err *err)
{
    struct asker asker = {online->network.client, online->interrupted};
    if (online->dataset->all_columns)
        return learn_all_columns(online, &asker, err);
    if (online->job->config->api.dialect == CONFIG_DIALECT_DOCUMENTED)
        return STATUS_OK;
    enum status status = ask_schema(&asker, online->dataset->dataset->root_field, &online->probe, err);
    if (ask_may_go_on(status)) {
        online->no_schema = *err;
        return STATUS_OK;
    }
    return status == STATUS_OK ? check_root(online, err) : status;
}

static const char *offered(bool is_offered)
{
    return is_offered ? "offered" : "not offered";
}

static bool dialect_is_hasura(const struct online *online)
{
    return online->summary.dialect != NULL && strcmp(online->summary.dialect, dialect_name(DIALECT_HASURA)) == 0;
}

static void describe_features(const struct online *online, struct buf *out)
{
    const struct schema_table *table = online->probe != NULL ? schema_probe_table(online->probe) : NULL;
    bool is_paging = dialect_is_hasura(online);
    buf_appendf(out, "  dialect: %s\n", online->summary.dialect != NULL ? online->summary.dialect : "none");
    buf_appendf(out,
                "  paging: %s; count: %s; introspection: ", offered(is_paging || (table != NULL && table->has_limit)),
                offered(online->has_count));
    if (online->probe != NULL)
        buf_append_text(out, "offered\n");
    else if (online->no_schema.kind != STATUS_OK)
        buf_appendf(out, "not offered (%s)\n", online->no_schema.message);
    else
        buf_append_text(out, "not asked\n");
}

/* One more word of the line, or the first of the next. */
static void append_name(const char *name, struct buf *out)
{
    struct buf word = {0};
    buf_appendf(&word, " %s", name);
    buf_append_wrapped(out, 4, buf_text(&word));
    buf_release(&word);
}

static void describe_columns(const struct online *online, struct buf *out)
{
    const struct dataset *dataset = online->dataset->dataset;
    buf_appendf(out, "  columns: %zu of the job found", online->dataset->column_count);
    if (online->probe != NULL) {
        const char *names[SCHEMA_COLUMNS_MAX];
        size_t count = column_names(schema_probe_table(online->probe), names);
        size_t shown = 0;
        for (size_t i = 0; i < count; i++) {
            bool is_key = false;
            for (size_t key = 0; key < KEY_COLUMN_COUNT + dataset->key_count; key++)
                is_key = is_key || strcmp(names[i], query_key_name(dataset, key)) == 0;
            if (is_key || job_names(online->dataset, names[i]))
                continue;
            if (shown < OTHERS_SHOWN_MAX) {
                buf_append_text(out, shown > 0 ? "," : "; the server also has");
                append_name(names[i], out);
            }
            shown++;
        }
        if (shown > OTHERS_SHOWN_MAX)
            buf_appendf(out, " and %zu more", shown - OTHERS_SHOWN_MAX);
    }
    buf_append_char(out, '\n');
}

static void describe(const struct online *online, struct buf *out)
{
    const struct trial *trial = &online->trial;
    char day[CIVIL_TEXT_SIZE];
    buf_appendf(out, "%s: the API answers", online->job->config->path);
    if (online->job->dataset_count > 1)
        buf_appendf(out, " for %s", online->dataset->dataset->name);
    buf_append_char(out, '\n');
    buf_appendf(out, "  login: accepted by %s\n", online->job->config->api.base_url);
    describe_features(online, out);
    if (!trial->has_slice)
        return;
    describe_columns(online, out);
    buf_appendf(out, "  try: building %" PRId64 ", site %" PRId64 ", %s, %s: %zu row%s\n    of group ",
                trial->key.building_id, trial->key.site_id, trial->key.granularity, civil_day_format(trial->day, day),
                trial->rows, trial->rows == 1 ? "" : "s");
    buf_append_printable(out, trial->key.group_id, strlen(trial->key.group_id));
    buf_append_char(out, '\n');
    if (trial->rows == 0)
        buf_appendf(out, "    a quiet day, or a site or group that is not yours: see occuport discover %s\n",
                    online->job->config->path);
}

static enum status learn(struct online *online, struct buf *out, struct err *err)
{
    enum status status = network_open(online->job, INT64_MAX, NULL, NULL, &online->network, err);
    if (status == STATUS_OK)
        status = learn_schema(online, err);
    if (status == STATUS_OK)
        status = try_unit(online, err);
    if (status == STATUS_OK && online->probe != NULL)
        online->has_count = schema_probe_table(online->probe)->has_aggregate;
    else if (status == STATUS_OK && dialect_is_hasura(online))
        status = learn_count(online, err);
    if (status == STATUS_OK)
        describe(online, out);
    return status;
}

static int check_dataset(const struct command_context *context, struct job *job, size_t at, struct buf *out)
{
    struct online online = {
        .job = job, .dataset = &job->datasets[at], .interrupted = context->interrupted, .clock = clock_system()};
    struct err err;
    enum status status = learn(&online, out, &err);
    int code = status == STATUS_OK ? online.summary.exit_code : command_fail(&err);
    if (online.summary.failure_count > 0)
        log_error("the try failed: %s", online.summary.failures[0].error);
    schema_probe_free(online.probe);
    network_release(&online.network);
    summary_release(&online.summary);
    return code;
}

int check_online(const struct command_context *context, struct job *job, struct buf *out)
{
    int code = 0;
    for (size_t i = 0; i < job->dataset_count; i++)
        code = exit_code_worse(code, check_dataset(context, job, i, out));
    return exit_code_worse(code, check_postgres(job, out));
}
