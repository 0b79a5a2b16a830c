#include "rig.h"

#include <string.h>

/* A dataset with two extra keys in the same database as building_insights. */
static const char *const keys[] = {"ZONE_ID", "KIND"};
static const char *const other_keys[] = {"ZONE_ID"};
static const struct dataset zones = {"zone_insights", "ZONE_INSIGHTS", "DATE_PARTITION", "DATE_TIME_START", 2, keys};

struct zone_item {
    const char *start;
    struct value keys[2];
    struct value values[RIG_COLUMNS];
};

static void begin(void)
{
    rig_begin();
    rig.options.dataset = &zones;
    rig_open();
    rig_exec(
        "INSERT INTO series SELECT series_id + 1000, 'zone_insights', 71, site_id, group_id, granularity FROM series");
}

TestSuite(sink_datasets, .init = begin, .fini = rig_end);

static int compare_items(const void *a, const void *b)
{
    const struct row *left = a;
    const struct row *right = b;
    int order = moment_compare(&left->start, &right->start);
    return order != 0 ? order : keys_compare(left->keys, right->keys, 2);
}

static struct sink_changes put(int32_t partition, const struct zone_item *items, size_t count)
{
    static struct row rows[RIG_ROWS_MAX];
    struct sink_changes changes = {0};
    struct sink_slice slice = {.series_id = 1001,
                               .key = {71, 1, "everyone", "PT1H"},
                               .zone = rig.zone,
                               .rows = rows,
                               .row_count = count,
                               .is_new = rig_is_new(1001, partition),
                               .keep_rows = rig.keep_rows};
    cr_assert(civil_day_from_partition(partition, &slice.day));
    for (size_t i = 0; i < count; i++) {
        rows[i] = (struct row){.start_text = items[i].start,
                               .start_size = strlen(items[i].start),
                               .keys = items[i].keys,
                               .values = items[i].values};
        cr_assert(moment_parse(rows[i].start_text, rows[i].start_size, &rows[i].start), "%s", items[i].start);
    }
    if (count > 0)
        qsort(rows, count, sizeof *rows, compare_items);
    must(db_begin(rig.db, &problem));
    must(sink_sqlite_begin(rig.sink, &problem));
    must(sink_sqlite_ops.put_slice(rig.sink, &slice, &changes, &problem));
    must(db_commit(rig.db, &problem));
    return changes;
}

#define EIGHT "2025-05-01T08:00:00Z"
#define NINE  "2025-05-01T09:00:00Z"

#define N(n)                                                                                                           \
    {                                                                                                                  \
        .kind = VALUE_INTEGER, .integer = (n)                                                                          \
    }
#define T(bytes)                                                                                                       \
    {                                                                                                                  \
        .kind = VALUE_TEXT, .text = (bytes), .size = sizeof(bytes) - 1                                                 \
    }

static const struct zone_item four[] = {
    {EIGHT, {N(3), T("desk")}, {N(1), {0}}},
    {EIGHT, {N(20), T("desk")}, {N(2), {0}}},
    {EIGHT, {N(20), T("caf\xC3\xA9\"'")}, {N(3), {0}}},
    {NINE, {T("20"), T("")}, {N(4), {0}}},
};

Test(sink_datasets, rows_of_one_start_are_stored_by_their_extra_keys_and_shown_in_the_view_behind_the_start)
{
    rig_expect_changes(put(20250501, four, 4), 4, 0, 0, 0, 0);
    rig_expect_lines("SELECT DATE_TIME_START || ' ' || typeof(ZONE_ID) || ' ' || ZONE_ID || ' ' || KIND || ' ' || MEAN"
                     " FROM zone_insights ORDER BY DATE_TIME_START, ZONE_ID, KIND",
                     EIGHT " integer 3 desk 1\n" EIGHT " integer 20 café\"' 3\n" EIGHT " integer 20 desk 2\n" NINE
                           " text 20  4\n");
    rig_expect_lines(
        "SELECT group_concat(name) FROM (SELECT name FROM pragma_table_info('zone_insights') ORDER BY cid)",
        "BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START,ZONE_ID,KIND,MEAN,NOTE,"
        "START_UTC,LOCAL_DATE,LOCAL_HOUR\n");
    cr_expect_eq(rig_integer("SELECT count(*) FROM building_insights"), 0);
}

Test(sink_datasets, the_same_rows_again_change_nothing)
{
    put(20250501, four, 4);
    rig_expect_changes(put(20250501, four, 4), 0, 0, 4, 0, 0);
}

Test(sink_datasets, one_zone_is_restated_and_another_vanishes_alone)
{
    put(20250501, four, 4);
    struct zone_item now[3] = {four[0], four[1], four[3]};
    now[1].values[0] = INT(22);
    rig_expect_changes(put(20250501, now, 3), 0, 1, 2, 1, 1);
    rig_expect_changes(put(20250501, now, 3), 0, 0, 3, 0, 1); /* told once */
    rig_expect_lines("SELECT MEAN FROM zone_insights ORDER BY MEAN", "1\n3\n4\n22\n");
    rig_expect_lines("SELECT typeof(k_KIND) || k_KIND FROM zone_insights_vanished", "textcafé\"'\n");
    rig_expect_changes(put(20250501, four, 4), 0, 1, 3, 0, 0);
    cr_expect_eq(rig_integer("SELECT count(*) FROM zone_insights_vanished"), 0);
}

Test(sink_datasets, a_vanished_zone_is_deleted_when_the_job_says_so)
{
    put(20250501, four, 4);
    rig.options.delete_vanished = true;
    rig_open();
    rig_expect_changes(put(20250501, four, 2), 0, 0, 2, 2, 0);
    rig_expect_lines("SELECT MEAN FROM zone_insights ORDER BY MEAN", "1\n2\n");
}

Test(sink_datasets, one_zone_under_two_partitions_is_one_row_and_two_zones_are_two)
{
    put(20250501, four, 2);
    struct zone_item later[2] = {four[1], four[2]};
    later[0].values[0] = INT(9);
    rig_expect_changes(put(20250502, later, 2), 1, 1, 0, 0, 0);
    rig_expect_lines("SELECT DATE_PARTITION || ' ' || ZONE_ID || KIND || ' ' || MEAN FROM zone_insights"
                     " ORDER BY DATE_PARTITION, MEAN",
                     "20250501 3desk 1\n20250502 20café\"' 3\n20250502 20desk 9\n");
    rig_expect_changes(put(20250501, four, 2), 0, 0, 2, 0, 0); /* the later partition has the last word */
    cr_expect_eq(rig_integer("SELECT count(*) FROM zone_insights_strays"), 2);
}

Test(sink_datasets, another_zone_of_the_building_makes_the_local_times_of_every_dataset_anew)
{
    put(20250501, four, 4);
    rig.options.dataset = dataset_built_in("building_insights");
    rig_set_zone("America/Toronto");
    rig_open(); /* it is not this dataset that has rows */
    rig_expect_lines("SELECT DISTINCT LOCAL_HOUR FROM zone_insights ORDER BY 1", "4\n5\n");
}

Test(sink_datasets, completeness_counts_the_rows_of_each_dataset_and_names_it)
{
    put(20250501, four, 4);
    rig.options.dataset = dataset_built_in("building_insights");
    rig_open();
    rig_put_one(1, 20250501, EIGHT, 5);
    rig_exec(
        "INSERT INTO coverage_buildings VALUES ('j', 71, 1, 20209, 20210), ('j/zone_insights', 71, 1, 20209, 20210);"
        "INSERT INTO coverage_series VALUES (1, 'j'), (1001, 'j/zone_insights');"
        "INSERT INTO ledger_spans VALUES (1, 20209, 20210, 1, 1, 0, '2025-05-03T00:00:00Z', NULL, NULL),"
        " (1001, 20209, 20210, 1, 1, 0, '2025-05-03T00:00:00Z', NULL, NULL)");
    rig_expect_lines("SELECT DATASET || ' ' || DATE_PARTITION || ' ' || STATE || ' ' || ROW_COUNT FROM completeness"
                     " ORDER BY 1",
                     "building_insights 20250501 settled 1\nzone_insights 20250501 settled 4\n");
}

Test(sink_datasets, tables_that_were_made_with_other_keys_are_refused_and_left_alone)
{
    put(20250501, four, 4);
    struct dataset other = zones;
    struct sink_sqlite *sink = NULL;
    struct err err = {0};
    other.key_count = 1;
    other.keys = other_keys;
    rig.options.dataset = &other;
    cr_expect_eq(sink_sqlite_open(rig.db, &rig.options, &sink, &err), STATUS_CONFIG);
    cr_expect_not_null(strstr(err.message, "[ZONE_ID, KIND]"), "%s", err.message);
    cr_expect_null(sink);
    cr_expect_eq(rig_integer("SELECT count(*) FROM zone_insights"), 4);
}

Test(sink_datasets, tables_without_a_row_take_other_keys)
{
    struct dataset other = zones;
    other.key_count = 1;
    other.keys = other_keys;
    rig.options.dataset = &other;
    rig_open();
    rig_expect_lines("SELECT group_concat(name) FROM (SELECT name FROM pragma_table_info('zone_insights') ORDER BY cid"
                     " LIMIT 4 OFFSET 5)",
                     "DATE_TIME_START,ZONE_ID,MEAN,NOTE\n");
    cr_expect_eq(rig_integer("SELECT count(*) FROM completeness"), 0);
}

Test(sink_datasets, a_dataset_without_extra_keys_has_tables_of_its_own)
{
    static const struct dataset plain = {"plain", "PLAIN", "DATE_PARTITION", "DATE_TIME_START", 0, NULL};
    rig.options.dataset = &plain;
    rig_open();
    rig_exec(
        "INSERT INTO series SELECT 2001, 'plain', building_id, site_id, group_id, granularity FROM series LIMIT 1");
    rig_put_one(2001, 20250501, EIGHT, 5);
    cr_expect_eq(rig_integer("SELECT count(*) FROM plain"), 1);
    cr_expect_eq(rig_integer("SELECT count(*) FROM plain_daily"), 1);
    cr_expect_eq(rig_integer("SELECT count(*) FROM building_insights"), 0);
}

Test(sink_datasets, every_table_and_view_of_a_fresh_database_has_a_reserved_name)
{
    struct db_statement *query = NULL;
    bool row = false;
    must(db_prepare(rig.db,
                    "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'zone_insights%'"
                    " AND name <> 'building_insights'",
                    &query, &problem));
    must(db_step(query, &row, &problem));
    while (row) {
        cr_expect(dataset_name_is_reserved(db_column_text(query, 0)), "%s", db_column_text(query, 0));
        must(db_step(query, &row, &problem));
    }
    db_finalize(query);
}
