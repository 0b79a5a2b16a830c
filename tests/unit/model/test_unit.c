#include "model/plan.h"

#include <criterion/criterion.h>
#include <string.h>

static const int64_t sites[] = {900000222, -5, 7, 8, 9};
static const char *const groups[] = {"all", "all-2", "00000000-0000-0000-0000-000000000000"};
static const struct coverage_building building = {.id = 71, .site_count = 5, .sites = sites, .group_count = 3};

static struct unit unit_of(civil_day first, civil_day end, size_t site_count, size_t group_count)
{
    return (struct unit){.building = &building,
                         .granularity = "PT1H",
                         .days = {first, end},
                         .site_count = site_count,
                         .sites = sites,
                         .group_count = group_count,
                         .groups = groups};
}

Test(unit, slices_are_numbered_by_day_then_site_then_group)
{
    struct unit unit = unit_of(100, 103, 2, 3);
    cr_assert_eq(unit_slice_count(&unit), 18);
    cr_assert_eq(unit_expected_rows(&unit), 18 * 24);
    cr_assert_eq(unit_slice_of(&unit, 100, 900000222, "all", 3), 0);
    cr_assert_eq(unit_slice_of(&unit, 100, 900000222, "all-2", 5), 1);
    cr_assert_eq(unit_slice_of(&unit, 100, -5, "all", 3), 3);
    cr_assert_eq(unit_slice_of(&unit, 101, 900000222, "all", 3), 6);
    cr_assert_eq(unit_slice_of(&unit, 102, -5, groups[2], strlen(groups[2])), 17);
}

Test(unit, slice_of_what_the_unit_does_not_hold_is_none)
{
    struct unit unit = unit_of(100, 103, 2, 2);
    cr_assert_eq(unit_slice_of(&unit, 99, -5, "all", 3), SIZE_MAX);
    cr_assert_eq(unit_slice_of(&unit, 103, -5, "all", 3), SIZE_MAX);
    cr_assert_eq(unit_slice_of(&unit, 100, 7, "all", 3), SIZE_MAX, "the site is beyond the unit's");
    cr_assert_eq(unit_slice_of(&unit, 100, -5, groups[2], strlen(groups[2])), SIZE_MAX);
    cr_assert_eq(unit_slice_of(&unit, 100, -5, "al", 2), SIZE_MAX, "a prefix is another group");
    cr_assert_eq(unit_slice_of(&unit, 100, -5, "", 0), SIZE_MAX);
    cr_assert_eq(unit_slice_of(&unit, 100, -5, "ALL", 3), SIZE_MAX, "ids are case-sensitive");
}

Test(unit, group_of_a_row_may_be_longer_text_without_nul)
{
    struct unit unit = unit_of(100, 101, 1, 3);
    cr_assert_eq(unit_slice_of(&unit, 100, 900000222, "all-2-and-more", 5), 1);
    cr_assert_eq(unit_slice_of(&unit, 100, 900000222, "all\0tail", 8), SIZE_MAX, "a NUL inside is no end");
    cr_assert_eq(unit_slice_of(&unit, 100, 900000222, "all\0", 4), SIZE_MAX);
}

Test(unit, series_of_is_the_inverse_of_slice_of)
{
    struct unit unit = unit_of(-3, 4, 5, 3);
    for (size_t slice = 0; slice < unit_slice_count(&unit); slice++) {
        civil_day day;
        struct series_key key = unit_series_of(&unit, slice, &day);
        cr_assert_eq(key.building_id, 71);
        cr_assert_str_eq(key.granularity, "PT1H");
        cr_assert_eq(unit_slice_of(&unit, day, key.site_id, key.group_id, strlen(key.group_id)), slice);
    }
}

Test(unit, halving_cuts_days_before_sites_before_groups_at_equal_length)
{
    struct unit first;
    struct unit second;
    struct unit unit = unit_of(100, 103, 3, 3);
    cr_assert(unit_halve(&unit, &first, &second));
    cr_assert(first.days.first == 100 && first.days.end == 101);
    cr_assert(second.days.first == 101 && second.days.end == 103);
    unit = unit_of(100, 102, 3, 3);
    cr_assert(unit_halve(&unit, &first, &second));
    cr_assert(first.site_count == 1 && second.site_count == 2 && second.sites == sites + 1);
    unit = unit_of(100, 102, 2, 3);
    cr_assert(unit_halve(&unit, &first, &second));
    cr_assert(first.group_count == 1 && second.group_count == 2 && second.groups == groups + 1);
    cr_assert(first.days.end == 102 && first.site_count == 2);
}

Test(unit, one_slice_cannot_be_halved)
{
    struct unit unit = unit_of(100, 101, 1, 1);
    struct unit first = unit_of(1, 2, 1, 1);
    struct unit second = unit_of(3, 4, 1, 1);
    cr_assert_not(unit_halve(&unit, &first, &second));
    cr_assert(first.days.first == 1 && second.days.first == 3, "the outputs are untouched");
}

Test(unit, halves_may_overwrite_the_whole)
{
    struct unit unit = unit_of(100, 104, 1, 1);
    struct unit second;
    cr_assert(unit_halve(&unit, &unit, &second));
    cr_assert(unit.days.first == 100 && unit.days.end == 102);
    cr_assert(second.days.first == 102 && second.days.end == 104);
}

/* Marks every slice of a unit by halving it down to single slices. */
static void mark_by_halving(const struct unit *unit, const struct unit *whole, unsigned *marks)
{
    struct unit first;
    struct unit second;
    if (unit_halve(unit, &first, &second)) {
        cr_assert(unit_slice_count(&first) > 0 && unit_slice_count(&second) > 0);
        mark_by_halving(&first, whole, marks);
        mark_by_halving(&second, whole, marks);
        return;
    }
    civil_day day;
    struct series_key key = unit_series_of(unit, 0, &day);
    marks[unit_slice_of(whole, day, key.site_id, key.group_id, strlen(key.group_id))]++;
}

Test(unit, halving_again_and_again_partitions_the_unit)
{
    for (civil_day days = 1; days <= 9; days++) {
        for (size_t site_count = 1; site_count <= 5; site_count++) {
            for (size_t group_count = 1; group_count <= 3; group_count++) {
                unsigned marks[9 * 5 * 3] = {0};
                struct unit unit = unit_of(50, 50 + days, site_count, group_count);
                mark_by_halving(&unit, &unit, marks);
                for (size_t i = 0; i < unit_slice_count(&unit); i++)
                    cr_assert_eq(marks[i], 1, "slice %zu of %d x %zu x %zu", i, days, site_count, group_count);
            }
        }
    }
}

Test(unit, expected_rows_follow_the_granularity)
{
    struct unit unit = unit_of(0, 100, 5, 3);
    unit.granularity = "P1M";
    cr_assert_eq(unit_expected_rows(&unit), 1500);
    unit.granularity = "PT15M";
    cr_assert_eq(unit_expected_rows(&unit), 144000);
}
