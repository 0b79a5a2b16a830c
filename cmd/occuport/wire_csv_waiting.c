#include "wire_csv_waiting.h"

#include "core/commit_point.h"
#include "core/fsout.h"
#include "sink/csv_files.h"
#include "store/runs.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIST_MAX = 256 << 20, DATASET_SIZE = 128, LINE_SIZE = 512 };

/* The first line names the run; then one line a slice, as numbers, the dataset last. */
static const char line_format[] =
    "%" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %127s";

struct line {
    int64_t series_id;
    int64_t day;
    int64_t seen_at;
    uint64_t inode;
    uint64_t inserted;
    uint64_t updated;
    uint64_t vanished;
    char dataset[DATASET_SIZE];
};

static enum status list_path(const struct csv_waiting *waiting, char ret_path[PATH_MAX], struct err *err)
{
    int size = snprintf(ret_path, PATH_MAX, "%s/.occuport/corrections", waiting->directory);
    if (size < 0 || size >= PATH_MAX)
        return err_set(err, STATUS_CANTCREATE, "path is too long: %s", waiting->directory);
    return STATUS_OK;
}

void csv_waiting_add(struct csv_waiting *waiting, const char *dataset, int64_t seen_at,
                     const struct sink_csv_change *change, bool deletes_vanished)
{
    uint64_t vanished = deletes_vanished ? change->changes->vanished : 0;
    if (change->changes->inserted + change->changes->updated + vanished == 0)
        return;
    waiting->lines.max = LIST_MAX;
    if (waiting->lines.size == 0)
        buf_appendf(&waiting->lines, "%s\n", waiting->run_id);
    buf_appendf(&waiting->lines, "%" PRId64 " %d %" PRId64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n",
                change->slice->series_id, (int)change->slice->day, seen_at, change->inode, change->changes->inserted,
                change->changes->updated, vanished, dataset);
}

enum status csv_waiting_write(struct csv_waiting *waiting, struct err *err)
{
    char path[PATH_MAX];
    char temporary[PATH_MAX];
    struct fsout out = {0};
    enum status status = buf_status(&waiting->lines, err);
    if (status != STATUS_OK || waiting->lines.size == 0)
        return status;
    status = list_path(waiting, path, err);
    if (status == STATUS_OK)
        status = csv_files_prepare(waiting->directory, temporary, err);
    if (status == STATUS_OK)
        status = fsout_open_in(&out, path, temporary, 0666, err);
    if (status != STATUS_OK)
        return status;
    fsout_write(&out, buf_text(&waiting->lines), waiting->lines.size);
    status = fsout_commit(&out, err);
    waiting->is_written = waiting->is_written || status == STATUS_OK;
    COMMIT_POINT("csv.corrections_waiting");
    return status;
}

/* True when the new file of the slice is in its place. */
static bool is_in_place(const struct csv_waiting *waiting, const struct line *line, const struct series_key *key)
{
    char path[PATH_MAX];
    struct stat info;
    struct err err;
    int32_t partition = civil_day_to_partition((civil_day)line->day);
    enum status status = waiting->is_single ? csv_files_single(waiting->directory, line->dataset, path, &err)
                                            : csv_files_partition(waiting->directory, line->dataset, partition,
                                                                  key->building_id, path, &err);
    return status == STATUS_OK && stat(path, &info) == 0 && info.st_ino == line->inode;
}

static enum status book(const struct csv_waiting *waiting, struct db *db, const char *run_id, const struct line *line,
                        struct db_statement *query, struct err *err)
{
    bool row;
    db_bind_integer(query, 1, line->series_id);
    db_bind_string(query, 2, run_id);
    db_bind_integer(query, 3, civil_day_to_partition((civil_day)line->day));
    enum status status = db_step(query, &row, err);
    if (status != STATUS_OK || !row)
        return status;
    struct run_correction correction = {
        .run_id = run_id,
        .dataset = line->dataset,
        .seen_at = line->seen_at,
        .key = {db_column_integer(query, 0), db_column_integer(query, 1), db_column_text(query, 2),
                db_column_text(query, 3)},
        .day = (civil_day)line->day,
        .inserted = line->inserted,
        .updated = line->updated,
        .vanished = line->vanished,
    };
    if (is_in_place(waiting, line, &correction.key))
        status = runs_add_correction(db, &correction, err);
    db_reset(query);
    return status;
}

/* The series of the slice, unless the run booked the slice before it died. */
static const char find_sql[] =
    "SELECT n.building_id, n.site_id, n.group_id, n.granularity FROM series n WHERE n.series_id = ?1"
    " AND NOT EXISTS (SELECT 1 FROM corrections c WHERE c.run_id = ?2 AND c.date_partition = ?3"
    " AND c.dataset = n.dataset AND c.building_id = n.building_id AND c.site_id = n.site_id"
    " AND c.group_id = n.group_id AND c.granularity = n.granularity)";

static bool read_line(FILE *file, struct line *line)
{
    char text[LINE_SIZE];
    return fgets(text, sizeof text, file) != NULL &&
           sscanf(text, line_format, &line->series_id, &line->day, &line->seen_at, &line->inode, &line->inserted,
                  &line->updated, &line->vanished, line->dataset) == 8;
}

static enum status book_all(const struct csv_waiting *waiting, struct db *db, FILE *file, struct err *err)
{
    char run_id[RUN_ID_SIZE + 1] = "";
    struct line line;
    struct db_statement *query;
    enum status status = db_prepare(db, find_sql, &query, err);
    if (status != STATUS_OK)
        return status;
    bool named = fgets(run_id, sizeof run_id, file) != NULL;
    run_id[strcspn(run_id, "\n")] = '\0';
    while (status == STATUS_OK && named && read_line(file, &line))
        status = book(waiting, db, run_id, &line, query, err);
    db_finalize(query);
    return status;
}

enum status csv_waiting_resolve(struct csv_waiting *waiting, struct db *db, struct err *err)
{
    char path[PATH_MAX];
    enum status status = list_path(waiting, path, err);
    if (status != STATUS_OK)
        return status;
    FILE *file = fopen(path, "re");
    if (file == NULL && errno == ENOENT)
        return STATUS_OK;
    if (file == NULL)
        return err_set_errno(err, STATUS_IO, errno, "cannot read %s", path);
    waiting->is_written = true;
    status = book_all(waiting, db, file, err);
    (void)fclose(file); /* it was only read */
    return status;
}

void csv_waiting_remove(struct csv_waiting *waiting)
{
    char path[PATH_MAX];
    struct err err;
    buf_reset(&waiting->lines);
    if (!waiting->is_written || list_path(waiting, path, &err) != STATUS_OK)
        return;
    if (unlink(path) == 0 || errno == ENOENT)
        waiting->is_written = false;
    COMMIT_POINT("csv.corrections_booked");
}

void csv_waiting_release(struct csv_waiting *waiting)
{
    buf_release(&waiting->lines);
}
