#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

TestSuite(csv_merge, .init = bench_begin, .fini = bench_end);

#define KEY(group, hour) "71,1," group ",PT1H,20250501,2025-05-01T0" hour ":00:00Z,"
#define END(hour)        ",2025-05-01T0" hour ":00:00Z,2025-05-01," hour "\n"

static void put_three(void)
{
    const struct item items[] = {{0, {TEXT("x"), INT(1)}}, {3600, {TEXT("y"), INT(2)}}, {7200, {NIL, INT(3)}}};
    bench_put(71, "a", DAY, items, 3);
}

static void start_with_three(void)
{
    bench_open();
    put_three();
    must(bench_merge());
}

Test(csv_merge, first_merge_writes_the_documented_file)
{
    start_with_three();
    bench_expect(0, (struct sink_changes){.inserted = 3});
    bench_expect_file(PART_71,
                      HEADER KEY("a", "0") "x,1" END("0") KEY("a", "1") "y,2" END("1") KEY("a", "2") ",3" END("2"));
    cr_assert_eq(bench_entries("out/.occuport/tmp"), 0);
}

Test(csv_merge, unchanged_slice_leaves_the_file_untouched)
{
    struct stat before;
    struct stat after;
    start_with_three();
    const struct timespec old_times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    cr_assert_eq(utimensat(AT_FDCWD, PART_71, old_times, 0), 0);
    cr_assert_eq(stat(PART_71, &before), 0);
    put_three();
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.unchanged = 3});
    cr_assert_eq(stat(PART_71, &after), 0);
    cr_assert_eq(before.st_ino, after.st_ino);
    cr_assert_eq(after.st_mtim.tv_sec, 1000);
    cr_assert_eq(bench_entries("out/.occuport/tmp"), 0);
}

Test(csv_merge, inserted_updated_unchanged_and_vanished_are_told_apart)
{
    bench.options.delete_vanished = true;
    start_with_three();
    const struct item items[] = {{0, {TEXT("x"), INT(1)}}, {3600, {TEXT("y"), INT(5)}}, {10800, {NIL, INT(4)}}};
    bench_put(71, "a", DAY, items, 3);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.inserted = 1, .updated = 1, .unchanged = 1, .vanished = 1});
    bench_expect_file(PART_71,
                      HEADER KEY("a", "0") "x,1" END("0") KEY("a", "1") "y,5" END("1") KEY("a", "3") ",4" END("3"));
    cr_assert_eq(bench.missed_count, 0);
}

Test(csv_merge, vanished_row_is_kept_and_told_once)
{
    start_with_three();
    const struct item items[] = {{0, {TEXT("x"), INT(1)}}, {7200, {NIL, INT(3)}}};
    struct stat before;
    struct stat after;
    cr_assert_eq(stat(PART_71, &before), 0);
    bench_put(71, "a", DAY, items, 2);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.unchanged = 2, .vanished = 1, .kept = 1});
    cr_assert_eq(bench.missed_count, 1);
    bench.known_missed = true;
    bench_put(71, "a", DAY, items, 2);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.unchanged = 2, .kept = 1});
    cr_assert_eq(stat(PART_71, &after), 0);
    cr_assert_eq(before.st_ino, after.st_ino);
}

Test(csv_merge, unconfirmed_empty_slice_keeps_its_rows_silently)
{
    bench.options.delete_vanished = true;
    start_with_three();
    bench.keep_rows = true;
    bench_put(71, "a", DAY, NULL, 0);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.kept = 3});
    cr_assert_eq(bench.missed_count, 0);
    cr_assert_not_null(strstr(bench_read(PART_71), "x,1"));
}

Test(csv_merge, confirmed_empty_slice_leaves_a_file_with_its_header)
{
    bench.options.delete_vanished = true;
    start_with_three();
    bench_put(71, "a", DAY, NULL, 0);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.vanished = 3});
    bench_expect_file(PART_71, HEADER);
}

Test(csv_merge, empty_slices_make_no_file)
{
    bench_open();
    bench_put(71, "a", DAY, NULL, 0);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){0});
    cr_assert_null(bench_read(PART_71));
    cr_assert_eq(bench_entries("out"), 1); /* .occuport */
    bench.options.layout = SINK_CSV_SINGLE;
    bench_open();
    bench_put(71, "a", DAY, NULL, 0);
    must(bench_merge());
    cr_assert_null(bench_read(SINGLE));
}

Test(csv_merge, null_and_empty_text_are_different)
{
    bench_open();
    const struct item null_item = {0, {NIL, INT(1)}};
    const struct item empty_item = {0, {TEXT(""), INT(1)}};
    bench_put(71, "a", DAY, &null_item, 1);
    must(bench_merge());
    bench_expect_file(PART_71, HEADER KEY("a", "0") ",1" END("0"));
    bench_put(71, "a", DAY, &empty_item, 1);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.updated = 1});
    bench_expect_file(PART_71, HEADER KEY("a", "0") "\"\",1" END("0"));
    bench_put(71, "a", DAY, &empty_item, 1);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.unchanged = 1});
    bench_put(71, "a", DAY, &null_item, 1);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.updated = 1});
}

/* Other series of the file, with every kind of text, are written again byte for byte. */
Test(csv_merge, rows_of_other_series_pass_through)
{
    static const char others[] = KEY("a", "0") "\"a,b\n\"\"c\"\"\r\n\",1" END("0") KEY("a", "1") "\"\"," END("1");
    static const char later[] = KEY("c", "0") "=1+1,00001" END("0") KEY("c", "1") " blank ,1e400" END("1");
    char text[2048];
    snprintf(text, sizeof text, HEADER "%s%s", others, later);
    bench_write(PART_71, text);
    bench_open();
    const struct item item = {0, {TEXT("new"), NIL}};
    bench_put(71, "b", DAY, &item, 1);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.inserted = 1});
    snprintf(text, sizeof text, HEADER "%s" KEY("b", "0") "new," END("0") "%s", others, later);
    bench_expect_file(PART_71, text);
}

Test(csv_merge, rows_lie_in_key_order_whatever_the_order_of_the_slices)
{
    bench.options.layout = SINK_CSV_SINGLE;
    bench_open();
    const struct item item = {0, {NIL, NIL}};
    bench_put(100, "a", DAY, &item, 1);
    bench_put(9, "b", DAY, &item, 1);
    bench_put(9, "a", DAY + 1, &item, 1);
    bench_put(9, "a", DAY, &item, 1);
    bench_put(9, "B", DAY, &item, 1);
    bench_put(-3, "z", DAY, &item, 1);
    must(bench_merge());
    const char *text = bench_read(SINGLE);
    static const char *const order[] = {"\n-3,1,z", "\n9,1,B",  "\n9,1,a,PT1H,20250501", "\n9,1,a,PT1H,20250502",
                                        "\n9,1,b",  "\n100,1,a"};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        text = strstr(text, order[i]);
        cr_assert_not_null(text, "%s is not where it should be", order[i] + 1);
    }
}

Test(csv_merge, changes_are_told_in_the_order_of_the_puts)
{
    bench_open();
    const struct item items[] = {{0, {NIL, INT(1)}}, {3600, {NIL, INT(1)}}, {7200, {NIL, INT(1)}}};
    bench_put(72, "b", DAY + 1, items, 3);
    bench_put(71, "a", DAY, items, 1);
    bench_put(72, "a", DAY + 1, items, 2);
    bench_put(70, "a", DAY + 1, items, 0);
    must(bench_merge());
    cr_assert_eq(bench.visited, 4);
    bench_expect(0, (struct sink_changes){.inserted = 3});
    bench_expect(1, (struct sink_changes){.inserted = 1});
    bench_expect(2, (struct sink_changes){.inserted = 2});
    bench_expect(3, (struct sink_changes){0});
    must(bench_merge()); /* nothing is gathered any more */
    cr_assert_eq(bench.visited, 0);
}

Test(csv_merge, discarded_slices_are_not_merged)
{
    bench_open();
    put_three();
    sink_csv_discard(bench.sink);
    must(bench_merge());
    cr_assert_eq(bench.visited, 0);
    cr_assert_null(bench_read(PART_71));
}

Test(csv_merge, of_a_slice_that_is_gathered_twice_the_later_rows_count)
{
    const struct item newer[] = {{3600, {TEXT("z"), INT(9)}}};
    bench_open();
    put_three();
    bench_put(71, "a", DAY, newer, 1);
    must(bench_merge());
    bench_expect_file(PART_71, HEADER KEY("a", "1") "z,9" END("1"));
}
