#include "bench.h"
#include "core/buf.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(csv_single, .init = bench_begin, .fini = bench_end);

enum { MANY = 50001, FEW = 1000, SPOOLED_DAYS = 3 };

/* A row a second of the day. */
static void put_day(civil_day day, size_t count)
{
    struct item *items = calloc(MANY, sizeof *items);
    cr_assert_not_null(items);
    for (size_t i = 0; i < MANY; i++)
        items[i] = (struct item){(int64_t)i, {TEXT("some, text"), INT((int64_t)i)}};
    bench_put(71, "a", day, items, count);
    free(items);
}

/* Two of the days are spooled when they are put, the third stays in memory. */
static void put_days(void)
{
    put_day(DAY + 1, MANY);
    put_day(DAY, MANY);
    put_day(DAY + 2, FEW);
}

Test(csv_single, spooled_rows_equal_the_partitioned_content)
{
    struct buf want = {.max = (size_t)64 << 20};
    bench_open();
    put_days();
    must(bench_merge());
    buf_append_text(&want, HEADER);
    for (int d = 1; d <= SPOOLED_DAYS; d++) {
        char path[128];
        snprintf(path, sizeof path, "out/rows/DATE_PARTITION=2025050%d/BUILDING_ID=71/rows.csv", d);
        const char *text = bench_read(path);
        cr_assert_not_null(text);
        buf_append_text(&want, text + strlen(HEADER));
    }
    bench.options.layout = SINK_CSV_SINGLE;
    bench_open();
    put_days();
    cr_assert(!sink_csv_is_full(bench.sink));
    cr_assert_eq(bench_entries("out/.occuport/tmp"), 2);
    must(bench_merge());
    cr_assert_eq(bench_entries("out/.occuport/tmp"), 0);
    bench_expect(0, (struct sink_changes){.inserted = MANY});
    bench_expect(2, (struct sink_changes){.inserted = FEW});
    const char *got = bench_read(SINGLE);
    cr_assert(strcmp(got, buf_text(&want)) == 0, "the single file differs from its partitions");
    put_days();
    must(bench_merge());
    bench_expect(1, (struct sink_changes){.unchanged = MANY});
    buf_release(&want);
}

/* 23:00 of the first of May, as both partitions claim it. */
static void put_claimed_twice(civil_day day)
{
    const struct item first = {82800, {TEXT("first"), NIL}};
    const struct item later = {82800, {TEXT("later"), NIL}};
    bench_put(71, "a", day, day == DAY ? &first : &later, 1);
}

static void expect_later(void)
{
    bench_expect_file(SINGLE, HEADER "71,1,a,PT1H,20250502,2025-05-01T23:00:00Z,later,,2025-05-01T23:00:00Z,2025-05-01,"
                                     "23\n");
}

Test(csv_single, later_partition_wins_in_one_merge_in_any_order)
{
    bench.options.layout = SINK_CSV_SINGLE;
    bench.start_day = DAY;
    for (int order = 0; order < 2; order++) {
        unlink(SINGLE);
        bench_open();
        put_claimed_twice(DAY + order);
        put_claimed_twice(DAY + 1 - order);
        must(bench_merge());
        expect_later();
    }
}

Test(csv_single, later_partition_wins_against_the_file)
{
    bench.options.layout = SINK_CSV_SINGLE;
    bench.start_day = DAY;
    bench_open();
    put_claimed_twice(DAY);
    must(bench_merge());
    put_claimed_twice(DAY + 1);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.updated = 1});
    expect_later();
    put_claimed_twice(DAY);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.unchanged = 1});
    expect_later();
}

static void expect_first(void)
{
    bench_expect_file(SINGLE, HEADER "71,1,a,PT1H,20250501,2025-05-01T23:00:00Z,first,,2025-05-01T23:00:00Z,2025-05-01,"
                                     "23\n");
}

/* The later partition is in the merge as well, and has the row no more. */
Test(csv_single, earlier_partition_wins_where_the_later_one_gives_nothing)
{
    bench.options.layout = SINK_CSV_SINGLE;
    bench.start_day = DAY;
    for (int deletes = 0; deletes < 2; deletes++) {
        unlink(SINGLE);
        bench.options.delete_vanished = deletes != 0;
        bench_open();
        put_claimed_twice(DAY + 1);
        must(bench_merge());
        put_claimed_twice(DAY);
        bench_put(71, "a", DAY + 1, NULL, 0);
        must(bench_merge());
        bench_expect(0, (struct sink_changes){.updated = 1});
        bench_expect(1, (struct sink_changes){.vanished = 1});
        expect_first();
    }
}

Test(csv_single, earlier_partition_wins_where_the_row_of_the_later_one_is_known_to_be_gone)
{
    bench.options.layout = SINK_CSV_SINGLE;
    bench.start_day = DAY;
    bench_open();
    put_claimed_twice(DAY + 1);
    must(bench_merge());
    bench_put(71, "a", DAY + 1, NULL, 0);
    must(bench_merge());
    cr_assert_eq(bench.changes[0].earlier.first, DAY - 1);
    cr_assert_eq(bench.changes[0].earlier.end, DAY + 1);
    bench.was_missed = true;
    put_claimed_twice(DAY);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.updated = 1});
    expect_first();
}

Test(csv_single, partitions_keep_both_rows)
{
    bench.start_day = DAY;
    bench_open();
    put_claimed_twice(DAY);
    put_claimed_twice(DAY + 1);
    must(bench_merge());
    cr_assert_not_null(strstr(bench_read(PART_71), ",first,"));
}

/* A process that is killed while it has spooled: the next one begins with an empty folder, and loses nothing. */
Test(csv_single, leftovers_of_a_killed_process_are_removed)
{
    bench.options.layout = SINK_CSV_SINGLE;
    const struct item item = {0, {TEXT("old"), NIL}};
    bench_open();
    bench_put(71, "a", DAY, &item, 1);
    must(bench_merge());
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        put_day(DAY, MANY);
        kill(getpid(), SIGKILL);
    }
    int ending;
    cr_assert_eq(waitpid(child, &ending, 0), child);
    cr_assert(WIFSIGNALED(ending) && WTERMSIG(ending) == SIGKILL);
    bench_write("out/.occuport/tmp/rows.csv.occuport-1", "half a fi");
    cr_assert_eq(bench_entries("out/.occuport/tmp"), 2);
    bench_open();
    cr_assert_eq(bench_entries("out/.occuport/tmp"), 0);
    cr_assert_not_null(strstr(bench_read(SINGLE), ",old,"));
}

Test(csv_single, discarded_spools_are_removed)
{
    bench.options.layout = SINK_CSV_SINGLE;
    bench_open();
    put_day(DAY, MANY);
    cr_assert_eq(bench_entries("out/.occuport/tmp"), 1);
    sink_csv_discard(bench.sink);
    cr_assert_eq(bench_entries("out/.occuport/tmp"), 0);
    must(bench_merge());
    cr_assert_null(bench_read(SINGLE));
}

Test(csv_single, directory_without_a_parent_cannot_be_made)
{
    bench.options.directory = "no/where";
    cr_assert_eq(sink_csv_open(&bench.options, &bench.sink, &problem), STATUS_CANTCREATE);
    bench_write("file", "");
    bench.options.directory = "file";
    cr_assert_eq(sink_csv_open(&bench.options, &bench.sink, &problem), STATUS_CANTCREATE);
    cr_assert(bench_says("file: Not a directory"), "%s", problem.message);
}

/* Rows of every second up to one, of one partition; all say the same. */
static void put_seconds(civil_day day, const char *words, size_t count)
{
    struct item *items = calloc(count, sizeof *items);
    cr_assert_not_null(items);
    for (size_t i = 0; i < count; i++)
        items[i] = (struct item){(int64_t)i, {bench_text(words, strlen(words)), NIL}};
    bench_put(71, "a", day, items, count);
    free(items);
}

/* What was spooled meets what was not: the later partition has the last word, wherever its rows lie. */
Test(csv_single, later_partition_wins_between_spool_and_memory)
{
    bench.options.layout = SINK_CSV_SINGLE;
    bench.start_day = DAY;
    for (int order = 0; order < 2; order++) {
        unlink(SINGLE);
        bench_open();
        put_seconds(DAY + order, order == 1 ? "later" : "first", MANY);
        cr_assert_eq(bench_entries("out/.occuport/tmp"), 1);
        put_seconds(DAY + 1 - order, order == 1 ? "first" : "later", 2);
        must(bench_merge());
        const char *line = bench_read(SINGLE);
        int count[2] = {0};
        for (line = strchr(line, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1) {
            const char *end = strchr(line, '\n');
            bool later = memmem(line, (size_t)(end - line), ",later,", 7) != NULL;
            cr_assert(later || memmem(line, (size_t)(end - line), ",first,", 7) != NULL);
            count[later]++;
        }
        cr_expect_eq(count[1], order == 1 ? MANY : 2);
        cr_expect_eq(count[0], order == 1 ? 0 : MANY - 2);
    }
}
