/* Shared by wire_worker*.c and nobody else. */
#ifndef OCCUPORT_CMD_WIRE_WORKER_INTERNAL_H
#define OCCUPORT_CMD_WIRE_WORKER_INTERNAL_H

#include "core/arena.h"
#include "core/cond.h"
#include "run/worklist.h"
#include "store/work.h"
#include "store/work_fence.h"
#include "wire_worker.h"

#include <pthread.h>

enum {
    WORKER_LEASE_MS = 60000,
    WORKER_AWAY_MS = 120000, /* so long the database may be away before the run ends */
    WORKER_LOOK_MS = 250,    /* between two looks while others are at what is left: a quarter of the waiting so far */
    WORKER_LOOK_MOST_MS = 2000,
    WORKER_ORPHAN_MS = 1000, /* the engine has nothing to do for so long, and leases of ours are not done */
    WORKER_HELD_MAX = 256,   /* leases, however slowly they get done */
    WORKER_STOP_MS = 2000,   /* so long a call of the coordinator is waited for at the end */
    WORKER_LEAVE_MS = 5000,  /* so long giving back may take */
    WORKER_SLOT_MS = 5000,   /* so long a reserved request may be late */
    WORKER_BLOCKS = 4,
    WORKER_KEPT = 1024
};

/* A unit that is ours for some time. */
struct lease {
    struct lease *next;
    int64_t unit_id;
    int64_t lease_no;
    int64_t goal_id;
    size_t dataset;
    struct unit unit; /* its ticket: higher than those of all leases before */
    size_t slices;
    size_t done;            /* of them: stored or booked as failed, by us or found so */
    unsigned char *bits;    /* one a slice: done */
    unsigned char *pending; /* one a slice: done once the transaction at hand is committed */
    int64_t until_ms;       /* by boot_ms: not renewed since */
    uint64_t beat;          /* the last one that saw it */
    size_t found;           /* of the done ones: found so when it was leased */
    bool is_helped;         /* of a goal of others */
    bool is_over;           /* done, lost or given back */
};

/* A list of sites or groups that many units point to. */
struct kept {
    struct kept *next;
    size_t size; /* bytes */
    const void *items;
};

/* Requests that were reserved: from next_ms on, one every step_ms. */
struct block {
    double next_ms;
    double step_ms;
    int left;
};

/* What was refused by the fence and is a failure in the summary. */
struct refused {
    struct unit unit;
    uint64_t failed;
    uint64_t rejected;
};

struct worker {
    const struct job *job;
    struct worker_options options;
    struct destinations *destinations;
    int64_t lease_ms;
    int64_t away_ms; /* so long the queue may be out of reach before the run ends */
    char host[WORK_NAME_SIZE];
    char fingerprint[WORK_FORM_SIZE * 2 + 1];
    char key[160];
    const struct coverage *coverages;
    struct work_goal goal; /* after the start: the coordinator's alone */
    struct db *keep_db;    /* the destination's, by which that is said; NULL: not yet */
    int64_t kept_ms;       /* when it was last said, while planning, that this one lives */
    bool is_late;          /* it was done when we came */

    /* The coordinator's, once it runs. */
    struct db *db;
    struct work *work;
    struct ledger *ledgers[JOB_DATASETS_MAX]; /* on db; opened when they are needed */
    bool reads_ahead;                         /* while the units of one claim are trimmed */
    int64_t beat_due_ms;
    int64_t claim_due_ms;
    int64_t claimed_ms; /* when a claim last brought something; 0: none did */
    int64_t workers;    /* that share the budget */
    bool holds_others;  /* units that it does not know of, at the last beat */
    bool is_settled;    /* the session is as it should be */
    int64_t told_pid;   /* of a session that could not be ended */
    int64_t again_ms;   /* the last failure that was tried again, how many came so close to each other, */
    int again_count;
    int64_t again_told_ms; /* and when that was last told */

    pthread_t thread;
    bool has_thread;
    bool has_ended;        /* the thread; with the lock */
    bool has_left;         /* struck off in the database */
    pthread_mutex_t lock;  /* of all below */
    pthread_cond_t asked;  /* for the coordinator */
    pthread_cond_t change; /* for the engine */
    void (*wakeup)(void *context);
    void *wakeup_context;
    bool must_stop;
    struct err failure; /* STATUS_OK: none; the run must end */
    uint64_t tickets;
    struct arena arena; /* what units point to */
    struct lease *leases;
    struct lease *over;             /* kept while a check of the fence may look at them */
    int pins;                       /* such checks */
    struct kept *kept[WORKER_KEPT]; /* in arena, by hash */
    uint64_t given_up;              /* slices that were booked as failed here, unasked */
    uint64_t helped;                /* slices of goals of others that were done here */
    size_t held;
    struct unit_queue ready; /* claimed, not given to the engine */
    size_t dataset;
    bool dataset_is_over; /* for now: others have something left */
    bool goal_is_done;
    bool is_last;
    uint64_t slices_failed; /* of the goal, once it is done */
    bool is_fresh;          /* nothing was claimed yet for the dataset at hand: a pair is wanted */
    uint64_t beats;
    int64_t renewed_ms; /* the last beat that went well was sent then */
    int64_t idle_ms;    /* since when the engine has had nothing to do and all is stored; INT64_MAX: not so */
    int64_t window_ms;  /* how many units were taken since, and in the window before */
    int taken;
    int taken_before;

    struct block blocks[WORKER_BLOCKS]; /* in the order of time */
    int block_count;
    double asked_ms; /* when the budget was last asked */
    double alone_ms; /* the next request without the coordinator */
    int share;       /* requests of one reservation */

    struct supply supply;
    struct sharing sharing;

    struct fence fence;
    pthread_mutex_t fence_lock;                  /* of the fence; taken before lock */
    struct work_fence *fence_works[FENCE_LANES]; /* on the connections of the destination */
    struct refused *refused;                     /* owned; the first refused_final of them for good */
    size_t refused_count;
    size_t refused_final;
};

/* Milliseconds that run on while the machine sleeps or the process is stopped. */
int64_t boot_ms(void);

/* True when requests should be reserved; with the lock held. */
bool worker_wants_budget(const struct worker *worker);

/* Who we are and what we want, in few characters. */
enum status worker_make_fingerprint(const struct job *job, char *out, size_t size, struct err *err) MUST_CHECK;
enum status worker_make_key(const struct worker *worker, const struct plan_filter *filters, char *out, size_t size,
                            struct err *err) MUST_CHECK;

/* A lease as a unit of the job; with the lock held. NULL: no memory, or no such building, site or group: err is set. */
struct lease *lease_adopt(struct worker *worker, size_t dataset, const struct work_lease *from, struct err *err);

/* With the lock held. */
void lease_free(struct lease *lease);
void lease_end(struct worker *worker, struct lease *lease); /* it counts as held no more */
void leases_end_all(struct worker *worker);

/* The list as part of the building's, or as one that is kept for all units. NULL: the building has it not, or no
 * memory. */
const int64_t *lease_sites(struct worker *worker, const struct coverage_building *building, size_t count,
                           const int64_t *sites);
const char *const *lease_groups(struct worker *worker, const struct coverage_building *building, size_t count,
                                const char *const *groups);

/* Between the two, without the lock, no lease that was seen is freed. */
void leases_pin(struct worker *worker);
void leases_unpin(struct worker *worker);

/*
 * How many slices of the unit belong to the lease. None does when it was handed out before: of a lease that was lost
 * and got anew it comes twice, and the first time is as late as that of another worker. With the lock held.
 */
size_t lease_overlap(const struct lease *lease, size_t dataset, const struct unit *unit);

/* The rectangle that both hold; its lists are in memory of arena. False: no memory. */
bool lease_common(const struct lease *lease, const struct unit *unit, struct arena *arena, struct unit *ret_common);

/*
 * What of a unit that others had before is due still, added to the list. No lock held. What was read of the ledger for
 * it serves the units that follow, until worker_trimmed.
 */
enum status worker_trim(struct worker *worker, struct lease *lease, const struct work_lease *from,
                        struct unit_list *list, struct err *err) MUST_CHECK;
void worker_trimmed(struct worker *worker);

/* wire_worker_claim.c: claims up to so many units, and looks at what is left when there are none. */
enum status worker_claim(struct worker *worker, int count, struct err *err) MUST_CHECK;

/* wire_worker_join.c: connects and says that the worker is there. */
enum status worker_come(struct worker *worker, struct err *err) MUST_CHECK;
/* Says that a stranger is there. */
enum status worker_refuse(const struct worker *worker, const struct work_stranger *stranger,
                          struct err *err) MUST_CHECK;

/* wire_worker_recover.c: makes a connection that is new one of the coordinator. */
enum status worker_settle(struct worker *worker, struct err *err) MUST_CHECK;
/* Decides what a failure of the coordinator means; one that ends the run is kept for the engine. */
void worker_recover(struct worker *worker, const struct err *failure);

/* The thread. */
void *worker_coordinate(void *context);

/* wire_worker_ops.c: appends to worker->refused. STATUS_NOMEM. */
enum status worker_add_refused(struct worker *worker, const struct refused *refused, struct err *err) MUST_CHECK;

/* struct fence, struct supply and struct sharing over the worker. */
void worker_make_fence(struct worker *worker);
void worker_make_ops(struct worker *worker);

#endif
