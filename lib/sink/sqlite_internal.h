/* Shared by the files of the SQLite sink and nobody else. */
#ifndef OCCUPORT_SINK_SQLITE_INTERNAL_H
#define OCCUPORT_SINK_SQLITE_INTERNAL_H

#include "sink/sqlite.h"

/* A start as it is stored. */
struct stored_start {
    int64_t start; /* seconds, or minus an odd_starts id */
    int64_t spelling_id;
    int64_t local_offset; /* quarter hours */
    int32_t home;         /* the partition of its local day */
};

/* Remembers the last spelling: nearly all rows of a job share one or two. */
struct start_encoder {
    struct db *db;
    struct db_statement *find_spelling;
    struct db_statement *add_spelling;
    struct db_statement *find_odd;
    struct db_statement *add_odd;
    bool has_last;
    char last_text[MOMENT_TEXT_MAX];
    size_t last_size;
    struct moment last_moment;
    int64_t last_spelling_id;
};

enum status start_encoder_open(struct start_encoder *encoder, struct db *db, struct err *err) MUST_CHECK;
void start_encoder_close(struct start_encoder *encoder);

/* How row's start is stored for a building of that zone; adds a spelling or an odd start where it is new. */
enum status start_encode(struct start_encoder *encoder, const struct row *row, const struct zone *zone,
                         struct stored_start *ret_start, struct err *err) MUST_CHECK;

/* Adds missing columns to the table and makes the view anew if any was missing. */
enum status sqlite_schema_prepare(struct db *db, size_t column_count, const char *const *columns,
                                  struct err *err) MUST_CHECK;

/* Re-derives local_offset and strays of buildings whose zone is not the one in the table buildings. */
enum status sqlite_zones_prepare(struct db *db, const struct coverage *coverage, struct err *err) MUST_CHECK;

#endif
