#include "model/dataset.h"

#include <criterion/criterion.h>
#include <string.h>

Test(dataset, building_insights_is_built_in_without_extra_keys)
{
    const struct dataset *dataset = dataset_built_in("building_insights");
    cr_assert_not_null(dataset);
    cr_expect_str_eq(dataset->root_field, "BUILDING_INSIGHTS");
    cr_expect_str_eq(dataset->partition_column, "DATE_PARTITION");
    cr_expect_str_eq(dataset->start_column, "DATE_TIME_START");
    cr_expect_eq(dataset->key_count, 0u);
    cr_expect_eq(dataset_built_in_at(0), dataset);
}

Test(dataset, other_names_are_not_built_in)
{
    static const char *const names[] = {"", "zone_insights", "BUILDING_INSIGHTS", "building_insight"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_expect_null(dataset_built_in(names[i]), "%s", names[i]);
}

Test(dataset, names_of_tables_and_their_endings_are_reserved)
{
    static const char *const names[] = {"runs",
                                        "completeness",
                                        "series",
                                        "building_insights_rows",
                                        "x_vanished",
                                        "x_strays",
                                        "sqlite_x",
                                        "missed",
                                        "odd_starts",
                                        "_rows",
                                        "occupancy",
                                        "occupancy_peak",
                                        "occupancy_hour_of_week"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_expect(dataset_name_is_reserved(names[i]), "%s", names[i]);
}

Test(dataset, postgresql_has_names_of_its_own)
{
    static const char *const names[] = {"flushes",
                                        "row_datasets",
                                        "row_columns",
                                        "slice",
                                        "work_goals",
                                        "work_units",
                                        "work_log",
                                        "work_workers",
                                        "work_budget",
                                        "runs_by_job",
                                        "x_stage",
                                        "x_pkey",
                                        "building_insights_rows_202505",
                                        "x_days_202512"};
    static const char *const free[] = {"slices",      "work",         "stage", "flush",
                                       "rows_202505", "x_rows_20250", "",      "_202505"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        cr_expect(dataset_name_is_reserved_in_postgres(names[i]), "%s", names[i]);
        cr_expect_not(dataset_name_is_reserved(names[i]), "%s: jobs with a file may have it", names[i]);
    }
    for (size_t i = 0; i < sizeof free / sizeof free[0]; i++)
        cr_expect_not(dataset_name_is_reserved_in_postgres(free[i]), "%s", free[i]);
}

Test(dataset, other_names_may_be_used)
{
    static const char *const names[] = {"zone_insights", "rows", "run", "building_insights", "runs2", "rows_x"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_expect_not(dataset_name_is_reserved(names[i]), "%s", names[i]);
}

Test(dataset, no_built_in_name_is_reserved_or_too_long)
{
    const struct dataset *dataset;
    for (size_t i = 0; (dataset = dataset_built_in_at(i)) != NULL; i++) {
        cr_expect_not(dataset_name_is_reserved(dataset->name), "%s", dataset->name);
        cr_expect_leq(strlen(dataset->name), (size_t)DATASET_NAME_MAX);
        cr_expect_leq(dataset->key_count, (size_t)DATASET_KEYS_MAX);
    }
}
