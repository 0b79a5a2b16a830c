#include "store/ledger_internal.h"

#include <stdio.h>
#include <string.h>

static bool remembers(const struct series_memory *memory, const struct series_key *key)
{
    return memory->id != 0 && memory->building_id == key->building_id && memory->site_id == key->site_id &&
           strcmp(memory->group_id, key->group_id) == 0 && strcmp(memory->granularity, key->granularity) == 0;
}

enum { PLACES = 4 }; /* that a series may be remembered at, so that two seldom drive each other out */

/* Where a series is remembered, or would be; NULL: its names are too long for it. */
static struct series_memory *memory_of(struct ledger *ledger, const struct series_key *key)
{
    uint64_t hash = (uint64_t)key->building_id * 0x9E3779B97F4A7C15u ^ (uint64_t)key->site_id;
    const char *const names[] = {key->group_id, key->granularity};
    for (size_t i = 0; i < 2; i++) {
        for (const char *at = names[i]; *at != '\0'; at++)
            hash = (hash ^ (unsigned char)*at) * 0x100000001B3u;
    }
    if (strlen(key->group_id) >= sizeof ledger->series[0].group_id ||
        strlen(key->granularity) >= sizeof ledger->series[0].granularity)
        return NULL;
    hash ^= hash >> 29;
    struct series_memory *places = &ledger->series[hash % (LEDGER_SERIES_REMEMBERED / PLACES) * PLACES];
    size_t at = 0;
    while (at < PLACES && places[at].id != 0 && !remembers(&places[at], key))
        at++;
    return at < PLACES ? &places[at] : &places[(hash >> 40) % PLACES];
}

static enum status find_series(struct ledger *ledger, const struct series_key *key, int64_t *ret_id, struct err *err)
{
    struct db_statement *query;
    enum status status = ledger_query(ledger, LEDGER_SERIES_ID, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, ledger->job.dataset);
    db_bind_integer(query, 2, key->building_id);
    db_bind_string(query, 3, key->granularity);
    db_bind_integer(query, 4, key->site_id);
    db_bind_string(query, 5, key->group_id);
    bool row;
    status = db_step(query, &row, err);
    if (status != STATUS_OK)
        return status;
    *ret_id = row ? db_column_integer(query, 0) : 0;
    if (row)
        db_reset(query);
    return STATUS_OK;
}

static void remember(struct series_memory *memory, const struct series_key *key, int64_t id)
{
    *memory = (struct series_memory){.id = id, .building_id = key->building_id, .site_id = key->site_id};
    snprintf(memory->group_id, sizeof memory->group_id, "%s", key->group_id);
    snprintf(memory->granularity, sizeof memory->granularity, "%s", key->granularity);
}

/* A question costs the way to the server and back: who asks for one series of a building will ask for the others. */
static enum status remember_building(struct ledger *ledger, const struct series_key *key, struct err *err)
{
    struct db_statement *query;
    enum status status = db_prepare(ledger->db,
                                    "SELECT series_id, site_id, group_id FROM series WHERE dataset = ?1"
                                    " AND building_id = ?2 AND granularity = ?3 LIMIT ?4",
                                    &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, ledger->job.dataset);
    db_bind_integer(query, 2, key->building_id);
    db_bind_string(query, 3, key->granularity);
    db_bind_integer(query, 4, LEDGER_SERIES_REMEMBERED);
    bool row;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        const struct series_key other = {key->building_id, db_column_integer(query, 1), db_column_text(query, 2),
                                         key->granularity};
        struct series_memory *memory = memory_of(ledger, &other);
        if (memory != NULL)
            remember(memory, &other, db_column_integer(query, 0));
    }
    db_finalize(query);
    return status;
}

enum status ledger_series_id(struct ledger *ledger, const struct series_key *key, int64_t *ret_id, struct err *err)
{
    struct series_memory *memory = memory_of(ledger, key);
    enum status status = STATUS_OK;
    if (memory != NULL && !remembers(memory, key) && db_kind(ledger->db) == DB_POSTGRES)
        status = remember_building(ledger, key, err);
    if (status == STATUS_OK && memory != NULL && remembers(memory, key)) {
        *ret_id = memory->id;
        return STATUS_OK;
    }
    if (status == STATUS_OK)
        status = find_series(ledger, key, ret_id, err);
    if (status == STATUS_OK && memory != NULL && *ret_id != 0)
        remember(memory, key, *ret_id);
    return status;
}
