#include "rig.h"

#include "core/buf.h"
#include "db/migrate.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct err problem;
struct rig rig;
static char directory[] = P_tmpdir "/occuport-sink-XXXXXX";
static const char *const columns[RIG_COLUMNS] = {"MEAN", "NOTE"};

void rig_begin(void)
{
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(chdir(directory), 0);
    must(db_open("occupancy.db", DB_SCRATCH, &rig.db, &problem));
    must(migrate(rig.db, MIGRATE_ALL, 0, &problem));
    rig_exec("INSERT INTO buildings VALUES (71, 'Demo', 'UTC');"
             "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
             " INSERT INTO series SELECT i, 'building_insights', 71, i, 'everyone', 'PT1H' FROM n");
    must(zone_load("UTC", &rig.zone, &problem));
    rig.building = (struct coverage_building){.id = 71, .zone = rig.zone};
    rig.coverage = (struct coverage){.building_count = 1, .buildings = &rig.building};
    rig.options = (struct sink_sqlite_options){.dataset = dataset_built_in("building_insights"),
                                               .coverage = &rig.coverage,
                                               .column_count = RIG_COLUMNS,
                                               .columns = columns,
                                               .run_id = "run-1"};
    rig_open();
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *place)
{
    (void)stat;
    (void)type;
    (void)place;
    return remove(path);
}

/* The text of the first column of the only row. */
static void text_of(const char *sql, struct buf *out)
{
    struct db_statement *query;
    bool row;
    must(db_prepare(rig.db, sql, &query, &problem));
    must(db_step(query, &row, &problem));
    cr_assert(row, "no row from: %s", sql);
    buf_append_text(out, db_column_text(query, 0));
    db_finalize(query);
}

/* The days of the dataset are what its rows say. After every test, where a failed assertion would be passed over. */
static void check_days(void)
{
    static const char of_columns[] =
        "SELECT coalesce(group_concat(', CASE WHEN typeof(max(\"' || name || '\")) <> ''text'' THEN avg(\"' || name"
        " || '\") END, CASE WHEN typeof(max(\"' || name || '\")) <> ''text'' THEN max(\"' || name || '\") END', ''), "
        "'')"
        " FROM pragma_table_info('%s_rows') WHERE substr(name, 1, 2) = 'v_'";
    enum { WIDEST = 100 }; /* what a query can tell */
    const char *dataset = rig.options.dataset->name;
    char count[160];
    snprintf(count, sizeof count, "SELECT count(*) NOT BETWEEN 1 AND %d FROM pragma_table_info('%s_rows')", WIDEST,
             dataset);
    if (rig_integer(count) != 0)
        return;
    struct buf sql = {0};
    struct buf want = {0};
    buf_appendf(&sql, of_columns, dataset);
    buf_append_text(&want, "SELECT date_partition, series_id, count(*)");
    text_of(buf_text(&sql), &want);
    buf_appendf(&want, " FROM %s_rows GROUP BY 1, 2", dataset);
    buf_reset(&sql);
    buf_appendf(&sql,
                "WITH want AS (%s), got AS (SELECT * FROM %s_days) SELECT (SELECT count(*) FROM (SELECT * FROM want"
                " EXCEPT SELECT * FROM got)) + (SELECT count(*) FROM (SELECT * FROM got EXCEPT SELECT * FROM want))",
                buf_text(&want), dataset);
    if (rig_integer(buf_text(&sql)) != 0) {
        fprintf(stderr, "days of %s are not those of its rows\n", dataset);
        abort();
    }
    buf_release(&sql);
    buf_release(&want);
}

void rig_end(void)
{
    check_days();
    sink_sqlite_close(rig.sink);
    db_close(rig.db);
    zone_free(rig.zone);
    cr_assert_eq(nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* Notes the zone as ledger_declare does after the sink was opened. */
static void note_zone(void)
{
    char sql[128];
    snprintf(sql, sizeof sql, "UPDATE buildings SET time_zone = '%s'", zone_name(rig.zone));
    rig_exec(sql);
}

void rig_open(void)
{
    sink_sqlite_close(rig.sink);
    must(db_begin(rig.db, &problem));
    must(sink_sqlite_open(rig.db, &rig.options, &rig.sink, &problem));
    note_zone();
    must(db_commit(rig.db, &problem));
}

void rig_set_zone(const char *name)
{
    zone_free(rig.zone);
    must(zone_load(name, &rig.zone, &problem));
    rig.building.zone = rig.zone;
}

struct value rig_text(enum value_kind kind, const char *text, size_t size)
{
    return value_of_text(kind, text, size);
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *left = a;
    const struct row *right = b;
    return moment_compare(&left->start, &right->start);
}

bool rig_is_new(int64_t series_id, int32_t partition)
{
    char sql[200];
    snprintf(sql, sizeof sql,
             "SELECT NOT EXISTS (SELECT 1 FROM %s_rows WHERE date_partition = %ld AND series_id = %lld)",
             rig.options.dataset->name, (long)partition, (long long)series_id);
    return rig.asked++ % 2 == 0 && rig_integer(sql) != 0;
}

struct sink_changes rig_put(int64_t series_id, int32_t partition, const struct item *items, size_t count)
{
    static struct row rows[RIG_ROWS_MAX];
    struct sink_changes changes = {0};
    struct sink_slice slice = {.series_id = series_id,
                               .key = {71, series_id, "everyone", "PT1H"},
                               .zone = rig.zone,
                               .rows = rows,
                               .row_count = count,
                               .is_new = rig_is_new(series_id, partition),
                               .keep_rows = rig.keep_rows};
    cr_assert(civil_day_from_partition(partition, &slice.day) && count <= RIG_ROWS_MAX);
    for (size_t i = 0; i < count; i++) {
        rows[i] =
            (struct row){.start_text = items[i].start, .start_size = strlen(items[i].start), .values = items[i].values};
        cr_assert(moment_parse(rows[i].start_text, rows[i].start_size, &rows[i].start), "%s", items[i].start);
    }
    qsort(rows, count, sizeof *rows, compare_rows);
    must(db_begin(rig.db, &problem));
    must(sink_sqlite_begin(rig.sink, &problem));
    must(sink_sqlite_ops.put_slice(rig.sink, &slice, &changes, &problem));
    must(db_commit(rig.db, &problem));
    return changes;
}

struct sink_changes rig_put_one(int64_t series_id, int32_t partition, const char *start, int64_t number)
{
    const struct item item = {start, {INT(number), NIL}};
    return rig_put(series_id, partition, &item, 1);
}

void rig_expect_changes(struct sink_changes got, uint64_t inserted, uint64_t updated, uint64_t unchanged,
                        uint64_t vanished, uint64_t kept)
{
    bool same = got.inserted == inserted && got.updated == updated && got.unchanged == unchanged &&
                got.vanished == vanished && got.kept == kept;
    cr_assert(same, "inserted %llu, updated %llu, unchanged %llu, vanished %llu, kept %llu",
              (unsigned long long)got.inserted, (unsigned long long)got.updated, (unsigned long long)got.unchanged,
              (unsigned long long)got.vanished, (unsigned long long)got.kept);
}

void rig_exec(const char *sql)
{
    must(db_exec(rig.db, sql, &problem));
}

int64_t rig_integer(const char *sql)
{
    int64_t value = 0;
    must(db_query_integer(rig.db, sql, &value, &problem));
    return value;
}

void rig_expect_lines(const char *sql, const char *want)
{
    struct db_statement *query = NULL;
    struct buf lines = {0};
    bool row = false;
    must(db_prepare(rig.db, sql, &query, &problem));
    must(db_step(query, &row, &problem));
    while (row) {
        bool null = db_column_type(query, 0) == DB_NULL;
        buf_appendf(&lines, "%s\n", null ? "-" : db_column_text(query, 0));
        must(db_step(query, &row, &problem));
    }
    db_finalize(query);
    cr_assert_str_eq(buf_text(&lines), want);
    buf_release(&lines);
}
