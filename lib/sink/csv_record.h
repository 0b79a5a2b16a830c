/*
 * A row of a CSV file with its key, and the columns of such a file.
 *
 * The columns of a file, in this order: the six key columns, the
 * extra keys of the dataset, the columns of the job, those that only older files have, then START_UTC, LOCAL_DATE,
 * LOCAL_HOUR. Rows are in key order: building, site, group (bytes), granularity (bytes), start,
 * extra keys: whole numbers by size and before texts, texts by bytes. CSV does not tell the number 5 from the text 5.
 */
#ifndef OCCUPORT_SINK_CSV_RECORD_H
#define OCCUPORT_SINK_CSV_RECORD_H

#include "core/arena.h"
#include "core/buf.h"
#include "model/dataset.h"
#include "model/moment.h"
#include "sink/csv_reader.h"

enum csv_key_column {
    CSV_BUILDING_ID,
    CSV_SITE_ID,
    CSV_GROUP_ID,
    CSV_GRANULARITY,
    CSV_DATE_PARTITION,
    CSV_DATE_TIME_START,
    CSV_KEY_COUNT /* the extra keys follow */
};

enum { CSV_DERIVED_COUNT = 3 };

struct csv_columns {
    size_t count;
    const char *names[CSV_FIELDS_MAX]; /* borrowed */
    size_t key_count;                  /* CSV_KEY_COUNT and the extra keys */
    size_t job_count;                  /* columns of the job, behind the key */
};

struct csv_text {
    const char *text;
    size_t size;
    bool is_null;
};

struct csv_record {
    int64_t building_id;
    int64_t site_id;
    int32_t partition;
    struct moment start;
    size_t field_count;
    size_t key_count;        /* of the columns */
    struct csv_text *fields; /* in the order of the columns, the key as text first */
};

/* The columns of a file of a job: names are borrowed. STATUS_CONFIG when there are more than CSV_FIELDS_MAX. */
enum status csv_columns_init(struct csv_columns *columns, const struct dataset *dataset, size_t job_count,
                             const char *const *job_columns, struct err *err) MUST_CHECK;

/*
 * Adds what the header of an older file has beyond that, and maps its fields: map[i] is the place in columns of the
 * file's field i. Names are copied into arena. STATUS_IO: the header is not one of ours.
 */
enum status csv_columns_join(struct csv_columns *columns, const struct csv_reader *reader,
                             const struct csv_field *fields, size_t count, size_t map[CSV_FIELDS_MAX],
                             struct arena *arena, struct err *err) MUST_CHECK;

/* Reads fields into a record whose fields array has columns->count places; texts stay the reader's. STATUS_IO with the
 * place. */
enum status csv_record_read(struct csv_record *record, const struct csv_columns *columns,
                            const struct csv_reader *reader, const struct csv_field *fields, size_t count,
                            const size_t map[CSV_FIELDS_MAX], size_t map_count, struct err *err) MUST_CHECK;

/* Order by key; equal keys are the same row. */
int csv_record_compare(const struct csv_record *a, const struct csv_record *b);

/* Equal in every field below `count`. */
bool csv_record_same(const struct csv_record *a, const struct csv_record *b, size_t count);

/* One field, in quotes only where it must be; an empty text is quoted, so that it is told from null. */
void csv_field_append(struct buf *out, const struct csv_text *field);

void csv_header_append(struct buf *out, const struct csv_columns *columns);
void csv_record_append(struct buf *out, const struct csv_record *record);

#endif
