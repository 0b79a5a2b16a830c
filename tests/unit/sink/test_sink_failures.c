/* Each call of the database, and each allocation, fails once: a slice is stored whole or not at all. */
#include "rig.h"

#include "support/trip.h"

#include <string.h>

static const char *const keys[] = {"ZONE_ID", "KIND"};
static const char *const wide[] = {"MEAN", "NOTE", "PEAK"};
static const struct dataset zones = {"zone_insights", "ZONE_INSIGHTS", "DATE_PARTITION", "DATE_TIME_START", 2, keys};

TestSuite(sink_failures, .init = rig_begin, .fini = rig_end, .timeout = 60);

static void sweep(trip_work *work, void *context)
{
    cr_expect_gt(trip_sweep(TRIP_DB, rig.db, work, context), 0);
    cr_expect_gt(trip_sweep(TRIP_MEMORY, rig.db, work, context), 0);
}

struct content {
    int32_t partition;
    bool keep_rows;
    size_t count;
    const char *starts[4];
    int64_t first; /* value of the first row */
};

/* Opens the sink, puts the slices, one a content up to the one without a partition, and closes it. */
static enum status put(void *context, struct err *err)
{
    struct sink_sqlite *sink = NULL;
    enum status status = db_begin(rig.db, err);
    if (status == STATUS_OK)
        status = sink_sqlite_open(rig.db, &rig.options, &sink, err);
    if (status == STATUS_OK)
        status = sink_sqlite_begin(sink, err);
    for (const struct content *content = context; status == STATUS_OK && content->partition != 0; content++) {
        struct value values[4][3] = {0};
        struct value extra[4][2] = {0};
        struct row rows[4] = {0};
        struct sink_changes changes = {0};
        struct sink_slice slice = {.series_id = 1,
                                   .key = {71, 1, "everyone", "PT1H"},
                                   .zone = rig.zone,
                                   .rows = rows,
                                   .row_count = content->count,
                                   .keep_rows = content->keep_rows};
        cr_assert(civil_day_from_partition(content->partition, &slice.day));
        for (size_t i = 0; i < content->count; i++) {
            const char *start = content->starts[i];
            values[i][0] = INT(content->first + (int64_t)i);
            values[i][1] = i % 2 == 0 ? TEXT("text") : REAL(0.5);
            extra[i][0] = INT(1);
            extra[i][1] = TEXT("desk");
            rows[i] =
                (struct row){.start_text = start, .start_size = strlen(start), .values = values[i], .keys = extra[i]};
            cr_assert(moment_parse(start, strlen(start), &rows[i].start));
        }
        status = sink_sqlite_ops.put_slice(sink, &slice, &changes, err);
    }
    sink_sqlite_close(sink);
    return db_end(rig.db, status, err);
}

/* New, changed, gone, of two spellings, one that no spelling gives back, and some that belong to the day before. */
static struct content days[] = {
    {20250501, false, 3, {"2025-05-01T08:00:00Z", "2025-05-01T09:00:00+00:00", "2025-05-01 09:30:00.500Z"}, 1},
    {20250502, false, 2, {"2025-05-01T10:00:00Z", "2025-05-02T08:00:00Z"}, 1},
    {0},
};
static struct content later[] = {
    {20250501, false, 3, {"2025-05-01T08:00:00Z", "2025-05-01T10:00:00Z", "2025-05-01T11:00:00Z"}, 2},
    {20250502, false, 1, {"2025-05-02T08:00:00Z"}, 5},
    {20250501, false, 2, {"2025-05-01T10:00:00Z", "2025-05-01T11:00:00Z"}, 3},
    {20250502, true, 0, {0}, 0},
    {0},
};

static void put_and_change(void)
{
    must(put(days, &problem));
    sweep(put, later);
}

Test(sink_failures, slices_whose_missing_rows_stay)
{
    put_and_change();
    cr_expect_gt(rig_integer("SELECT count(*) FROM building_insights_vanished"), 0);
}

Test(sink_failures, slices_whose_missing_rows_are_deleted)
{
    rig.options.delete_vanished = true;
    put_and_change();
    cr_expect_eq(rig_integer("SELECT count(*) FROM building_insights_vanished"), 0);
}

Test(sink_failures, another_dataset_and_more_columns)
{
    rig.options.dataset = &zones;
    rig_exec("INSERT INTO series SELECT 1, 'zone_insights', 71, 1, 'everyone', 'PT1H' WHERE false");
    put_and_change();
    rig.options.column_count = 3;
    rig.options.columns = wide;
    sweep(put, later);
    cr_expect_eq(rig_integer("SELECT count(*) FROM pragma_table_info('zone_insights_rows') WHERE name = 'v_PEAK'"), 1);
}

Test(sink_failures, a_dataset_with_other_keys)
{
    static const struct dataset fewer = {
        "zone_insights", "ZONE_INSIGHTS", "DATE_PARTITION", "DATE_TIME_START", 1, keys};
    static struct content none[] = {{0}};
    rig.options.dataset = &fewer;
    sweep(put, none);
    rig.options.dataset = &zones;
    sweep(put, none); /* the tables are empty, so they are made anew */
    cr_expect_eq(
        rig_integer("SELECT count(*) FROM pragma_table_info('zone_insights_rows') WHERE substr(name, 1, 2) = 'k_'"), 2);
}

Test(sink_failures, another_zone_of_the_building)
{
    must(put(days, &problem));
    rig_set_zone("America/Toronto");
    static struct content none[] = {{0}};
    sweep(put, none);
    cr_expect_eq(rig_integer("SELECT count(*) FROM building_insights WHERE LOCAL_HOUR = 4"), 2);
}
