#include "view/buildings_block.h"

#include <criterion/criterion.h>
#include <string.h>

static struct atlas atlas;
static struct buf out;

static void teardown(void)
{
    atlas_release(&atlas);
    buf_release(&out);
}

TestSuite(buildings_block, .fini = teardown);

static struct atlas_building *add(int64_t id, const char *group)
{
    struct atlas_building *building = atlas_building_add(&atlas, id);
    cr_assert_not_null(atlas_site_add(&atlas, building, id * 10));
    cr_assert_not_null(atlas_text_add(&atlas, &building->groups, group, strlen(group)));
    return building;
}

static void expect(size_t count, const char *text)
{
    cr_expect_eq(buildings_block_format(&atlas, &out), count);
    cr_expect_str_eq(buf_text(&out), text);
}

Test(buildings_block, a_building_has_name_zone_sites_and_groups_with_notes)
{
    struct atlas_building *building = add(71, "g");
    building->name = "Head office";
    building->time_zone = "UTC";
    building->has_rows = true;
    building->seen_on = 20209;
    building->sites->note = "code N1";
    atlas_text_add(&atlas, &atlas.group_names, "g", 1)->note = "Everyone";
    expect(1, "buildings:\n"
              "  - id: 71\n"
              "    name: \"Head office\"\n"
              "    time_zone: \"UTC\"\n"
              "    sites:\n"
              "      - 710  # code N1\n"
              "    groups:  # seen in the rows of 2025-05-01\n"
              "      - \"g\"  # Everyone\n");
}

Test(buildings_block, buildings_that_a_job_cannot_hold_are_comments)
{
    atlas_building_add(&atlas, 1)->name = "Empty\nbuildings: []";
    cr_assert_not_null(atlas_site_add(&atlas, atlas_building_add(&atlas, 2), 20));
    add(3, "");
    expect(0, "  # building 1, Empty?buildings: []: no site is known\n"
              "  # building 2: no group is known, and no rows were seen\n"
              "  # building 3: no group is known, and no rows were seen\n");
}

Test(buildings_block, texts_of_the_server_stay_texts)
{
    struct atlas_building *building = add(1, "a\"b\\c$d#\xC3\x89");
    building->name = "n\"$\n#e\x7F\xC2\x85\xE2\x80\xA8\xEF\xBB\xBF\xC3\x89";
    building->sites->note = "x\xE2\x80\xA9y\xC2\x85z\rw\xC3\x89";
    expect(1, "buildings:\n"
              "  - id: 1\n"
              "    name: \"n\\\"$$?#e????\xC3\x89\"\n"
              "    sites:\n"
              "      - 10  # x?y?z?w\xC3\x89\n"
              "    groups:\n"
              "      - \"a\\\"b\\\\c$$d#\xC3\x89\"\n");
}

Test(buildings_block, a_zone_that_is_not_known_or_not_one_is_a_comment)
{
    add(1, "g")->time_zone = "Mars/Olympus";
    add(2, "g")->zones_differ = true;
    cr_expect_eq(buildings_block_format(&atlas, &out), 2);
    cr_expect_not_null(strstr(buf_text(&out), "    # not known to this system: Mars/Olympus\n"));
    cr_expect_not_null(strstr(buf_text(&out), "    # its sites are in different time zones\n"));
    cr_expect_null(strstr(buf_text(&out), "time_zone:"));
}

Test(buildings_block, texts_longer_than_a_job_takes_are_left_out)
{
    char text[258];
    memset(text, 'x', sizeof text);
    text[257] = '\0';
    struct atlas_building *building = add(1, text);
    building->name = text;
    cr_assert_not_null(atlas_text_add(&atlas, &building->groups, "g", 1));
    expect(1, "buildings:\n  - id: 1\n    sites:\n      - 10\n    groups:\n      - \"g\"\n");
}

Test(buildings_block, an_atlas_that_is_cut_says_so)
{
    add(1, "g");
    atlas.is_cut = true;
    cr_expect_eq(buildings_block_format(&atlas, &out), 1);
    cr_expect_not_null(strstr(buf_text(&out), "# There is more than can be shown here.\n"));
}

Test(buildings_block, a_group_that_a_job_cannot_name_is_left_out)
{
    add(1, "a\nb");
    add(2, "a\xE2\x80\xA8");
    expect(0, "  # building 1: no group is known, and no rows were seen\n"
              "  # building 2: no group is known, and no rows were seen\n");
}
