#include "bench.h"

#include <stdio.h>
#include <string.h>

TestSuite(csv_columns, .init = bench_begin, .fini = bench_end);

#define OLD_HEADER                                                                                                     \
    "BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START,AMOUNT,START_UTC,LOCAL_DATE,LOCAL_HOUR\n"
#define KEY(group) "71,1," group ",PT1H,20250501,2025-05-01T00:00:00Z,"
#define END        ",2025-05-01T00:00:00Z,2025-05-01,0\n"

static void put_one(const char *group)
{
    const struct item item = {0, {TEXT("n"), INT(1)}};
    bench_put(71, group, DAY, &item, 1);
}

Test(csv_columns, new_column_of_the_job_is_null_in_older_rows)
{
    bench_write(PART_71, OLD_HEADER KEY("a") "8" END KEY("b") "9" END);
    bench_open();
    put_one("b");
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.updated = 1});
    bench_expect_file(PART_71, HEADER KEY("a") ",8" END KEY("b") "n,1" END);
}

Test(csv_columns, column_that_only_the_file_has_stays_with_its_values)
{
    bench_write(PART_71, HEADER KEY("a") "x,1" END KEY("c") "\"p,q\",9" END);
    bench.columns[0] = "AMOUNT"; /* the job fetches AMOUNT and LEVEL now, NOTE no more */
    bench.columns[1] = "LEVEL";
    bench_open();
    const struct item item = {0, {INT(1), INT(5)}};
    bench_put(71, "a", DAY, &item, 1);
    bench_put(71, "b", DAY, &item, 1);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.updated = 1});
    bench_expect(1, (struct sink_changes){.inserted = 1});
    static const char want[] =
        "BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START,AMOUNT,LEVEL,"
        "NOTE,START_UTC,LOCAL_DATE,LOCAL_HOUR\n" KEY("a") "1,5,x" END KEY("b") "1,5," END KEY("c") "9,,\"p,q\"" END;
    bench_expect_file(PART_71, want);
    bench_put(71, "a", DAY, &item, 1);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.unchanged = 1});
    bench_expect_file(PART_71, want);
}

Test(csv_columns, order_of_the_columns_follows_the_job)
{
    bench_write(PART_71, HEADER KEY("a") "n,1" END);
    bench.columns[0] = "AMOUNT";
    bench.columns[1] = "NOTE";
    bench_open();
    const struct item item = {0, {INT(1), TEXT("n")}};
    bench_put(71, "a", DAY, &item, 1);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.unchanged = 1});
    cr_assert_not_null(strstr(bench_read(PART_71), "DATE_TIME_START,AMOUNT,NOTE,START_UTC"));
    cr_assert_not_null(strstr(bench_read(PART_71), KEY("a") "1,n" END));
}

Test(csv_columns, header_that_is_not_ours_is_refused_and_the_file_kept)
{
    static const struct {
        const char *header;
        const char *place;
    } headers[] = {
        {"", PART_71 ":1:1: the file is empty"},
        {"\n", PART_71 ":1:1: the header is not"},
        {"a,b\n", PART_71 ":1:1: the header is not"},
        {"\xEF\xBB\xBF" HEADER, PART_71 ":1:1: the header is not"},
        {"BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START\n",
         PART_71 ":1:1: the header is not"},
        {"SITE_ID,BUILDING_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START,START_UTC,LOCAL_DATE,LOCAL_HOUR\n",
         PART_71 ":1:1: the header is not"},
        {"BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,START,START_UTC,LOCAL_DATE,LOCAL_HOUR\n",
         PART_71 ":1:57: the header is not"},
        {"BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START,NOTE,START_UTC,LOCAL_DATE\n",
         PART_71 ":1:73: the header is not"},
        {"BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START,A,A,START_UTC,LOCAL_DATE,"
         "LOCAL_HOUR\n",
         PART_71 ":1:75: the header names this column twice"},
        {"BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START,\"A,B\",START_UTC,LOCAL_DATE,"
         "LOCAL_HOUR\n",
         PART_71 ":1:73: the header is not"},
        {"BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START,,START_UTC,LOCAL_DATE,LOCAL_HOUR\n",
         PART_71 ":1:73: the header is not"},
    };
    bench_open();
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        bench_write(PART_71, headers[i].header);
        put_one("a");
        cr_expect_eq(bench_merge(), STATUS_IO, "header %zu", i);
        cr_expect(bench_says(headers[i].place), "header %zu: %s", i, problem.message);
        bench_expect_file(PART_71, headers[i].header);
    }
}

Test(csv_columns, more_columns_than_a_file_holds_are_refused)
{
    static const char *names[1024];
    for (size_t i = 0; i < 1024; i++)
        names[i] = "N";
    bench.options.columns = names;
    bench.options.column_count = 1016;
    cr_assert_eq(sink_csv_open(&bench.options, &bench.sink, &problem), STATUS_CONFIG);
    cr_assert_null(bench.sink);
}
