/* Shared by claims.c and claims_budget.c and nobody else. */
#ifndef OCCUPORT_STORE_CLAIMS_INTERNAL_H
#define OCCUPORT_STORE_CLAIMS_INTERNAL_H

#include "db/db.h"
#include "store/claims.h"

enum claims_query {
    CLAIMS_QUERY_OVERLAP,
    CLAIMS_QUERY_CLAIM,
    CLAIMS_QUERY_RELEASE,
    CLAIMS_QUERY_OWNER,
    CLAIMS_QUERY_DROP_CLAIMS,
    CLAIMS_QUERY_DROP_OWNER,
    CLAIMS_QUERY_NEWEST_OWNER,
    CLAIMS_QUERY_OWNER_AFTER,
    CLAIMS_QUERY_SUPERIORS,
    CLAIMS_QUERY_BUDGET,
    CLAIMS_QUERY_BUDGET_PUT,
    CLAIMS_QUERY_COUNT
};

struct claims {
    struct db *db;
    struct db_statement *queries[CLAIMS_QUERY_COUNT];
    int64_t owner_id;
    enum claims_priority priority;
    bool others_at_open;
};

#endif
