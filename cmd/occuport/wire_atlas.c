#include "wire_atlas.h"

#include "core/log.h"
#include "model/dimension.h"
#include "wire_pages.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_MAX = 3 };

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

/* The pages of a table of the server, all kept. */
struct kept {
    size_t count;
    struct table *pages;
};

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

/* "floor Ground (F0), level 0": what there is of it. */
static void append_floor_row(struct buf *note, const struct table *floors, size_t row, int64_t id)
{
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
}

static void append_floor(struct buf *note, const struct kept *floors, const struct value *floor_id)
{
    int64_t wanted;
    int64_t id;
    if (!value_to_id(floor_id, &wanted))
        return;
    for (size_t i = 0; i < floors->count; i++) {
        for (size_t row = 0; row < floors->pages[i].row_count; row++) {
            if (value_to_id(table_value(&floors->pages[i], row, FLOORS_ID), &id) && id == wanted) {
                append_floor_row(note, &floors->pages[i], row, id);
                return;
            }
        }
    }
}

static void add_site(struct atlas *atlas, const struct table *sites, size_t row, const struct kept *floors)
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

static void kept_release(struct kept *kept)
{
    for (size_t i = 0; i < kept->count; i++)
        table_release(&kept->pages[i]);
    free(kept->pages);
}

static enum status keep(void *context, struct table *rows, struct err *err)
{
    struct kept *kept = context;
    struct table *pages = reallocarray(kept->pages, kept->count + 1, sizeof *pages);
    if (pages == NULL)
        return err_nomem(err);
    kept->pages = pages;
    kept->pages[kept->count++] = *rows;
    *rows = (struct table){0};
    return STATUS_OK;
}

/* True when rows of the table can be asked for in the order of their ids, and behind one of them. */
static enum status knows_order(const struct filler *filler, const char *root_field, bool *ret_knows, struct err *err)
{
    struct schema_probe *probe = NULL;
    *ret_knows = false;
    if (filler->notes->insights == NULL || !shows_root(filler->notes->insights, root_field))
        return STATUS_OK;
    enum status status = ask_schema(filler->asker, root_field, &probe, err);
    if (status == STATUS_OK) {
        const struct schema_table *table = schema_probe_table(probe);
        *ret_knows = table->exists && table->has_where && table->has_order_by;
    }
    schema_probe_free(probe);
    return forgive(status, "the schema", err);
}

static enum status ask_dimension(struct filler *filler, enum dimension_id id, struct kept *kept, struct err *err)
{
    static const struct table_order by_id = {.key_count = 1};
    const struct dimension *dimension = dimension_get(id);
    struct table_query query = {dimension->root_field, dimension->column_count, dimension->asked, NULL, NULL};
    bool knows;
    bool is_whole = false;
    enum status status = knows_order(filler, dimension->root_field, &knows, err);
    if (status != STATUS_OK)
        return status;
    query.order = knows ? &by_id : NULL;
    status = pages_ask(filler->asker, &query, keep, kept, &is_whole, err);
    if (knows && status != STATUS_OK && ask_may_go_on(status)) { /* as the documentation has it */
        query.order = NULL;
        status = pages_ask(filler->asker, &query, keep, kept, &is_whole, err);
    }
    filler->notes->tables_unproved = filler->notes->tables_unproved || (status == STATUS_OK && !is_whole);
    return forgive(status, dimension->root_field, err);
}

static enum status fill_sites(struct filler *filler, struct err *err)
{
    struct kept sites = {0};
    struct kept floors = {0};
    enum status status = ask_dimension(filler, DIMENSION_FLOORS, &floors, err);
    if (status == STATUS_OK)
        status = ask_dimension(filler, DIMENSION_SITES, &sites, err);
    for (size_t i = 0; status == STATUS_OK && i < sites.count; i++) {
        for (size_t row = 0; row < sites.pages[i].row_count; row++)
            add_site(filler->atlas, &sites.pages[i], row, &floors);
    }
    for (size_t i = 0; status == STATUS_OK && i < floors.count; i++) {
        for (size_t row = 0; row < floors.pages[i].row_count; row++) {
            int64_t id;
            if (value_to_id(table_value(&floors.pages[i], row, FLOORS_BUILDING_ID), &id))
                (void)atlas_building_add(filler->atlas, id);
        }
    }
    kept_release(&sites);
    kept_release(&floors);
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

/* Where the names of one of them go. */
struct naming {
    const struct name_table *names;
    struct atlas *atlas;
};

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

static enum status take_names(void *context, struct table *rows, struct err *err)
{
    const struct naming *naming = context;
    (void)err;
    for (size_t row = 0; row < rows->row_count; row++)
        naming->names->take(naming->atlas, table_value(rows, row, 0), table_value(rows, row, 1));
    return STATUS_OK;
}

static enum status fill_names(struct filler *filler, const struct name_table *names, struct err *err)
{
    struct schema_probe *probe = NULL;
    struct naming naming = {names, filler->atlas};
    bool is_whole;
    enum status status = ask_schema(filler->asker, names->root_field, &probe, err);
    const char *columns[2] = {NULL, NULL};
    if (status == STATUS_OK && schema_probe_table(probe)->exists) {
        columns[0] = first_shown(schema_probe_table(probe), names->ids);
        columns[1] = first_shown(schema_probe_table(probe), names->names);
    }
    if (columns[0] != NULL && columns[1] != NULL) {
        const struct schema_table *shown = schema_probe_table(probe);
        const struct table_order by_id = {.key_count = 1};
        struct table_query query = {names->root_field, 2, columns, NULL, NULL};
        query.order = shown->has_where && shown->has_order_by ? &by_id : NULL;
        status = pages_ask(filler->asker, &query, take_names, &naming, &is_whole, err);
    }
    schema_probe_free(probe);
    return forgive(status, names->root_field, err);
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

enum { SERIES_COLUMN_COUNT = 3 };

static const char *const series_columns[SERIES_COLUMN_COUNT] = {"SITE_ID", "GROUP_ID", "GRANULARITY"};

/* Where the series of a day go. */
struct sighting {
    struct filler *filler;
    struct atlas_building *building;
    civil_day day;
};

static enum status take_series(void *context, struct table *rows, struct err *err)
{
    const struct sighting *sighting = context;
    struct atlas *atlas = sighting->filler->atlas;
    struct atlas_building *building = sighting->building;
    (void)err;
    building->has_rows = true;
    building->seen_on = sighting->day;
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
    return STATUS_OK;
}

/* The days of the building as far as the job knows its zone; a day more or less does not matter here. */
static civil_day today_of(const struct job *job)
{
    const struct zone *zone = job->datasets[0].coverage.buildings[0].zone;
    return zone_day_at(zone, job->now);
}

static enum status fill_series(struct filler *filler, struct atlas_building *building, struct err *err)
{
    const struct schema_table *shown =
        filler->notes->insights != NULL ? schema_probe_table(filler->notes->insights) : NULL;
    /* Of one series many rows may come, and what is left of the last one is not asked for. */
    const struct table_order by_series = {.key_count = SERIES_COLUMN_COUNT, .limit = ATLAS_ROWS_MAX};
    bool may_order = shown != NULL && shown->has_limit && shown->has_order_by;
    civil_day today = today_of(filler->job);
    enum status status = STATUS_OK;
    for (int back = 1; status == STATUS_OK && !building->has_rows && back <= ATLAS_DAYS_MAX; back++) {
        struct table_filter filter = {building->id, today - back};
        struct sighting sighting = {filler, building, filter.day};
        struct table_query query = {"BUILDING_INSIGHTS", SERIES_COLUMN_COUNT, series_columns, &filter, NULL};
        bool is_whole;
        query.order = may_order ? &by_series : NULL;
        status = pages_ask(filler->asker, &query, take_series, &sighting, &is_whole, err);
        if (status == STATUS_OK && building->has_rows)
            filler->notes->rows_unproved = filler->notes->rows_unproved || !is_whole;
    }
    return forgive(status, "BUILDING_INSIGHTS", err);
}

/* The job may know a building that no table of the server names. */
static void add_known(struct filler *filler)
{
    for (size_t i = 0; i < filler->job->datasets[0].coverage.building_count; i++)
        (void)atlas_building_add(filler->atlas, filler->job->datasets[0].coverage.buildings[i].id);
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
