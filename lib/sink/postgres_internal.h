/* Shared by the files of the PostgreSQL sink and nobody else. */
#ifndef OCCUPORT_SINK_POSTGRES_INTERNAL_H
#define OCCUPORT_SINK_POSTGRES_INTERNAL_H

#include "core/arena.h"
#include "core/buf.h"
#include "pg/copy.h"
#include "sink/postgres.h"

/* PostgreSQL allows 1,600 columns in a table, and DATASET_days has two for each. */
enum { POSTGRES_COLUMNS_MAX = 780 };

/* Its names have 63 bytes, of which AVG_ takes four. */
enum { POSTGRES_NAME_MAX = 59 };

/* What the table has for a column: the words of row_columns.kind, in this order. */
enum column_kind {
    COLUMN_NONE,
    COLUMN_NUMBER,
    COLUMN_TEXT,
    COLUMN_JSON,
    COLUMN_KEY, /* an extra key without a value so far */
    COLUMN_KEY_NUMBER,
    COLUMN_KEY_TEXT,
    COLUMN_KIND_COUNT
};

struct row_column {
    const char *name; /* as the job has it */
    enum column_kind kind;
    bool exact; /* integers are among its values that no double holds */
    bool mixed; /* values of other kinds are */
    bool late;  /* stands behind all others in the views */
};

/* The columns of a dataset, extra keys included, in the order of row_columns.position. */
struct row_columns {
    struct arena arena;
    int64_t version;
    size_t count;
    struct row_column items[POSTGRES_COLUMNS_MAX];
};

/* A start as it is stored. */
struct stored_start {
    int64_t start; /* seconds, or minus an odd_starts id */
    int32_t spelling_id;
    int32_t home; /* the partition of its local day */
    int16_t local_offset;
};

struct spelling {
    int32_t id;
    bool zone_known;
    int32_t offset;
    char pattern[MOMENT_PATTERN_SIZE];
};

/* Spellings that are known to be stored; nearly all rows of a job share one or two. */
struct start_memory {
    size_t count;
    size_t capacity;
    struct spelling *spellings;
    bool has_last;
    char last_text[MOMENT_TEXT_MAX];
    size_t last_size;
    struct moment last_moment;
    int32_t last_id;
    int64_t home_day; /* and its partition, which is 0 before the first row */
    int32_t home;
};

/* A slice of the flush and where its rows go. */
struct slice_place {
    size_t first_row; /* of its rows in starts */
    int32_t partition;
    bool must_merge;
    int round; /* of the merge: 0 for all series that have each row under one partition only */
};

enum sink_statement {
    STATEMENT_MERGE,
    STATEMENT_UNVANISH,
    STATEMENT_KEEP,
    STATEMENT_DROP_ROWS,
    STATEMENT_DROP_VANISHED,
    STATEMENT_DROP_STRAYS,
    STATEMENT_MOVE,
    STATEMENT_MOVE_ROWS,
    STATEMENT_MOVE_VANISHED,
    STATEMENT_MOVE_LOSERS,
    STATEMENT_MOVE_DAYS,
    STATEMENT_STRAY_PUT,
    STATEMENT_STRAY_DELETE,
    STATEMENT_DAYS_CHANGED,
    STATEMENT_DAYS_PUT,
    STATEMENT_DAYS_DELETE,
    STATEMENT_KNOWN,   /* which of some series cannot be copied into the table */
    STATEMENT_STRAYED, /* whether one of some series has strays */
    STATEMENT_FLAGS,
    STATEMENT_COUNT
};

struct sink_postgres {
    struct db *db;
    const struct sink_postgres_options *options;
    struct row_columns columns;
    size_t key_at[DATASET_KEYS_MAX];               /* of each extra key among columns */
    size_t column_at[POSTGRES_COLUMNS_MAX];        /* of each column of the job */
    bool is_staged;                                /* the temporary tables are there, as columns is */
    struct db_statement *queries[STATEMENT_COUNT]; /* made when first used, for the columns as they are */
    struct start_memory memory;
    size_t month_count;
    size_t month_capacity;
    int32_t *months; /* YYYYMM whose partitions are there */
    bool has_vanished;
    /* The flush at hand: */
    size_t count;
    struct sink_postgres_slice *slices;
    size_t state_capacity;
    struct slice_place *states;
    size_t *by_series; /* numbers of slices, sorted by series, then as they came */
    size_t start_capacity;
    struct stored_start *starts;
    int rounds;
    struct buf text; /* scratch of the values being copied */
};

/* Names as they stand in SQL: in lower case and in quotes. */
void postgres_append_name(struct buf *sql, const char *prefix, const char *name);

#define POSTGRES_COLUMN_PREFIX "v_"
#define POSTGRES_KEY_PREFIX    "k_"
#define POSTGRES_MEAN          "a_"
#define POSTGRES_GREATEST      "m_"

/* True for a column that means and greatest values are kept of. */
bool postgres_has_days(const struct row_column *column);
bool postgres_is_key(const struct row_column *column);

/* Runs what is in sql as statements and releases it. */
enum status postgres_exec(struct db *db, struct buf *sql, struct err *err) MUST_CHECK;

/* --- postgres_columns.c */

/* Reads the columns of a dataset; what was in *columns is given up. */
enum status postgres_columns_read(struct db *db, const char *dataset, struct row_columns *columns,
                                  struct err *err) MUST_CHECK;

enum status postgres_columns_are_declared(struct db *db, const struct sink_postgres_options *options,
                                          bool *ret_declared, struct err *err) MUST_CHECK;

/* Notes the columns of the job that are new, with the lock held; *ret_added: there were some. */
enum status postgres_columns_declare(struct db *db, const struct sink_postgres_options *options, bool late,
                                     bool *ret_added, struct err *err) MUST_CHECK;

/* Makes the table ready for every value of the slices at hand, in a transaction of its own. */
enum status postgres_columns_learn(struct sink_postgres *sink, struct err *err) MUST_CHECK;

/* Reads them anew, and forgets what was made for the old ones. */
enum status postgres_columns_load(struct sink_postgres *sink, struct err *err) MUST_CHECK;

/* --- postgres_value.c */

/* The kind of column that a value wants; COLUMN_NONE for null. */
enum column_kind postgres_value_kind(const struct value *value);

/* True when a double does not hold it: an integer beyond 2^53. */
bool postgres_value_is_wide(const struct value *value);

/* True when the value goes into the column itself, not into "more". */
bool postgres_value_fits(const struct row_column *column, const struct value *value);

/* True for a text that jsonb takes. */
bool postgres_json_fits(const char *text, size_t size);

/* Adds the fields of a row: columns of the job that the table has, then "more". */
int postgres_value_fields(const struct sink_postgres *sink);
void postgres_copy_values(struct sink_postgres *sink, struct pg_copy *copy, const struct row *row);
void postgres_copy_keys(struct sink_postgres *sink, struct pg_copy *copy, const struct row *row);

/* --- postgres_start.c */

/* The starts of all rows of the slices at hand. Outside of a transaction. */
enum status postgres_starts_encode(struct sink_postgres *sink, struct err *err) MUST_CHECK;
void postgres_starts_release(struct start_memory *memory);

/* --- postgres_tables.c */

/* With the keys of the dataset. */
enum status postgres_tables_are_made(struct db *db, const struct dataset *dataset, bool *ret_made,
                                     struct err *err) MUST_CHECK;

/* Makes the tables of a dataset where they are missing; *ret_new: they were. */
enum status postgres_tables_make(struct db *db, const struct dataset *dataset, bool *ret_new,
                                 struct err *err) MUST_CHECK;

/* The partitions that the slices at hand need. Outside of a transaction. */
enum status postgres_months_make(struct sink_postgres *sink, struct err *err) MUST_CHECK;

/* --- postgres_views.c, postgres_dashboards.c */

enum status postgres_views_make(struct db *db, const struct dataset *dataset, const struct row_columns *columns,
                                struct err *err) MUST_CHECK;
enum status postgres_dashboards_make(struct db *db, const struct row_columns *columns, struct err *err) MUST_CHECK;

/* put_view of the migration: makes a view anew. mark: its comment; NULL: none. */
enum status postgres_view_put(struct db *db, const char *name, const char *mark, struct buf *query,
                              struct err *err) MUST_CHECK;

/* Appends `, d.a_X AS avg_x, d.m_X AS max_x` for each column. */
void postgres_append_days(struct buf *sql, const struct row_columns *columns);

/* Appends, of a row r: the column as a number, null where it is none. */
void postgres_append_number(struct buf *sql, const struct row_column *column);

/* Appends avg or max of a column over rows r: null where one of its values is no number. */
void postgres_append_aggregate(struct buf *sql, const struct row_column *column, const char *aggregate);

/* --- postgres_zones.c */

/* *ret_noted: every building of the job is in the table buildings, with the zone of the job. */
enum status postgres_zones_are_noted(struct db *db, const struct coverage *coverage, bool *ret_noted,
                                     struct err *err) MUST_CHECK;

enum status postgres_zones_prepare(struct db *db, const struct coverage *coverage, struct err *err) MUST_CHECK;

/* --- postgres_sql.c: statements with marks for what differs between datasets and jobs, explained there */

void postgres_append_template(struct buf *sql, const struct sink_postgres *sink, const char *template);
enum status postgres_query(struct sink_postgres *sink, enum sink_statement which, struct db_statement **ret_statement,
                           struct err *err) MUST_CHECK;
void postgres_queries_forget(struct sink_postgres *sink);

/* Makes the temporary tables of the session. Outside of a transaction. */
enum status postgres_stage_make(struct sink_postgres *sink, struct err *err) MUST_CHECK;

/* --- postgres_copy.c */

/* Copies the slices that need no merge into the table, with their days. */
enum status postgres_copy_new(struct sink_postgres *sink, struct err *err) MUST_CHECK;

/* Copies the others into the temporary tables. */
enum status postgres_copy_stage(struct sink_postgres *sink, struct err *err) MUST_CHECK;

/* --- postgres_sort.c */

/* Decides which slices must be merged, and in which round. */
enum status postgres_sort_out(struct sink_postgres *sink, bool merge_all, struct err *err) MUST_CHECK;

/* *ret_exist: a series of the slices at hand has a row under another partition than that of its day. */
enum status postgres_strays_exist(struct sink_postgres *sink, bool *ret_exist, struct err *err) MUST_CHECK;

/* --- postgres_merge.c */

/* Merges what is in the temporary tables, sets the changes of its slices, and makes their days anew. */
enum status postgres_merge(struct sink_postgres *sink, struct err *err) MUST_CHECK;

#endif
