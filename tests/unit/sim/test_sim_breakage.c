#include "breakage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { REQUESTS = 10000 };

static struct breakage parse(uint64_t seed, const char *text)
{
    struct breakage breakage;
    struct err err = {0};
    cr_assert_eq(breakage_init(&breakage, seed, "break", text, &err), STATUS_OK, "%s", err.message);
    return breakage;
}

static void check_refused(const char *text, const char *part)
{
    struct breakage breakage;
    struct err err = {0};
    cr_assert_eq(breakage_init(&breakage, 1, "break", text, &err), STATUS_USAGE, "%s", text);
    cr_assert_not_null(strstr(err.message, part), "%s: %s", text, err.message);
}

Test(sim_breakage, numbers_are_hit_and_nothing_else)
{
    static const int wanted[] = {BREAK_NONE, BREAK_STALL, BREAK_NONE, BREAK_503, BREAK_503, BREAK_503, BREAK_NONE};
    struct breakage breakage = parse(1, "503@4-6,stall@2");
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_assert_eq(breakage_next(&breakage), wanted[i], "request %zu", i + 1);
}

Test(sim_breakage, without_a_list_nothing_breaks)
{
    struct breakage breakage = parse(1, NULL);
    for (int i = 0; i < REQUESTS; i++)
        cr_assert_eq(breakage_next(&breakage), BREAK_NONE);
}

Test(sim_breakage, chance_hits_its_share_and_leaves_numbers_alone)
{
    struct breakage breakage = parse(1, "reset:10,drip:5,drop@1-100");
    int hits[BREAK_COUNT] = {0};
    for (int i = 0; i < REQUESTS; i++) {
        int kind = breakage_next(&breakage);
        if (kind != BREAK_NONE)
            hits[kind]++;
    }
    cr_assert_eq(hits[BREAK_DROP], 100);
    cr_assert(hits[BREAK_RESET] > 900 && hits[BREAK_RESET] < 1100, "%d", hits[BREAK_RESET]);
    cr_assert(hits[BREAK_DRIP] > 420 && hits[BREAK_DRIP] < 580, "%d", hits[BREAK_DRIP]);
}

Test(sim_breakage, chance_is_a_function_of_the_seed)
{
    struct breakage first = parse(7, "reset:30");
    struct breakage same = parse(7, "reset:30");
    struct breakage other = parse(8, "reset:30");
    int differences = 0;
    for (int i = 0; i < REQUESTS; i++) {
        int kind = breakage_next(&first);
        cr_assert_eq(breakage_next(&same), kind);
        differences += breakage_next(&other) != kind;
    }
    cr_assert_gt(differences, REQUESTS / 10);
}

Test(sim_breakage, every_kind_has_a_name_that_is_read_and_told)
{
    for (int kind = 0; kind < BREAK_COUNT; kind++) {
        char text[64];
        snprintf(text, sizeof text, "%s@1", break_name((enum break_kind)kind));
        struct breakage breakage = parse(1, text);
        cr_assert_eq(breakage_next(&breakage), kind, "%s", text);
        cr_assert_not_null(strstr(BREAK_KINDS, break_name((enum break_kind)kind)), "the help lacks %s", text);
    }
}

Test(sim_breakage, what_is_wrong_with_a_list_is_told)
{
    check_refused("rest@1", "there is no 'rest'");
    check_refused("rest:1", "there is no 'rest'");
    check_refused("reset@0", "'reset@0' is not KIND@N");
    check_refused("reset@3-2", "'reset@3-2' is not KIND@N");
    check_refused("reset@", "'reset@' is not KIND@N");
    check_refused("reset@1-", "'reset@1-' is not KIND@N");
    check_refused("reset", "KIND:PERCENT");
    check_refused("reset:60,drop:41", "100 percent");
    check_refused("", "there is no ''");
}
