#include "fixture.h"

#include "core/buf.h"
#include "db/migrate.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct err problem;
struct db *db;
static char directory[] = P_tmpdir "/occuport-store-XXXXXX";

void fixture_begin(void)
{
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(chdir(directory), 0);
    must(db_open(":memory:", DB_CREATE, &db, &problem));
    must(migrate(db, MIGRATE_ALL, NOW, &problem));
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
    cr_assert_str_eq(buf_text(&lines), want);
    buf_release(&lines);
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
