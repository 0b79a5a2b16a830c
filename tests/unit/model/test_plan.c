/* What is due and why, on small ledgers written by hand. Cutting has its own file. */
#include "model/plan.h"

#include <criterion/criterion.h>
#include <string.h>

enum { FIRST = 20000, END = 20010 };

static const int64_t sites[] = {1, 2};
static const char *const groups[] = {"a", "b"};
static const char *const hourly[] = {"PT1H"};
static const struct coverage_building one_building = {
    .id = 71, .days = {FIRST, END}, .site_count = 2, .sites = sites, .group_count = 2, .groups = groups};
static const struct coverage one = {
    .granularity_count = 1, .granularities = hourly, .building_count = 1, .buildings = &one_building};

/* One ledger for the series (site 0, group 0), another for all others. */
struct fake {
    struct ledger_series first;
    struct ledger_series others;
    size_t calls;
};

static enum status read_fake(void *context, const struct coverage_building *building, const char *granularity,
                             size_t site, size_t group, struct ledger_series *ret_series, struct err *err)
{
    (void)building;
    (void)granularity;
    (void)err;
    struct fake *fake = context;
    fake->calls++;
    *ret_series = site == 0 && group == 0 ? fake->first : fake->others;
    return STATUS_OK;
}

#define SETTLED(first_day, end_day)                                                                                    \
    {                                                                                                                  \
        .days = {first_day, end_day}, .settled = true                                                                  \
    }
#define SETTLED_OUTDATED(first_day, end_day)                                                                           \
    {                                                                                                                  \
        .days = {first_day, end_day}, .settled = true, .outdated = true                                                \
    }
#define OPEN(first_day, end_day)                                                                                       \
    {                                                                                                                  \
        .days = { first_day, end_day }                                                                                 \
    }
#define OPEN_OUTDATED(first_day, end_day)                                                                              \
    {                                                                                                                  \
        .days = {first_day, end_day}, .outdated = true                                                                 \
    }

static const struct ledger_span settled_all[] = {SETTLED(FIRST, END)};
static const struct ledger_span usual[] = {SETTLED(FIRST, END - 2), OPEN(END - 2, END)};

#define SPANS(array)    .span_count = sizeof(array) / sizeof(array)[0], .spans = (array)
#define FAILURES(array) .failure_count = sizeof(array) / sizeof(array)[0], .failures = (array)

static struct plan make(struct fake *fake, const struct plan_options *options)
{
    struct plan plan = {0};
    struct err err = {0};
    cr_assert_eq(plan_make(&one, options, read_fake, fake, &plan, &err), STATUS_OK, "%s", err.message);
    uint64_t slices = 0;
    for (size_t i = 0; i < plan.unit_count; i++)
        slices += unit_slice_count(&plan.units[i]);
    cr_assert_eq(slices, plan.counts.due);
    return plan;
}

static struct plan_counts counts_of(struct fake *fake, enum plan_reprocess reprocess)
{
    struct plan plan = make(fake, &(struct plan_options){.filter.reprocess = reprocess, .unit_rows = 10000});
    struct plan_counts counts = plan.counts;
    plan_release(&plan);
    return counts;
}

static void assert_counts(struct plan_counts got, struct plan_counts want)
{
    cr_assert_eq(got.due, want.due, "due is %llu", (unsigned long long)got.due);
    cr_assert_eq(got.missing, want.missing, "missing is %llu", (unsigned long long)got.missing);
    cr_assert_eq(got.failed, want.failed, "failed is %llu", (unsigned long long)got.failed);
    cr_assert_eq(got.open, want.open, "open is %llu", (unsigned long long)got.open);
    cr_assert_eq(got.forced, want.forced, "forced is %llu", (unsigned long long)got.forced);
}

static void assert_unit(const struct unit *unit, struct day_range days, size_t site_count, size_t group_count)
{
    cr_assert(unit->days.first == days.first && unit->days.end == days.end, "days are %d to %d", unit->days.first,
              unit->days.end);
    cr_assert_eq(unit->site_count, site_count, "%zu sites", unit->site_count);
    cr_assert_eq(unit->group_count, group_count, "%zu groups", unit->group_count);
}

Test(plan, empty_ledger_makes_everything_missing_in_one_unit)
{
    struct fake fake = {0};
    struct plan plan = make(&fake, &(struct plan_options){.unit_rows = 10000});
    assert_counts(plan.counts, (struct plan_counts){.due = 40, .missing = 40});
    cr_assert_eq(plan.unit_count, 1);
    assert_unit(&plan.units[0], one_building.days, 2, 2);
    cr_assert_eq(plan.units[0].building, &one_building);
    cr_assert_str_eq(plan.units[0].granularity, "PT1H");
    cr_assert_eq(fake.calls, 4);
    plan_release(&plan);
}

Test(plan, settled_ledger_gives_an_empty_plan)
{
    struct fake fake = {.first = {SPANS(settled_all)}, .others = {SPANS(settled_all)}};
    struct plan plan = make(&fake, &(struct plan_options){.unit_rows = 10000});
    cr_assert_eq(plan.unit_count, 0);
    assert_counts(plan.counts, (struct plan_counts){0});
    plan_release(&plan);
}

Test(plan, open_days_are_due_together)
{
    struct fake fake = {.first = {SPANS(usual)}, .others = {SPANS(usual)}};
    struct plan plan = make(&fake, &(struct plan_options){.unit_rows = 10000});
    assert_counts(plan.counts, (struct plan_counts){.due = 8, .open = 8});
    cr_assert_eq(plan.unit_count, 1);
    assert_unit(&plan.units[0], (struct day_range){END - 2, END}, 2, 2);
    plan_release(&plan);
}

Test(plan, failed_slice_in_the_middle_is_fetched_alone)
{
    static const struct ledger_failure failure[] = {{{FIRST + 4, FIRST + 5}}};
    struct fake fake = {.first = {SPANS(usual), FAILURES(failure)}, .others = {SPANS(usual)}};
    struct plan plan = make(&fake, &(struct plan_options){.unit_rows = 10000});
    assert_counts(plan.counts, (struct plan_counts){.due = 9, .open = 8, .failed = 1});
    cr_assert_eq(plan.unit_count, 2);
    assert_unit(&plan.units[0], (struct day_range){FIRST + 4, FIRST + 5}, 1, 1);
    assert_unit(&plan.units[1], (struct day_range){END - 2, END}, 2, 2);
    plan_release(&plan);
}

Test(plan, new_series_is_fetched_alone_and_shares_the_open_days)
{
    struct fake fake = {.others = {SPANS(usual)}};
    struct plan plan = make(&fake, &(struct plan_options){.unit_rows = 10000});
    assert_counts(plan.counts, (struct plan_counts){.due = 16, .missing = 10, .open = 6});
    cr_assert_eq(plan.unit_count, 2);
    assert_unit(&plan.units[0], (struct day_range){FIRST, END - 2}, 1, 1);
    assert_unit(&plan.units[1], (struct day_range){END - 2, END}, 2, 2);
    plan_release(&plan);
}

Test(plan, coverage_that_moved_on_makes_the_new_days_due)
{
    static const struct ledger_span shorter[] = {SETTLED(FIRST - 90, END - 3)};
    struct fake fake = {.first = {SPANS(shorter)}, .others = {SPANS(shorter)}};
    struct plan plan = make(&fake, &(struct plan_options){.unit_rows = 10000});
    assert_counts(plan.counts, (struct plan_counts){.due = 12, .missing = 12});
    cr_assert_eq(plan.unit_count, 1);
    assert_unit(&plan.units[0], (struct day_range){END - 3, END}, 2, 2);
    plan_release(&plan);
}

Test(plan, ledger_outside_the_coverage_is_ignored)
{
    static const struct ledger_span around[] = {OPEN(FIRST - 50, FIRST - 10), SETTLED(FIRST - 10, END + 5),
                                                OPEN(END + 5, END + 50)};
    static const struct ledger_failure failures[] = {{{FIRST - 9, FIRST}}, {{END, END + 7}}};
    struct fake fake = {.first = {SPANS(around), FAILURES(failures)}, .others = {SPANS(settled_all)}};
    assert_counts(counts_of(&fake, PLAN_CONVERGE), (struct plan_counts){0});
    assert_counts(counts_of(&fake, PLAN_FAILED), (struct plan_counts){0});
    assert_counts(counts_of(&fake, PLAN_ALL), (struct plan_counts){.due = 40, .forced = 40});
}

/* First series: 2 settled, 2 settled and failed, 2 missing, 1 missing and failed, 1 open, 1 open and outdated,
 * 1 settled and outdated. */
static const struct ledger_span mixed[] = {SETTLED(FIRST, FIRST + 4), OPEN(FIRST + 7, FIRST + 8),
                                           OPEN_OUTDATED(FIRST + 8, FIRST + 9),
                                           SETTLED_OUTDATED(FIRST + 9, FIRST + 10)};
static const struct ledger_failure mixed_failures[] = {{{FIRST + 2, FIRST + 4}}, {{FIRST + 6, FIRST + 7}}};

Test(plan, every_reprocess_counts_by_its_own_rules)
{
    struct fake fake = {.first = {SPANS(mixed), FAILURES(mixed_failures)}, .others = {SPANS(settled_all)}};
    assert_counts(counts_of(&fake, PLAN_CONVERGE),
                  (struct plan_counts){.due = 8, .missing = 2, .failed = 3, .open = 2, .forced = 1});
    assert_counts(counts_of(&fake, PLAN_MISSING), (struct plan_counts){.due = 2, .missing = 2});
    assert_counts(counts_of(&fake, PLAN_FAILED), (struct plan_counts){.due = 3, .failed = 3});
    assert_counts(counts_of(&fake, PLAN_ALL),
                  (struct plan_counts){.due = 40, .missing = 2, .failed = 3, .open = 2, .forced = 33});
}

Test(plan, failure_over_an_outdated_settled_span_counts_as_failed)
{
    static const struct ledger_span outdated[] = {SETTLED_OUTDATED(FIRST, END)};
    static const struct ledger_failure all[] = {{{FIRST, END}}};
    struct fake fake = {.first = {SPANS(outdated), FAILURES(all)}, .others = {SPANS(outdated)}};
    assert_counts(counts_of(&fake, PLAN_CONVERGE), (struct plan_counts){.due = 40, .failed = 10, .forced = 30});
    assert_counts(counts_of(&fake, PLAN_FAILED), (struct plan_counts){.due = 10, .failed = 10});
}

Test(plan, reasons_do_not_cut_a_stretch)
{
    struct fake fake = {.first = {SPANS(mixed), FAILURES(mixed_failures)}, .others = {SPANS(settled_all)}};
    struct plan plan = make(&fake, &(struct plan_options){.unit_rows = 10000});
    cr_assert_eq(plan.unit_count, 1);
    assert_unit(&plan.units[0], (struct day_range){FIRST + 2, END}, 1, 1);
    plan_release(&plan);
}

Test(plan, filters_narrow_days_sites_and_groups)
{
    static const int64_t site[] = {2};
    static const char *const group[] = {"b"};
    struct fake fake = {0};
    struct plan plan = make(&fake, &(struct plan_options){.filter = {.limit_days = true,
                                                                     .days = {FIRST + 8, END + 100},
                                                                     .site_count = 1,
                                                                     .sites = site,
                                                                     .group_count = 1,
                                                                     .groups = group},
                                                          .unit_rows = 10000});
    assert_counts(plan.counts, (struct plan_counts){.due = 2, .missing = 2});
    cr_assert_eq(fake.calls, 1, "only the wanted series is read");
    cr_assert_eq(plan.unit_count, 1);
    assert_unit(&plan.units[0], (struct day_range){FIRST + 8, END}, 1, 1);
    cr_assert_eq(plan.units[0].sites[0], 2);
    cr_assert_str_eq(plan.units[0].groups[0], "b");
    plan_release(&plan);
}

Test(plan, filter_that_matches_nothing_gives_an_empty_plan)
{
    static const int64_t stranger[] = {12345};
    const struct plan_options options[] = {
        {.filter = {.limit_days = true, .days = {END, END + 5}}, .unit_rows = 1},
        {.filter = {.limit_days = true, .days = {0, FIRST}}, .unit_rows = 1},
        {.filter = {.limit_days = true, .days = {FIRST + 3, FIRST + 3}}, .unit_rows = 1},
        {.filter = {.building_count = 1, .buildings = stranger}, .unit_rows = 1},
        {.filter = {.site_count = 1, .sites = stranger}, .unit_rows = 1},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        struct fake fake = {0};
        struct plan plan = make(&fake, &options[i]);
        cr_assert_eq(plan.unit_count, 0, "case %zu", i);
        plan_release(&plan);
    }
}

static enum status read_fails(void *context, const struct coverage_building *building, const char *granularity,
                              size_t site, size_t group, struct ledger_series *ret_series, struct err *err)
{
    (void)context;
    (void)building;
    (void)granularity;
    (void)ret_series;
    return site == 1 && group == 0 ? err_set(err, STATUS_IO, "the ledger is gone") : STATUS_OK;
}

Test(plan, failure_to_read_the_ledger_is_handed_on)
{
    struct plan plan = {.unit_count = 77};
    struct err err = {0};
    const struct plan_options options = {.unit_rows = 10000};
    cr_assert_eq(plan_make(&one, &options, read_fails, NULL, &plan, &err), STATUS_IO);
    cr_assert_str_eq(err.message, "the ledger is gone");
    cr_assert_eq(plan.unit_count, 77, "the output is untouched");
}

Test(plan, releasing_an_empty_plan_twice_is_fine)
{
    struct plan plan = {0};
    plan_release(&plan);
    plan_release(&plan);
}

Test(plan, coverage_without_days_or_buildings_gives_an_empty_plan)
{
    const struct coverage_building building = {
        .days = {FIRST, FIRST}, .site_count = 2, .sites = sites, .group_count = 2, .groups = groups};
    struct coverage coverage = one;
    coverage.buildings = &building;
    struct fake fake = {0};
    struct plan plan = {0};
    const struct plan_options options = {.filter.reprocess = PLAN_ALL, .unit_rows = 10000};
    cr_assert_eq(plan_make(&coverage, &options, read_fake, &fake, &plan, NULL), STATUS_OK);
    cr_assert_eq(plan.unit_count, 0);
    plan_release(&plan);
    coverage.building_count = 0;
    cr_assert_eq(plan_make(&coverage, &options, read_fake, &fake, &plan, NULL), STATUS_OK);
    cr_assert_eq(plan.unit_count, 0);
    plan_release(&plan);
}
