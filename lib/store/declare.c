#include "store/ledger_internal.h"

#include "core/buf.h"
#include "store/dialect.h"

#include <stdio.h>
#include <string.h>

/* FNV-1a over everything that a declaration writes but the day ranges. */
static void hash_bytes(uint64_t *hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        *hash = (*hash ^ at[i]) * UINT64_C(1099511628211);
}

static void hash_text(uint64_t *hash, const char *text)
{
    hash_bytes(hash, text != NULL ? text : "", (text != NULL ? strlen(text) : 0) + 1);
}

static void fingerprint(const struct ledger *ledger, char out[17])
{
    const struct coverage *coverage = ledger->job.coverage;
    uint64_t hash = UINT64_C(14695981039346656037);
    hash_text(&hash, ledger->job.dataset);
    hash_text(&hash, ledger->wanted_columns);
    hash_bytes(&hash, &coverage->settle_seconds, sizeof coverage->settle_seconds);
    for (size_t i = 0; i < coverage->granularity_count; i++)
        hash_text(&hash, coverage->granularities[i]);
    for (size_t i = 0; i < coverage->building_count; i++) {
        const struct coverage_building *building = &coverage->buildings[i];
        hash_bytes(&hash, &building->id, sizeof building->id);
        hash_text(&hash, building->name);
        hash_text(&hash, zone_name(building->zone));
        hash_bytes(&hash, building->sites, building->site_count * sizeof *building->sites);
        for (size_t g = 0; g < building->group_count; g++)
            hash_text(&hash, building->groups[g]);
    }
    snprintf(out, 17, "%016llx", (unsigned long long)hash);
}

static enum status same_fingerprint(struct ledger *ledger, const char *mark, bool *ret_same, struct err *err)
{
    struct db_statement *query;
    enum status status = db_prepare(ledger->db, "SELECT 1 FROM jobs WHERE job = ? AND fingerprint = ?", &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, ledger->job.coverage->job);
    db_bind_string(query, 2, mark);
    status = db_step(query, ret_same, err);
    db_finalize(query);
    return status;
}

struct statements {
    struct db_statement *series;
    struct db_statement *declared;
};

static void statements_release(struct statements *statements)
{
    db_finalize(statements->series);
    db_finalize(statements->declared);
}

static enum status statements_prepare(struct ledger *ledger, struct statements *ret, struct err *err)
{
    struct db *db = ledger->db;
    enum status status = db_exec(db,
                                 "CREATE TEMP TABLE IF NOT EXISTS declared (series_id INTEGER PRIMARY KEY);"
                                 "DELETE FROM temp.declared",
                                 err);
    if (status == STATUS_OK)
        status = db_prepare(db,
                            "INSERT OR IGNORE INTO series (dataset, building_id, granularity, site_id, group_id)"
                            " VALUES (?1, ?2, ?3, ?4, ?5)",
                            &ret->series, err);
    if (status == STATUS_OK)
        status = db_prepare(db,
                            "INSERT OR IGNORE INTO temp.declared SELECT series_id FROM series WHERE dataset = ?1"
                            " AND building_id = ?2 AND granularity = ?3 AND site_id = ?4 AND group_id = ?5",
                            &ret->declared, err);
    return status;
}

static enum status declare_series(struct ledger *ledger, const struct statements *statements,
                                  const struct series_key *key, struct err *err)
{
    struct db_statement *both[] = {statements->series, statements->declared};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < 2; i++) {
        db_bind_string(both[i], 1, ledger->job.dataset);
        db_bind_integer(both[i], 2, key->building_id);
        db_bind_string(both[i], 3, key->granularity);
        db_bind_integer(both[i], 4, key->site_id);
        db_bind_string(both[i], 5, key->group_id);
        status = db_run(both[i], err);
    }
    return status;
}

static enum status declare_series_of(struct ledger *ledger, const struct statements *statements,
                                     const struct coverage_building *building, struct err *err)
{
    enum status status = STATUS_OK;
    const struct coverage *coverage = ledger->job.coverage;
    for (size_t i = 0; i < coverage->granularity_count; i++) {
        for (size_t s = 0; s < building->site_count; s++) {
            for (size_t g = 0; status == STATUS_OK && g < building->group_count; g++) {
                struct series_key key = {building->id, building->sites[s], building->groups[g],
                                         coverage->granularities[i]};
                status = declare_series(ledger, statements, &key, err);
            }
        }
    }
    return status;
}

static enum status run_with_job(struct ledger *ledger, const char *sql, const char *second, struct err *err)
{
    struct db_statement *statement;
    enum status status = db_prepare(ledger->db, sql, &statement, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(statement, 1, ledger->job.coverage->job);
    if (second != NULL)
        db_bind_string(statement, 2, second);
    status = db_run(statement, err);
    db_finalize(statement);
    return status;
}

static enum status declare_series_all(struct ledger *ledger, struct err *err)
{
    struct statements statements = {0};
    enum status status = statements_prepare(ledger, &statements, err);
    const struct coverage *coverage = ledger->job.coverage;
    for (size_t i = 0; status == STATUS_OK && i < coverage->building_count; i++)
        status = declare_series_of(ledger, &statements, &coverage->buildings[i], err);
    statements_release(&statements);
    if (status == STATUS_OK)
        status = run_with_job(ledger, "DELETE FROM coverage_series WHERE job = ?1 AND series_id NOT IN temp.declared",
                              NULL, err);
    if (status == STATUS_OK)
        status = run_with_job(ledger,
                              "INSERT OR IGNORE INTO coverage_series (series_id, job)"
                              " SELECT series_id, ?1 FROM temp.declared",
                              NULL, err);
    return status;
}

static enum status declare_members(struct ledger *ledger, const char *mark, struct err *err)
{
    enum status status = db_kind(ledger->db) == DB_POSTGRES ? ledger_declare_series_postgres(ledger, err)
                                                            : declare_series_all(ledger, err);
    if (status == STATUS_OK)
        status = run_with_job(ledger, "DELETE FROM coverage_buildings WHERE job = ?1", NULL, err);
    if (status == STATUS_OK)
        status = run_with_job(ledger,
                              "INSERT INTO jobs (job, fingerprint) VALUES (?1, ?2)"
                              " ON CONFLICT (job) DO UPDATE SET fingerprint = excluded.fingerprint",
                              mark, err);
    return status;
}

/* Another job may have said otherwise of a building since: written each time, but only where it differs. */
static enum status declare_buildings(struct ledger *ledger, struct err *err)
{
    struct db_statement *put;
    enum status status = db_prepare(ledger->db,
                                    "INSERT INTO buildings (building_id, name, time_zone) VALUES (?1, ?2, ?3)"
                                    " ON CONFLICT (building_id) DO UPDATE SET"
                                    " name = coalesce(excluded.name, buildings.name), time_zone = excluded.time_zone"
                                    " WHERE (excluded.name <> buildings.name) OR (excluded.name IS NOT NULL AND"
                                    " buildings.name IS NULL) OR buildings.time_zone <> excluded.time_zone",
                                    &put, err);
    if (status != STATUS_OK)
        return status;
    const struct coverage *coverage = ledger->job.coverage;
    for (size_t i = 0; status == STATUS_OK && i < coverage->building_count; i++) {
        db_bind_integer(put, 1, coverage->buildings[i].id);
        db_bind_string(put, 2, coverage->buildings[i].name);
        db_bind_string(put, 3, zone_name(coverage->buildings[i].zone));
        status = db_run(put, err);
    }
    db_finalize(put);
    return status;
}

/* The ranges move every night: written each time, but only where they differ. */
static enum status declare_ranges(struct ledger *ledger, struct err *err)
{
    struct db_statement *put;
    enum status status = db_prepare(
        ledger->db,
        "INSERT INTO coverage_buildings (job, building_id, columns_id, first_day, end_day) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT (job, building_id) DO UPDATE SET columns_id = excluded.columns_id,"
        " first_day = excluded.first_day, end_day = excluded.end_day"
        " WHERE coverage_buildings.columns_id <> excluded.columns_id"
        " OR coverage_buildings.first_day <> excluded.first_day OR coverage_buildings.end_day <> excluded.end_day",
        &put, err);
    if (status != STATUS_OK)
        return status;
    const struct coverage *coverage = ledger->job.coverage;
    for (size_t i = 0; status == STATUS_OK && i < coverage->building_count; i++) {
        db_bind_string(put, 1, coverage->job);
        db_bind_integer(put, 2, coverage->buildings[i].id);
        db_bind_integer(put, 3, ledger->columns_id);
        db_bind_integer(put, 4, coverage->buildings[i].days.first);
        db_bind_integer(put, 5, coverage->buildings[i].days.end);
        status = db_run(put, err);
    }
    db_finalize(put);
    return status;
}

enum status ledger_is_declared(struct ledger *ledger, bool *ret_declared, struct err *err)
{
    char mark[17];
    fingerprint(ledger, mark);
    return same_fingerprint(ledger, mark, ret_declared, err);
}

enum status ledger_declare(struct ledger *ledger, struct err *err)
{
    char mark[17];
    bool same;
    fingerprint(ledger, mark);
    enum status status = dialect_lock(ledger->db, "declare", err);
    if (status == STATUS_OK)
        status = same_fingerprint(ledger, mark, &same, err);
    if (status == STATUS_OK)
        status = ledger_columns_declare(ledger, err);
    if (status == STATUS_OK && !same)
        status = declare_members(ledger, mark, err);
    if (status == STATUS_OK && !same)
        status = ledger_open_young(ledger, err);
    if (status == STATUS_OK)
        status = declare_buildings(ledger, err);
    if (status == STATUS_OK)
        status = declare_ranges(ledger, err);
    return status;
}

enum status ledger_drop_others(struct db *db, const char *job, size_t count, const char *const *names, struct err *err)
{
    static const char *const tables[] = {"coverage_series", "coverage_buildings", "jobs"};
    enum status status = dialect_lock(db, "declare", err);
    for (size_t i = 0; status == STATUS_OK && i < sizeof tables / sizeof tables[0]; i++) {
        struct db_statement *statement = NULL;
        struct buf sql = {0};
        buf_appendf(&sql, "DELETE FROM %s WHERE (job = ?1 OR substr(job, 1, length(?1) + 1) = ?1 || '/')", tables[i]);
        for (size_t at = 0; at < count; at++)
            buf_appendf(&sql, " AND job <> ?%zu", at + 2);
        status = buf_status(&sql, err);
        if (status == STATUS_OK)
            status = db_prepare(db, buf_text(&sql), &statement, err);
        buf_release(&sql);
        if (status != STATUS_OK)
            return status;
        db_bind_string(statement, 1, job);
        for (size_t at = 0; at < count; at++)
            db_bind_string(statement, (int)at + 2, names[at]);
        status = db_run(statement, err);
        db_finalize(statement);
    }
    return status;
}
