#include "sink/csv_block.h"
#include "sink/csv_files.h"
#include "sink/csv_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* The lines of some sorted slices, and what stands before them. */
struct content {
    const struct sink_csv *sink;
    struct csv_slice *slices;
    size_t count;
    struct buf header;
};

bool csv_partition_uses_lines(const struct sink_csv *sink)
{
    return sink->options->layout == SINK_CSV_PARTITIONED && sink->options->dataset->key_count == 0;
}

enum status csv_partition_put(struct sink_csv *sink, const struct sink_slice *slice, struct err *err)
{
    struct csv_slice *gathered = &sink->slices[sink->slice_count - 1];
    gathered->lines_at = sink->lines.size;
    enum status status = csv_block_append(&sink->lines, slice, &sink->columns, sink->options->excel_safe, err);
    gathered->lines_size = sink->lines.size - gathered->lines_at;
    gathered->line_count = slice->row_count;
    return status;
}

/* Of a slice that was gathered more than once the latest rows count. */
static void drop_repeats(struct content *content)
{
    struct csv_slice *latest = content->slices;
    for (size_t i = 1; i < content->count; i++) {
        struct csv_slice *slice = &content->slices[i];
        if (csv_slice_compare(latest, slice) != 0) {
            latest = slice;
            continue;
        }
        struct csv_slice *older = latest->order < slice->order ? latest : slice;
        latest = older == latest ? slice : latest;
        older->lines_size = 0;
        older->line_count = 0;
    }
}

static bool is_empty(const struct content *content)
{
    size_t size = 0;
    for (size_t i = 0; i < content->count; i++)
        size += content->slices[i].lines_size;
    return size == 0;
}

static enum status write_content(const struct content *content, struct fsout *out, struct err *err)
{
    struct iovec *pieces = calloc(content->count + 1, sizeof *pieces);
    if (pieces == NULL)
        return err_nomem(err);
    pieces[0] = (struct iovec){content->header.data, content->header.size};
    for (size_t i = 0; i < content->count; i++)
        pieces[i + 1] =
            (struct iovec){content->sink->lines.data + content->slices[i].lines_at, content->slices[i].lines_size};
    fsout_write_pieces(out, pieces, content->count + 1);
    free(pieces);
    return STATUS_OK;
}

/* True when the file goes on with just these bytes. */
static bool goes_on_with(FILE *file, const char *bytes, size_t size)
{
    char chunk[32 * 1024];
    while (size > 0) {
        size_t wanted = size < sizeof chunk ? size : sizeof chunk;
        if (fread(chunk, 1, wanted, file) != wanted || memcmp(chunk, bytes, wanted) != 0)
            return false;
        bytes += wanted;
        size -= wanted;
    }
    return true;
}

/* True when the file consists of just this. What cannot be read is not the same: the merge says why. */
static bool is_same(const struct content *content, const char *path)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return false;
    bool same = goes_on_with(file, content->header.data, content->header.size);
    for (size_t i = 0; same && i < content->count; i++)
        same =
            goes_on_with(file, content->sink->lines.data + content->slices[i].lines_at, content->slices[i].lines_size);
    same = same && fgetc(file) == EOF && !ferror(file);
    fclose(file);
    return same;
}

static enum status make_file(const struct content *content, const char *path, struct fsout_group *group,
                             struct err *err)
{
    const struct sink_csv *sink = content->sink;
    struct fsout out = {0};
    enum status status = csv_files_make_folders(sink->options->directory, path, err);
    if (status == STATUS_OK)
        status = fsout_open_in(&out, path, sink->temporary, 0666, err);
    if (status == STATUS_OK)
        status = write_content(content, &out, err);
    if (status == STATUS_OK) {
        csv_slices_set_file(content->slices, content->count, &out);
        return fsout_group_add(group, &out, err);
    }
    fsout_discard(&out);
    return status;
}

/* The lines become a sorted file of their own, which is merged like any other. */
static enum status merge_with(const struct content *content, const char *path, struct fsout_group *group,
                              struct err *err)
{
    const struct sink_csv *sink = content->sink;
    const struct sink_slice *head = &content->slices[0].slice;
    char lines[PATH_MAX];
    struct fsout out = {0};
    int size = snprintf(lines, sizeof lines, "%s/lines.csv", sink->temporary);
    if (size < 0 || (size_t)size >= sizeof lines)
        return err_set(err, STATUS_CANTCREATE, "path is too long: %s", sink->temporary);
    enum status status = fsout_open(&out, lines, 0600, err);
    if (status == STATUS_OK)
        status = write_content(content, &out, err);
    if (status == STATUS_OK)
        status = fsout_finish(&out, err);
    fsout_discard(&out);
    const char *const spools[] = {lines};
    const struct csv_merge merge = {
        .options = sink->options,
        .path = path,
        .temporary_directory = sink->temporary,
        .partition = civil_day_to_partition(head->day),
        .building_id = head->key.building_id,
        .slices = content->slices,
        .slice_count = content->count,
        .spools = spools,
        .spool_count = 1,
        .group = group,
    };
    if (status == STATUS_OK)
        status = csv_merge_run(&merge, err);
    unlink(lines);
    return status;
}

enum status csv_partition_merge(struct sink_csv *sink, size_t first, size_t count, const char *path,
                                struct fsout_group *group, struct err *err)
{
    struct content content = {.sink = sink, .slices = sink->slices + first, .count = count};
    csv_header_append(&content.header, &sink->columns);
    enum status status = buf_status(&content.header, err);
    drop_repeats(&content);
    bool is_new = access(path, F_OK) != 0 && errno == ENOENT;
    bool same = !is_new && is_same(&content, path);
    if (status == STATUS_OK && !is_new && !same)
        status = merge_with(&content, path, group, err);
    else if (status == STATUS_OK && is_new && !is_empty(&content)) /* empty slices make no file */
        status = make_file(&content, path, group, err);
    for (size_t i = 0; status == STATUS_OK && (is_new || same) && i < count; i++)
        *(is_new ? &content.slices[i].changes.inserted : &content.slices[i].changes.unchanged) +=
            content.slices[i].line_count;
    buf_release(&content.header);
    return status;
}
