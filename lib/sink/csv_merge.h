/*
 * Merges sorted new rows into one sorted CSV file.
 *
 * Old rows and new ones are read side by side. An old row with the key of a
 * new one is replaced by it; if nothing differs it is kept as it is. An old row
 * of a slice that was fetched, without a new one, has vanished. Everything else is passed through. If
 * not one row differs, the file is left alone. New rows come from memory and from
 * spool files; where two have the same key, that of the later partition stays, as in the file, unless the later one is
 * known not to have the row any more.
 */
#ifndef OCCUPORT_SINK_CSV_MERGE_H
#define OCCUPORT_SINK_CSV_MERGE_H

#include "core/fsout.h"
#include "sink/csv.h"
#include "sink/csv_record.h"

/* A slice that was gathered. Its texts live in the sink's arena. */
struct csv_slice {
    struct sink_slice slice; /* without rows */
    size_t order;            /* of sink_csv_put */
    size_t lines_at;         /* where its rows stand in the lines of the sink, if they do (csv_internal.h) */
    size_t lines_size;
    uint64_t line_count;
    struct sink_changes changes;
    uint64_t inode; /* of the new file that holds it; 0: its file stays as it is */
};

/* Order by (partition, building, site, group, granularity). */
int csv_slice_compare(const void *a, const void *b);

struct csv_merge {
    const struct sink_csv_options *options;
    const char *path;                /* of the file */
    const char *temporary_directory; /* on the same file system */
    int32_t partition;               /* that every old row must have; 0: any */
    int64_t building_id;             /* the same, with a partition */
    struct csv_slice *slices;        /* sorted by csv_slice_compare */
    size_t slice_count;
    struct csv_record *records; /* sorted by csv_record_compare */
    size_t record_count;
    const char *const *spools; /* paths of sorted spool files */
    size_t spool_count;
    struct fsout_group *group; /* the new file waits in it for the commit; NULL: it appears at once */
};

/* Adds to the changes of the slices. STATUS_IO with the place when the old file cannot be used; it is then unchanged.
 */
enum status csv_merge_run(const struct csv_merge *merge, struct err *err) MUST_CHECK;

/* Takes days whose slices are among these, sorted by csv_slice_compare, off the changes->earlier of the others. */
void csv_slices_trim_earlier(struct csv_slice *slices, size_t count);

/* Tells the slices that a file, which is complete but for its name, is theirs. */
void csv_slices_set_file(struct csv_slice *slices, size_t count, const struct fsout *out);

/* Calls will_change of the options for what is about to be renamed, if that is anything. */
enum status csv_slices_announce(const struct sink_csv_options *options, const struct csv_slice *slices, size_t count,
                                struct err *err) MUST_CHECK;

#endif
