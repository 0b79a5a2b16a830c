/*
 * A larger `settle` reopens days that were settled when they were fetched: for who reads, at once; in the tables, which
 * the view completeness shows, when the job is declared.
 */
#include "store/ledger_internal.h"

#include <stdlib.h>
#include <string.h>

/* Series come by building and granularity, so the answer is mostly that of the series before. */
civil_day ledger_open_from(struct ledger *ledger, const struct zone *zone, const char *granularity)
{
    struct open_from *last = &ledger->open_from;
    if (last->zone != zone || strcmp(last->granularity, granularity) != 0) {
        last->zone = strlen(granularity) < sizeof last->granularity ? zone : NULL;
        last->day = coverage_open_from(ledger->job.coverage, zone, granularity);
        if (last->zone != NULL)
            memcpy(last->granularity, granularity, strlen(granularity) + 1);
    }
    return last->day;
}

/* The spans of the series in an array of the ledger, with room for one more. */
static enum status own_spans(struct ledger *ledger, struct ledger_series *series, struct err *err)
{
    const struct ledger_span *from = series->spans != ledger->spans ? series->spans : NULL;
    while (ledger->span_capacity <= series->span_count) {
        void *array = ledger->spans;
        enum status status =
            ledger_reserve(&array, &ledger->span_capacity, ledger->span_capacity, sizeof *ledger->spans, err);
        ledger->spans = array;
        if (status != STATUS_OK)
            return status;
    }
    if (from != NULL)
        memcpy(ledger->spans, from, series->span_count * sizeof *from);
    series->spans = ledger->spans;
    return STATUS_OK;
}

/* The map of the days from `from` on. */
static enum status cut_map(struct ledger *ledger, const struct ledger_span *whole, civil_day from,
                           const unsigned char **ret_map, struct err *err)
{
    struct day_range days = {from, whole->days.end};
    *ret_map = NULL;
    if (whole->empty_days == NULL)
        return STATUS_OK;
    unsigned char *map = arena_calloc(&ledger->reading, span_map_size(days), 1);
    if (map == NULL)
        return err_nomem(err);
    for (civil_day day = days.first; day < days.end; day++) {
        unsigned bit = (unsigned)(day - whole->days.first);
        unsigned at = (unsigned)(day - days.first);
        if (((unsigned)whole->empty_days[bit / 8] >> (bit % 8) & 1U) != 0)
            map[at / 8] = (unsigned char)(map[at / 8] | 1U << (at % 8));
    }
    *ret_map = map;
    return STATUS_OK;
}

enum status ledger_open_young_read(struct ledger *ledger, civil_day from, struct ledger_series *series, struct err *err)
{
    size_t first = series->span_count; /* of those that reach beyond that day */
    bool any = false;
    for (; first > 0 && series->spans[first - 1].days.end > from; first--)
        any = any || series->spans[first - 1].settled;
    if (!any)
        return STATUS_OK;
    enum status status = own_spans(ledger, series, err);
    struct ledger_span *spans = ledger->spans;
    if (status == STATUS_OK && spans[first].settled && spans[first].days.first < from) {
        struct ledger_span rest = spans[first];
        rest.days.first = from;
        status = cut_map(ledger, &spans[first], from, &rest.empty_days, err);
        memmove(&spans[first + 2], &spans[first + 1], (series->span_count - first - 1) * sizeof *spans);
        spans[first++].days.end = from;
        spans[first] = rest;
        series->span_count++;
    }
    for (size_t i = first; status == STATUS_OK && i < series->span_count; i++)
        spans[i].settled = false;
    return status;
}

#define OF_JOB                                                                                                         \
    "(SELECT n.series_id FROM series n JOIN coverage_series c ON c.series_id = n.series_id AND c.job = ?2"             \
    " WHERE n.dataset = ?3 AND n.building_id = ?4 AND n.granularity = ?5)"

static const char whole_sql[] = "UPDATE ledger_spans SET settled = FALSE WHERE settled AND first_day >= ?1"
                                " AND series_id IN " OF_JOB;
static const char reaching_sql[] =
    "SELECT first_day, end_day, settled, columns_id, proofs, unixepoch(fetched_at), empty_days, proof_days, series_id"
    " FROM ledger_spans WHERE settled AND first_day < ?1 AND end_day > ?1 AND series_id IN " OF_JOB;

/* What is asked of the series of one building and granularity. */
struct question {
    civil_day from;
    int64_t building_id;
    const char *granularity;
};

static enum status prepare(struct ledger *ledger, const char *sql, const struct question *question,
                           struct db_statement **ret_statement, struct err *err)
{
    enum status status = db_prepare(ledger->db, sql, ret_statement, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(*ret_statement, 1, question->from);
    db_bind_string(*ret_statement, 2, ledger->job.coverage->job);
    db_bind_string(*ret_statement, 3, ledger->job.dataset);
    db_bind_integer(*ret_statement, 4, question->building_id);
    db_bind_string(*ret_statement, 5, question->granularity);
    return STATUS_OK;
}

struct reaching {
    int64_t series_id;
    struct span span;
};

/* All are read before the first is written. Their maps live in `reading`. */
static enum status read_reaching(struct ledger *ledger, const struct question *question, struct reaching **ret_found,
                                 size_t *ret_count, struct err *err)
{
    struct db_statement *query;
    struct reaching *found = NULL;
    size_t capacity = 0;
    size_t count = 0;
    bool row;
    enum status status = prepare(ledger, reaching_sql, question, &query, err);
    if (status != STATUS_OK)
        return status;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        void *array = found;
        status = ledger_reserve(&array, &capacity, count, sizeof *found, err);
        found = array;
        if (status != STATUS_OK)
            break;
        found[count].series_id = db_column_integer(query, 8);
        status = ledger_read_stored(ledger, query, 0, &found[count++].span, err);
        if (status != STATUS_OK)
            break;
    }
    db_finalize(query);
    *ret_found = found;
    *ret_count = count;
    return status;
}

static enum status reopen_series(struct ledger *ledger, const struct question *question, struct err *err)
{
    struct db_statement *statement;
    struct reaching *found = NULL;
    size_t count = 0;
    arena_reset(&ledger->reading);
    enum status status = prepare(ledger, whole_sql, question, &statement, err);
    if (status != STATUS_OK)
        return status;
    status = db_run(statement, err);
    db_finalize(statement);
    if (status == STATUS_OK)
        status = read_reaching(ledger, question, &found, &count, err);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct span parts[2];
        status = spans_cut(&found[i].span, question->from, &ledger->reading, parts, err);
        parts[1].settled = false;
        if (status == STATUS_OK)
            status = ledger_delete_span(ledger, found[i].series_id, parts[0].days.first, err);
        for (size_t p = 0; status == STATUS_OK && p < 2; p++)
            status = ledger_insert_span(ledger, found[i].series_id, &parts[p], err);
    }
    free(found);
    return status;
}

enum status ledger_open_young(struct ledger *ledger, struct err *err)
{
    const struct coverage *coverage = ledger->job.coverage;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < coverage->building_count; i++) {
        for (size_t g = 0; status == STATUS_OK && g < coverage->granularity_count; g++) {
            const struct coverage_building *building = &coverage->buildings[i];
            struct question question = {
                .from = ledger_open_from(ledger, building->zone, coverage->granularities[g]),
                .building_id = building->id,
                .granularity = coverage->granularities[g],
            };
            status = reopen_series(ledger, &question, err);
        }
    }
    return status;
}
