/* Shared by work*.c and nobody else. */
#ifndef OCCUPORT_STORE_WORK_INTERNAL_H
#define OCCUPORT_STORE_WORK_INTERNAL_H

#include "core/arena.h"
#include "store/work.h"

enum work_query {
    WORK_STRANGERS,
    WORK_ENTER,
    WORK_BUDGET_ROW,
    WORK_GIVE_BACK,
    WORK_STRIKE_OFF,
    WORK_TRY_PLAN,
    WORK_FIND_GOAL,
    WORK_SET_GOAL,
    WORK_PATIENCE,
    WORK_CLEAR,
    WORK_SWEEP,
    WORK_ADD_GOAL,
    WORK_ADD_UNITS,
    WORK_LOCK,
    WORK_SHARE,
    WORK_CLAIM,
    WORK_CLAIM_PAIR,
    WORK_LOOK,
    WORK_FINISH,
    WORK_FAILED,
    WORK_STORED,
    WORK_NOTE_FOUND,
    WORK_GIVE_UP,
    WORK_BEAT,
    WORK_RESERVE,
    WORK_QUERY_COUNT
};

struct work {
    struct db *db;
    struct work_worker worker;
    struct db_statement *queries[WORK_QUERY_COUNT];
    struct arena arena; /* what a lease at hand points to */
};

/* Prepared when it is first asked for. */
enum status work_query(struct work *work, enum work_query which, struct db_statement **ret_query,
                       struct err *err) MUST_CHECK;

/* Says that the worker is at this goal, and that it lives. */
enum status work_set_goal(struct work *work, int64_t goal_id, struct err *err) MUST_CHECK;

/* The lock of claims, until the transaction ends: of all goals there are, nobody leases a unit meanwhile. */
enum status work_lock_claims(struct work *work, struct err *err) MUST_CHECK;

#endif
