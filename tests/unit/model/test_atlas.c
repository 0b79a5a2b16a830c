#include "model/atlas.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct atlas atlas;

static void teardown(void)
{
    atlas_release(&atlas);
}

TestSuite(atlas, .fini = teardown);

Test(atlas, buildings_and_sites_are_sorted_and_once)
{
    static const int64_t ids[] = {73, -1, 71, 73, INT64_MAX, INT64_MIN, 71};
    for (size_t i = 0; i < 7; i++) {
        struct atlas_building *building = atlas_building_add(&atlas, ids[i]);
        cr_assert_not_null(building);
        cr_assert_not_null(atlas_site_add(&atlas, building, (int64_t)(7 - i)));
    }
    cr_expect_eq(atlas.building_count, 5);
    static const int64_t sorted[] = {INT64_MIN, -1, 71, 73, INT64_MAX};
    const struct atlas_building *at = atlas.buildings;
    for (size_t i = 0; i < 5; i++, at = at->next)
        cr_expect_eq(at->id, sorted[i]);
    cr_expect_null(at);
    const struct atlas_site *site = atlas_building_add(&atlas, 71)->sites;
    cr_expect_eq(site->id, 1);
    cr_expect_eq(site->next->id, 5);
    cr_expect_null(site->next->next);
    cr_expect_not(atlas.is_cut);
}

Test(atlas, texts_are_sorted_once_and_told_from_their_beginnings)
{
    struct atlas_text *list = NULL;
    (void)atlas_text_add(&atlas, &list, "abc", 3);
    (void)atlas_text_add(&atlas, &list, "abcd", 2);
    (void)atlas_text_add(&atlas, &list, "abcd", 4);
    atlas_text_add(&atlas, &list, "abc", 3)->note = "n";
    (void)atlas_text_add(&atlas, &list, "", 0);
    cr_expect_str_eq(list->text, "");
    cr_expect_str_eq(list->next->text, "ab");
    cr_expect_str_eq(list->next->next->text, "abc");
    cr_expect_str_eq(list->next->next->next->text, "abcd");
    cr_expect_null(list->next->next->next->next);
    cr_expect_str_eq(atlas_text_find(list, "abc")->note, "n");
    cr_expect_null(atlas_text_find(list, "abcde"));
}

Test(atlas, sites_in_different_zones_leave_the_building_without_one)
{
    struct atlas_building *building = atlas_building_add(&atlas, 1);
    atlas_zone_add(&atlas, building, "Europe/London", 13);
    atlas_zone_add(&atlas, building, "Europe/London", 13);
    cr_expect_str_eq(building->time_zone, "Europe/London");
    atlas_zone_add(&atlas, building, "Europe/Lond", 11);
    cr_expect_null(building->time_zone);
    atlas_zone_add(&atlas, building, "Europe/London", 13);
    cr_expect_null(building->time_zone);
    cr_expect(building->zones_differ);
}

Test(atlas, more_than_the_maximum_is_said_and_not_kept)
{
    for (int i = 0; i < ATLAS_BUILDINGS_MAX; i++)
        cr_assert_not_null(atlas_building_add(&atlas, -i));
    cr_expect_not(atlas.is_cut);
    cr_expect_not_null(atlas_building_add(&atlas, 0), "a known one is still found");
    cr_expect_not(atlas.is_cut);
    cr_expect_null(atlas_building_add(&atlas, 1));
    cr_expect(atlas.is_cut);
    cr_expect_eq(atlas.building_count, ATLAS_BUILDINGS_MAX);
}

Test(atlas, entries_have_a_maximum_of_their_own)
{
    struct atlas_building *building = atlas_building_add(&atlas, 1);
    for (int64_t i = ATLAS_ENTRIES_MAX; i > 1; i--)
        cr_assert_not_null(atlas_site_add(&atlas, building, i));
    cr_expect_not(atlas.is_cut);
    cr_expect_null(atlas_site_add(&atlas, building, 0));
    cr_expect(atlas.is_cut);
}
