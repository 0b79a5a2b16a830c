/* Files that a person or another program has changed: told with the place, and left as they are. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(csv_edited, .init = bench_begin, .fini = bench_end);

#define ROW(building, partition, group, start) building ",1," group ",PT1H," partition "," start ",x,1,,2025-05-01,0\n"
#define NOON                                   "2025-05-01T12:00:00Z"
#define ONE                                    "2025-05-01T13:00:00Z"

struct edit {
    const char *rows; /* behind the header */
    const char *place;
};

static const struct edit edits[] = {
    {ROW("71", "20250501", "a", ONE) ROW("71", "20250501", "a", NOON), ":3:1: the row is out of order"},
    {ROW("71", "20250501", "b", NOON) ROW("71", "20250501", "a", NOON), ":3:1: the row is out of order"},
    {ROW("71", "20250501", "a", NOON) ROW("71", "20250501", "a", NOON),
     ":3:1: the row is out of order, or there twice"},
    {ROW("71", "20250501", "a", NOON) ROW("71", "20250501", "a", "2025-05-01 14:00:00+02:00"), ":3:1: "},
    {ROW("71", "20250501", "a", NOON) ROW("7l", "20250501", "a", ONE), ":3:1: BUILDING_ID is no whole number"},
    {ROW("71.0", "20250501", "a", NOON), ":2:1: BUILDING_ID is no whole number"},
    {ROW("", "20250501", "a", NOON), ":2:1: BUILDING_ID is no whole number"},
    {"71,one,a,PT1H,20250501," NOON ",x,1,,2025-05-01,0\n", ":2:4: SITE_ID is no whole number"},
    {ROW("71", "20250431", "a", NOON), ":2:13: DATE_PARTITION is no date"},
    {ROW("71", "2025-05-01", "a", NOON), ":2:13: DATE_PARTITION is no date"},
    {ROW("71", "20250501", "a", "noon"), ":2:22: DATE_TIME_START is no time"},
    {ROW("71", "20250502", "a", NOON), ":2:13: the row belongs to another partition"},
    {ROW("72", "20250501", "a", NOON), ":2:1: the row belongs to another building"},
    {"71,1,a,PT1H,20250501," NOON ",x,1,,2025-05-01\n", ":2:48: the row has fewer fields"},
    {"71,1,a,PT1H,20250501," NOON ",x,1,,2025-05-01,0,2\n", ":2:61: the row has more fields"},
    {ROW("71", "20250501", "a", NOON) "\n", ":3:1: the row has fewer fields"},
    {"71,1,a,PT1H,20250501," NOON ",x,1,,2025-05-01,0\r\n", ":2:60: a carriage return"},
    {"71,1,a,PT1H,20250501," NOON ",x", ":2:44: the file ends within a row"},
    {"71,1,a,PT1H,20250501," NOON ",x\"y,1,,2025-05-01,0\n", ":2:44: a quote"},
};

static void refuse(const struct edit *edit, const char *path, size_t at)
{
    char text[2048];
    struct stat before;
    struct stat after;
    snprintf(text, sizeof text, HEADER "%s", edit->rows);
    bench_write(path, text);
    cr_assert_eq(stat(path, &before), 0);
    const struct item item = {0, {TEXT("new"), INT(1)}};
    bench_put(71, "a", DAY, &item, 1);
    problem = (struct err){0};
    cr_expect_eq(bench_merge(), STATUS_IO, "edit %zu", at);
    cr_expect_eq(bench.visited, 0);
    snprintf(text, sizeof text, "%s%s", path, edit->place);
    cr_expect(strncmp(problem.message, text, strlen(text)) == 0, "edit %zu: %s", at, problem.message);
    snprintf(text, sizeof text, HEADER "%s", edit->rows);
    bench_expect_file(path, text);
    cr_assert_eq(stat(path, &after), 0);
    cr_expect_eq(before.st_ino, after.st_ino);
    cr_expect_eq(bench_entries("out/.occuport/tmp"), 0);
}

Test(csv_edited, edited_partition_is_refused_with_its_place)
{
    bench_open();
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++)
        refuse(&edits[i], PART_71, i);
}

Test(csv_edited, edited_single_file_is_refused_with_its_place)
{
    bench.options.layout = SINK_CSV_SINGLE;
    bench_open();
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        if (strstr(edits[i].place, "belongs to another") == NULL) /* it holds all of them */
            refuse(&edits[i], SINGLE, i);
    }
}

/* The damage lies behind the rows that were merged: the whole file is still as it was. */
Test(csv_edited, damage_at_the_end_of_the_file_is_found)
{
    static const struct edit late = {ROW("71", "20250501", "z", NOON) "71,1,zz", ":3:8: the file ends within a row"};
    bench_open();
    refuse(&late, PART_71, 0);
}

Test(csv_edited, overlong_key_is_passed_without_harm)
{
    enum { LONG = 2 << 20 };
    char *text = calloc(LONG + 2048, 1);
    char *group = calloc(LONG + 1, 1);
    cr_assert(text != NULL && group != NULL);
    memset(group, 'z', LONG);
    int size = snprintf(text, LONG + 2048, HEADER "71,1,%s,PT1H,20250501," NOON ",x,1,,2025-05-01,0\n", group);
    snprintf(text + size, 512, ROW("71", "20250501", "zz", NOON));
    bench_write(PART_71, text);
    const struct item item = {0, {TEXT("new"), INT(1)}};
    bench_open();
    bench_put(71, "a", DAY, &item, 1);
    cr_assert_eq(bench_merge(), STATUS_IO); /* "zz" is less than "zzz..." */
    cr_assert(bench_says(":3:1: the row is out of order"), "%s", problem.message);
    text[size] = '\0';
    bench_write(PART_71, text);
    bench_put(71, "a", DAY, &item, 1);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.inserted = 1});
    free(text);
    free(group);
}

Test(csv_edited, beside_a_damaged_partition_nothing_changes)
{
    bench_write("out/rows/DATE_PARTITION=20250502/BUILDING_ID=71/rows.csv", "damaged\n");
    const struct item item = {0, {TEXT("new"), INT(1)}};
    bench_open();
    bench_put(71, "a", DAY, &item, 1);
    bench_put(71, "a", DAY + 1, &item, 1);
    cr_assert_eq(bench_merge(), STATUS_IO);
    cr_assert_eq(bench.visited, 0);
    cr_assert_null(bench_read(PART_71));
    must(bench_merge()); /* what was gathered is forgotten */
    cr_assert_eq(bench.visited, 0);
    bench_put(71, "a", DAY, &item, 1);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.inserted = 1});
}
