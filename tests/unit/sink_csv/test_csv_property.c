/* Random puts and merges against a naive map with one cell a row, for both layouts. */
#include "bench.h"
#include "core/buf.h"

#include <stdio.h>
#include <string.h>

TestSuite(csv_property, .init = bench_begin, .fini = bench_end);

enum { BUILDINGS = 2, GROUPS = 3, DAYS = 3, HOURS = 5, CASES = 12, MERGES = 10, NOTES = 6 };

static const char *const groups[GROUPS] = {"B", "a", "a,b"}; /* in the order of their bytes */
static const char *const group_texts[GROUPS] = {"B", "a", "\"a,b\""};
static const char *const notes[NOTES] = {NULL, "", "plain", "a,b", "say \"hi\"", "two\nlines\r\n"};
static const char *const note_texts[NOTES] = {
    "", "\"\"", "plain", "\"a,b\"", "\"say \"\"hi\"\"\"", "\"two\nlines\r\n\"",
};

struct cell {
    bool held;
    uint32_t note;
    uint32_t amount;
};

struct model {
    uint64_t random;
    struct cell cells[BUILDINGS][GROUPS][DAYS][HOURS];
    bool written[BUILDINGS][DAYS]; /* its partition file is there */
    size_t put_count;
    struct sink_changes changes[BUILDINGS * GROUPS * DAYS];
};

/* xorshift64*: the same numbers on every machine. */
static uint32_t below(struct model *model, uint32_t bound)
{
    model->random ^= model->random >> 12;
    model->random ^= model->random << 25;
    model->random ^= model->random >> 27;
    return (uint32_t)((model->random * 2685821657736338717u) >> 32) % bound;
}

/* One hour of a slice: what is there becomes what was fetched. */
static void apply(struct cell *cell, const struct cell *fetched, bool keep, struct sink_changes *changes)
{
    if (!fetched->held) {
        if (!cell->held)
            return;
        bool drop = bench.options.delete_vanished && !keep;
        changes->vanished += !keep;
        changes->kept += !drop;
        cell->held = !drop;
        return;
    }
    bool same = cell->held && cell->note == fetched->note && cell->amount == fetched->amount;
    changes->unchanged += same;
    changes->updated += cell->held && !same;
    changes->inserted += !cell->held;
    *cell = *fetched;
}

static void put_slice(struct model *model, size_t b, size_t g, size_t d)
{
    struct item items[HOURS];
    size_t count = 0;
    bool empty = below(model, 4) == 0;
    struct sink_changes *changes = &model->changes[model->put_count++];
    *changes = (struct sink_changes){0};
    bench.keep_rows = empty && below(model, 2) == 0;
    for (size_t h = 0; h < HOURS; h++) {
        struct cell fetched = {!empty && below(model, 3) > 0, below(model, NOTES), below(model, 3)};
        if (fetched.held) {
            const char *note = notes[fetched.note];
            items[count++] = (struct item){(int64_t)h * 3600,
                                           {note == NULL ? NIL : bench_text(note, strlen(note)), INT(fetched.amount)}};
            model->written[b][d] = true;
        }
        apply(&model->cells[b][g][d][h], &fetched, bench.keep_rows, changes);
    }
    bench_put(70 + (int64_t)b, groups[g], DAY + (civil_day)d, items, count);
}

static void append_series(const struct model *model, size_t b, size_t g, size_t d, struct buf *out)
{
    for (size_t h = 0; h < HOURS; h++) {
        const struct cell *cell = &model->cells[b][g][d][h];
        if (cell->held)
            buf_appendf(out,
                        "%zu,1,%s,PT1H,2025050%zu,2025-05-0%zuT0%zu:00:00Z,%s,%u,2025-05-0%zuT0%zu:00:00Z,2025-05-0%zu,"
                        "%zu\n",
                        70 + b, group_texts[g], d + 1, d + 1, h, note_texts[cell->note], cell->amount, d + 1, h, d + 1,
                        h);
    }
}

static void check_single(const struct model *model)
{
    struct buf want = {0};
    bool written = false;
    buf_append_text(&want, HEADER);
    for (size_t b = 0; b < BUILDINGS; b++) {
        for (size_t i = 0; i < GROUPS * DAYS; i++) {
            written = written || model->written[b][i % DAYS];
            append_series(model, b, i / DAYS, i % DAYS, &want);
        }
    }
    if (written)
        bench_expect_file(SINGLE, buf_text(&want));
    else
        cr_assert_null(bench_read(SINGLE));
    buf_release(&want);
}

static void check_partitions(const struct model *model)
{
    for (size_t i = 0; i < BUILDINGS * DAYS; i++) {
        size_t b = i / DAYS;
        size_t d = i % DAYS;
        char path[128];
        struct buf want = {0};
        snprintf(path, sizeof path, "out/rows/DATE_PARTITION=2025050%zu/BUILDING_ID=%zu/rows.csv", d + 1, 70 + b);
        buf_append_text(&want, HEADER);
        for (size_t g = 0; g < GROUPS; g++)
            append_series(model, b, g, d, &want);
        if (model->written[b][d])
            bench_expect_file(path, buf_text(&want));
        else
            cr_assert_null(bench_read(path));
        buf_release(&want);
    }
}

static void run_case(uint64_t seed)
{
    char folder[32];
    struct model model = {.random = seed * 0x9E3779B97F4A7C15u + 1};
    bench.options.layout = seed % 2 == 0 ? SINK_CSV_SINGLE : SINK_CSV_PARTITIONED;
    bench.options.delete_vanished = below(&model, 2) == 0;
    bench_open();
    for (int merge = 0; merge < MERGES; merge++) {
        model.put_count = 0;
        for (size_t i = 0; i < BUILDINGS * GROUPS * DAYS; i++) {
            size_t at = seed % 3 == 0 ? BUILDINGS * GROUPS * DAYS - 1 - i : i; /* the order of puts does not matter */
            if (below(&model, 3) == 0)
                put_slice(&model, at / (GROUPS * DAYS), at / DAYS % GROUPS, at % DAYS);
        }
        must(bench_merge());
        cr_assert_eq(bench.visited, model.put_count);
        for (size_t i = 0; i < model.put_count; i++)
            bench_expect(i, model.changes[i]);
        if (bench.options.layout == SINK_CSV_SINGLE)
            check_single(&model);
        else
            check_partitions(&model);
        cr_assert_eq(bench_entries("out/.occuport/tmp"), 0);
    }
    snprintf(folder, sizeof folder, "case-%d", (int)seed);
    cr_assert_eq(rename("out", folder), 0);
}

Test(csv_property, files_equal_a_naive_map_after_every_merge)
{
    for (uint64_t seed = 0; seed < CASES; seed++)
        run_case(seed);
}
