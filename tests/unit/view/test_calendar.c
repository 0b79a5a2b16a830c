#include "view/calendar.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* A building whose series are one: the state of each day is given as a text of marks, from a first day on. */
static struct coverage_building building;
static struct coverage coverage;
static struct buf out;
static struct zone *zone;
static const char *day_marks;
static struct ledger_span spans[4096];
static struct ledger_failure failures[4096];
static const int64_t site = 1;
static const char *const group = "everyone";
static const char *const granularity = "PT1H";

static void end(void)
{
    zone_free(zone);
    buf_release(&out);
}

TestSuite(calendar, .fini = end);

static civil_day day_of(int year, int month, int day)
{
    return civil_day_from_date((struct civil_date){year, month, day});
}

static void cover(civil_day first, const char *marks)
{
    cr_assert_eq(zone_load("UTC", &zone, NULL), STATUS_OK);
    day_marks = marks;
    building = (struct coverage_building){.id = 71,
                                          .zone = zone,
                                          .days = {first, first + (civil_day)strlen(marks)},
                                          .site_count = 1,
                                          .sites = &site,
                                          .group_count = 1,
                                          .groups = &group};
    coverage = (struct coverage){
        .granularity_count = 1, .granularities = &granularity, .building_count = 1, .buildings = &building};
}

static enum status read_marks(void *context, const struct coverage_building *at, const char *of, size_t s, size_t g,
                              struct ledger_series *ret_series, struct err *err)
{
    (void)context;
    (void)of;
    (void)s;
    (void)g;
    (void)err;
    *ret_series = (struct ledger_series){.spans = spans, .failures = failures};
    for (size_t i = 0; day_marks[i] != '\0'; i++) {
        struct day_range days = {at->days.first + (civil_day)i, at->days.first + (civil_day)i + 1};
        if (day_marks[i] == '!')
            failures[ret_series->failure_count++] = (struct ledger_failure){days};
        else if (day_marks[i] != '.')
            spans[ret_series->span_count++] = (struct ledger_span){.days = days, .settled = day_marks[i] == '#'};
    }
    return STATUS_OK;
}

static const char *format(int width, bool color)
{
    struct tally tally = {0};
    const struct calendar_options options = {color, width};
    cr_assert_eq(tally_make(&coverage, read_marks, NULL, &tally, NULL), STATUS_OK);
    buf_reset(&out);
    calendar_format(&tally, &options, &out);
    tally_release(&tally);
    return buf_text(&out);
}

#define LEGEND "# settled   + open (fetched, may still change)   . missing   ! failed\n"

/* So many days, each settled. */
static char *settled_days(size_t count)
{
    static char marks[4096];
    memset(marks, '#', count);
    marks[count] = '\0';
    return marks;
}

/* The columns of the longest line but the legend. */
static size_t widest(const char *text)
{
    size_t most = 0;
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        if (size > most && strstr(text, "settled   +") != text + 2)
            most = size;
        text += size + 1;
    }
    return most;
}

Test(calendar, small_coverage_is_drawn_day_by_day)
{
    cover(day_of(2025, 4, 28), "####!+.");
    cr_assert_str_eq(format(44, false), "building 71: 5 of 7 slices, 1 failed, 1 missing\n"
                                        "  2025-04                             ### \n"
                                        "  2025-05  #!+.                           \n" LEGEND);
}

Test(calendar, months_stand_side_by_side_where_there_is_room)
{
    cover(day_of(2025, 4, 30), "##");
    cr_assert_str_eq(format(80, false), "building 71: 2 of 2 slices\n"
                                        "  2025-04                               # \n"
                                        "  2025-05  #                              \n" LEGEND);
    cr_assert_str_eq(format(130, false), "building 71: 2 of 2 slices\n"
                                         "  2025-04                               #     2025-05  #                     "
                                         "         \n" LEGEND);
}

Test(calendar, lines_are_never_wider_than_the_terminal)
{
    cover(day_of(2025, 1, 1), settled_days(365));
    for (int width = 44; width <= 200; width++) {
        size_t got = widest(format(width, false));
        cr_expect_leq(got, (size_t)width, "%zu columns on a terminal of %d", got, width);
    }
    cr_assert_eq(widest(format(44, false)), 42);
    cr_assert_eq(widest(format(86, false)), 86);
    cr_assert_eq(widest(format(130, false)), 130);
    cr_assert_eq(widest(format(1000, false)), 130);
}

Test(calendar, narrow_terminals_get_a_month_a_line)
{
    cover(day_of(2025, 1, 1), settled_days(59));
    char at_44[1024];
    snprintf(at_44, sizeof at_44, "%s", format(44, false));
    cr_assert_str_eq(format(10, false), at_44);
    cr_assert_str_eq(format(0, false), at_44);
    cr_assert_str_eq(format(-5, false), at_44);
}

Test(calendar, old_months_are_one_line_when_settled_to_the_last_slice)
{
    cover(day_of(2023, 1, 1), settled_days(365 + 366));
    const char *text = format(44, false);
    cr_assert(strncmp(text,
                      "building 71: 731 of 731 slices\n  12 earlier months are settled to the last slice\n"
                      "  2024-01  ###############################\n",
                      strlen("building 71: 731 of 731 slices\n  12 earlier months are settled to the last slice\n"
                             "  2024-01  ###############################\n")) == 0,
              "%s", text);
    cr_assert_null(strstr(text, "2023-"));
}

Test(calendar, one_old_month_is_told_in_the_singular)
{
    cover(day_of(2023, 12, 1), settled_days(31 + 366));
    cr_assert_not_null(strstr(format(44, false), "\n  1 earlier month is settled to the last slice\n"));
}

Test(calendar, gaps_in_old_months_are_shown)
{
    char *marks = settled_days(365 + 366);
    marks[31 + 27] = '.'; /* 2023-02-28 */
    cover(day_of(2023, 1, 1), marks);
    const char *text = format(86, false);
    cr_assert_not_null(strstr(text, "  2023-02  ###########################.   \n"
                                    "  11 earlier months are settled to the last slice\n"
                                    "  2024-01  ###############################    2024-02  "));
    cr_assert_null(strstr(text, "2023-01"));
    cr_assert_null(strstr(text, "2023-03"));
}

Test(calendar, building_that_is_not_due_yet_says_so)
{
    cover(day_of(2025, 5, 1), "");
    cr_assert_str_eq(format(44, false), "building 71: nothing is due yet\n" LEGEND);
}

Test(calendar, no_buildings_leave_the_legend)
{
    cover(day_of(2025, 5, 1), "#");
    coverage.building_count = 0;
    cr_assert_str_eq(format(44, false), LEGEND);
}

Test(calendar, colour_codes_stand_around_runs_of_marks_only_where_asked_for)
{
    cover(day_of(2025, 5, 1), "##+!.#");
    cr_assert_null(strchr(format(44, false), '\033'));
    cr_assert_not_null(strstr(format(44, true), "  2025-05  \033[32m##\033[36m+\033[31m!\033[33m.\033[32m#"
                                                "                         \033[0m\n"
                                                "\033[32m#\033[0m settled   \033[36m+\033[0m open"));
}

Test(calendar, colour_takes_no_columns)
{
    cover(day_of(2025, 4, 10), "##+!.###.....++++!!!!####################");
    char plain[2048];
    char stripped[2048];
    size_t used = 0;
    snprintf(plain, sizeof plain, "%s", format(90, false));
    for (const char *at = format(90, true); *at != '\0'; at++) {
        if (*at == '\033')
            at += strcspn(at, "m");
        else
            stripped[used++] = *at;
    }
    stripped[used] = '\0';
    cr_assert_str_eq(stripped, plain);
}

Test(calendar, names_cannot_drive_the_terminal)
{
    cover(day_of(2025, 5, 1), "#");
    building.name = "Tower\033[2J\n\x7F caf\xC3\xA9 \xFF";
    cr_assert_eq(strncmp(format(44, false), "building 71 Tower?[2J?? caf\xC3\xA9 ?: 1 of 1 slices\n",
                         strlen("building 71 Tower?[2J?? caf\xC3\xA9 ?: 1 of 1 slices\n")),
                 0, "%s", buf_text(&out));
    static char name[1000];
    memset(name, 'n', sizeof name - 1);
    building.name = name;
    cr_assert_lt(strcspn(format(44, false), "\n"), 320);
}
