/*
 * Reading the ledger of a large job over a network: three questions for some hundred buildings, and the answers to
 * everything that the planner asks of those. The buildings come in the order of the job, so the next ones are those
 * behind the one that is asked for.
 */
#include "core/buf.h"
#include "store/ledger_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct ahead_series {
    int64_t id;
    int64_t building_id;
    int64_t site_id;
    const char *group_id; /* in texts */
    const char *granularity;
    size_t span_first;
    size_t span_count;
    size_t failure_first;
    size_t failure_count;
};

struct ledger_ahead {
    size_t most;           /* what is promised of the buildings read at once; one building is read in any case */
    size_t first_building; /* those of the coverage that are read: [first, end) */
    size_t end_building;
    size_t last_building; /* the one that was asked for last */
    struct arena texts;
    size_t series_count;
    size_t series_capacity;
    struct ahead_series *series; /* sorted by their keys */
    size_t span_count;
    size_t span_capacity;
    struct ledger_span *spans;
    size_t failure_count;
    size_t failure_capacity;
    struct ledger_failure *failures;
};

void ledger_read_ahead(struct ledger *ledger, size_t series)
{
    struct ledger_ahead *ahead = ledger->ahead;
    if (ahead != NULL) {
        arena_release(&ahead->texts);
        free(ahead->series);
        free(ahead->spans);
        free(ahead->failures);
        free(ahead);
    }
    /* Without memory for it the series are read one by one. */
    ledger->ahead = series > 0 && db_kind(ledger->db) == DB_POSTGRES ? calloc(1, sizeof *ahead) : NULL;
    if (ledger->ahead != NULL)
        ledger->ahead->most = series;
}

#define OF_BUILDINGS "n.dataset = ?1 AND n.building_id = ANY (?2::bigint[])"

static const char series_sql[] = "SELECT n.series_id, n.building_id, n.site_id, n.group_id, n.granularity FROM series n"
                                 " WHERE " OF_BUILDINGS " ORDER BY n.series_id";
static const char spans_sql[] =
    "SELECT l.first_day, l.end_day, l.settled, l.columns_id, l.empty_days, unixepoch(l.fetched_at), l.series_id"
    " FROM ledger_spans l JOIN series n ON n.series_id = l.series_id WHERE " OF_BUILDINGS
    " ORDER BY l.series_id, l.first_day";
static const char failures_sql[] =
    "SELECT f.day, f.series_id FROM ledger_failures f"
    " JOIN series n ON n.series_id = f.series_id WHERE " OF_BUILDINGS " ORDER BY f.series_id, f.day";

typedef enum status take_row(struct ledger *ledger, struct db_statement *query, struct err *err);

static enum status take_series(struct ledger *ledger, struct db_statement *query, struct err *err)
{
    struct ledger_ahead *ahead = ledger->ahead;
    void *array = ahead->series;
    enum status status =
        ledger_reserve(&array, &ahead->series_capacity, ahead->series_count, sizeof *ahead->series, err);
    ahead->series = array;
    if (status != STATUS_OK)
        return status;
    struct ahead_series series = {
        .id = db_column_integer(query, 0),
        .building_id = db_column_integer(query, 1),
        .site_id = db_column_integer(query, 2),
        .group_id = arena_copy(&ahead->texts, db_column_text(query, 3), db_column_size(query, 3)),
        .granularity = arena_copy(&ahead->texts, db_column_text(query, 4), db_column_size(query, 4)),
    };
    if (series.group_id == NULL || series.granularity == NULL)
        return err_nomem(err);
    ahead->series[ahead->series_count++] = series;
    return STATUS_OK;
}

static int compare_id(const void *id, const void *series)
{
    int64_t left = *(const int64_t *)id;
    int64_t right = ((const struct ahead_series *)series)->id;
    return (left > right) - (left < right);
}

/* While they are sorted by id. NULL: a series that came after the first question. */
static struct ahead_series *series_by_id(const struct ledger_ahead *ahead, int64_t id)
{
    return bsearch(&id, ahead->series, ahead->series_count, sizeof *ahead->series, compare_id);
}

static enum status take_span(struct ledger *ledger, struct db_statement *query, struct err *err)
{
    struct ledger_ahead *ahead = ledger->ahead;
    struct ahead_series *series = series_by_id(ahead, db_column_integer(query, 6));
    void *array = ahead->spans;
    if (series == NULL)
        return STATUS_OK;
    enum status status = ledger_reserve(&array, &ahead->span_capacity, ahead->span_count, sizeof *ahead->spans, err);
    ahead->spans = array;
    if (status == STATUS_OK)
        status = ledger_read_span(ledger, query, 0, &ahead->spans[ahead->span_count], err);
    if (status != STATUS_OK)
        return status;
    if (series->span_count++ == 0)
        series->span_first = ahead->span_count;
    ahead->span_count++;
    return STATUS_OK;
}

static enum status take_failure(struct ledger *ledger, struct db_statement *query, struct err *err)
{
    struct ledger_ahead *ahead = ledger->ahead;
    civil_day day = (civil_day)db_column_integer(query, 0);
    struct ahead_series *series = series_by_id(ahead, db_column_integer(query, 1));
    void *array = ahead->failures;
    if (series == NULL)
        return STATUS_OK;
    if (series->failure_count > 0 && ahead->failures[ahead->failure_count - 1].days.end == day) {
        ahead->failures[ahead->failure_count - 1].days.end++;
        return STATUS_OK;
    }
    enum status status =
        ledger_reserve(&array, &ahead->failure_capacity, ahead->failure_count, sizeof *ahead->failures, err);
    ahead->failures = array;
    if (status != STATUS_OK)
        return status;
    if (series->failure_count++ == 0)
        series->failure_first = ahead->failure_count;
    ahead->failures[ahead->failure_count++] = (struct ledger_failure){{day, day + 1}};
    return STATUS_OK;
}

static enum status ask(struct ledger *ledger, const char *sql, const char *buildings, take_row *take, struct err *err)
{
    struct db_statement *query;
    enum status status = db_prepare(ledger->db, sql, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, ledger->job.dataset);
    db_bind_string(query, 2, buildings);
    bool row;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        status = take(ledger, query, err);
        if (status != STATUS_OK)
            break;
    }
    db_finalize(query);
    return status;
}

static int compare_keys(const void *a, const void *b)
{
    const struct ahead_series *left = a;
    const struct ahead_series *right = b;
    if (left->building_id != right->building_id)
        return left->building_id < right->building_id ? -1 : 1;
    if (left->site_id != right->site_id)
        return left->site_id < right->site_id ? -1 : 1;
    int order = strcmp(left->granularity, right->granularity);
    return order != 0 ? order : strcmp(left->group_id, right->group_id);
}

/* The buildings from `first` of the job, as an array of PostgreSQL; *ret_end: the one behind the last. */
static void append_buildings(const struct coverage *coverage, size_t first, size_t most, struct buf *out,
                             size_t *ret_end)
{
    size_t promised = 0;
    size_t at = first;
    buf_append_char(out, '{');
    while (at < coverage->building_count && (at == first || promised < most)) {
        const struct coverage_building *building = &coverage->buildings[at];
        promised += building->site_count * building->group_count * coverage->granularity_count;
        buf_appendf(out, "%s%" PRId64, at > first ? "," : "", building->id);
        at++;
    }
    buf_append_char(out, '}');
    *ret_end = at;
}

static enum status load_once(struct ledger *ledger, size_t first, struct err *err)
{
    struct ledger_ahead *ahead = ledger->ahead;
    struct buf buildings = {0};
    size_t end = first;
    arena_reset(&ahead->texts);
    arena_reset(&ledger->reading);
    ahead->series_count = ahead->span_count = ahead->failure_count = 0;
    ahead->first_building = ahead->end_building = 0;
    append_buildings(ledger->job.coverage, first, ahead->most, &buildings, &end);
    enum status status = buf_status(&buildings, err);
    if (status == STATUS_OK)
        status = ask(ledger, series_sql, buf_text(&buildings), take_series, err);
    if (status == STATUS_OK)
        status = ask(ledger, spans_sql, buf_text(&buildings), take_span, err);
    if (status == STATUS_OK)
        status = ask(ledger, failures_sql, buf_text(&buildings), take_failure, err);
    buf_release(&buildings);
    if (status != STATUS_OK)
        return status;
    if (ahead->series_count > 0)
        qsort(ahead->series, ahead->series_count, sizeof *ahead->series, compare_keys);
    ahead->first_building = first;
    ahead->end_building = end;
    return STATUS_OK;
}

static enum status load(struct ledger *ledger, size_t first, struct err *err)
{
    bool again = false;
    enum status status = load_once(ledger, first, err);
    if (status == STATUS_OK)
        status = ledger_columns_catch_up(ledger, &again, err);
    return status == STATUS_OK && again ? load_once(ledger, first, err) : status;
}

/* Where the coverage has a building, looked for from the last one on. building_count: nowhere. */
static size_t find_building(const struct ledger *ledger, int64_t building_id)
{
    const struct coverage *coverage = ledger->job.coverage;
    for (size_t i = 0; i < coverage->building_count; i++) {
        size_t at = (ledger->ahead->last_building + i) % coverage->building_count;
        if (coverage->buildings[at].id == building_id)
            return ledger->ahead->last_building = at;
    }
    return coverage->building_count;
}

enum status ledger_ahead_find(struct ledger *ledger, const struct series_key *key, struct ledger_series *ret_series,
                              bool *ret_found, struct err *err)
{
    struct ledger_ahead *ahead = ledger->ahead;
    *ret_found = false;
    if (ahead == NULL)
        return STATUS_OK;
    size_t at = find_building(ledger, key->building_id);
    if (at == ledger->job.coverage->building_count)
        return STATUS_OK;
    if (at < ahead->first_building || at >= ahead->end_building) {
        enum status status = load(ledger, at, err);
        if (status != STATUS_OK)
            return status;
    }
    struct ahead_series wanted = {.building_id = key->building_id,
                                  .site_id = key->site_id,
                                  .group_id = key->group_id,
                                  .granularity = key->granularity};
    const struct ahead_series *series =
        ahead->series_count > 0 ? bsearch(&wanted, ahead->series, ahead->series_count, sizeof wanted, compare_keys)
                                : NULL;
    *ret_found = true;
    *ret_series = (struct ledger_series){0};
    if (series != NULL && series->span_count > 0) {
        ret_series->span_count = series->span_count;
        ret_series->spans = &ahead->spans[series->span_first];
    }
    if (series != NULL && series->failure_count > 0) {
        ret_series->failure_count = series->failure_count;
        ret_series->failures = &ahead->failures[series->failure_first];
    }
    return STATUS_OK;
}
