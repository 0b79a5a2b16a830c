/*
 * The series of a job, written down in PostgreSQL: one statement a building, with its sites and groups as arrays, since
 * one a series would be some hundred thousand for a large job.
 */
#include "core/buf.h"
#include "store/ledger_internal.h"

#include <inttypes.h>

static void append_text(struct buf *out, const char *text)
{
    buf_append_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buf_append_char(out, '\\');
        buf_append_char(out, *text);
    }
    buf_append_char(out, '"');
}

/* {"a","b"} */
static void append_texts(struct buf *out, size_t count, const char *const *texts)
{
    buf_append_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        append_text(out, texts[i]);
    }
    buf_append_char(out, '}');
}

static void append_numbers(struct buf *out, size_t count, const int64_t *numbers)
{
    buf_append_char(out, '{');
    for (size_t i = 0; i < count; i++)
        buf_appendf(out, "%s%" PRId64, i > 0 ? "," : "", numbers[i]);
    buf_append_char(out, '}');
}

struct arrays {
    struct buf granularities;
    struct buf sites;
    struct buf groups;
};

static void arrays_release(struct arrays *arrays)
{
    buf_release(&arrays->granularities);
    buf_release(&arrays->sites);
    buf_release(&arrays->groups);
}

static enum status arrays_fill(struct arrays *arrays, const struct coverage *coverage,
                               const struct coverage_building *building, struct err *err)
{
    arrays->granularities.max = arrays->sites.max = arrays->groups.max = SIZE_MAX;
    buf_reset(&arrays->granularities);
    buf_reset(&arrays->sites);
    buf_reset(&arrays->groups);
    append_texts(&arrays->granularities, coverage->granularity_count, coverage->granularities);
    append_numbers(&arrays->sites, building->site_count, building->sites);
    append_texts(&arrays->groups, building->group_count, building->groups);
    enum status status = buf_status(&arrays->granularities, err);
    if (status == STATUS_OK)
        status = buf_status(&arrays->sites, err);
    if (status == STATUS_OK)
        status = buf_status(&arrays->groups, err);
    return status;
}

#define IS_DECLARED                                                                                                    \
    "n.dataset = ?2::text AND n.building_id = ?3::bigint AND n.granularity = ANY (?4::text[])"                         \
    " AND n.site_id = ANY (?5::bigint[]) AND n.group_id = ANY (?6::text[])"

/* Of one building, in this order. ?1 is the job. */
static const char *const statements[] = {
    /* A series that is there is not offered again: each offer would use up a number. */
    "INSERT INTO series (dataset, building_id, granularity, site_id, group_id)"
    " SELECT ?2::text, ?3::bigint, g, s, u FROM unnest(?4::text[]) WITH ORDINALITY AS a (g, i),"
    " unnest(?5::bigint[]) WITH ORDINALITY AS b (s, j), unnest(?6::text[]) WITH ORDINALITY AS c (u, k)"
    " WHERE ?1::text IS NOT NULL AND NOT EXISTS (SELECT FROM series n WHERE n.dataset = ?2::text"
    " AND n.building_id = ?3::bigint AND n.granularity = g AND n.site_id = s AND n.group_id = u)"
    " ORDER BY i, j, k ON CONFLICT DO NOTHING",
    "DELETE FROM coverage_series c USING series n WHERE c.job = ?1::text AND n.series_id = c.series_id"
    " AND n.dataset = ?2::text AND n.building_id = ?3::bigint AND NOT (" IS_DECLARED ")",
    "INSERT INTO coverage_series (series_id, job) SELECT n.series_id, ?1::text FROM series n WHERE " IS_DECLARED
    " ON CONFLICT DO NOTHING",
};

enum { STATEMENT_COUNT = sizeof statements / sizeof statements[0] };

static enum status declare_building(const struct ledger *ledger, const struct coverage_building *building,
                                    struct db_statement *const *prepared, struct arrays *arrays, struct err *err)
{
    const struct coverage *coverage = ledger->job.coverage;
    enum status status = arrays_fill(arrays, coverage, building, err);
    for (size_t i = 0; status == STATUS_OK && i < STATEMENT_COUNT; i++) {
        db_bind_string(prepared[i], 1, coverage->job);
        db_bind_string(prepared[i], 2, ledger->job.dataset);
        db_bind_integer(prepared[i], 3, building->id);
        db_bind_string(prepared[i], 4, buf_text(&arrays->granularities));
        db_bind_string(prepared[i], 5, buf_text(&arrays->sites));
        db_bind_string(prepared[i], 6, buf_text(&arrays->groups));
        status = db_run(prepared[i], err);
    }
    return status;
}

/* Series of buildings that the job no longer names. */
static enum status forget_others(const struct ledger *ledger, struct err *err)
{
    const struct coverage *coverage = ledger->job.coverage;
    struct db_statement *forget = NULL;
    struct buf buildings = {.max = SIZE_MAX};
    buf_append_char(&buildings, '{');
    for (size_t i = 0; i < coverage->building_count; i++)
        buf_appendf(&buildings, "%s%" PRId64, i > 0 ? "," : "", coverage->buildings[i].id);
    buf_append_char(&buildings, '}');
    enum status status = buf_status(&buildings, err);
    if (status == STATUS_OK)
        status =
            db_prepare(ledger->db,
                       "DELETE FROM coverage_series c USING series n WHERE c.job = ?1 AND n.series_id = c.series_id"
                       " AND (n.dataset <> ?3 OR n.building_id NOT IN (SELECT unnest(?2::bigint[])))",
                       &forget, err);
    if (status == STATUS_OK) {
        db_bind_string(forget, 1, coverage->job);
        db_bind_string(forget, 2, buf_text(&buildings));
        db_bind_string(forget, 3, ledger->job.dataset);
        status = db_run(forget, err);
    }
    db_finalize(forget);
    buf_release(&buildings);
    return status;
}

/*
 * Each statement finds a few rows by an index. The tables are new, or grow while this goes on, so that the planner
 * knows nothing of them and would read them from end to end, for each building.
 */
static const char by_index[] = "SET LOCAL enable_seqscan TO off; SET LOCAL enable_hashjoin TO off;"
                               " SET LOCAL enable_mergejoin TO off";
static const char as_before[] = "SET LOCAL enable_seqscan TO DEFAULT; SET LOCAL enable_hashjoin TO DEFAULT;"
                                " SET LOCAL enable_mergejoin TO DEFAULT";

enum status ledger_declare_series_postgres(struct ledger *ledger, struct err *err)
{
    const struct coverage *coverage = ledger->job.coverage;
    struct db_statement *prepared[STATEMENT_COUNT] = {0};
    struct arrays arrays = {0};
    enum status status = forget_others(ledger, err);
    if (status == STATUS_OK)
        status = db_exec(ledger->db, by_index, err);
    for (size_t i = 0; status == STATUS_OK && i < STATEMENT_COUNT; i++)
        status = db_prepare(ledger->db, statements[i], &prepared[i], err);
    for (size_t i = 0; status == STATUS_OK && i < coverage->building_count; i++)
        status = declare_building(ledger, &coverage->buildings[i], prepared, &arrays, err);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        db_finalize(prepared[i]);
    arrays_release(&arrays);
    return status == STATUS_OK ? db_exec(ledger->db, as_before, err) : status;
}
