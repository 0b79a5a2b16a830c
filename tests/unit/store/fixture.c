#include "fixture.h"

#include "core/buf.h"
#include "db/migrate.h"
#ifdef OCCUPORT_POSTGRES
#include "pg/pg.h"
#endif

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct err problem;
struct db *db;
static char directory[] = P_tmpdir "/occuport-store-XXXXXX";

bool fixture_is_postgres(void)
{
    return getenv("OCCUPORT_TEST_POSTGRES") != NULL;
}

#ifdef OCCUPORT_POSTGRES
static int schemas;

static struct db *connect(bool read_only)
{
    struct db *made = NULL;
    char schema[64];
    snprintf(schema, sizeof schema, "test %ld %d", (long)getpid(), schemas);
    struct pg_options options = {getenv("OCCUPORT_TEST_POSTGRES"), schema, "occuport test", !read_only, read_only};
    must(pg_open(&options, &made, &problem));
    return made;
}
#endif

/* What SQLite has and the tests ask for; and rows, which the sink would make with the first job. */
static const char helpers[] =
    "CREATE FUNCTION hex(bytea) RETURNS text LANGUAGE sql AS $$ SELECT upper(encode($1, 'hex')) $$;"
    "CREATE FUNCTION total_changes() RETURNS bigint LANGUAGE sql AS $$ SELECT"
    " sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_user_tables WHERE schemaname = current_schema() $$;"
    "CREATE TABLE building_insights_rows (date_partition integer, series_id integer, start bigint, spelling_id integer,"
    " local_offset integer, PRIMARY KEY (date_partition, series_id, start));"
    "CREATE OR REPLACE VIEW slice_rows AS SELECT 'building_insights' AS dataset, series_id, date_partition,"
    " count(*)::integer AS row_count FROM building_insights_rows GROUP BY series_id, date_partition";

/* A time within a text: 2025-05-01 04:00:00+00 becomes 2025-05-01T04:00:00Z, as it is in SQLite. */
static void tell_times_as_sqlite(char *text)
{
    for (char *at = strstr(text, "+00"); at != NULL; at = strstr(at, "+00")) {
        if (at - text < 19 || at[-3] != ':' || at[-9] != ' ') {
            at++;
            continue;
        }
        at[-9] = 'T';
        at[0] = 'Z';
        memmove(at + 1, at + 3, strlen(at + 3) + 1);
    }
}

struct db *fixture_open(const char *path, enum db_mode mode)
{
#ifdef OCCUPORT_POSTGRES
    if (fixture_is_postgres()) {
        schemas += mode == DB_CREATE;
        return connect(mode == DB_READ_ONLY);
    }
#endif
    struct db *made = NULL;
    must(db_open(path, mode, &made, &problem));
    return made;
}

void fixture_begin(void)
{
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(chdir(directory), 0);
    db = fixture_open(":memory:", DB_CREATE);
    must(migrate(db, MIGRATE_ALL, NOW, &problem));
    if (fixture_is_postgres())
        fixture_exec(helpers);
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *place)
{
    (void)stat;
    (void)type;
    (void)place;
    return remove(path);
}

void fixture_end(void)
{
    db_close(db);
    cr_assert_eq(nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void fixture_exec(const char *sql)
{
    must(db_exec(db, sql, &problem));
}

int64_t fixture_integer(const char *sql)
{
    int64_t value = 0;
    if (fixture_is_postgres()) /* what total_changes() counts is else told a second later */
        fixture_exec("SELECT pg_stat_force_next_flush()");
    must(db_query_integer(db, sql, &value, &problem));
    return value;
}

void fixture_expect_lines(const char *sql, const char *want)
{
    struct db_statement *query = NULL;
    struct buf lines = {0};
    bool row = false;
    must(db_prepare(db, sql, &query, &problem));
    must(db_step(query, &row, &problem));
    while (row) {
        buf_appendf(&lines, "%s\n", db_column_text(query, 0));
        must(db_step(query, &row, &problem));
    }
    db_finalize(query);
    if (fixture_is_postgres() && lines.size > 0)
        tell_times_as_sqlite(lines.data);
    bool same = strcmp(buf_text(&lines), want) == 0;
    if (!same)
        cr_log_error("%s gives\n%s, not\n%s", sql, buf_text(&lines), want);
    buf_release(&lines);
    cr_assert(same);
}

bool fixture_says(const char *part)
{
    return strstr(problem.message, part) != NULL;
}

struct dice dice_make(uint64_t seed)
{
    return (struct dice){seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
}

uint32_t dice_below(struct dice *dice, uint32_t bound)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (uint32_t)((dice->state * UINT64_C(2685821657736338717)) >> 33) % bound;
}
