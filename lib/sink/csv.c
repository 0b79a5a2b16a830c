#include "sink/csv.h"

#include "core/commit_point.h"
#include "sink/csv_files.h"
#include "sink/csv_internal.h"
#include "sink/csv_render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum status sink_csv_make_directory(const char *directory, struct err *err)
{
    char temporary[PATH_MAX];
    return csv_files_prepare(directory, temporary, err);
}

enum status sink_csv_open(const struct sink_csv_options *options, struct sink_csv **ret_sink, struct err *err)
{
    struct sink_csv *sink = calloc(1, sizeof *sink);
    if (sink == NULL)
        return err_nomem(err);
    sink->options = options;
    sink->lines.max = LINES_BYTES_MAX;
    enum status status =
        csv_columns_init(&sink->columns, options->dataset, options->column_count, options->columns, err);
    if (status == STATUS_OK)
        status = csv_files_prepare(options->directory, sink->temporary, err);
    if (status == STATUS_OK)
        status = csv_files_empty(sink->temporary, err);
    if (status != STATUS_OK) {
        free(sink);
        return status;
    }
    *ret_sink = sink;
    return STATUS_OK;
}

void sink_csv_discard(struct sink_csv *sink)
{
    for (size_t i = 0; i < sink->spool_count; i++) {
        remove(sink->spools[i]);
        free(sink->spools[i]);
    }
    sink->spool_count = 0;
    sink->record_count = 0;
    sink->slice_count = 0;
    if (sink->lines.capacity > LINES_KEEP_MAX)
        buf_release(&sink->lines);
    buf_reset(&sink->lines);
    arena_reset(&sink->rows);
    arena_reset(&sink->texts);
}

void sink_csv_close(struct sink_csv *sink)
{
    if (sink == NULL)
        return;
    sink_csv_discard(sink);
    buf_release(&sink->lines);
    arena_release(&sink->rows);
    arena_release(&sink->texts);
    free(sink->records);
    free(sink->slices);
    free(sink);
}

/* Room for one more element of an array. */
static enum status reserve(void **array, size_t *capacity, size_t count, size_t size, struct err *err)
{
    if (count < *capacity)
        return STATUS_OK;
    size_t wanted = *capacity != 0 ? *capacity * 2 : 256;
    void *grown = reallocarray(*array, wanted, size);
    if (grown == NULL)
        return err_nomem(err);
    *array = grown;
    *capacity = wanted;
    return STATUS_OK;
}

static enum status add_slice(struct sink_csv *sink, const struct sink_slice *slice, struct err *err)
{
    void *array = sink->slices;
    enum status status = reserve(&array, &sink->slice_capacity, sink->slice_count, sizeof *sink->slices, err);
    sink->slices = array;
    if (status != STATUS_OK)
        return status;
    struct csv_slice added = {.slice = *slice, .order = sink->slice_count};
    added.slice.rows = NULL;
    added.slice.row_count = 0;
    added.slice.key.group_id = arena_copy(&sink->texts, slice->key.group_id, strlen(slice->key.group_id));
    added.slice.key.granularity = arena_copy(&sink->texts, slice->key.granularity, strlen(slice->key.granularity));
    if (added.slice.key.group_id == NULL || added.slice.key.granularity == NULL)
        return err_nomem(err);
    sink->slices[sink->slice_count++] = added;
    return STATUS_OK;
}

static int compare_records(const void *a, const void *b)
{
    const struct csv_record *left = a;
    const struct csv_record *right = b;
    int order = csv_record_compare(left, right);
    return order != 0 ? order : (left->partition > right->partition) - (left->partition < right->partition);
}

/* By file first: partition, building; then the key. */
static int compare_by_file(const void *a, const void *b)
{
    const struct csv_record *left = a;
    const struct csv_record *right = b;
    if (left->partition != right->partition)
        return left->partition < right->partition ? -1 : 1;
    return csv_record_compare(left, right);
}

/* Without rows there is no array, and qsort takes no NULL. */
static void sort_records(struct sink_csv *sink, int (*compare)(const void *a, const void *b))
{
    if (sink->record_count > 0)
        qsort(sink->records, sink->record_count, sizeof *sink->records, compare);
}

/* Of rows with one key the last one stays: the array is sorted so that it is that of the latest partition. */
static void drop_repeats(struct sink_csv *sink)
{
    size_t kept = 0;
    for (size_t i = 0; i < sink->record_count; i++) {
        if (kept > 0 && csv_record_compare(&sink->records[kept - 1], &sink->records[i]) == 0)
            kept--;
        sink->records[kept++] = sink->records[i];
    }
    sink->record_count = kept;
}

static enum status write_spool(struct sink_csv *sink, const char *path, struct err *err)
{
    struct fsout out = {0};
    struct buf text = {.max = (size_t)8 << 20};
    enum status status = fsout_open(&out, path, 0600, err);
    if (status == STATUS_OK)
        csv_header_append(&text, &sink->columns);
    for (size_t i = 0; status == STATUS_OK && i < sink->record_count; i++) {
        csv_record_append(&text, &sink->records[i]);
        status = buf_status(&text, err);
        fsout_write(&out, buf_text(&text), text.size);
        buf_reset(&text);
    }
    if (status == STATUS_OK)
        status = fsout_finish(&out, err);
    fsout_discard(&out);
    buf_release(&text);
    return status;
}

/* Moves the rows in memory to a sorted file of their own. */
static enum status spool(struct sink_csv *sink, struct err *err)
{
    char path[PATH_MAX];
    int size = snprintf(path, sizeof path, "%s/spool-%zu.csv", sink->temporary, sink->spool_count);
    if (size < 0 || (size_t)size >= sizeof path)
        return err_set(err, STATUS_CANTCREATE, "path is too long: %s", sink->temporary);
    char *kept = strdup(path);
    if (kept == NULL)
        return err_nomem(err);
    sort_records(sink, compare_records);
    drop_repeats(sink);
    enum status status = write_spool(sink, path, err);
    if (status != STATUS_OK) {
        free(kept);
        return status;
    }
    COMMIT_POINT("csv.spooled");
    sink->spools[sink->spool_count++] = kept;
    sink->record_count = 0;
    arena_reset(&sink->rows);
    return STATUS_OK;
}

static size_t spools_max(void)
{
    return TEST_LIMIT("csv.spools", SPOOLS_MAX);
}

static enum status put_records(struct sink_csv *sink, const struct sink_slice *slice, struct err *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < slice->row_count; i++) {
        void *array = sink->records;
        status = reserve(&array, &sink->record_capacity, sink->record_count, sizeof *sink->records, err);
        sink->records = array;
        if (status == STATUS_OK)
            status = csv_render(slice, &slice->rows[i], &sink->columns, sink->options->excel_safe, &sink->rows,
                                &sink->records[sink->record_count], err);
        if (status == STATUS_OK)
            sink->record_count++;
    }
    bool spools = sink->options->layout == SINK_CSV_SINGLE && sink->spool_count < spools_max();
    if (status == STATUS_OK && spools && sink->record_count >= TEST_LIMIT("csv.spool_rows", SPOOL_ROWS))
        status = spool(sink, err);
    return status;
}

enum status sink_csv_put(struct sink_csv *sink, const struct sink_slice *slice, struct err *err)
{
    enum status status = add_slice(sink, slice, err);
    if (status != STATUS_OK)
        return status;
    return csv_partition_uses_lines(sink) ? csv_partition_put(sink, slice, err) : put_records(sink, slice, err);
}

bool sink_csv_is_full(const struct sink_csv *sink)
{
    return sink->spool_count == spools_max() || sink->slice_count >= SLICES_MAX;
}

static enum status merge_single(struct sink_csv *sink, struct err *err)
{
    char path[PATH_MAX];
    enum status status = csv_files_single(sink->options->directory, sink->options->dataset->name, path, err);
    if (status != STATUS_OK)
        return status;
    sort_records(sink, compare_records);
    drop_repeats(sink);
    const char *spools[SPOOLS_MAX];
    for (size_t i = 0; i < sink->spool_count; i++)
        spools[i] = sink->spools[i];
    struct csv_merge merge = {
        .options = sink->options,
        .path = path,
        .temporary_directory = sink->temporary,
        .slices = sink->slices,
        .slice_count = sink->slice_count,
        .records = sink->records,
        .record_count = sink->record_count,
        .spools = spools,
        .spool_count = sink->spool_count,
    };
    return csv_merge_run(&merge, err);
}

/* How many slices from `first` on belong to the same file. */
static size_t same_file(const struct sink_csv *sink, size_t first)
{
    const struct sink_slice *head = &sink->slices[first].slice;
    size_t end = first;
    while (end < sink->slice_count && sink->slices[end].slice.day == head->day &&
           sink->slices[end].slice.key.building_id == head->key.building_id)
        end++;
    return end - first;
}

/* One whose rows are records. */
static enum status merge_records(struct sink_csv *sink, size_t first, size_t count, const char *path, size_t *record_at,
                                 struct fsout_group *group, struct err *err)
{
    const struct sink_slice *head = &sink->slices[first].slice;
    int32_t partition = civil_day_to_partition(head->day);
    size_t begin = *record_at;
    size_t end = begin;
    while (end < sink->record_count && sink->records[end].partition == partition &&
           sink->records[end].building_id == head->key.building_id)
        end++;
    *record_at = end;
    struct csv_merge merge = {
        .options = sink->options,
        .path = path,
        .temporary_directory = sink->temporary,
        .partition = partition,
        .building_id = head->key.building_id,
        .slices = sink->slices + first,
        .slice_count = count,
        .records = begin < end ? sink->records + begin : NULL,
        .record_count = end - begin,
        .group = group,
    };
    if (begin == end && access(path, F_OK) != 0) /* empty slices make no file */
        return STATUS_OK;
    enum status status = csv_files_make_folders(sink->options->directory, path, err);
    return status == STATUS_OK ? csv_merge_run(&merge, err) : status;
}

static enum status merge_file(struct sink_csv *sink, size_t first, size_t count, size_t *record_at,
                              struct fsout_group *group, struct err *err)
{
    const struct sink_slice *head = &sink->slices[first].slice;
    char path[PATH_MAX] = "";
    enum status status = csv_files_partition(sink->options->directory, sink->options->dataset->name,
                                             civil_day_to_partition(head->day), head->key.building_id, path, err);
    if (status != STATUS_OK)
        return status;
    return csv_partition_uses_lines(sink) ? csv_partition_merge(sink, first, count, path, group, err)
                                          : merge_records(sink, first, count, path, record_at, group, err);
}

static enum status merge_partitions(struct sink_csv *sink, struct err *err)
{
    enum status status = STATUS_OK;
    struct fsout_group group = {0};
    size_t record_at = 0;
    sort_records(sink, compare_by_file);
    for (size_t first = 0; status == STATUS_OK && first < sink->slice_count;) {
        size_t count = same_file(sink, first);
        status = merge_file(sink, first, count, &record_at, &group, err);
        first += count;
    }
    if (status == STATUS_OK)
        status = csv_slices_announce(sink->options, sink->slices, sink->slice_count, err);
    if (status == STATUS_OK)
        return fsout_group_commit(&group, err);
    fsout_group_discard(&group);
    return status;
}

static int compare_order(const void *a, const void *b)
{
    const struct csv_slice *left = a;
    const struct csv_slice *right = b;
    return (left->order > right->order) - (left->order < right->order);
}

enum status sink_csv_merge(struct sink_csv *sink, sink_csv_merged *visit, void *context, struct err *err)
{
    enum status status = STATUS_OK;
    if (sink->slice_count > 0) {
        qsort(sink->slices, sink->slice_count, sizeof *sink->slices, csv_slice_compare);
        status = sink->options->layout == SINK_CSV_SINGLE ? merge_single(sink, err) : merge_partitions(sink, err);
        csv_slices_trim_earlier(sink->slices, sink->slice_count);
        qsort(sink->slices, sink->slice_count, sizeof *sink->slices, compare_order);
    }
    for (size_t i = 0; status == STATUS_OK && i < sink->slice_count; i++)
        status = visit(context, &sink->slices[i].slice, &sink->slices[i].changes, err);
    COMMIT_POINT("csv.merged");
    sink_csv_discard(sink);
    COMMIT_POINT("csv.spools_removed");
    return status;
}
