/*
 * The engine: walks the due units, pages the API, proves completeness and
 * hands whole slices to the destinations: one fetch feeds all. A destination that
 * fails is left out from then on; the run goes on for the others and ends with the exit code of its failure.
 *
 * One call is one run: on the thread of the caller it keeps as many units in flight as the
 * client's limiter allows, each with a pager of its own; what is whole goes to a writer thread for each destination
 * (writer.h). Memory is bounded by concurrency, unit size and the writers' queues, not by the length of the job. A unit
 * that fails for good is halved along its longest side until the bad slice stands alone and fails alone.
 *
 * The dialect: the first unit runs alone until an answer is accepted. A refusal asks the server for its schema, or,
 * where that is not allowed, smaller and smaller questions, until a form of the query is found that it understands
 * or a column is named that it does not have. See negotiate.c.
 *
 * The size: what a server could not answer is not asked of it again (unit_size.h). A unit that fails for other
 * reasons is cut as well, and its halves come after everything else.
 */
#ifndef OCCUPORT_RUN_ENGINE_H
#define OCCUPORT_RUN_ENGINE_H

#include "api/client.h"
#include "api/pager.h"
#include "run/destination.h"
#include "run/sharing.h"
#include "run/summary.h"
#include "run/supply.h"

#include <signal.h>

/* A picture of the run for a display; the counts include what is not flushed yet. */
struct engine_progress {
    const struct run_counts *counts;
    size_t units_in_flight;
    const struct unit *current; /* one of the units in flight; NULL: none */
    int64_t elapsed_ms;
};

enum { ENGINE_DESTINATIONS_MAX = 16 };

struct engine_options {
    const struct plan *plan;     /* with a supply: may be empty; its counts are those of all that is to be fetched */
    const struct supply *supply; /* further units, behind those of the plan; NULL: none */
    struct client *client;
    size_t destination_count; /* 1 to ENGINE_DESTINATIONS_MAX */
    const struct destination *const *destinations;
    bool *ret_failed; /* set for each destination that failed: no further run over another dataset may have it. NULL */
    struct run_counts *ret_counts; /* adds for each destination what it took itself, that failed ones as well; NULL */
    const struct sharing *sharing; /* NULL: no other run can be at the same slices */
    const struct dataset *dataset;
    size_t column_count;
    const char *const *columns;
    int page_size;
    int max_attempts; /* of one request, as the client has it; at least 1 */
    enum pager_verify verify;
    bool dialect_is_fixed; /* by the job; else all are tried from the top */
    enum dialect dialect;  /* the fixed one */
    struct clock clock;
    int64_t deadline_ms;                      /* monotonic; INT64_MAX: none */
    const volatile sig_atomic_t *interrupted; /* becomes non-zero on the first signal */
    /* Called about ten times a second at most; may be NULL. */
    void (*progress)(void *context, const struct engine_progress *progress);
    void *progress_context;
};

/*
 * Runs the plan and fills summary: counts (of slices and rows: those of the first destination that did not fail),
 * failures, dialect, reason, interrupted, exit_code. The failures of slices stand in the summary; the return value is
 * what stopped the run: STATUS_OK when it went through, else STATUS_AUTH, STATUS_CONFIG, STATUS_UNREACHABLE, STATUS_IO,
 * STATUS_INTERRUPTED, ... with err set. What was committed stays.
 */
enum status engine_run(const struct engine_options *options, struct summary *summary, struct err *err) MUST_CHECK;

#endif
