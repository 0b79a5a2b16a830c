#include "bench.h"

#include <string.h>

static const char *const keys[] = {"ZONE"};
static const struct dataset zones = {"zones", "ZONES", "DATE_PARTITION", "DATE_TIME_START", 1, keys};

static void begin(void)
{
    bench_begin();
    bench.options.dataset = &zones;
    bench_open();
}

TestSuite(csv_extra_keys, .init = begin, .fini = bench_end);

#define ZONES_71 "out/zones/DATE_PARTITION=20250501/BUILDING_ID=71/rows.csv"
#define ZONE_HEADER                                                                                                    \
    "BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START,ZONE,NOTE,AMOUNT,START_UTC,LOCAL_DATE,"   \
    "LOCAL_HOUR\n"
#define LINE(zone, amount)                                                                                             \
    "71,1,g,PT1H,20250501,2025-05-01T08:00:00Z," zone ",," amount ",2025-05-01T08:00:00Z,2025-05-01,8\n"

enum { EIGHT = 8 * 3600 };

static struct item zone(struct value key, int64_t amount)
{
    return (struct item){.second = EIGHT, .values = {NIL, INT(amount), key}};
}

Test(csv_extra_keys, rows_of_one_start_are_in_the_order_of_their_keys_behind_the_start)
{
    const struct item items[] = {zone(INT(9), 1), zone(INT(20), 2), zone(TEXT("-a, b"), 3), zone(TEXT("desk"), 4)};
    bench_put(71, "g", DAY, items, 4);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.inserted = 4});
    bench_expect_file(ZONES_71, ZONE_HEADER LINE("9", "1") LINE("20", "2") LINE("\"-a, b\"", "3") LINE("desk", "4"));
}

Test(csv_extra_keys, the_same_rows_again_leave_the_file_as_it_is)
{
    const struct item items[] = {zone(INT(-3), 1), zone(INT(9), 1), zone(INT(20), 2), zone(TEXT("x"), 3)};
    for (int run = 0; run < 2; run++) {
        bench_put(71, "g", DAY, items, 4);
        must(bench_merge());
    }
    bench_expect(0, (struct sink_changes){.unchanged = 4});
}

Test(csv_extra_keys, one_zone_is_restated_and_another_is_missed_by_its_key)
{
    struct item items[] = {zone(INT(9), 1), zone(INT(20), 2), zone(TEXT("desk"), 3)};
    bench_put(71, "g", DAY, items, 3);
    must(bench_merge());
    items[0].values[1] = INT(7);
    bench_put(71, "g", DAY, items, 2);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.updated = 1, .unchanged = 1, .vanished = 1, .kept = 1});
    cr_expect_str_eq(bench.last_missed, "2025-05-01T08:00:00Z 4:desk");
    bench_expect_file(ZONES_71, ZONE_HEADER LINE("9", "7") LINE("20", "2") LINE("desk", "3"));
}

Test(csv_extra_keys, a_missed_zone_is_dropped_when_the_job_says_so)
{
    const struct item items[] = {zone(INT(9), 1), zone(INT(20), 2)};
    bench.options.delete_vanished = true;
    bench_open();
    bench_put(71, "g", DAY, items, 2);
    must(bench_merge());
    bench_put(71, "g", DAY, items + 1, 1);
    must(bench_merge());
    bench_expect(0, (struct sink_changes){.unchanged = 1, .vanished = 1});
    bench_expect_file(ZONES_71, ZONE_HEADER LINE("20", "2"));
}

Test(csv_extra_keys, a_single_file_has_the_name_of_the_dataset_and_the_later_partition_wins_by_zone)
{
    const struct item first[] = {zone(INT(9), 1), zone(INT(20), 2)};
    const struct item later[] = {zone(INT(20), 5)};
    bench.options.layout = SINK_CSV_SINGLE;
    bench.start_day = DAY;
    bench_open();
    bench_put(71, "g", DAY, first, 2);
    bench_put(71, "g", DAY + 1, later, 1);
    must(bench_merge());
    const char *text = bench_read("out/zones.csv");
    cr_assert_not_null(text);
    cr_expect_not_null(strstr(text, "20250501,2025-05-01T08:00:00Z,9,,1,"));
    cr_expect_not_null(strstr(text, "20250502,2025-05-01T08:00:00Z,20,,5,"));
    cr_expect_null(strstr(text, ",20,,2,"));
}

Test(csv_extra_keys, a_file_with_another_key_column_is_refused)
{
    bench_write(ZONES_71, "BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START,NOTE,AMOUNT,"
                          "START_UTC,LOCAL_DATE,LOCAL_HOUR\n");
    const struct item items[] = {zone(INT(9), 1)};
    bench_put(71, "g", DAY, items, 1);
    cr_expect_eq(bench_merge(), STATUS_IO);
    cr_expect(bench_says(":1:"), "%s", problem.message);
}

Test(csv_extra_keys, a_text_that_a_spreadsheet_would_run_is_disarmed_in_a_key_as_well)
{
    const struct item items[] = {zone(TEXT("=1+1"), 1)};
    bench.options.excel_safe = true;
    bench_open();
    for (int run = 0; run < 2; run++) {
        bench_put(71, "g", DAY, items, 1);
        must(bench_merge());
    }
    bench_expect(0, (struct sink_changes){.unchanged = 1});
    bench_expect_file(ZONES_71, ZONE_HEADER LINE("'=1+1", "1"));
}
