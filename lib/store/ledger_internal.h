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
    LEDGER_MISS_DELETE,
    LEDGER_QUERY_COUNT
};

enum { LEDGER_COLUMN_SETS_MAX = 256 };

struct column_set {
    int64_t id;
    const char *columns; /* sorted names, separated by blanks; in the arena */
    bool outdated;       /* lacks a column of the job */
};

/* The numbers of the series met last: rows come slice by slice, and every slice asks. */
enum { LEDGER_SERIES_REMEMBERED = 1024 };

struct series_memory {
    int64_t id; /* 0: none */
    int64_t building_id;
    int64_t site_id;
    char group_id[48];
    char granularity[8];
};

struct ledger {
    struct db *db;
    struct ledger_job job;
    struct db_statement *queries[LEDGER_QUERY_COUNT]; /* prepared when first used */
    struct arena columns;
    size_t column_set_count;
    struct column_set column_sets[LEDGER_COLUMN_SETS_MAX];
    const char *wanted_columns; /* the job's, as in column_set.columns */
    int64_t columns_id;         /* of the job; 0 before ledger_declare wrote it for the first time */
    struct series_memory series[LEDGER_SERIES_REMEMBERED];
    struct arena reading; /* what the last read returned */
    size_t span_capacity;
    struct ledger_span *spans;
    size_t failure_capacity;
    struct ledger_failure *failures;
};

/* The prepared statement of one of the ledger's queries. */
enum status ledger_query(struct ledger *ledger, enum ledger_query which, struct db_statement **ret_statement,
                         struct err *err) MUST_CHECK;

/* Reads the sets of columns that are known, and finds the job's among them. */
enum status ledger_columns_load(struct ledger *ledger, struct err *err) MUST_CHECK;

/* Makes the job's set known (a write); sets columns_id. */
enum status ledger_columns_declare(struct ledger *ledger, struct err *err) MUST_CHECK;

/* True when rows fetched with that set lack a column of the job. */
bool ledger_columns_outdated(const struct ledger *ledger, int64_t columns_id);

#endif
