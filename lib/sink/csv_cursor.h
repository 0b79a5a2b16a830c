/* A sorted source of CSV records: a file, or records in memory. */
#ifndef OCCUPORT_SINK_CSV_CURSOR_H
#define OCCUPORT_SINK_CSV_CURSOR_H

#include "sink/csv_record.h"

struct csv_cursor {
    struct csv_record record; /* the current one, in the columns of the merge; unless at_end */
    bool at_end;
    bool header_differs; /* a file: its header is not that of the merge */
    const struct csv_columns *columns;
    struct csv_reader *reader; /* a file */
    int32_t partition;         /* that each of its rows must have; 0: any */
    int64_t building_id;       /* the same, with a partition */
    size_t map[CSV_FIELDS_MAX];
    size_t map_count;
    struct csv_text *own_fields; /* owned */
    struct buf last_key;         /* a file: the key before, for the check of the order */
    struct csv_record last;
    struct csv_text last_fields[CSV_KEY_COUNT + DATASET_KEYS_MAX];
    bool has_last;
    const struct csv_record *records; /* memory */
    size_t record_count;
    size_t next;
};

/* Opens a file and stands on its first row; at_end when it is not there. Its own columns are joined into *columns. */
enum status csv_cursor_open_file(struct csv_cursor *cursor, const char *path, int32_t partition, int64_t building_id,
                                 struct csv_columns *columns, struct arena *arena, struct err *err) MUST_CHECK;

/* Records that were rendered without the columns of older files. */
enum status csv_cursor_open_memory(struct csv_cursor *cursor, const struct csv_record *records, size_t count,
                                   const struct csv_columns *columns, struct err *err) MUST_CHECK;

/* The next row. STATUS_IO with the place: damaged, or out of order. */
enum status csv_cursor_next(struct csv_cursor *cursor, struct err *err) MUST_CHECK;

void csv_cursor_close(struct csv_cursor *cursor);

#endif
