#include "store/claims.h"

#include "core/buf.h"
#include "core/commit_point.h"
#include "store/claims_internal.h"
#include "store/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS owners (owner_id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL,"
    " command TEXT NOT NULL, priority INTEGER NOT NULL, pid INTEGER NOT NULL, boot_id TEXT NOT NULL,"
    " start_ticks INTEGER NOT NULL);"
    /* One row a unit: sites as 64-bit integers of this machine, groups as texts that each end with a NUL. */
    "CREATE TABLE IF NOT EXISTS unit_claims (claim_id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL,"
    " building_id INTEGER NOT NULL, granularity TEXT NOT NULL, first_day INTEGER NOT NULL, end_day INTEGER NOT NULL,"
    " sites BLOB NOT NULL, groups BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS unit_claims_of_building ON unit_claims (building_id, granularity);"
    "CREATE TABLE IF NOT EXISTS budget (id INTEGER PRIMARY KEY CHECK (id = 1), tokens REAL NOT NULL,"
    " refilled_ms INTEGER NOT NULL);";

static const char *const query_texts[CLAIMS_QUERY_COUNT] = {
    [CLAIMS_QUERY_OVERLAP] =
        "SELECT owner_id, sites, groups FROM unit_claims WHERE building_id = ?1 AND granularity = ?2"
        " AND first_day < ?4 AND end_day > ?3",
    [CLAIMS_QUERY_CLAIM] =
        "INSERT INTO unit_claims (building_id, granularity, first_day, end_day, sites, groups, owner_id)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [CLAIMS_QUERY_RELEASE] = "DELETE FROM unit_claims WHERE building_id = ?1 AND granularity = ?2 AND first_day = ?3"
                             " AND end_day = ?4 AND sites = ?5 AND groups = ?6 AND owner_id = ?7",
    [CLAIMS_QUERY_OWNER] = "SELECT pid, boot_id, start_ticks FROM owners WHERE owner_id = ?1",
    [CLAIMS_QUERY_DROP_CLAIMS] = "DELETE FROM unit_claims WHERE owner_id = ?1",
    [CLAIMS_QUERY_DROP_OWNER] = "DELETE FROM owners WHERE owner_id = ?1",
    [CLAIMS_QUERY_NEWEST_OWNER] = "SELECT seq FROM sqlite_sequence WHERE name = 'owners'",
    [CLAIMS_QUERY_OWNER_AFTER] = "SELECT owner_id FROM owners WHERE owner_id > ?1 ORDER BY owner_id LIMIT 1",
    [CLAIMS_QUERY_SUPERIORS] = "SELECT owner_id FROM owners WHERE priority > ?1",
    [CLAIMS_QUERY_BUDGET] = "SELECT tokens, refilled_ms FROM budget WHERE id = 1",
    [CLAIMS_QUERY_BUDGET_PUT] =
        "INSERT INTO budget (id, tokens, refilled_ms) VALUES (1, ?1, ?2)"
        " ON CONFLICT (id) DO UPDATE SET tokens = excluded.tokens, refilled_ms = excluded.refilled_ms",
};

static enum status open_queries(struct claims *claims, struct err *err)
{
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < CLAIMS_QUERY_COUNT; i++)
        status = db_prepare(claims->db, query_texts[i], &claims->queries[i], err);
    return status;
}

static enum status enter(struct claims *claims, const struct claims_options *options, struct err *err)
{
    struct db_statement *insert;
    enum status status = db_prepare(claims->db,
                                    "INSERT INTO owners (run_id, command, priority, pid, boot_id, start_ticks)"
                                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                                    &insert, err);
    if (status != STATUS_OK)
        return status;
    struct process self;
    process_self(&self);
    db_bind_string(insert, 1, options->run_id);
    db_bind_string(insert, 2, options->command);
    db_bind_integer(insert, 3, options->priority);
    db_bind_integer(insert, 4, self.pid);
    db_bind_string(insert, 5, self.boot_id);
    db_bind_integer(insert, 6, self.start_ticks);
    status = db_run(insert, err);
    db_finalize(insert);
    claims->owner_id = db_last_insert_id(claims->db);
    return status;
}

static enum status run_for_owner(struct claims *claims, enum claims_query which, int64_t owner_id, struct err *err)
{
    db_bind_integer(claims->queries[which], 1, owner_id);
    return db_run(claims->queries[which], err);
}

static enum status drop_owner(struct claims *claims, int64_t owner_id, struct err *err)
{
    enum status status = run_for_owner(claims, CLAIMS_QUERY_DROP_CLAIMS, owner_id, err);
    return status == STATUS_OK ? run_for_owner(claims, CLAIMS_QUERY_DROP_OWNER, owner_id, err) : status;
}

void claims_close(struct claims *claims)
{
    if (claims == NULL)
        return;
    struct err err;
    COMMIT_POINT("claims.leaving");
    if (claims->owner_id != 0 && db_begin(claims->db, &err) == STATUS_OK &&
        drop_owner(claims, claims->owner_id, &err) == STATUS_OK && db_commit(claims->db, &err) != STATUS_OK)
        db_rollback(claims->db); /* the next run finds a dead owner, which holds nothing */
    for (int i = 0; i < CLAIMS_QUERY_COUNT; i++)
        db_finalize(claims->queries[i]);
    if (claims->db != NULL)
        db_rollback(claims->db);
    db_close(claims->db);
    free(claims);
}

/* True when the owner lives; a dead one is buried on the way. Inside a transaction. */
static enum status owner_lives(struct claims *claims, int64_t owner_id, bool *ret_lives, struct err *err)
{
    struct db_statement *query = claims->queries[CLAIMS_QUERY_OWNER];
    db_bind_integer(query, 1, owner_id);
    bool row;
    enum status status = db_step(query, &row, err);
    if (status != STATUS_OK)
        return status;
    struct process process = {0};
    if (row) {
        process.pid = db_column_integer(query, 0);
        snprintf(process.boot_id, sizeof process.boot_id, "%s", db_column_text(query, 1));
        process.start_ticks = db_column_integer(query, 2);
        db_reset(query);
    }
    *ret_lives = row && process_is_alive(&process);
    return *ret_lives ? STATUS_OK : drop_owner(claims, owner_id, err);
}

/* Finds out whether others are there; all dead ones are buried, so that they do not pile up. */
static enum status look_around(struct claims *claims, struct err *err)
{
    struct db_statement *query = claims->queries[CLAIMS_QUERY_OWNER_AFTER];
    int64_t owner_id = 0;
    while (true) {
        bool row;
        bool lives;
        db_bind_integer(query, 1, owner_id);
        enum status status = db_step(query, &row, err);
        if (status != STATUS_OK || !row)
            return status;
        owner_id = db_column_integer(query, 0);
        db_reset(query);
        status = owner_lives(claims, owner_id, &lives, err);
        if (status != STATUS_OK)
            return status;
        claims->others_at_open = claims->others_at_open || lives;
    }
}

enum status claims_open(const struct claims_options *options, struct claims **ret_claims, struct err *err)
{
    struct claims *claims = calloc(1, sizeof *claims);
    if (claims == NULL)
        return err_nomem(err);
    claims->priority = options->priority;
    enum status status = db_open(options->path, DB_SCRATCH, &claims->db, err);
    if (status == STATUS_OK)
        status = db_begin(claims->db, err);
    if (status == STATUS_OK)
        status = db_exec(claims->db, schema, err);
    if (status == STATUS_OK)
        status = open_queries(claims, err);
    if (status == STATUS_OK)
        status = look_around(claims, err);
    if (status == STATUS_OK)
        status = enter(claims, options, err);
    if (status == STATUS_OK)
        status = db_commit(claims->db, err);
    if (status != STATUS_OK) {
        claims->owner_id = 0;
        claims_close(claims);
        return status;
    }
    COMMIT_POINT("claims.entered");
    *ret_claims = claims;
    return STATUS_OK;
}

static void bind_range(struct db_statement *query, const struct unit *unit)
{
    db_bind_integer(query, 1, unit->building->id);
    db_bind_string(query, 2, unit->granularity);
    db_bind_integer(query, 3, unit->days.first);
    db_bind_integer(query, 4, unit->days.end);
}

/* Runs CLAIMS_QUERY_CLAIM or CLAIMS_QUERY_RELEASE. */
static enum status run_for_unit(struct claims *claims, enum claims_query which, const struct unit *unit,
                                struct err *err)
{
    struct db_statement *query = claims->queries[which];
    struct buf groups = {.max = (size_t)64 << 20};
    for (size_t i = 0; i < unit->group_count; i++)
        buf_append(&groups, unit->groups[i], strlen(unit->groups[i]) + 1);
    enum status status = buf_status(&groups, err);
    if (status == STATUS_OK) {
        bind_range(query, unit);
        db_bind_blob(query, 5, unit->sites, unit->site_count * sizeof *unit->sites);
        db_bind_blob(query, 6, groups.data, groups.size);
        db_bind_integer(query, 7, claims->owner_id);
        status = db_run(query, err);
    }
    buf_release(&groups);
    return status;
}

static bool shares_site(const struct unit *unit, const void *sites, size_t size)
{
    for (size_t at = 0; at + sizeof(int64_t) <= size; at += sizeof(int64_t)) {
        int64_t site;
        memcpy(&site, (const char *)sites + at, sizeof site);
        for (size_t i = 0; i < unit->site_count; i++) {
            if (unit->sites[i] == site)
                return true;
        }
    }
    return false;
}

static bool shares_group(const struct unit *unit, const char *groups, size_t size)
{
    for (const char *group = groups; group < groups + size; group += strlen(group) + 1) {
        for (size_t i = 0; i < unit->group_count; i++) {
            if (strcmp(unit->groups[i], group) == 0)
                return true;
        }
    }
    return false;
}

/* The owner of a claim that has slices in common with the unit; 0: there is none. */
static enum status overlapping_owner(struct claims *claims, const struct unit *unit, int64_t *ret_owner,
                                     struct err *err)
{
    struct db_statement *query = claims->queries[CLAIMS_QUERY_OVERLAP];
    bool row;
    enum status status;
    *ret_owner = 0;
    bind_range(query, unit);
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        if (shares_site(unit, db_column_blob(query, 1), db_column_size(query, 1)) &&
            shares_group(unit, db_column_blob(query, 2), db_column_size(query, 2))) {
            *ret_owner = db_column_integer(query, 0);
            db_reset(query);
            break;
        }
    }
    return status;
}

/* Looks for a living holder of some of the unit. Burying a dead one ends the look, so it is taken again. */
static enum status find_holder(struct claims *claims, const struct unit *unit, bool *ret_held, struct err *err)
{
    while (true) {
        int64_t owner_id;
        bool lives = false;
        enum status status = overlapping_owner(claims, unit, &owner_id, err);
        if (status == STATUS_OK && owner_id != 0)
            status = owner_lives(claims, owner_id, &lives, err);
        if (status != STATUS_OK || owner_id == 0 || lives) {
            *ret_held = lives;
            return status;
        }
    }
}

static enum status take_free(struct claims *claims, const struct unit *unit, bool *ret_taken, struct err *err)
{
    bool held = false;
    enum status status = find_holder(claims, unit, &held, err);
    if (status == STATUS_OK && !held)
        status = run_for_unit(claims, CLAIMS_QUERY_CLAIM, unit, err);
    if (status == STATUS_OK)
        *ret_taken = !held;
    return status;
}

enum status claims_release(struct claims *claims, const struct unit *units, size_t count, struct err *err)
{
    enum status status = db_begin(claims->db, err);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = run_for_unit(claims, CLAIMS_QUERY_RELEASE, &units[i], err);
    status = db_end(claims->db, status, err);
    COMMIT_POINT("claims.given_back");
    return status;
}

enum status claims_others_seen(struct claims *claims, bool *ret_seen, struct err *err)
{
    bool row = false;
    int64_t newest = 0;
    if (!claims->others_at_open) {
        struct db_statement *query = claims->queries[CLAIMS_QUERY_NEWEST_OWNER];
        enum status status = db_step(query, &row, err);
        if (status != STATUS_OK)
            return status;
        if (row) {
            newest = db_column_integer(query, 0);
            db_reset(query);
        }
    }
    *ret_seen = claims->others_at_open || newest > claims->owner_id;
    return STATUS_OK;
}

enum status claims_take(struct claims *claims, const struct unit *unit, bool *ret_taken, bool *ret_others,
                        struct err *err)
{
    bool taken = false;
    enum status status = db_begin(claims->db, err);
    if (status == STATUS_OK)
        status = take_free(claims, unit, &taken, err);
    if (status == STATUS_OK && ret_others != NULL)
        status = claims_others_seen(claims, ret_others, err);
    status = db_end(claims->db, status, err);
    COMMIT_POINT("claims.taken");
    if (status == STATUS_OK)
        *ret_taken = taken;
    return status;
}

/* The owners of higher priority are few; the dead ones are buried. */
static enum status any_superior(struct claims *claims, bool *ret_any, struct err *err)
{
    while (true) {
        struct db_statement *query = claims->queries[CLAIMS_QUERY_SUPERIORS];
        db_bind_integer(query, 1, claims->priority);
        bool row;
        bool lives = false;
        enum status status = db_step(query, &row, err);
        if (status == STATUS_OK && row) {
            int64_t owner_id = db_column_integer(query, 0);
            db_reset(query);
            status = owner_lives(claims, owner_id, &lives, err);
        }
        if (status != STATUS_OK || !row || lives) {
            *ret_any = lives;
            return status;
        }
    }
}

enum status claims_must_yield(struct claims *claims, bool *ret_yield, struct err *err)
{
    bool any = false;
    enum status status = db_begin(claims->db, err);
    if (status == STATUS_OK)
        status = any_superior(claims, &any, err);
    status = db_end(claims->db, status, err);
    if (status == STATUS_OK)
        *ret_yield = any;
    return status;
}
