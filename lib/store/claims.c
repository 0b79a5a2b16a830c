#include "store/claims.h"

#include "db/db.h"
#include "store/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS owners (owner_id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL,"
    " command TEXT NOT NULL, priority INTEGER NOT NULL, pid INTEGER NOT NULL, boot_id TEXT NOT NULL,"
    " start_ticks INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS claims (owner_id INTEGER NOT NULL, building_id INTEGER NOT NULL,"
    " granularity TEXT NOT NULL, site_id INTEGER NOT NULL, group_id TEXT NOT NULL, first_day INTEGER NOT NULL,"
    " end_day INTEGER NOT NULL, PRIMARY KEY (building_id, granularity, site_id, group_id, first_day)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS budget (id INTEGER PRIMARY KEY CHECK (id = 1), tokens REAL NOT NULL,"
    " refilled_ms INTEGER NOT NULL);";

enum query {
    QUERY_OVERLAP,
    QUERY_CLAIM,
    QUERY_RELEASE,
    QUERY_OWNER,
    QUERY_DROP_CLAIMS,
    QUERY_DROP_OWNER,
    QUERY_NEWEST_OWNER,
    QUERY_OWNER_AFTER,
    QUERY_SUPERIORS,
    QUERY_BUDGET,
    QUERY_BUDGET_PUT,
    QUERY_COUNT
};

static const char *const query_texts[QUERY_COUNT] = {
    [QUERY_OVERLAP] = "SELECT owner_id FROM claims WHERE building_id = ?1 AND granularity = ?2 AND site_id = ?3"
                      " AND group_id = ?4 AND first_day < ?6 AND end_day > ?5",
    [QUERY_CLAIM] = "INSERT INTO claims (building_id, granularity, site_id, group_id, first_day, end_day, owner_id)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [QUERY_RELEASE] = "DELETE FROM claims WHERE building_id = ?1 AND granularity = ?2 AND site_id = ?3"
                      " AND group_id = ?4 AND first_day = ?5 AND end_day = ?6 AND owner_id = ?7",
    [QUERY_OWNER] = "SELECT pid, boot_id, start_ticks FROM owners WHERE owner_id = ?1",
    [QUERY_DROP_CLAIMS] = "DELETE FROM claims WHERE owner_id = ?1",
    [QUERY_DROP_OWNER] = "DELETE FROM owners WHERE owner_id = ?1",
    [QUERY_NEWEST_OWNER] = "SELECT seq FROM sqlite_sequence WHERE name = 'owners'",
    [QUERY_OWNER_AFTER] = "SELECT owner_id FROM owners WHERE owner_id > ?1 ORDER BY owner_id LIMIT 1",
    [QUERY_SUPERIORS] = "SELECT owner_id FROM owners WHERE priority > ?1",
    [QUERY_BUDGET] = "SELECT tokens, refilled_ms FROM budget WHERE id = 1",
    [QUERY_BUDGET_PUT] = "INSERT INTO budget (id, tokens, refilled_ms) VALUES (1, ?1, ?2)"
                         " ON CONFLICT (id) DO UPDATE SET tokens = excluded.tokens, refilled_ms = excluded.refilled_ms",
};

struct claims {
    struct db *db;
    struct db_statement *queries[QUERY_COUNT];
    int64_t owner_id;
    enum claims_priority priority;
    bool others_at_open;
};

static enum status open_queries(struct claims *claims, struct err *err)
{
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < QUERY_COUNT; i++)
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

static enum status run_for_owner(struct claims *claims, enum query which, int64_t owner_id, struct err *err)
{
    db_bind_integer(claims->queries[which], 1, owner_id);
    return db_run(claims->queries[which], err);
}

static enum status drop_owner(struct claims *claims, int64_t owner_id, struct err *err)
{
    enum status status = run_for_owner(claims, QUERY_DROP_CLAIMS, owner_id, err);
    return status == STATUS_OK ? run_for_owner(claims, QUERY_DROP_OWNER, owner_id, err) : status;
}

void claims_close(struct claims *claims)
{
    if (claims == NULL)
        return;
    struct err err;
    if (claims->owner_id != 0 && db_begin(claims->db, &err) == STATUS_OK &&
        drop_owner(claims, claims->owner_id, &err) == STATUS_OK && db_commit(claims->db, &err) != STATUS_OK)
        db_rollback(claims->db); /* the next run finds a dead owner, which holds nothing */
    for (int i = 0; i < QUERY_COUNT; i++)
        db_finalize(claims->queries[i]);
    if (claims->db != NULL)
        db_rollback(claims->db);
    db_close(claims->db);
    free(claims);
}

/* True when the owner lives; a dead one is buried on the way. Inside a transaction. */
static enum status owner_lives(struct claims *claims, int64_t owner_id, bool *ret_lives, struct err *err)
{
    struct db_statement *query = claims->queries[QUERY_OWNER];
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
    struct db_statement *query = claims->queries[QUERY_OWNER_AFTER];
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
    *ret_claims = claims;
    return STATUS_OK;
}

static struct db_statement *for_series(struct claims *claims, enum query which, const struct unit *unit, size_t series)
{
    civil_day day;
    struct series_key key = unit_series_of(unit, series, &day);
    struct db_statement *query = claims->queries[which];
    db_bind_integer(query, 1, key.building_id);
    db_bind_string(query, 2, key.granularity);
    db_bind_integer(query, 3, key.site_id);
    db_bind_string(query, 4, key.group_id);
    db_bind_integer(query, 5, unit->days.first);
    db_bind_integer(query, 6, unit->days.end);
    return query;
}

/* Looks for a living holder of one series of the unit. Burying a dead one ends the look, so it is taken again. */
static enum status find_holder(struct claims *claims, const struct unit *unit, size_t series, bool *ret_held,
                               struct err *err)
{
    while (true) {
        struct db_statement *query = for_series(claims, QUERY_OVERLAP, unit, series);
        bool row;
        bool lives = false;
        enum status status = db_step(query, &row, err);
        if (status == STATUS_OK && row) {
            int64_t owner_id = db_column_integer(query, 0);
            db_reset(query);
            status = owner_lives(claims, owner_id, &lives, err);
        }
        if (status != STATUS_OK || !row || lives) {
            *ret_held = lives;
            return status;
        }
    }
}

static enum status take_all(struct claims *claims, const struct unit *unit, bool *ret_taken, struct err *err)
{
    size_t count = unit->site_count * unit->group_count;
    bool held = false;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && !held && i < count; i++)
        status = find_holder(claims, unit, i, &held, err);
    for (size_t i = 0; status == STATUS_OK && !held && i < count; i++) {
        struct db_statement *query = for_series(claims, QUERY_CLAIM, unit, i);
        db_bind_integer(query, 7, claims->owner_id);
        status = db_run(query, err);
    }
    if (status == STATUS_OK)
        *ret_taken = !held;
    return status;
}

enum status claims_take(struct claims *claims, const struct unit *unit, bool *ret_taken, struct err *err)
{
    bool taken = false;
    enum status status = db_begin(claims->db, err);
    if (status == STATUS_OK)
        status = take_all(claims, unit, &taken, err);
    status = db_end(claims->db, status, err);
    if (status == STATUS_OK)
        *ret_taken = taken;
    return status;
}

enum status claims_release(struct claims *claims, const struct unit *unit, struct err *err)
{
    size_t count = unit->site_count * unit->group_count;
    enum status status = db_begin(claims->db, err);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct db_statement *query = for_series(claims, QUERY_RELEASE, unit, i);
        db_bind_integer(query, 7, claims->owner_id);
        status = db_run(query, err);
    }
    return db_end(claims->db, status, err);
}

enum status claims_others_seen(struct claims *claims, bool *ret_seen, struct err *err)
{
    bool row = false;
    int64_t newest = 0;
    if (!claims->others_at_open) {
        struct db_statement *query = claims->queries[QUERY_NEWEST_OWNER];
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

/* The owners of higher priority are few; the dead ones are buried. */
static enum status any_superior(struct claims *claims, bool *ret_any, struct err *err)
{
    while (true) {
        struct db_statement *query = claims->queries[QUERY_SUPERIORS];
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

static int64_t boot_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum status take_token(struct claims *claims, double rate, int64_t *ret_wait_ms, struct err *err)
{
    struct db_statement *query = claims->queries[QUERY_BUDGET];
    double most = rate > 1 ? rate : 1;
    int64_t now = boot_ms();
    double tokens = most;
    bool row;
    enum status status = db_step(query, &row, err);
    if (status != STATUS_OK)
        return status;
    if (row) {
        int64_t elapsed = now - db_column_integer(query, 1);
        tokens = db_column_real(query, 0);
        if (elapsed > 0) /* after a reboot the clock begins anew: the bucket is then as it was left */
            tokens += (double)elapsed * rate / 1000;
        db_reset(query);
    }
    if (tokens > most)
        tokens = most;
    bool taken = tokens >= 1;
    db_bind_real(claims->queries[QUERY_BUDGET_PUT], 1, taken ? tokens - 1 : tokens);
    db_bind_integer(claims->queries[QUERY_BUDGET_PUT], 2, now);
    status = db_run(claims->queries[QUERY_BUDGET_PUT], err);
    if (status == STATUS_OK)
        *ret_wait_ms = taken ? 0 : (int64_t)((1 - tokens) * 1000 / rate) + 1;
    return status;
}

enum status claims_take_request(struct claims *claims, double rate, int64_t *ret_wait_ms, struct err *err)
{
    int64_t wait_ms = 0;
    enum status status = db_begin(claims->db, err);
    if (status == STATUS_OK)
        status = take_token(claims, rate, &wait_ms, err);
    status = db_end(claims->db, status, err);
    if (status == STATUS_OK)
        *ret_wait_ms = wait_ms;
    return status;
}
