#include "dump.h"

#include "scan.h"

#include <errno.h>
#include <string.h>

enum { DUMP_ROW_MAX = 4096 };

struct dump {
    const struct backend *backend;
    FILE *out;
    struct buf line;
    struct buf value;
    const struct table *table;
    bool failed;
};

static void append_field(struct buf *line, const struct buf *value)
{
    if (strpbrk(buf_text(value), ",\"\r\n") == NULL) {
        buf_append(line, value->data, value->size);
        return;
    }
    buf_append_char(line, '"');
    for (size_t i = 0; i < value->size; i++) {
        if (value->data[i] == '"')
            buf_append_char(line, '"');
        buf_append_char(line, value->data[i]);
    }
    buf_append_char(line, '"');
}

/* A column that is still to come is no part of the truth. */
static bool is_shown(const struct backend *backend, const struct table *table, int column)
{
    return column != INSIGHT_DWELL_MINUTES ||
           schema_find_field(backend->schema, schema_find_type(backend->schema, table->name),
                             table->columns[column].name) != NULL;
}

static bool write_line(struct dump *dump)
{
    buf_append_char(&dump->line, '\n');
    dump->failed = buf_status(&dump->line, NULL) != STATUS_OK ||
                   fwrite(dump->line.data, 1, dump->line.size, dump->out) != dump->line.size;
    return !dump->failed;
}

static bool dump_row(void *context, struct row *row)
{
    struct dump *dump = context;
    buf_reset(&dump->line);
    for (int column = 0; column < dump->table->column_count; column++) {
        if (!is_shown(dump->backend, dump->table, column))
            continue;
        buf_reset(&dump->value);
        respond_plain(&dump->value, &dump->backend->style, row, column);
        if (column > 0)
            buf_append_char(&dump->line, ',');
        append_field(&dump->line, &dump->value);
    }
    return write_line(dump);
}

static bool dump_object(void *context, struct row *row)
{
    struct dump *dump = context;
    int flaw = flaws_of(&dump->backend->flaws, row);
    buf_reset(&dump->line);
    buf_append_char(&dump->line, '{');
    for (int column = 0; column < dump->table->column_count; column++) {
        if (!is_shown(dump->backend, dump->table, column))
            continue;
        buf_reset(&dump->value);
        buf_appendf(&dump->value, "\"%s\":", dump->table->columns[column].name);
        flaws_append(&dump->line, flaw, &dump->backend->style, row, column, buf_text(&dump->value), dump->value.size);
    }
    flaws_append_end(&dump->line, flaw);
    buf_append_char(&dump->line, '}');
    return write_line(dump);
}

static enum status flushed(FILE *out, bool failed, struct err *err)
{
    if (failed || fflush(out) != 0 || ferror(out))
        return err_set_errno(err, STATUS_IO, errno, "cannot write the dump");
    return STATUS_OK;
}

/* Every row in the order of the key. A building at a time: a whole world may be more than one query could read. */
static enum status dump_rows(const struct backend *backend, enum table_id id, FILE *out, scan_visit *visit,
                             struct err *err)
{
    struct arena arena = {0};
    struct scan_candidates candidates;
    struct refusal refusal = {0};
    struct dump dump = {.backend = backend,
                        .out = out,
                        .line = {.max = DUMP_ROW_MAX},
                        .value = {.max = DUMP_ROW_MAX},
                        .table = table_get(id)};
    enum status status = scan_narrow(&arena, backend->world, id, NULL, &candidates, &refusal);
    int *buildings = status == STATUS_OK ? candidates.values[PART_BUILDING] : NULL;
    size_t count = status == STATUS_OK ? candidates.counts[PART_BUILDING] : 0;
    struct scan_route route = scan_key_route();
    for (size_t i = 0; i < count && status == STATUS_OK && !dump.failed; i++) {
        candidates.values[PART_BUILDING] = &buildings[i];
        candidates.counts[PART_BUILDING] = 1;
        status = scan_rows(&candidates, &route, 0, visit, &dump, &refusal);
    }
    if (status == STATUS_OK)
        status = flushed(out, dump.failed, err);
    else
        status = err_set(err, STATUS_TOO_LARGE, "%s", refusal.message);
    buf_release(&dump.line);
    buf_release(&dump.value);
    arena_release(&arena);
    return status;
}

enum status dump_csv(const struct backend *backend, enum table_id id, FILE *out, struct err *err)
{
    const struct table *table = table_get(id);
    for (int column = 0; column < table->column_count; column++) {
        if (is_shown(backend, table, column))
            fprintf(out, "%s%s", column > 0 ? "," : "", table->columns[column].name);
    }
    fprintf(out, "\n");
    return dump_rows(backend, id, out, dump_row, err);
}

enum status dump_json(const struct backend *backend, FILE *out, struct err *err)
{
    return dump_rows(backend, TABLE_INSIGHTS, out, dump_object, err);
}

enum status dump_job(const struct world *world, FILE *out, struct err *err)
{
    fprintf(out, "granularities: [");
    for (int i = 0; i < world->granularity_count; i++)
        fprintf(out, "%s%s", i > 0 ? ", " : "", world->granularities[i].name);
    fprintf(out, "]\nbuildings:\n");
    for (int building = 0; building < world->building_count; building++) {
        fprintf(out, "  - id: %lld\n    time_zone: %s\n    sites: [", (long long)world_building_id(world, building),
                zone_name(world_zone_of(world, building)));
        for (int site = 0; site < world->site_count; site++)
            fprintf(out, "%s%lld", site > 0 ? ", " : "", (long long)world_site_id(world, building, site));
        fprintf(out, "]\n    groups: [");
        for (int group = 0; group < world->group_count; group++)
            fprintf(out, "%s\"%s\"", group > 0 ? ", " : "", world->groups[group]);
        fprintf(out, "]\n");
    }
    return flushed(out, false, err);
}
