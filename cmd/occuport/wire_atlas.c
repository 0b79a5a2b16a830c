#include "wire_atlas.h"

#include "api/table_query.h"
#include "core/log.h"
#include "wire_dimensions.h"

#include <inttypes.h>
#include <string.h>

enum { ANSWER_MAX = 64 << 20, CANDIDATES_MAX = 3 };

struct filler {
    const struct asker *asker;
    const struct job *job;
    struct atlas *atlas;
    struct atlas_notes *notes;
};

/* A failure that only costs what was asked for is told and forgotten. */
static enum status forgive(enum status status, const char *what, const struct err *err)
{
    if (!ask_may_go_on(status))
        return status;
    log_info("%s cannot be read: %s", what, err->message);
    return STATUS_OK;
}

static bool is_text(const struct value *value)
{
    return value->kind == VALUE_TEXT && value->size > 0;
}

/* "code N1, floor Ground (F0), level 0": what there is of it. */
static void append_floor(struct buf *note, const struct table *floors, const struct value *floor_id)
{
    int64_t wanted;
    int64_t id;
    for (size_t row = 0; value_to_id(floor_id, &wanted) && row < floors->row_count; row++) {
        if (!value_to_id(table_value(floors, row, FLOORS_ID), &id) || id != wanted)
            continue;
        const struct value *name = table_value(floors, row, FLOORS_NAME);
        const struct value *code = table_value(floors, row, FLOORS_CODE);
        const struct value *level = table_value(floors, row, FLOORS_LEVEL);
        buf_appendf(note, "%sfloor %" PRId64, note->size > 0 ? ", " : "", id);
        if (is_text(name))
            buf_appendf(note, " %.*s", (int)name->size, name->text);
        if (is_text(code))
            buf_appendf(note, " (%.*s)", (int)code->size, code->text);
        if (level->kind == VALUE_INTEGER)
            buf_appendf(note, ", level %" PRId64, level->integer);
        return;
    }
}

static void add_site(struct atlas *atlas, const struct table *sites, size_t row, const struct table *floors)
{
    int64_t id;
    int64_t building_id;
    if (!value_to_id(table_value(sites, row, SITES_ID), &id) ||
        !value_to_id(table_value(sites, row, SITES_BUILDING_ID), &building_id))
        return;
    struct atlas_building *building = atlas_building_add(atlas, building_id);
    struct atlas_site *site = building != NULL ? atlas_site_add(atlas, building, id) : NULL;
    if (site == NULL)
        return;
    struct buf note = {.max = 1024};
    const struct value *code = table_value(sites, row, SITES_CODE);
    const struct value *zone = table_value(sites, row, SITES_TIME_ZONE);
    if (is_text(code))
        buf_appendf(&note, "code %.*s", (int)code->size, code->text);
    append_floor(&note, floors, table_value(sites, row, SITES_FLOOR_ID));
    if (note.size > 0)
        site->note = atlas_copy(atlas, note.data, note.size);
    if (is_text(zone))
        atlas_zone_add(atlas, building, zone->text, zone->size);
    buf_release(&note);
}

static enum status fill_sites(struct filler *filler, struct err *err)
{
    struct table sites = {0};
    struct table floors = {0};
    enum status status = forgive(dimension_ask(filler->asker, DIMENSION_FLOORS, &floors, err), "FLOOR", err);
    if (status == STATUS_OK)
        status = forgive(dimension_ask(filler->asker, DIMENSION_SITES, &sites, err), "SITE", err);
    for (size_t row = 0; status == STATUS_OK && row < sites.row_count; row++)
        add_site(filler->atlas, &sites, row, &floors);
    for (size_t row = 0; status == STATUS_OK && row < floors.row_count; row++) {
        int64_t id;
        if (value_to_id(table_value(&floors, row, FLOORS_BUILDING_ID), &id))
            (void)atlas_building_add(filler->atlas, id);
    }
    table_release(&sites);
    table_release(&floors);
    return status;
}

/* A table of names whose columns nobody has documented: the first of the candidates that the schema shows. */
struct name_table {
    const char *root_field;
    const char *ids[CANDIDATES_MAX];
    const char *names[CANDIDATES_MAX];
    void (*take)(struct atlas *atlas, const struct value *id, const struct value *name);
};

static void take_building(struct atlas *atlas, const struct value *id, const struct value *name)
{
    int64_t number;
    struct atlas_building *building = value_to_id(id, &number) ? atlas_building_add(atlas, number) : NULL;
    if (building != NULL && is_text(name))
        building->name = atlas_copy(atlas, name->text, name->size);
}

static void take_group(struct atlas *atlas, const struct value *id, const struct value *name)
{
    if (!is_text(id))
        return;
    struct atlas_text *group = atlas_text_add(atlas, &atlas->group_names, id->text, id->size);
    if (group != NULL && is_text(name))
        group->note = atlas_copy(atlas, name->text, name->size);
}

static const struct name_table name_tables[] = {
    {"BUILDING", {"ID", "BUILDING_ID"}, {"NAME", "BUILDING_NAME", "BUILDING_CODE"}, take_building},
    {"GROUP", {"ID", "GROUP_ID"}, {"NAME", "GROUP_NAME", "GROUP_CODE"}, take_group},
    {"GROUPS", {"ID", "GROUP_ID"}, {"NAME", "GROUP_NAME", "GROUP_CODE"}, take_group},
};

static const char *first_shown(const struct schema_table *table, const char *const candidates[CANDIDATES_MAX])
{
    for (size_t i = 0; i < CANDIDATES_MAX && candidates[i] != NULL; i++) {
        for (size_t c = 0; c < table->column_count; c++) {
            if (!table->columns[c].is_object && strcmp(table->columns[c].name, candidates[i]) == 0)
                return candidates[i];
        }
    }
    return NULL;
}

static void release(struct buf *buf)
{
    buf_release(buf);
}

static enum status ask_table(const struct filler *filler, const struct table_query *query, struct table *table,
                             struct err *err)
{
    struct buf question CLEANUP(release) = {0};
    struct buf answer CLEANUP(release) = {.max = ANSWER_MAX};
    size_t skipped;
    enum status status = table_query_format(query, &question, err);
    if (status == STATUS_OK)
        status = ask(filler->asker, &question, &answer, err);
    if (status == STATUS_OK)
        status = table_query_read(query, buf_text(&answer), answer.size, table, &skipped, err);
    return status;
}

static enum status fill_names(struct filler *filler, const struct name_table *names, struct err *err)
{
    struct schema_probe *probe = NULL;
    struct table table = {0};
    enum status status = ask_schema(filler->asker, names->root_field, &probe, err);
    const char *columns[2] = {NULL, NULL};
    if (status == STATUS_OK && schema_probe_table(probe)->exists) {
        columns[0] = first_shown(schema_probe_table(probe), names->ids);
        columns[1] = first_shown(schema_probe_table(probe), names->names);
    }
    if (columns[0] != NULL && columns[1] != NULL) {
        struct table_query query = {names->root_field, 2, columns, NULL};
        status = ask_table(filler, &query, &table, err);
    }
    for (size_t row = 0; status == STATUS_OK && row < table.row_count; row++)
        names->take(filler->atlas, table_value(&table, row, 0), table_value(&table, row, 1));
    table_release(&table);
    schema_probe_free(probe);
    return forgive(status, names->root_field, err);
}

static bool shows_root(const struct schema_probe *probe, const char *name)
{
    const char *const *roots;
    size_t count = schema_probe_roots(probe, &roots);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(roots[i], name) == 0)
            return true;
    }
    return false;
}

static enum status fill_by_schema(struct filler *filler, struct err *err)
{
    enum status status =
        forgive(ask_schema(filler->asker, "BUILDING_INSIGHTS", &filler->notes->insights, err), "the schema", err);
    for (size_t i = 0; status == STATUS_OK && i < sizeof name_tables / sizeof name_tables[0]; i++) {
        if (filler->notes->insights != NULL && shows_root(filler->notes->insights, name_tables[i].root_field))
            status = fill_names(filler, &name_tables[i], err);
    }
    return status;
}

static const char *const series_columns[] = {"SITE_ID", "GROUP_ID", "GRANULARITY"};

static void take_series(struct atlas *atlas, struct atlas_building *building, const struct table *rows)
{
    for (size_t row = 0; row < rows->row_count; row++) {
        int64_t site;
        const struct value *group = table_value(rows, row, 1);
        const struct value *granularity = table_value(rows, row, 2);
        if (value_to_id(table_value(rows, row, 0), &site))
            (void)atlas_site_add(atlas, building, site);
        if (is_text(group))
            (void)atlas_text_add(atlas, &building->groups, group->text, group->size);
        if (is_text(granularity))
            (void)atlas_text_add(atlas, &atlas->granularities, granularity->text, granularity->size);
    }
}

/* The days of the building as far as the job knows its zone; a day more or less does not matter here. */
static civil_day today_of(const struct job *job)
{
    const struct zone *zone = job->coverage.buildings[0].zone;
    return zone_day_at(zone, job->now);
}

static enum status fill_series(struct filler *filler, struct atlas_building *building, struct err *err)
{
    const struct schema_probe *probe = filler->notes->insights;
    bool may_limit = probe != NULL && schema_probe_table(probe)->has_limit && schema_probe_table(probe)->has_order_by;
    civil_day today = today_of(filler->job);
    enum status status = STATUS_OK;
    for (int back = 1; status == STATUS_OK && !building->has_rows && back <= ATLAS_DAYS_MAX; back++) {
        struct table_filter filter = {building->id, today - back, may_limit ? ATLAS_ROWS_MAX : 0};
        struct table_query query = {"BUILDING_INSIGHTS", 3, series_columns, &filter};
        struct table rows = {0};
        status = ask_table(filler, &query, &rows, err);
        if (status == STATUS_OK && rows.row_count > 0) {
            building->has_rows = true;
            building->seen_on = filter.day;
            filler->notes->rows_cut = filler->notes->rows_cut || rows.row_count >= ATLAS_ROWS_MAX;
            take_series(filler->atlas, building, &rows);
        }
        table_release(&rows);
    }
    return forgive(status, "BUILDING_INSIGHTS", err);
}

/* The job may know a building that no table of the server names. */
static void add_known(struct filler *filler)
{
    for (size_t i = 0; i < filler->job->coverage.building_count; i++)
        (void)atlas_building_add(filler->atlas, filler->job->coverage.buildings[i].id);
}

/* Groups are seen in rows only; a quiet building gets those that the server names. */
static void lend_groups(struct atlas *atlas)
{
    for (struct atlas_building *at = atlas->buildings; at != NULL; at = at->next) {
        if (at->groups != NULL)
            continue;
        for (const struct atlas_text *group = atlas->group_names; group != NULL; group = group->next)
            (void)atlas_text_add(atlas, &at->groups, group->text, strlen(group->text));
    }
}

enum status atlas_fill(const struct asker *asker, const struct job *job, struct atlas *atlas, struct atlas_notes *notes,
                       struct err *err)
{
    struct filler filler = {asker, job, atlas, notes};
    enum status status = fill_by_schema(&filler, err);
    if (status == STATUS_OK)
        status = fill_sites(&filler, err);
    add_known(&filler);
    for (struct atlas_building *at = atlas->buildings; status == STATUS_OK && at != NULL; at = at->next)
        status = fill_series(&filler, at, err);
    if (status == STATUS_OK)
        lend_groups(atlas);
    return status;
}
