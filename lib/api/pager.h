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
 *   count        it came in one page, the count asked with it equals the distinct rows, and the count itself is
 *                beyond suspicion: a larger count, or a longer page, was seen in this run, so
 *                a cap on counts did not cut this one (verify: count trusts every count, over several pages too), or
 *   calendar     documented dialect only (it cannot read on), and not of a dataset with extra keys: a PT1H, PT15M or
 * P1D slice holds every period of its day; or short page as above. What cannot be proved so is STATUS_INCOMPLETE at
 * once; a longer page seen later in the run may prove it then.
 *
 * A first page that is empty needs no more: a cap is at least one row. (With a count above 0 it contradicts it.)
 * However the end was proved, a count that came must agree, counting rejects, and counting repeats in a page either
 * once or as often as they came. A count that is smaller than the rows and not beyond suspicion is taken for a capped
 * one and left out of account; count 0 beside rows is a contradiction. A page longer than asked (the server ignores
 * limit) is read, but is no evidence of a longer page.
 *
 * Contradictions (another count than before, more rows than the count, fewer rows than the count after an empty page,
 * the same key with different values, rows that do not lie behind the key, a page to read on from that is not in the
 * order asked for) restart the unit, at most PAGER_RESTARTS_MAX times, then fail it with STATUS_INCOMPLETE.
 *
 * What is promised when the server publishes anew between two pages: the next page begins behind the last slice that
 * surely came whole; the slice that a page breaks off in is dropped and read again. So a slice whose rows came in one
 * page is as it was at one instant. Only a slice that fills a page (or a cap) to its end, or stands alone in one, is
 * read on from in its middle; rows published meanwhile can then mix with older ones, unless the count or the order of
 * the keys betrays it. With verify: count a unit of several pages may also miss rows that changed places meanwhile.
 *
 * What only a count can betray: a server that ignores order_by and caps its pages to so few rows that they look ordered
 * by chance, and two rows of one key that the end of a page cuts apart inside a slice.
 */
#ifndef OCCUPORT_API_PAGER_H
#define OCCUPORT_API_PAGER_H

#include "api/page_reader.h"

enum { PAGER_RESTARTS_MAX = 3, PAGER_PAGES_MAX = 1000000 };

enum pager_verify { PAGER_VERIFY_AUTO, PAGER_VERIFY_COUNT, PAGER_VERIFY_PAGES };

enum pager_proof { PROOF_NONE, PROOF_COUNT, PROOF_EMPTY_PAGE, PROOF_SHORT_PAGE, PROOF_CALENDAR };

/* "none", "count", "empty page", "short page", "calendar" */
const char *pager_proof_name(enum pager_proof proof);

/*
 * What a run has learned of the server in one dialect; shared by all its pagers of that dialect, zeroed at its start.
 * Pages that contradict something teach nothing. Not for two dialects: a page that was asked for with a limit does not
 * show how long one without may be.
 */
struct pager_evidence {
    uint64_t longest_page;
    uint64_t largest_count;
    bool count_unavailable; /* the server does not offer _aggregate: set by the caller when it was refused */
};

struct pager_options {
    enum dialect dialect;
    const struct dataset *dataset;
    size_t column_count;
    const char *const *columns;
    int page_size; /* at least 1 */
    enum pager_verify verify;
    size_t batch_max; /* bytes of rows of one unit; 0: ARENA_MAX_DEFAULT */
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
    bool is_reading;    /* the page at hand, by pager_take */
    struct page_query query;
    struct page_reader reader;
    bool has_after;
    struct page_key after; /* start and keys owned by the batch's arena, group_id by the unit */
    bool has_count;
    uint64_t count;
    bool count_doubted; /* it is left out of account */
    uint64_t pages;     /* taken since pager_init */
    int restarts;
    enum pager_proof proof;
};

/* Begins a unit. All pointers are borrowed until pager_release. */
void pager_init(struct pager *pager, const struct pager_options *options, struct pager_evidence *evidence,
                const struct unit *unit);

/* The page to ask for next; *ret_query points into the pager. */
void pager_query(const struct pager *pager, struct page_query *ret_query);

/*
 * May be called whenever more of the body of an answer came, of HTTP 2xx, before pager_feed; takes rows out of it.
 * is_first: the body is that of another answer than before, and what was taken of that one is dropped.
 * STATUS_TOO_LARGE when the rows do not fit the batch; STATUS_NOMEM. The answer must then be given up.
 */
enum status pager_take(struct pager *pager, struct buf *body, bool is_first, struct err *err) MUST_CHECK;

/*
 * Takes the body, or what pager_take left of it, of an answer to pager_query that answer_classify called STATUS_OK.
 * Returns what to do next; PAGER_FAIL sets err: STATUS_INCOMPLETE; STATUS_BAD_ANSWER, which leaves the pager where it
 * was before, so that the page may be asked again; STATUS_TOO_LARGE when the rows do not fit the batch; STATUS_NOMEM.
 */
enum pager_step pager_feed(struct pager *pager, const char *body, size_t size, struct err *err) MUST_CHECK;

void pager_release(struct pager *pager);

#endif
