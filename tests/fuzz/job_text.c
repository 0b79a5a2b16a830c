#include "job_text.h"

#include "config/source.h"

#include <inttypes.h>
#include <string.h>

static const char *const dialects[] = {"auto", "hasura", "documented"};
static const char *const proofs[] = {"auto", "count", "pages"};
static const char *const vanished[] = {"keep", "delete"};
static const char *const layouts[] = {"partitioned", "single"};

/* In double quotes, with every dollar doubled: it is text now and no reference. */
static void append_text(struct buf *out, const char *text)
{
    size_t size = strlen(text);
    buf_append_char(out, '"');
    for (size_t at = 0; at < size;) {
        uint32_t c = 0;
        size_t length = source_character(text + at, size - at, &c);
        if (length == 0) /* never: a job holds UTF-8; the text that comes of it would differ */
            break;
        if (c == '$')
            buf_append_text(out, "$$");
        else if (c == '"' || c == '\\')
            buf_appendf(out, "\\%c", (int)c);
        else if (c < 0x20 || c > 0x7E)
            buf_appendf(out, "\\U%08" PRIX32, c);
        else
            buf_append_char(out, (char)c);
        at += length;
    }
    buf_append_char(out, '"');
}

static void append_pair(struct buf *out, const char *key, const char *value)
{
    if (value == NULL)
        return;
    buf_appendf(out, "%s: ", key);
    append_text(out, value);
    buf_append_char(out, '\n');
}

static void append_list(struct buf *out, const char *key, size_t count, const char *const *texts)
{
    if (count == 0)
        return;
    buf_appendf(out, "%s: [", key);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_append_text(out, ", ");
        append_text(out, texts[i]);
    }
    buf_append_text(out, "]\n");
}

static void append_api(struct buf *out, const struct config_api *api)
{
    buf_append_text(out, "api:\n");
    append_pair(out, "  base_url", api->base_url);
    append_pair(out, "  audience", api->audience);
    append_pair(out, "  client_id", api->client_id);
    append_pair(out, "  client_secret", api->client_secret);
    append_pair(out, "  dialect", dialects[api->dialect]);
    append_pair(out, "  ca_file", api->ca_file);
}

static void append_fetch(struct buf *out, const struct config_fetch *fetch)
{
    buf_appendf(out, "fetch:\n  concurrency: %d\n  requests_per_second: %.17g\n  page_size: %d\n", fetch->concurrency,
                fetch->requests_per_second, fetch->page_size);
    append_pair(out, "  verify", proofs[fetch->verify]);
    buf_appendf(out, "  timeout: %" PRId64 "s\n  max_attempts: %d\n  max_runtime: %" PRId64 "s\n",
                fetch->timeout_seconds, fetch->max_attempts, fetch->max_runtime_seconds);
}

static void append_coverage(struct buf *out, const struct config_coverage *coverage)
{
    char text[CIVIL_TEXT_SIZE];
    buf_append_text(out, "coverage:\n");
    if (coverage->from_is_relative)
        buf_appendf(out, "  from: %dd\n", coverage->from_days_ago);
    else
        buf_appendf(out, "  from: %s\n", civil_day_format(coverage->from, text));
    if (coverage->until == CONFIG_UNTIL_DATE)
        buf_appendf(out, "  until: %s\n", civil_day_format(coverage->until_day, text));
    else
        buf_appendf(out, "  until: %s\n", coverage->until == CONFIG_UNTIL_TODAY ? "today" : "yesterday");
    buf_appendf(out, "  settle: %" PRId64 "s\n", coverage->settle_seconds);
    append_pair(out, "  time_zone", coverage->time_zone);
}

/* A dataset that is built in takes its name and what to fetch of it only. */
static void append_dataset(struct buf *out, const struct config_dataset *entry)
{
    const struct dataset *dataset = &entry->dataset;
    append_pair(out, "  - name", dataset->name);
    if (dataset_built_in(dataset->name) == NULL) {
        append_pair(out, "    root_field", dataset->root_field);
        append_list(out, "    keys", dataset->key_count, dataset->keys);
        append_pair(out, "    partition", dataset->partition_column);
        append_pair(out, "    start", dataset->start_column);
    }
    append_list(out, "    columns", entry->column_count, entry->columns);
    append_list(out, "    granularities", entry->granularity_count, entry->granularities);
}

static void append_building(struct buf *out, const struct config_building *building)
{
    buf_appendf(out, "  - id: %" PRId64 "\n", building->id);
    append_pair(out, "    name", building->name);
    append_pair(out, "    time_zone", building->time_zone);
    buf_append_text(out, "    sites: [");
    for (size_t i = 0; i < building->site_count; i++)
        buf_appendf(out, "%s%" PRId64, i > 0 ? ", " : "", building->sites[i]);
    buf_append_text(out, "]\n");
    append_list(out, "    groups", building->group_count, building->groups);
}

static void append_destination(struct buf *out, const struct config_destination *destination)
{
    if (destination->kind == CONFIG_DESTINATION_SQLITE) {
        buf_append_text(out, "  - sqlite:\n");
        append_pair(out, "      path", destination->path);
        return;
    }
    if (destination->kind == CONFIG_DESTINATION_POSTGRES) {
        buf_append_text(out, "  - postgres:\n");
        append_pair(out, "      dsn", destination->dsn);
        append_pair(out, "      schema", destination->schema);
        return;
    }
    buf_append_text(out, "  - csv:\n");
    append_pair(out, "      directory", destination->path);
    append_pair(out, "      layout", layouts[destination->layout]);
    buf_appendf(out, "      excel_safe: %s\n", destination->excel_safe ? "true" : "false");
}

void job_text_append(struct buf *out, const struct config *config)
{
    buf_append_text(out, "version: 1\n");
    append_api(out, &config->api);
    append_fetch(out, &config->fetch);
    append_coverage(out, &config->coverage);
    if (config->all_columns)
        buf_append_text(out, "columns: all\n");
    else
        append_list(out, "columns", config->column_count, config->columns);
    append_list(out, "granularities", config->granularity_count, config->granularities);
    buf_append_text(out, "datasets:\n");
    for (size_t i = 0; i < config->dataset_count; i++)
        append_dataset(out, &config->datasets[i]);
    buf_append_text(out, "buildings:\n");
    for (size_t i = 0; i < config->building_count; i++)
        append_building(out, &config->buildings[i]);
    append_pair(out, "on_vanished", vanished[config->on_vanished]);
    buf_append_text(out, "destinations:\n");
    for (size_t i = 0; i < config->destination_count; i++)
        append_destination(out, &config->destinations[i]);
}
