/*
 * Random slices of one series over a clock change, with starts that come under
 * several partitions, spellings that change and rows that vanish, compared with a model of one cell a start.
 */
#include "rig.h"

#include "core/buf.h"

#include <stdio.h>
#include <string.h>

enum { CASES = 15, PUTS = 25, STARTS = 40, PARTITIONS = 4, FIRST_START = 1761944400 /* 2025-10-31T21:00:00Z */ };

static const int32_t partitions[PARTITIONS] = {20251031, 20251101, 20251102, 20251103};
static const char *const zones[] = {"America/Toronto", "UTC", "Asia/Kolkata"};

struct cell {
    int32_t partition; /* 0: not stored */
    int64_t value;
    bool with_blank;
    bool missed;
};

struct trial {
    uint64_t seed;
    uint64_t random;
    int step;
    struct cell cells[STARTS];
};

static uint32_t below(struct trial *t, uint32_t bound)
{
    t->random ^= t->random >> 12;
    t->random ^= t->random << 25;
    t->random ^= t->random >> 27;
    return (uint32_t)((t->random * UINT64_C(2685821657736338717)) >> 33) % bound;
}

/* Every seventh start has a fraction; its text is its key, so its spelling stays the same. */
static bool is_odd(size_t at)
{
    return at % 7 == 3;
}

static bool has_zone(size_t at)
{
    return at % 5 != 1;
}

static void spell(size_t at, bool with_blank, char out[40])
{
    int64_t seconds = FIRST_START + (int64_t)at * 5400;
    char day[CIVIL_TEXT_SIZE];
    civil_day_format((civil_day)(seconds / 86400), day);
    snprintf(out, 40, "%s%c%02d:%02d:00%s%s", day, with_blank ? ' ' : 'T', (int)(seconds % 86400 / 3600),
             (int)(seconds % 3600 / 60), is_odd(at) ? ".5" : "", has_zone(at) ? "Z" : "");
}

struct slice {
    bool held[STARTS];
    int64_t values[STARTS];
    bool with_blank;
};

static void roll_slice(struct trial *t, struct slice *slice)
{
    uint32_t kind = below(t, 8);
    slice->with_blank = below(t, 3) == 0;
    for (size_t i = 0; i < STARTS; i++) {
        slice->held[i] = kind == 0 ? false : kind == 1 || below(t, 3) == 0;
        slice->values[i] = below(t, 2);
    }
}

static void model_put(struct cell *cell, int32_t partition, bool held, int64_t value, bool with_blank,
                      struct sink_changes *changes)
{
    bool is_here = cell->partition == partition;
    if (!held && !is_here)
        return;
    if (!held) {
        if (rig.keep_rows) {
            changes->kept++;
        } else if (rig.options.delete_vanished) {
            changes->vanished++;
            *cell = (struct cell){0};
        } else {
            changes->vanished += !cell->missed;
            changes->kept++;
            cell->missed = true;
        }
        return;
    }
    if (cell->partition > partition && !cell->missed) {
        changes->unchanged++;
        return;
    }
    bool same = is_here && cell->value == value && cell->with_blank == with_blank;
    *(cell->partition == 0 ? &changes->inserted : same ? &changes->unchanged : &changes->updated) += 1;
    *cell = (struct cell){partition, value, with_blank, false};
}

static void put(struct trial *t)
{
    char texts[STARTS][40];
    struct item items[STARTS];
    struct slice slice;
    struct sink_changes want = {0};
    size_t count = 0;
    int32_t partition = partitions[below(t, PARTITIONS)];
    roll_slice(t, &slice);
    bool empty = true;
    for (size_t i = 0; i < STARTS; i++)
        empty = empty && !slice.held[i];
    rig.keep_rows = empty && below(t, 2) == 0;
    for (size_t i = 0; i < STARTS; i++) {
        bool with_blank = slice.with_blank && !is_odd(i);
        model_put(&t->cells[i], partition, slice.held[i], slice.values[i], with_blank, &want);
        if (!slice.held[i])
            continue;
        spell(i, with_blank, texts[count]);
        items[count] = (struct item){texts[count], {INT(slice.values[i]), NIL}};
        count++;
    }
    struct sink_changes got = rig_put(1, partition, items, count);
    bool same = got.inserted == want.inserted && got.updated == want.updated && got.unchanged == want.unchanged &&
                got.vanished == want.vanished && got.kept == want.kept;
    cr_assert(same,
              "seed %llu, step %d: %llu/%llu inserted, %llu/%llu updated, %llu/%llu unchanged, %llu/%llu vanished",
              (unsigned long long)t->seed, t->step, (unsigned long long)got.inserted, (unsigned long long)want.inserted,
              (unsigned long long)got.updated, (unsigned long long)want.updated, (unsigned long long)got.unchanged,
              (unsigned long long)want.unchanged, (unsigned long long)got.vanished, (unsigned long long)want.vanished);
}

static void expect_rows(const struct trial *t)
{
    struct buf want = {0};
    for (size_t i = 0; i < STARTS; i++) {
        const struct cell *cell = &t->cells[i];
        if (cell->partition == 0)
            continue;
        char text[40];
        char day[CIVIL_TEXT_SIZE];
        int64_t seconds = FIRST_START + (int64_t)i * 5400;
        int64_t local = seconds + (has_zone(i) ? zone_offset_at(rig.zone, seconds) : 0);
        spell(i, cell->with_blank, text);
        buf_appendf(&want, "%s %d %lld %s %d\n", text, cell->partition, (long long)cell->value,
                    civil_day_format((civil_day)(local / 86400), day), (int)(local % 86400 / 3600));
    }
    rig_expect_lines("SELECT DATE_TIME_START || ' ' || DATE_PARTITION || ' ' || MEAN || ' ' || LOCAL_DATE || ' ' ||"
                     " LOCAL_HOUR FROM building_insights ORDER BY replace(substr(DATE_TIME_START, 1, 19), 'T', ' ')",
                     buf_text(&want));
    buf_release(&want);
}

static void expect_books(const struct trial *t)
{
    int64_t missed = 0;
    for (size_t i = 0; i < STARTS; i++)
        missed += t->cells[i].missed;
    cr_assert_eq(rig_integer("SELECT count(*) FROM building_insights_vanished"), missed, "seed %llu, step %d",
                 (unsigned long long)t->seed, t->step);
    rig_expect_lines("SELECT count(*) FROM building_insights_vanished v LEFT JOIN building_insights_rows r"
                     " USING (date_partition, series_id, start) WHERE r.start IS NULL",
                     "0\n");
    rig_expect_lines("SELECT count(*) FROM (SELECT start, date_partition FROM building_insights_rows r WHERE"
                     " date_partition <> CAST(strftime('%Y%m%d', coalesce((SELECT seconds FROM odd_starts WHERE"
                     " odd_id = -r.start), start) + local_offset * 900, 'unixepoch') AS INTEGER)"
                     " EXCEPT SELECT start, date_partition FROM building_insights_strays)",
                     "0\n");
    rig_expect_lines("SELECT count(*) FROM building_insights_strays s LEFT JOIN building_insights_rows r"
                     " USING (date_partition, series_id, start) WHERE r.start IS NULL",
                     "0\n");
}

static void run_trial(uint64_t seed)
{
    struct trial t = {.seed = seed, .random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
    rig.options.delete_vanished = seed % 2 == 0;
    rig_set_zone(zones[seed % 3]);
    rig_open();
    for (t.step = 0; t.step < PUTS; t.step++) {
        if (below(&t, 8) == 0) {
            rig_set_zone(zones[below(&t, 3)]);
            rig_open();
        }
        put(&t);
        expect_rows(&t);
        expect_books(&t);
    }
}

TestSuite(sink_property, .init = rig_begin, .fini = rig_end);

Test(sink_property, random_slices_agree_with_a_model_of_one_cell_a_start)
{
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        rig_exec("DELETE FROM building_insights_rows; DELETE FROM building_insights_days;"
                 " DELETE FROM building_insights_strays;"
                 "DELETE FROM building_insights_vanished; DELETE FROM odd_starts; DELETE FROM spellings");
        run_trial(seed);
    }
}
