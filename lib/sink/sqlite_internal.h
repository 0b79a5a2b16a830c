/* Shared by the files of the SQLite sink and nobody else. */
#ifndef OCCUPORT_SINK_SQLITE_INTERNAL_H
#define OCCUPORT_SINK_SQLITE_INTERNAL_H

#include "core/buf.h"
#include "db/feed.h"
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
    int64_t home_day; /* and its partition, which is 0 before the first row */
    int32_t home;
};

enum status start_encoder_open(struct start_encoder *encoder, struct db *db, struct err *err) MUST_CHECK;
void start_encoder_close(struct start_encoder *encoder);

/* How row's start is stored for a building of that zone; adds a spelling or an odd start where it is new. */
enum status start_encode(struct start_encoder *encoder, const struct row *row, const struct zone *zone,
                         struct stored_start *ret_start, struct err *err) MUST_CHECK;

/* Makes the tables of the dataset, adds missing columns, and makes the view anew if anything was missing. */
enum status sqlite_schema_prepare(struct db *db, const struct sink_sqlite_options *options, struct err *err) MUST_CHECK;

/* Makes the tables of a dataset where they are missing, and has the view completeness count their rows. */
enum status sqlite_tables_make(struct db *db, const struct dataset *dataset, struct err *err) MUST_CHECK;

/* Appends `, "k_KEY"` for each extra key. */
void sqlite_append_keys(struct buf *sql, size_t count, const char *const *keys);

/* SQLite allows 2,000 columns in a table, and DATASET_days has two for each. */
enum { SQLITE_COLUMNS_MAX = 990 };

/* Columns of a table that carry a prefix. */
struct column_list {
    struct arena arena;
    size_t count;
    const char *names[SQLITE_COLUMNS_MAX]; /* without the prefix, in the order they were added */
};

/* Reads those of the table DATASET_rows; the caller releases list->arena, also after a failure. */
enum status sqlite_columns_read(struct db *db, const char *dataset, const char *prefix, struct column_list *list,
                                struct err *err) MUST_CHECK;

/* Makes the views DATASET, DATASET_named and DATASET_daily anew, for the columns of the list, and those for dashboards
 * where the dataset is building_insights. */
enum status sqlite_views_make(struct db *db, const struct dataset *dataset, const struct column_list *list,
                              struct err *err) MUST_CHECK;

/* True when the dataset has all of them. */
enum status sqlite_views_exist(struct db *db, const char *dataset, bool *ret_exist, struct err *err) MUST_CHECK;

/* The views for dashboards, occupancy_..., of building_insights (sqlite_dashboards.c). */
enum status sqlite_dashboards_make(struct db *db, const struct column_list *list, struct err *err) MUST_CHECK;
enum status sqlite_dashboards_exist(struct db *db, bool *ret_exist, struct err *err) MUST_CHECK;

/* Appends `WITH RECURSIVE partitions (date_partition) AS (...) `: the partitions of a dataset, found by jumping from
 * one to the next; its last one is null. */
void sqlite_append_partitions(struct buf *sql, const char *dataset);

/* What the start of a row r means, in seconds: an odd start is kept elsewhere. */
#define SQLITE_SECONDS                                                                                                 \
    "CASE WHEN r.start >= 0 THEN r.start ELSE"                                                                         \
    " (SELECT o.seconds FROM odd_starts o WHERE o.odd_id = -r.start) END"

/* Runs the statements in sql and releases it. */
enum status sqlite_exec_buf(struct db *db, struct buf *sql, struct err *err) MUST_CHECK;

/* Columns of the job and extra keys carry these prefixes in the tables, so that none can meet a column of ours. */
#define SQLITE_COLUMN_PREFIX "v_"
#define SQLITE_KEY_PREFIX    "k_"

/*
 * Re-derives local_offset and strays of buildings whose zone is not the one in the table buildings, in the tables of
 * all datasets.
 */
enum status sqlite_zones_prepare(struct db *db, const struct coverage *coverage, struct err *err) MUST_CHECK;

/* The statements of a sink; each has the parameters partition, series, start and extra keys in this order, as far as it
 * needs them. */
enum sink_query {
    QUERY_OLD_ROWS,
    QUERY_INSERT,
    QUERY_INSERT_ALL,
    QUERY_ANY_ROW,
    QUERY_UPDATE,
    QUERY_DAY_DELETE,
    QUERY_DELETE,
    QUERY_STRAY_FIND,
    QUERY_STRAY_PUT,
    QUERY_STRAY_DELETE,
    QUERY_HOME_FIND,
    QUERY_VANISHED_ADD,
    QUERY_VANISHED_DELETE,
    QUERY_COUNT
};

/* What tells a row from the others of its series. */
struct row_key {
    int64_t start;            /* as it is stored */
    const struct value *keys; /* the extra keys */
};

/* A stored row that the slice no longer holds. */
struct missed_row {
    int64_t start;
    struct value keys[DATASET_KEYS_MAX]; /* texts in sink->missed_texts */
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
    struct db_feed feed; /* rows of the slice at hand, for QUERY_INSERT_ALL */
    char feed_name[DATASET_NAME_MAX + 16];
    struct db_statement *queries[QUERY_COUNT];
    struct db_statement *day_add;     /* of a slice that is stored for the first time */
    struct db_statement *day_refresh; /* from the rows as they are stored */
    size_t day_columns;               /* that day_refresh knows of */
    bool has_strays;                  /* false: no stray row is stored, so none needs to be looked for */
    bool has_vanished;                /* likewise */
    size_t capacity;
    struct new_row *rows; /* the slice at hand */
    size_t missed_capacity;
    struct missed_row *missed; /* of the slice at hand */
    struct arena missed_texts;
};

/* Prepares every statement of the sink. */
enum status sqlite_queries_prepare(struct sink_sqlite *sink, struct err *err) MUST_CHECK;

/* Reads the extra keys of the stored row on which old stands; texts live until it moves on. */
void sqlite_read_keys(const struct sink_sqlite *sink, struct db_statement *old, struct value keys[DATASET_KEYS_MAX]);

/* Stores a row that the slice did not hold: new, or held under another partition so far. */
enum status sqlite_row_add(struct sink_sqlite *sink, const struct sink_slice *slice, const struct new_row *new_row,
                           struct sink_changes *changes, struct err *err) MUST_CHECK;

/* Stores a slice of which nothing can be stored yet, all at once. */
enum status sqlite_rows_add(struct sink_sqlite *sink, const struct sink_slice *slice, struct sink_changes *changes,
                            struct err *err) MUST_CHECK;

/*
 * The table DATASET_days (sqlite_days.c). prepare makes it anew from the rows, and drops the view over it, when it
 * lacks a column of the list, which is what the rows have: the database is older than the table.
 */
enum status sqlite_days_prepare(struct db *db, const char *dataset, const struct column_list *list,
                                struct err *err) MUST_CHECK;
enum status sqlite_days_open(struct sink_sqlite *sink, struct err *err) MUST_CHECK;
void sqlite_days_close(struct sink_sqlite *sink);

/* At the begin of a transaction: another run may have added columns since. */
enum status sqlite_days_begin(struct sink_sqlite *sink, struct err *err) MUST_CHECK;

/* The row of the slice at hand, of which nothing was stored before. */
enum status sqlite_days_add(struct sink_sqlite *sink, const struct sink_slice *slice, struct err *err) MUST_CHECK;

/* The row of a slice whose rows changed. */
enum status sqlite_days_refresh(struct sink_sqlite *sink, int64_t partition, int64_t series_id,
                                struct err *err) MUST_CHECK;

/* Statements that make the table, and add one column of the job to it; the columns of a view over it, called d. */
void sqlite_days_append_table(struct buf *sql, const char *dataset, const struct column_list *list);
void sqlite_days_append_column(struct buf *sql, const char *dataset, const char *name);
void sqlite_days_append_view(struct buf *sql, const struct column_list *list);

/* What the greatest values of a column are called in it. */
#define SQLITE_DAYS_GREATEST "m_"

/* Compares a row with the stored one of the same key, on which old stands: ROW_SAME or ROW_CHANGED. */
enum row_fate sqlite_row_compare(const struct sink_sqlite *sink, struct db_statement *old,
                                 const struct new_row *new_row);

/* Stores a row whose key the slice holds already. An equal row is not written. */
enum status sqlite_row_keep(struct sink_sqlite *sink, const struct sink_slice *slice, const struct new_row *new_row,
                            struct sink_changes *changes, struct err *err) MUST_CHECK;

/* Notes a stored row that the API no longer returns; counted when it is first missed. */
enum status sqlite_row_missed(struct sink_sqlite *sink, const struct sink_slice *slice, const struct row_key *key,
                              struct sink_changes *changes, struct err *err) MUST_CHECK;

#endif
