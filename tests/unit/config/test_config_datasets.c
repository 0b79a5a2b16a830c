#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(datasets, .init = (void (*)(void))fixture_begin, .fini = fixture_end);

#define ZONES "  - {name: zone_insights, root_field: ZONE_INSIGHTS, keys: [ZONE_ID]"

/* The job with the lines added at its end, from line 13 on. */
static struct loaded load(const char *lines)
{
    char *text = fixture_job(0, lines);
    struct loaded loaded = fixture_load(text);
    free(text);
    return loaded;
}

static void expect(const char *lines, const char *problems)
{
    struct loaded loaded = load(lines);
    cr_expect_eq(loaded.status, *problems != '\0' ? STATUS_CONFIG : STATUS_OK, "'%s'", lines);
    cr_expect_str_eq(buf_text(&loaded.problems), problems, "for '%s'", lines);
    loaded_release(&loaded);
}

Test(datasets, without_the_keys_there_is_building_insights_with_the_columns_of_the_job)
{
    struct loaded loaded = load("columns: [A, B]\ngranularities: [P1D]");
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_assert_eq(loaded.config->dataset_count, 1u);
    const struct config_dataset *only = &loaded.config->datasets[0];
    cr_expect_str_eq(only->dataset.root_field, "BUILDING_INSIGHTS");
    cr_expect_eq(only->dataset.key_count, 0u);
    cr_expect_eq(only->column_count, 2u);
    cr_expect_str_eq(only->columns[1], "B");
    cr_expect_str_eq(only->granularities[0], "P1D");
    loaded_release(&loaded);
}

Test(datasets, a_list_may_name_built_in_ones_and_describe_others)
{
    struct loaded loaded = load("columns: [A]\ndatasets:\n  - name: building_insights\n"
                                "  - {name: zones, root_field: ZONE_INSIGHTS, keys: [ZONE_ID, KIND], partition: DAY,"
                                " start: BEGIN, columns: [X, Y], granularities: [PT15M, P1D]}\n"
                                "  - {name: plain, root_field: PLAIN}");
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_assert_eq(loaded.config->dataset_count, 3u);
    const struct config_dataset *all = loaded.config->datasets;
    cr_expect_str_eq(all[0].dataset.root_field, "BUILDING_INSIGHTS");
    cr_expect_str_eq(all[0].columns[0], "A");
    cr_expect_str_eq(all[1].dataset.name, "zones");
    cr_expect_eq(all[1].dataset.key_count, 2u);
    cr_expect_str_eq(all[1].dataset.keys[1], "KIND");
    cr_expect_str_eq(all[1].dataset.partition_column, "DAY");
    cr_expect_str_eq(all[1].dataset.start_column, "BEGIN");
    cr_expect_eq(all[1].column_count, 2u);
    cr_expect_eq(all[1].granularity_count, 2u);
    cr_expect_str_eq(all[2].dataset.partition_column, "DATE_PARTITION");
    cr_expect_str_eq(all[2].dataset.start_column, "DATE_TIME_START");
    cr_expect_str_eq(all[2].columns[0], "A");
    cr_expect_str_eq(all[2].granularities[0], "PT1H");
    loaded_release(&loaded);
}

Test(datasets, dataset_and_datasets_exclude_each_other)
{
    expect("dataset: building_insights\ndatasets:\n" ZONES "}",
           "14:1: 'dataset' and 'datasets' are two ways to say the same: leave one out\n");
}

Test(datasets, a_name_is_small_letters_once_and_none_of_the_tables)
{
    expect("datasets:\n  - {name: Zones, root_field: Z}",
           "14:12: 'datasets[].name' must be at most 41 small letters, digits and '_', a letter first, not 'Zones'\n");
    expect("datasets:\n" ZONES "}\n" ZONES "}", "15:12: duplicate dataset 'zone_insights', first at line 14\n");
    expect("datasets:\n  - {name: runs, root_field: Z}",
           "14:12: no dataset can be named 'runs': tables of the database are named so\n");
    expect("datasets:\n  - {name: a_rows, root_field: Z}",
           "14:12: no dataset can be named 'a_rows': tables of the database are named so\n");
    expect("datasets:\n  - {root_field: Z}", "14:5: missing required key 'name'\n");
}

Test(datasets, one_that_is_not_built_in_needs_its_root_field)
{
    expect("datasets:\n  - {name: zone_insights}",
           "14:5: dataset 'zone_insights' is not built in and needs 'root_field'\n");
}

Test(datasets, one_that_is_built_in_is_not_described)
{
    expect("datasets:\n  - {name: building_insights, keys: [ZONE_ID]}",
           "14:31: dataset 'building_insights' is built in; leave 'keys' out\n");
}

Test(datasets, keys_are_at_most_four_names_that_are_not_stored_anyway)
{
    expect("datasets:\n  - {name: z, root_field: Z, keys: [A, B, C, D, E]}",
           "14:36: 'datasets[].keys' has more than 4 entries\n");
    expect("datasets:\n  - {name: z, root_field: Z, keys: [SITE_ID]}",
           "14:37: column 'SITE_ID' is always stored; leave it out\n");
    expect("datasets:\n  - {name: z, root_field: Z, keys: []}", "14:36: 'datasets[].keys' must not be an empty list\n");
    expect("datasets:\n  - {name: z, root_field: Z, keys: [A, a]}", "14:40: duplicate key 'a', first at line 14\n");
    expect("datasets:\n  - {name: z, root_field: Z, keys: [\"A B\"]}",
           "14:37: 'datasets[].keys[]' must be a column name: letters, digits and '_', no digit first, at most one '_' "
           "first, not 'A B'\n");
}

Test(datasets, a_column_has_one_meaning)
{
    expect("datasets:\n" ZONES ", columns: [zone_id]}",
           "14:5: column 'zone_id' of dataset 'zone_insights' is a key column and always stored\n");
    expect("columns: [ZONE_ID]\ndatasets:\n" ZONES "}",
           "15:5: column 'ZONE_ID' of dataset 'zone_insights' is a key column and always stored\n");
    expect("datasets:\n" ZONES ", partition: ZONE_ID}",
           "14:5: column 'ZONE_ID' of dataset 'zone_insights' has two meanings\n");
    expect("datasets:\n" ZONES ", partition: BEGIN, start: begin}",
           "14:5: column 'begin' of dataset 'zone_insights' has two meanings\n");
    expect("datasets:\n" ZONES ", start: SITE_ID}",
           "14:5: column 'SITE_ID' of dataset 'zone_insights' has two meanings\n");
}

Test(datasets, what_is_no_list_of_mappings_is_said_once)
{
    expect("datasets: zone_insights", "13:11: 'datasets' must be a list, not text\n");
    expect("datasets:\n  - zone_insights", "14:5: 'datasets[]' must be a mapping, not text\n");
    expect("datasets: []", "13:11: 'datasets' must not be an empty list\n");
}
