/*
 * Page after page of one unit until its completeness is proved. Pure: no network.
 *
 * Why a short page is not the end: a role may carry a hidden row cap, which
 * the server applies without a word, and in some versions to the count as
 * well (api-facts section 5, row caps). So a unit is complete only when
 *
 *   empty page   reading on after its last row gave nothing, or
 *   short page   its last page is shorter than asked AND shorter than a page seen
 *                longer in this run: no cap can have cut it, or
 *   count        the count equals the distinct rows, and the count itself is
 *                beyond suspicion: a larger count, or a longer page, was seen in this run, so
 *                a cap on counts did not cut this one (verify: count trusts every count), or
 *   calendar     documented dialect only (it cannot read on): a PT1H, PT15M or P1D slice holds every period of its
 *                day; or short page as above.
 *
 * A first page that is empty needs no more: a cap is at least one row. (With a count above 0 it contradicts it.)
 *
 * Contradictions (more rows than the count, fewer rows than the count after an empty page, the same key with
 * different values, a page that does not get past the last key, rows before the key) restart the unit, at most
 * PAGER_RESTARTS_MAX times, then fail it with STATUS_INCOMPLETE.
 */
#ifndef OCCUPORT_API_PAGER_H
#define OCCUPORT_API_PAGER_H

#include "api/answer.h"

enum { PAGER_RESTARTS_MAX = 3 };

enum pager_verify { PAGER_VERIFY_AUTO, PAGER_VERIFY_COUNT, PAGER_VERIFY_PAGES };

enum pager_proof { PROOF_NONE, PROOF_COUNT, PROOF_EMPTY_PAGE, PROOF_SHORT_PAGE, PROOF_CALENDAR };

/* "none", "count", "empty page", "short page", "calendar" */
const char *pager_proof_name(enum pager_proof proof);

/* What a run has learned of the server; shared by all its pagers, zeroed at its start. */
struct pager_evidence {
    uint64_t longest_page;
    uint64_t largest_count;
    bool count_unavailable; /* the server does not offer _aggregate: set by the caller when it was refused */
};

struct pager_options {
    enum dialect dialect;
    const char *root_field;
    size_t column_count;
    const char *const *columns;
    int page_size;
    enum pager_verify verify;
};

enum pager_step {
    PAGER_ASK,  /* ask pager_query and feed the answer */
    PAGER_DONE, /* proved; the batch is finished and holds all rows */
    PAGER_FAIL  /* err says why */
};

struct pager {
    const struct pager_options *options;
    struct pager_evidence *evidence;
    const struct unit *unit;
    struct batch batch; /* owned */
    bool has_after;
    struct page_key after; /* texts owned by the batch's arena */
    bool has_count;
    uint64_t count;
    uint64_t pages;
    int restarts;
    enum pager_proof proof;
};

/* Begins a unit. All pointers are borrowed until pager_release. */
void pager_init(struct pager *pager, const struct pager_options *options, struct pager_evidence *evidence,
                const struct unit *unit);

/* The page to ask for now; *ret_query points into the pager. */
void pager_query(const struct pager *pager, struct page_query *ret_query);

/*
 * Takes the body of an answer that answer_classify called STATUS_OK. Returns what to do next; PAGER_FAIL sets err
 * (STATUS_INCOMPLETE, STATUS_BAD_ANSWER, STATUS_NOMEM). STATUS_BAD_ANSWER leaves the pager where it was before: the
 * page may be asked again.
 */
enum pager_step pager_feed(struct pager *pager, const char *body, size_t size, struct err *err) MUST_CHECK;

void pager_release(struct pager *pager);

#endif
