#include "fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RACERS_MAX = 16 };

struct err problem;
static char directory[] = P_tmpdir "/occuport-db-XXXXXX";

void fixture_begin(void)
{
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(chdir(directory), 0);
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
    cr_assert_eq(nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

struct db *fixture_open(const char *path, enum db_mode mode)
{
    struct db *db = NULL;
    must(db_open(path, mode, &db, &problem));
    return db;
}

int64_t fixture_integer(struct db *db, const char *sql)
{
    int64_t value = 0;
    must(db_query_integer(db, sql, &value, &problem));
    return value;
}

void fixture_expect_text(struct db *db, const char *sql, const char *want)
{
    struct db_statement *query = NULL;
    bool row = false;
    must(db_prepare(db, sql, &query, &problem));
    must(db_step(query, &row, &problem));
    cr_assert(row, "no row from: %s", sql);
    cr_assert_str_eq(db_column_text(query, 0), want);
    db_finalize(query);
}

bool fixture_says(const char *part)
{
    return strstr(problem.message, part) != NULL;
}

void fixture_race(int count, int (*work)(int number))
{
    pid_t pids[RACERS_MAX];
    int gate[2];
    cr_assert(count <= RACERS_MAX && pipe(gate) == 0);
    for (int i = 0; i < count; i++) {
        pids[i] = fork();
        cr_assert(pids[i] >= 0);
        if (pids[i] == 0) {
            char byte;
            close(gate[1]);
            _exit(read(gate[0], &byte, 1) == 0 ? work(i) : 99); /* the end of the pipe starts all of them */
        }
    }
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < count; i++) {
        int result = 0;
        cr_assert_eq(waitpid(pids[i], &result, 0), pids[i]);
        cr_expect(WIFEXITED(result) && WEXITSTATUS(result) == 0, "process %d ended with %x", i, (unsigned)result);
    }
}
