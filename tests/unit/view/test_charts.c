#include "view/charts.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t count_of(const struct buf *text, const char *word)
{
    size_t count = 0;
    for (const char *at = buf_text(text); (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

Test(charts, an_axis_ends_at_a_round_number_that_holds_the_greatest)
{
    static const double cases[][2] = {{0, 1},       {0.3, 1},     {1, 1},   {1.1, 2},    {2, 2},     {2.1, 2.5},
                                      {2.6, 5},     {7, 10},      {10, 10}, {11, 20},    {240, 250}, {999, 1000},
                                      {1000, 1000}, {1001, 2000}, {-5, 1},  {4.2e9, 5e9}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_assert_float_eq(chart_axis_top(cases[i][0]), cases[i][1], 1e-6, "%g gives %g", cases[i][0],
                           chart_axis_top(cases[i][0]));
}

static struct coverage_building covered(civil_day first, civil_day end)
{
    return (struct coverage_building){.id = 71, .days = {first, end}};
}

Test(charts, a_picture_is_named_by_what_it_shows_and_names_are_text)
{
    struct coverage_building of = {.id = 71, .name = "A\"><b>", .days = {0, 7}};
    struct occupancy_site site = {.id = 5, .name = "S1 & S2"};
    struct buf out = {0};
    chart_week(&of, &site, &out);
    const char *name = "<div role=\"img\" aria-label=\"Building 71 A&quot;&gt;&lt;b&gt;, site 5 S1 &amp; S2: ";
    cr_assert_eq(strncmp(buf_text(&out), name, strlen(name)), 0, "%s", buf_text(&out));
    buf_release(&out);
}

Test(charts, every_hour_of_a_week_is_drawn_once)
{
    struct coverage_building of = covered(0, 7);
    struct occupancy_site site = {.id = 5};
    struct buf out = {0};
    for (int i = 0; i < OCCUPANCY_HOURS; i++)
        site.hours[i] = (struct occupancy_mean){.sum = i, .count = i % 24 == 3 ? 0 : 2};
    chart_week(&of, &site, &out);
    int cells = 0;
    for (const char *at = buf_text(&out); (at = strchr(at, 'M')) != NULL; at++) {
        int x;
        int y;
        int width;
        /* NOLINTNEXTLINE(cert-err34-c) */
        if (sscanf(at, "M%d %dh%d", &x, &y, &width) == 3)
            cells += (width + 1) / 13;
    }
    cr_assert_eq(cells, OCCUPANCY_HOURS);
    cr_assert_not_null(strstr(buf_text(&out), "Busiest on Sun at 23:00 with 83.5."));
    cr_assert_not_null(strstr(buf_text(&out), "class=\"h7\""), "hours without a value have a mark of their own");
    buf_release(&out);
}

Test(charts, a_week_without_values_says_so)
{
    struct coverage_building of = covered(0, 7);
    struct occupancy_site site = {.id = 5};
    struct buf out = {0};
    chart_week(&of, &site, &out);
    cr_assert_not_null(strstr(buf_text(&out), "No values."));
    cr_assert_null(strstr(buf_text(&out), "nan"));
    buf_release(&out);
}

Test(charts, a_day_without_a_value_is_a_gap_and_no_zero)
{
    civil_day first = civil_day_from_date((struct civil_date){2025, 5, 5});
    struct coverage_building of = covered(first, first + 4);
    struct occupancy_day days[4] = {{.mean = {10, 2}, .has_peak = true, .peak = 8},
                                    {.mean = {0, 0}},
                                    {.mean = {0, 3}, .has_peak = true, .peak = 0},
                                    {.mean = {6, 1}, .has_peak = true, .peak = 7}};
    struct occupancy_building building = {.building = &of, .days = of.days, .daily = days};
    struct buf out = {0};
    chart_daily(&building, &out);
    cr_assert_not_null(strstr(buf_text(&out), "<path class=\"nothing\" d=\"M216.0 16H382.0V146H216.0z\"/>"));
    const char *mean = strstr(buf_text(&out), "class=\"mean\"");
    cr_assert_not_null(mean);
    cr_assert_eq(strcspn(mean, ">"), strlen("class=\"mean\" d=\"M50.0 81.0H216.0M382.0 146.0H548.0V68.0H714.0\"/"));
    cr_assert_not_null(strstr(buf_text(&out), "The greatest peak is 8.0 on 2025-05-05."));
    buf_release(&out);
}

Test(charts, each_day_of_a_calendar_has_one_mark_and_settled_months_of_long_ago_are_left_out)
{
    civil_day first = civil_day_from_date((struct civil_date){2025, 1, 30});
    struct coverage_building of = covered(first, first + 40); /* to 2025-03-10 */
    struct tally_day days[40];
    for (size_t i = 0; i < 40; i++)
        days[i] = (struct tally_day){.settled = 2};
    days[39] = (struct tally_day){.open = 2};
    days[38] = (struct tally_day){.settled = 1, .failed = 1};
    days[37] = (struct tally_day){.settled = 1, .missing = 1};
    struct tally_building tally = {.building = &of, .days = days};
    struct buf out = {0};
    cr_assert_eq(chart_calendar(&tally, 2, &out), 1);
    cr_assert_null(strstr(buf_text(&out), ">2025-01<"));
    cr_assert_not_null(strstr(buf_text(&out), "Days settled: 35, open: 1, missing: 1, failed: 1."));
    cr_assert_eq(count_of(&out, "class=\"cross\""), 1);
    buf_reset(&out);
    days[0].missing = 1;
    cr_assert_eq(chart_calendar(&tally, 2, &out), 0, "a month with a gap is always shown");
    cr_assert_not_null(strstr(buf_text(&out), ">2025-01<"));
    buf_release(&out);
}

Test(charts, bars_keep_apart_what_they_are_made_of)
{
    struct chart_bars *bars = calloc(1, sizeof *bars);
    struct buf out = {0};
    bars->title = "a < b";
    bars->description = "c";
    bars->unit = "";
    bars->count = 2;
    bars->parts = 2;
    bars->values[0][0] = 6;
    bars->values[0][1] = 4;
    bars->marked[1] = true;
    chart_bars(bars, &out);
    cr_assert_not_null(strstr(buf_text(&out), "a &lt; b"));
    cr_assert_not_null(strstr(buf_text(&out), "<path class=\"b0\" d=\"M50.0 106.0v-55.2h25.0v55.2z\"/>"));
    cr_assert_not_null(strstr(buf_text(&out), "<path class=\"b1\" d=\"M50.0 50.8v-36.8h25.0v36.8z\"/>"));
    cr_assert_not_null(strstr(buf_text(&out), "<path class=\"mark\" d=\"M86.0 97.0l6 6m0-6l-6 6\"/>"));
    free(bars);
    buf_release(&out);
}
