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

/* Makes the view building_insights_named anew; building_insights must be there. */
enum status sqlite_named_view(struct db *db, struct err *err) MUST_CHECK;

/* Re-derives local_offset and strays of buildings whose zone is not the one in the table buildings. */
enum status sqlite_zones_prepare(struct db *db, const struct coverage *coverage, struct err *err) MUST_CHECK;

/* The statements of a sink; each has the parameters partition, series and start in this order, as far as it needs them.
 */
enum sink_query {
    QUERY_OLD_ROWS,
    QUERY_INSERT,
    QUERY_UPDATE,
    QUERY_DELETE,
    QUERY_STRAY_FIND,
    QUERY_STRAY_PUT,
    QUERY_STRAY_DELETE,
    QUERY_HOME_FIND,
    QUERY_VANISHED_ADD,
    QUERY_VANISHED_DELETE,
    QUERY_COUNT
};

enum row_fate { ROW_NEW, ROW_CHANGED, ROW_SAME };

/* A row of the slice at hand and how it will be stored. */
struct new_row {
    const struct row *row;
    struct stored_start stored;
    enum row_fate fate; /* beside the rows that its slice holds already */
};

struct sink_sqlite {
    struct db *db;
    const struct sink_sqlite_options *options;
    struct start_encoder encoder;
    struct db_statement *queries[QUERY_COUNT];
    bool has_strays;   /* false: no stray row is stored, so none needs to be looked for */
    bool has_vanished; /* likewise */
    size_t capacity;
    struct new_row *rows; /* the slice at hand */
    size_t old_capacity;
    int64_t *vanished; /* starts of the slice's vanished rows */
};

/* Prepares every statement of the sink. */
enum status sqlite_queries_prepare(struct sink_sqlite *sink, struct err *err) MUST_CHECK;

/* Stores a row that the slice did not hold: new, or held under another partition so far. */
enum status sqlite_row_add(struct sink_sqlite *sink, const struct sink_slice *slice, const struct new_row *new_row,
                           struct sink_changes *changes, struct err *err) MUST_CHECK;

/* Compares a row with the stored one of the same start, on which old stands: ROW_SAME or ROW_CHANGED. */
enum row_fate sqlite_row_compare(const struct sink_sqlite *sink, struct db_statement *old,
                                 const struct new_row *new_row);

/* Stores a row whose start the slice holds already. An equal row is not written. */
enum status sqlite_row_keep(struct sink_sqlite *sink, const struct sink_slice *slice, const struct new_row *new_row,
                            struct sink_changes *changes, struct err *err) MUST_CHECK;

/* Notes a stored row that the API no longer returns; counted when it is first missed. */
enum status sqlite_row_missed(struct sink_sqlite *sink, const struct sink_slice *slice, int64_t start,
                              struct sink_changes *changes, struct err *err) MUST_CHECK;

#endif
