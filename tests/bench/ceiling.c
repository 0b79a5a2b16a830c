/*
 * What this machine can do at most, for the benchmarks to be compared with:
 *
 *   ceiling parse FILE TIMES [json-c]   reads a page of rows from memory, as a run does while it arrives, so often;
 *                              with json-c without the reader for the usual rows
 *   ceiling upsert DATABASE ROWS COMMIT_ROWS   nothing but rows into the table that a run writes to, in key order,
 *                              synced as a run does: one statement a row, one transaction each COMMIT_ROWS
 *
 * Prints rows and seconds.
 */
#include "api/page_reader.h"
#include "api/row_plain.h"
#include "core/clock.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 64 << 10, SERIES = 1000, HOURS = 24, NAMES_MAX = 64 };

static void stop(const char *what)
{
    fprintf(stderr, "ceiling: %s\n", what);
    exit(1);
}

static double seconds_since(int64_t begin_ms)
{
    struct clock clock = clock_system();
    return (double)(clock_monotonic_ms(&clock) - begin_ms) / 1000;
}

static int64_t now_ms(void)
{
    struct clock clock = clock_system();
    return clock_monotonic_ms(&clock);
}

static void read_file(const char *path, struct buf *out)
{
    char chunk[1 << 16];
    FILE *file = fopen(path, "rb");
    size_t size;
    if (file == NULL)
        stop("cannot open the page");
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_append(out, chunk, size);
    fclose(file);
}

static uint64_t read_page(const struct buf *page, const struct page_query *query, struct batch *batch, bool json_c)
{
    struct page_reader reader;
    struct page_summary summary;
    struct err err = {0};
    struct buf came = {.max = (size_t)64 << 20};
    if (page_reader_begin(&reader, query, batch, &err) != STATUS_OK)
        stop(err.message);
    if (json_c) {
        row_plain_release(reader.rows.plain);
        free(reader.rows.plain);
        reader.rows.plain = NULL;
    }
    for (size_t at = 0; at < page->size; at += PIECE) {
        buf_append(&came, page->data + at, page->size - at < PIECE ? page->size - at : PIECE);
        if (page_reader_take(&reader, &came, &err) != STATUS_OK)
            stop(err.message);
    }
    if (page_reader_end(&reader, buf_text(&came), came.size, &summary, &err) != STATUS_OK)
        stop(err.message);
    buf_release(&came);
    if (batch->reject_count > 0)
        stop(batch->rejects[0].reason);
    return summary.rows;
}

static int64_t number_after(const struct buf *page, const char *label)
{
    const char *found = strstr(page->data, label);
    if (found == NULL)
        stop("the page has no such key");
    return strtoll(found + strlen(label), NULL, 10);
}

/* The sites of the page, which ascend. */
static void find_sites(const struct buf *page, struct unit *unit, int64_t sites[NAMES_MAX])
{
    static const char label[] = "\"SITE_ID\":";
    for (const char *at = page->data; (at = strstr(at, label)) != NULL; at++) {
        int64_t site = strtoll(at + strlen(label), NULL, 10);
        bool known = false;
        for (size_t i = 0; i < unit->site_count && !known; i++)
            known = sites[i] == site;
        if (!known && unit->site_count < NAMES_MAX)
            sites[unit->site_count++] = site;
    }
    unit->sites = sites;
}

static void find_groups(const struct buf *page, struct unit *unit, char *groups[NAMES_MAX])
{
    static const char label[] = "\"GROUP_ID\":\"";
    for (const char *at = page->data; (at = strstr(at, label)) != NULL; at++) {
        const char *group = at + strlen(label);
        size_t size = strcspn(group, "\"");
        bool known = false;
        for (size_t i = 0; i < unit->group_count && !known; i++)
            known = strlen(groups[i]) == size && memcmp(groups[i], group, size) == 0;
        if (!known && unit->group_count < NAMES_MAX)
            groups[unit->group_count++] = strndup(group, size);
    }
    unit->groups = (const char *const *)groups;
}

static int parse(const char *path, long times, bool json_c)
{
    static int64_t sites[NAMES_MAX];
    static char *groups[NAMES_MAX];
    static const char *const columns[] = {"OCCUPANCY_MEAN"};
    struct buf page = {.max = (size_t)64 << 20};
    read_file(path, &page);
    struct coverage_building building = {.id = number_after(&page, "\"BUILDING_ID\":")};
    struct unit unit = {.building = &building, .granularity = "PT1H"};
    if (!civil_day_from_partition(number_after(&page, "\"DATE_PARTITION\":"), &unit.days.first))
        stop("the page has no day");
    unit.days.end = unit.days.first + 400;
    find_sites(&page, &unit, sites);
    find_groups(&page, &unit, groups);
    const struct page_query query = {.dataset = dataset_built_in("building_insights"),
                                     .unit = &unit,
                                     .column_count = 1,
                                     .columns = columns,
                                     .limit = 1 << 20};
    struct batch batch = {0};
    batch_init(&batch, 1, 0);
    batch.row_hint = 10000;
    uint64_t rows = 0;
    int64_t begin = now_ms();
    for (long i = 0; i < times; i++) {
        rows += read_page(&page, &query, &batch, json_c);
        batch_reset(&batch);
    }
    printf("%llu rows, %.3f s\n", (unsigned long long)rows, seconds_since(begin));
    return 0;
}

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        stop(sqlite3_errmsg(db));
}

/* Days, then series, then hours: the key ascends, as it does from a server that keeps the order asked for. */
static void upsert_all(sqlite3 *db, sqlite3_stmt *statement, long rows, long commit_rows)
{
    run(db, "BEGIN IMMEDIATE");
    for (long i = 0; i < rows; i++) {
        long day = i / (SERIES * HOURS);
        long hour = i % HOURS;
        sqlite3_bind_int64(statement, 1, 20250101 + day);
        sqlite3_bind_int64(statement, 2, 1 + i / HOURS % SERIES);
        sqlite3_bind_int64(statement, 3, 1735689600 + day * 86400 + hour * 3600);
        sqlite3_bind_int64(statement, 4, 1);
        sqlite3_bind_int64(statement, 5, -20);
        sqlite3_bind_double(statement, 6, (double)(i * 7919 % 10000) / 64);
        if (sqlite3_step(statement) != SQLITE_DONE)
            stop(sqlite3_errmsg(db));
        sqlite3_reset(statement);
        if ((i + 1) % commit_rows == 0)
            run(db, "COMMIT; BEGIN IMMEDIATE");
    }
    run(db, "COMMIT");
}

static int upsert(const char *path, long rows, long commit_rows)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        stop("cannot open the database");
    int64_t begin = now_ms();
    run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000;"
            "CREATE TABLE building_insights_rows (date_partition INTEGER NOT NULL, series_id INTEGER NOT NULL,"
            " start INTEGER NOT NULL, spelling_id INTEGER NOT NULL, local_offset INTEGER NOT NULL, v_OCCUPANCY_MEAN,"
            " PRIMARY KEY (date_partition, series_id, start)) WITHOUT ROWID");
    if (sqlite3_prepare_v2(
            db,
            "INSERT INTO building_insights_rows VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET"
            " spelling_id = excluded.spelling_id, local_offset = excluded.local_offset,"
            " v_OCCUPANCY_MEAN = excluded.v_OCCUPANCY_MEAN",
            -1, &statement, NULL) != SQLITE_OK)
        stop(sqlite3_errmsg(db));
    upsert_all(db, statement, rows, commit_rows);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    printf("%ld rows, %.3f s\n", rows, seconds_since(begin));
    return 0;
}

int main(int argc, char **argv)
{
    if ((argc == 4 || argc == 5) && strcmp(argv[1], "parse") == 0)
        return parse(argv[2], strtol(argv[3], NULL, 10), argc == 5);
    if (argc == 5 && strcmp(argv[1], "upsert") == 0)
        return upsert(argv[2], strtol(argv[3], NULL, 10), strtol(argv[4], NULL, 10));
    fprintf(stderr, "usage: ceiling parse FILE TIMES [json-c] | ceiling upsert DATABASE ROWS COMMIT_ROWS\n");
    return 64;
}
