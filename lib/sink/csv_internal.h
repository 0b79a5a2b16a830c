/* Shared by csv.c and csv_partition.c and nobody else. */
#ifndef OCCUPORT_SINK_CSV_INTERNAL_H
#define OCCUPORT_SINK_CSV_INTERNAL_H

#include "core/buf.h"
#include "sink/csv_merge.h"

enum {
    SPOOL_ROWS = 50000,        /* single layout: rows in memory before they are spooled */
    SPOOLS_MAX = 16,           /* spool files before a merge */
    SLICES_MAX = 200000,       /* gathered slices before a merge */
    LINES_KEEP_MAX = 16 << 20, /* memory of lines that is kept from merge to merge */
    LINES_BYTES_MAX = 1 << 30  /* the writer has flushed long before */
};

struct sink_csv {
    const struct sink_csv_options *options;
    char temporary[PATH_MAX];
    struct csv_columns columns;
    struct buf lines;   /* of slices, one after the other */
    struct arena rows;  /* what records point to */
    struct arena texts; /* keys of slices */
    size_t record_count;
    size_t record_capacity;
    struct csv_record *records;
    size_t slice_count;
    size_t slice_capacity;
    struct csv_slice *slices;
    size_t spool_count;
    char *spools[SPOOLS_MAX]; /* owned paths */
};

/*
 * Whether slices are gathered as lines rather than as records: in the partitioned layout, where a file holds few slices
 * and most often all of them are new. Rows with extra keys are records: their order in a file is not that of a slice.
 */
bool csv_partition_uses_lines(const struct sink_csv *sink);

/* Gathers the rows of the last slice of the sink as lines. */
enum status csv_partition_put(struct sink_csv *sink, const struct sink_slice *slice, struct err *err) MUST_CHECK;

/*
 * Brings the file of slices first to first + count, sorted, up to date. A file that is not there is made of their
 * lines; one that consists of just these lines is left alone; any other is merged with them, row by row. What changes
 * waits in group.
 */
enum status csv_partition_merge(struct sink_csv *sink, size_t first, size_t count, const char *path,
                                struct fsout_group *group, struct err *err) MUST_CHECK;

#endif
