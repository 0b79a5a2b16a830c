#include "sink/csv_table.h"

#include "bench.h"

#include <stdio.h>
#include <sys/stat.h>

TestSuite(csv_table, .init = bench_begin, .fini = bench_end);

static const char *const columns[] = {"ID", "NAME"};

static enum status write_table(struct value *values, size_t rows, bool excel_safe)
{
    struct csv_table file = {bench.options.directory, "sites", columns, excel_safe};
    struct table table = {.column_count = 2, .row_count = rows, .values = values};
    return csv_table_write(&file, &table, &problem);
}

Test(csv_table, a_table_is_a_file_with_header_and_rows)
{
    struct value values[] = {INT(1), TEXT("a,b"), INT(2), NIL, INT(3), TEXT("")};
    must(write_table(values, 3, false));
    bench_expect_file("out/sites.csv", "ID,NAME\n1,\"a,b\"\n2,\n3,\"\"\n");
}

Test(csv_table, an_equal_file_is_not_touched_and_another_is_replaced)
{
    struct value values[] = {INT(1), TEXT("a"), INT(2), TEXT("b")};
    struct stat first;
    struct stat second;
    must(write_table(values, 2, false));
    cr_assert_eq(stat("out/sites.csv", &first), 0);
    must(write_table(values, 2, false));
    cr_assert_eq(stat("out/sites.csv", &second), 0);
    cr_expect_eq(first.st_ino, second.st_ino);
    must(write_table(values, 1, false));
    bench_expect_file("out/sites.csv", "ID,NAME\n1,a\n");
    values[1] = TEXT("c");
    must(write_table(values, 1, false));
    bench_expect_file("out/sites.csv", "ID,NAME\n1,c\n");
}

Test(csv_table, formulas_are_disarmed_when_asked)
{
    struct value values[] = {INT(1), TEXT("=1+1")};
    must(write_table(values, 1, true));
    bench_expect_file("out/sites.csv", "ID,NAME\n1,'=1+1\n");
}

Test(csv_table, a_table_without_rows_is_a_header)
{
    must(write_table(NULL, 0, false));
    bench_expect_file("out/sites.csv", "ID,NAME\n");
}

Test(csv_table, a_folder_in_the_way_is_a_failure)
{
    struct value values[] = {INT(1), TEXT("a")};
    must(write_table(values, 1, false));
    cr_assert_eq(remove("out/sites.csv"), 0);
    cr_assert_eq(mkdir("out/sites.csv", 0777), 0);
    cr_expect_eq(write_table(values, 1, false), STATUS_IO);
}
