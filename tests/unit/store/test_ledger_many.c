/* The ledger of many series at once does what the ledger of one does, one after the other. PostgreSQL only. */
#include "small_job.h"
#include "span_model.h"

#include "core/buf.h"
#include "store/ledger_many.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Four series are booked at once, their twins of the other granularity one by one. */
enum { SERIES = 4, PUTS_MAX = 24 };

static struct small_job job;
static struct ledger *ledger;
static int64_t many[SERIES];
static int64_t single[SERIES];

static void begin(void)
{
    fixture_begin();
    cr_assert(fixture_is_postgres(), "run by with_postgres.sh");
    small_job_init(&job, "demo");
    ledger = small_job_declare(&job);
    for (size_t i = 0; i < SERIES; i++) {
        struct series_key key = {job.building.id, job.sites[i / 2], job.groups[i % 2], job.granularities[1]};
        many[i] = small_job_series(ledger, &job, i / 2, i % 2);
        must(ledger_series_id(ledger, &key, &single[i], &problem));
        cr_assert(single[i] != 0 && single[i] != many[i]);
    }
}

static void end(void)
{
    ledger_close(ledger);
    small_job_release(&job);
    fixture_end();
}

TestSuite(ledger_many, .init = begin, .fini = end);

/* How a series of `many` and its twin are told apart from each other. */
#define TWINS                                                                                                          \
    "(SELECT site_id, group_id, granularity, l.first_day, l.end_day, settled, columns_id, proofs, fetched_at,"         \
    " empty_days, proof_days FROM ledger_spans l JOIN series USING (series_id)) s"

static void expect_twins(uint64_t seed, int round)
{
    static const char differing[] =
        "SELECT count(*) FROM (SELECT site_id, group_id, first_day, end_day, settled, columns_id, proofs, fetched_at,"
        " empty_days, proof_days FROM " TWINS " GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 HAVING count(*) <> 2) d";
    cr_assert_eq(fixture_integer(differing), 0, "seed %" PRIu64 ", round %d", seed, round);
    cr_assert_gt(fixture_integer("SELECT count(*) FROM ledger_spans"), 0);
    cr_assert_eq(fixture_integer("SELECT count(*) FROM (SELECT site_id, group_id, f.day FROM ledger_failures f JOIN"
                                 " series USING (series_id) GROUP BY 1, 2, 3 HAVING count(*) <> 2) d"),
                 0, "failures, seed %" PRIu64 ", round %d", seed, round);
}

static void fail_both(size_t series, civil_day day)
{
    struct ledger_fault fault = {0, day, STATUS_SERVER, "no", "run-1", NOW};
    fault.series_id = many[series];
    must(ledger_put_failed(ledger, &fault, &problem));
    fault.series_id = single[series];
    must(ledger_put_failed(ledger, &fault, &problem));
}

static void put_all(size_t count, struct ledger_put *puts)
{
    bool changed;
    must(ledger_put_many(ledger, count, puts, false, &changed, &problem));
    cr_assert(!changed);
}

static void put_some(struct dice *dice, const struct span_model *days)
{
    static unsigned char maps[PUTS_MAX][MODEL_DAYS / 8];
    struct ledger_put puts[PUTS_MAX];
    size_t count = dice_below(dice, PUTS_MAX + 1);
    for (size_t i = 0; i < count; i++) {
        size_t series = dice_below(dice, SERIES);
        struct span span = span_model_roll(days, dice, maps[i]);
        puts[i] = (struct ledger_put){many[series], span};
        fail_both(dice_below(dice, SERIES), days->first + (civil_day)dice_below(dice, MODEL_DAYS));
    }
    for (size_t i = 0; i < count; i++) {
        size_t series = 0;
        while (many[series] != puts[i].series_id)
            series++;
        must(ledger_put_fetched(ledger, single[series], &puts[i].span, &problem));
    }
    put_all(count, puts);
}

/* Of all series at once, and of each. */
static void look_back(const struct span_model *days)
{
    static enum ledger_past at_once[SERIES][MODEL_DAYS];
    struct ledger_stretch stretches[SERIES];
    enum ledger_past past[MODEL_DAYS];
    const struct day_range all = {days->first, days->first + MODEL_DAYS};
    for (size_t i = 0; i < SERIES; i++)
        stretches[i] = (struct ledger_stretch){many[i], all, at_once[i]};
    must(ledger_look_back_many(ledger, SERIES, stretches, &problem));
    for (size_t i = 0; i < SERIES; i++) {
        must(ledger_look_back(ledger, single[i], all, past, &problem));
        cr_assert_arr_eq(at_once[i], past, sizeof past);
    }
}

Test(ledger_many, puts_do_what_one_after_the_other_does)
{
    const uint64_t seed = 20250501;
    const struct span_model days = {.first = MAY_DAY};
    struct dice dice = dice_make(seed);
    for (int round = 0; round < 40; round++) {
        must(db_begin(db, &problem));
        put_some(&dice, &days);
        must(db_commit(db, &problem));
        expect_twins(seed, round);
        look_back(&days);
    }
}

static struct ledger_put put_of(size_t series, civil_day first, civil_day end, int64_t fetched_at)
{
    const struct span span = {
        .days = {first, end}, .settled = true, .proofs = SPAN_PROOF_COUNT, .fetched_at = fetched_at};
    return (struct ledger_put){many[series], span};
}

Test(ledger_many, a_stretch_may_begin_and_end_within_a_span)
{
    struct ledger_put put = put_of(0, MAY_DAY + 2, MAY_DAY + 6, NOW);
    enum ledger_past past[2][4];
    const struct ledger_stretch stretches[] = {{many[0], {MAY_DAY, MAY_DAY + 4}, past[0]},
                                               {many[0], {MAY_DAY + 4, MAY_DAY + 8}, past[1]}};
    static const enum ledger_past want[2][4] = {{LEDGER_NEVER, LEDGER_NEVER, LEDGER_FETCHED, LEDGER_FETCHED},
                                                {LEDGER_FETCHED, LEDGER_FETCHED, LEDGER_NEVER, LEDGER_NEVER}};
    put_all(1, &put);
    must(ledger_look_back_many(ledger, 2, stretches, &problem));
    cr_assert_arr_eq(past, want, sizeof want);
    must(ledger_look_back_many(ledger, 0, stretches, &problem));
}

Test(ledger_many, days_that_must_be_new_and_are_not_leave_all_as_it_was)
{
    struct ledger_put known = put_of(1, MAY_DAY + 2, MAY_DAY + 4, NOW);
    put_all(1, &known);
    static const struct {
        civil_day first;
        civil_day end;
        bool changed;
    } rows[] = {{3, 8, true}, {0, 3, true}, {2, 4, true}, {0, 9, true}, {0, 2, false}, {4, 6, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ledger_put puts[] = {put_of(0, MAY_DAY, MAY_DAY + 1, NOW),
                                    put_of(1, MAY_DAY + rows[i].first, MAY_DAY + rows[i].end, NOW)};
        bool changed = !rows[i].changed;
        must(db_begin(db, &problem));
        must(ledger_put_many(ledger, 2, puts, true, &changed, &problem));
        cr_expect_eq(changed, rows[i].changed, "row %zu", i);
        cr_expect_eq(fixture_integer("SELECT sum(end_day - first_day) FROM ledger_spans"), changed ? 2 : 5, "row %zu",
                     i);
        db_rollback(db);
    }
}

Test(ledger_many, what_stays_as_it_is_is_not_written)
{
    struct ledger_put puts[] = {put_of(0, MAY_DAY, MAY_DAY + 5, NOW), put_of(1, MAY_DAY, MAY_DAY + 5, NOW)};
    put_all(2, puts);
    fixture_exec("CREATE TABLE before AS SELECT ctid::text AS place, series_id FROM ledger_spans");
    puts[0] = put_of(0, MAY_DAY, MAY_DAY + 5, NOW);
    puts[1] = put_of(1, MAY_DAY + 5, MAY_DAY + 6, NOW);
    put_all(2, puts);
    put_all(0, puts);
    cr_assert_eq(fixture_integer("SELECT min(l.series_id) FROM ledger_spans l JOIN before b ON b.series_id ="
                                 " l.series_id AND b.place = l.ctid::text"),
                 many[0]);
    cr_assert_eq(fixture_integer("SELECT count(*) FROM ledger_spans l JOIN before b ON b.place = l.ctid::text"), 1);
    fixture_expect_lines("SELECT end_day - first_day FROM ledger_spans ORDER BY series_id", "5\n6\n");
}

Test(ledger_many, a_span_that_differs_in_one_thing_is_written)
{
    static const unsigned char map[] = {0x02};
    struct span span = put_of(0, MAY_DAY, MAY_DAY + 5, NOW).span;
    for (int change = 0; change < 5; change++) {
        span.settled = change != 1;
        span.proofs = change < 2 ? SPAN_PROOF_COUNT : SPAN_PROOF_CALENDAR;
        span.fetched_at = NOW + (change < 3 ? 0 : 60);
        span.empty_days = change < 4 ? NULL : map;
        struct ledger_put put = {many[0], span};
        must(ledger_put_fetched(ledger, single[0], &span, &problem));
        put_all(1, &put);
        expect_twins(0, change);
    }
}

/* Another job whose columns are more, or others, declared while ours is at work. */
static int64_t fetch_as_another(size_t column_count, const char *const *columns)
{
    struct small_job other = job;
    other.coverage.job = "other";
    other.coverage.buildings = &other.building;
    other.coverage.granularities = other.granularities;
    other.job.coverage = &other.coverage;
    other.job.column_count = column_count;
    other.job.columns = columns;
    struct ledger *theirs = small_job_declare(&other);
    small_job_fetch(theirs, many[2], MAY_DAY, MAY_DAY + 1, true);
    ledger_close(theirs);
    return fixture_integer("SELECT max(columns_id) FROM column_sets");
}

static enum ledger_past past_of(size_t series)
{
    enum ledger_past past = LEDGER_NEVER;
    const struct ledger_stretch stretch = {many[series], {MAY_DAY, MAY_DAY + 1}, &past};
    must(ledger_look_back_many(ledger, 1, &stretch, &problem));
    return past;
}

Test(ledger_many, a_set_of_columns_that_another_job_brought_meanwhile)
{
    static const char *const more[] = {"MEAN", "PEAK"};
    static const char *const others[] = {"PEAK"};
    (void)fetch_as_another(2, more);
    cr_assert_eq(past_of(2), LEDGER_FETCHED, "it has all that our job wants");
    (void)fetch_as_another(1, others);
    cr_assert_eq(past_of(2), LEDGER_OTHER_COLUMNS);
    fixture_exec("UPDATE ledger_spans SET columns_id = 4711");
    cr_assert_eq(past_of(2), LEDGER_OTHER_COLUMNS, "nobody knows what it was fetched with");
}

static bool is_outdated(size_t series)
{
    struct ledger_series found;
    must(ledger_read_series(ledger, &job.building, job.granularities[0], series / 2, series % 2, &found, &problem));
    cr_assert_eq(found.span_count, 1);
    return found.spans[0].outdated;
}

Test(ledger_many, spans_with_such_a_set_are_judged_by_it)
{
    static const char *const more[] = {"MEAN", "PEAK"};
    static const char *const most[] = {"MEAN", "PEAK", "LOW"};
    static const char *const others[] = {"PEAK"};
    (void)fetch_as_another(2, more);
    cr_assert_not(is_outdated(2));
    (void)fetch_as_another(3, most);
    ledger_read_ahead(ledger, LEDGER_ONE_BUILDING);
    cr_assert_not(is_outdated(2));
    (void)fetch_as_another(1, others);
    ledger_read_ahead(ledger, LEDGER_ONE_BUILDING);
    cr_assert(is_outdated(2));
}

Test(ledger_many, sightings_are_written_read_and_taken_away)
{
    const struct ledger_sighting seen[] = {{many[0], MAY_DAY, false}, {many[1], MAY_DAY + 3, false}};
    const struct ledger_sighting over[] = {{many[0], MAY_DAY, false}};
    struct ledger_sighting *found = NULL;
    size_t count = 0;
    char series[64];
    snprintf(series, sizeof series, "{%" PRId64 ",%" PRId64 "}", many[0], many[1]);
    must(ledger_sightings_write(ledger, "run-1", 2, seen, 0, NULL, &problem));
    must(ledger_sightings_read(ledger, series, "run-2", &found, &count, &problem));
    cr_assert(count == 2 && found[0].series_id == many[0] && !found[0].is_of_run && found[1].day == MAY_DAY + 3);
    free(found);
    must(ledger_sightings_write(ledger, "run-2", 0, NULL, 1, over, &problem));
    must(ledger_sightings_read(ledger, series, "run-1", &found, &count, &problem));
    cr_assert(count == 1 && found[0].series_id == many[1] && found[0].is_of_run);
    free(found);
}
