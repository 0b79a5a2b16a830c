/* Shared by the files of the ledger (ledger.c, ledger_series.c, declare.c, columns.c) and nobody else. */
#ifndef OCCUPORT_STORE_LEDGER_INTERNAL_H
#define OCCUPORT_STORE_LEDGER_INTERNAL_H

#include "store/ledger.h"

enum ledger_query {
    LEDGER_SERIES_ID,
    LEDGER_SPANS,
    LEDGER_FAILURES,
    LEDGER_LOOK_BACK,
    LEDGER_NEAR,
    LEDGER_SPAN_DELETE,
    LEDGER_SPAN_INSERT,
    LEDGER_FAILURE_DELETE,
    LEDGER_FAILURE_PUT,
    LEDGER_EACH_FAILED,
    LEDGER_SIGHTING_FIND,
    LEDGER_SIGHTING_ADD,
    LEDGER_SIGHTING_DELETE,
    LEDGER_MISS_ADD,
    LEDGER_MISS_DROP,
    LEDGER_MISS_DELETE,
    LEDGER_QUERY_COUNT
};

enum { LEDGER_COLUMN_SETS_MAX = 256 };

struct column_set {
    int64_t id;
    const char *columns; /* sorted names, separated by blanks, behind "@" and the source if it has one; in the arena */
    bool outdated;       /* lacks a column of the job, or has another source */
};

/* The numbers of the series met last: rows come slice by slice, and every slice asks. */
enum { LEDGER_SERIES_REMEMBERED = 8192 };

struct series_memory {
    int64_t id; /* 0: none */
    int64_t building_id;
    int64_t site_id;
    char group_id[48];
    char granularity[8];
};

/* The answer given last by ledger_open_from. */
struct open_from {
    const struct zone *zone; /* NULL: none was given */
    char granularity[16];
    civil_day day;
};

struct ledger {
    struct db *db;
    struct ledger_job job;
    struct db_statement *queries[LEDGER_QUERY_COUNT]; /* prepared when first used */
    struct arena columns;
    size_t column_set_count;
    struct column_set column_sets[LEDGER_COLUMN_SETS_MAX];
    bool met_unknown_columns;   /* of a span that was read: see ledger_columns_catch_up */
    const char *wanted_columns; /* the job's, as in column_set.columns */
    int64_t columns_id;         /* of the job; 0 before ledger_declare wrote it for the first time */
    struct open_from open_from;
    struct series_memory series[LEDGER_SERIES_REMEMBERED];
    struct ledger_ahead *ahead; /* owned; NULL: series are read one by one */
    struct arena reading;       /* what the last read returned */
    uint64_t reopened;          /* calls of ledger_reopen that opened a day */
    size_t span_capacity;
    struct ledger_span *spans;
    size_t failure_capacity;
    struct ledger_failure *failures;
};

/* The prepared statement of one of the ledger's queries. */
enum status ledger_query(struct ledger *ledger, enum ledger_query which, struct db_statement **ret_statement,
                         struct err *err) MUST_CHECK;

/* Room for one more element; the arrays live as long as their owner and are reused from series to series. */
enum status ledger_reserve(void **array, size_t *capacity, size_t count, size_t size, struct err *err) MUST_CHECK;

/* A map of the current row, copied into reading; NULL when it has none of so many bytes. */
enum status ledger_read_map(struct ledger *ledger, struct db_statement *query, int column, size_t wanted,
                            const unsigned char **ret_map, struct err *err) MUST_CHECK;

/* The span in the columns from `at` of the current row, in the order of LEDGER_SPANS. */
enum status ledger_read_span(struct ledger *ledger, struct db_statement *query, int at, struct ledger_span *ret_span,
                             struct err *err) MUST_CHECK;

/* coverage_open_from of the job. */
civil_day ledger_open_from(struct ledger *ledger, const struct zone *zone, const char *granularity);

/* Lets the days from that one on count as open: with the `settle` that the job has now they are not settled yet. */
enum status ledger_open_young_read(struct ledger *ledger, civil_day from, struct ledger_series *series,
                                   struct err *err) MUST_CHECK;

/* Likewise in the tables, for all series that the job promises. Nobody else may store meanwhile. */
enum status ledger_open_young(struct ledger *ledger, struct err *err) MUST_CHECK;

enum status ledger_delete_span(struct ledger *ledger, int64_t series_id, civil_day first, struct err *err) MUST_CHECK;
enum status ledger_insert_span(struct ledger *ledger, int64_t series_id, const struct span *span,
                               struct err *err) MUST_CHECK;

/* The whole span in the columns from `at` of the current row, in the order of LEDGER_NEAR; its maps in reading. */
enum status ledger_read_stored(struct ledger *ledger, struct db_statement *query, int at, struct span *ret_span,
                               struct err *err) MUST_CHECK;

/* The series, if it is read ahead: *ret_found. */
enum status ledger_ahead_find(struct ledger *ledger, const struct series_key *key, struct ledger_series *ret_series,
                              bool *ret_found, struct err *err) MUST_CHECK;

/* Writes down the series of the job and which of them it promises: declare_postgres.c. */
enum status ledger_declare_series_postgres(struct ledger *ledger, struct err *err) MUST_CHECK;

/* Reads the sets of columns that are known, and finds the job's among them. */
enum status ledger_columns_load(struct ledger *ledger, struct err *err) MUST_CHECK;

/* Makes the job's set known (a write); sets columns_id. */
enum status ledger_columns_declare(struct ledger *ledger, struct err *err) MUST_CHECK;

/*
 * True when rows fetched with that set lack a column of the job, or when the set was not there yet when the sets were
 * read.
 */
bool ledger_columns_outdated(struct ledger *ledger, int64_t columns_id);

/*
 * Behind questions about spans: whether another program stored some with a set that came after the sets were read. Then
 * those are read again, and so must the spans be.
 */
enum status ledger_columns_catch_up(struct ledger *ledger, bool *ret_again, struct err *err) MUST_CHECK;

#endif
