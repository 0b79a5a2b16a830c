/* Each file operation, and each allocation, fails once: every file is whole, old or new, and the next merge heals. */
#include "bench.h"

#include "support/trip.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(csv_failures, .init = bench_begin, .fini = bench_end, .timeout = 60);

static int version; /* of the values that are put */

static enum status visit(void *context, const struct sink_slice *slice, const struct sink_changes *changes,
                         struct err *err)
{
    (void)context, (void)slice, (void)changes, (void)err;
    return STATUS_OK;
}

/* Building 71 on two days, the first with a row more in the old version and a text that needs quotes. */
static enum status put(struct sink_csv *sink, civil_day day, size_t count, struct err *err)
{
    static const char *const starts[] = {"2025-05-01T08:00:00Z", "2025-05-01T09:00:00Z", "2025-05-01T10:00:00Z"};
    struct value values[3][3] = {0};
    struct row rows[3] = {0};
    for (size_t i = 0; i < count; i++) {
        values[i][0] = i == 0 ? TEXT("say \"no\",\n") : REAL(0.25);
        values[i][1] = INT(version);
        values[i][2] = TEXT("desk");
        rows[i] = (struct row){
            .start_text = starts[i], .start_size = strlen(starts[i]), .values = values[i], .keys = &values[i][2]};
        cr_assert(moment_parse(starts[i], strlen(starts[i]), &rows[i].start));
    }
    struct sink_slice slice = {
        .series_id = 7, .key = {71, 1, "g", "PT1H"}, .zone = bench.zone, .day = day, .rows = rows, .row_count = count};
    return sink_csv_put(sink, &slice, err);
}

static enum status store(void *context, struct err *err)
{
    struct sink_csv *sink = NULL;
    (void)context;
    enum status status = sink_csv_open(&bench.options, &sink, err);
    if (status == STATUS_OK)
        status = put(sink, DAY, version == 1 ? 3 : 2, err);
    if (status == STATUS_OK)
        status = put(sink, DAY + 1, version == 1 ? 0 : 1, err);
    if (status == STATUS_OK)
        status = sink_csv_merge(sink, visit, NULL, err);
    sink_csv_close(sink);
    return status;
}

/* The files of one version, put without a disturbance into a folder of their own. */
static void store_undisturbed(const char *directory, int which)
{
    bench.options.directory = directory;
    version = which;
    must(store(NULL, &problem));
}

/* One file of two folders is the same; or it is in neither. */
static bool same_file(const char *one, const char *other, const char *path)
{
    char full[256];
    snprintf(full, sizeof full, "%s/%s", other, path);
    const char *text = bench_read(full);
    char *kept = text != NULL ? strdup(text) : NULL;
    snprintf(full, sizeof full, "%s/%s", one, path);
    text = bench_read(full);
    bool same = (text == NULL) == (kept == NULL) && (text == NULL || strcmp(text, kept) == 0);
    free(kept);
    return same;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info, (void)kind, (void)at;
    return remove(path);
}

static const char *paths[2];

static bool is_version(const char *directory)
{
    for (size_t i = 0; i < 2 && paths[i] != NULL; i++) {
        if (!same_file("out", directory, paths[i]))
            return false;
    }
    return true;
}

/* From one version to the next: one call fails, then none. False when there are fewer calls than that. */
static bool fail_and_heal(enum trip_kind kind, int nth, const char *old, const char *new, int which)
{
    nftw("out", remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    if (which == 2)
        store_undisturbed("out", 1);
    bench.options.directory = "out";
    version = which;
    trip_arm(kind, nth);
    enum status status = store(NULL, &problem);
    if (!trip_disarm()) {
        must(status);
        cr_assert(is_version(new));
        return false;
    }
    bool is_told = kind == TRIP_MEMORY ? status == STATUS_NOMEM : status == STATUS_IO || status == STATUS_CANTCREATE;
    cr_assert(is_told || (status == STATUS_OK && trip_was_optional()), "version %d, call %d: %s", which, nth,
              status == STATUS_OK ? "all is well" : problem.message);
    for (size_t i = 0; i < 2 && paths[i] != NULL; i++)
        cr_assert(same_file("out", old, paths[i]) || same_file("out", new, paths[i]),
                  "version %d, call %d: %s is neither old nor new", which, nth, paths[i]);
    store_undisturbed("out", which);
    cr_assert(is_version(new), "version %d, call %d: the next merge does not heal", which, nth);
    cr_assert_eq(bench_entries("out/.occuport/tmp"), 0);
    return true;
}

static void sweep_from_nothing(enum trip_kind kind)
{
    store_undisturbed("one", 1);
    store_undisturbed("two", 1);
    store_undisturbed("two", 2);
    int nth = 1;
    while (fail_and_heal(kind, nth, "none", "one", 1))
        nth++;
    cr_expect_gt(nth, 5, "little was tried");
    nth = 1;
    while (fail_and_heal(kind, nth, "one", "two", 2))
        nth++;
    cr_expect_gt(nth, 5, "little was tried");
}

Test(csv_failures, a_file_a_day_and_building__the_disk_fails)
{
    paths[0] = "rows/DATE_PARTITION=20250501/BUILDING_ID=71/rows.csv";
    paths[1] = "rows/DATE_PARTITION=20250502/BUILDING_ID=71/rows.csv";
    sweep_from_nothing(TRIP_FILE);
}

Test(csv_failures, a_file_a_day_and_building__memory_fails)
{
    paths[0] = "rows/DATE_PARTITION=20250501/BUILDING_ID=71/rows.csv";
    paths[1] = "rows/DATE_PARTITION=20250502/BUILDING_ID=71/rows.csv";
    sweep_from_nothing(TRIP_MEMORY);
}

Test(csv_failures, one_file__the_disk_fails)
{
    bench.options.layout = SINK_CSV_SINGLE;
    paths[0] = "rows.csv";
    sweep_from_nothing(TRIP_FILE);
}

Test(csv_failures, one_file__memory_fails)
{
    bench.options.layout = SINK_CSV_SINGLE;
    paths[0] = "rows.csv";
    sweep_from_nothing(TRIP_MEMORY);
}

Test(csv_failures, rows_that_vanish_are_dropped__the_disk_fails)
{
    bench.options.delete_vanished = true;
    paths[0] = "rows/DATE_PARTITION=20250501/BUILDING_ID=71/rows.csv";
    sweep_from_nothing(TRIP_FILE);
}

Test(csv_failures, rows_that_vanish_are_dropped__memory_fails)
{
    bench.options.delete_vanished = true;
    paths[0] = "rows/DATE_PARTITION=20250501/BUILDING_ID=71/rows.csv";
    sweep_from_nothing(TRIP_MEMORY);
}
