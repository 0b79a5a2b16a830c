#include "api/pager.h"

#include "api/full_day.h"

#include <string.h>

/* Rows that room is made for at once: no more than a unit should have. */
enum { PAGER_ROWS_HINT_MAX = 100000 };

/* What a page makes of a unit. */
enum verdict { VERDICT_PROVED, VERDICT_READ_ON, VERDICT_CONTRADICTION, VERDICT_UNPROVABLE };

static const char *const proof_names[] = {
    [PROOF_NONE] = "none",
    [PROOF_COUNT] = "count",
    [PROOF_EMPTY_PAGE] = "empty page",
    [PROOF_SHORT_PAGE] = "short page",
    [PROOF_CALENDAR] = "calendar",
};

const char *pager_proof_name(enum pager_proof proof)
{
    return proof_names[proof];
}

void pager_init(struct pager *pager, const struct pager_options *options, struct pager_evidence *evidence,
                const struct unit *unit)
{
    *pager = (struct pager){.options = options, .evidence = evidence, .unit = unit};
    batch_init(&pager->batch, options->column_count, options->batch_max);
    pager->batch.zone = unit->building->zone;
    pager->batch.key_count = options->dataset->key_count;
    uint64_t expected = unit_expected_rows(unit);
    pager->batch.row_hint = expected < PAGER_ROWS_HINT_MAX ? (size_t)expected : PAGER_ROWS_HINT_MAX;
}

void pager_release(struct pager *pager)
{
    page_reader_drop(&pager->reader);
    batch_release(&pager->batch);
    *pager = (struct pager){0};
}

void pager_query(const struct pager *pager, struct page_query *ret_query)
{
    const struct pager_options *options = pager->options;
    *ret_query = (struct page_query){
        .dialect = options->dialect,
        .dataset = options->dataset,
        .unit = pager->unit,
        .column_count = options->column_count,
        .columns = options->columns,
        .limit = options->page_size,
        .after = pager->has_after ? &pager->after : NULL,
        .with_count = options->dialect == DIALECT_HASURA && options->verify != PAGER_VERIFY_PAGES &&
                      !pager->evidence->count_unavailable,
    };
}

static bool is_documented(const struct pager *pager)
{
    return pager->options->dialect == DIALECT_DOCUMENTED;
}

static bool same_reject(const struct reject *a, const struct reject *b)
{
    return a->slice == b->slice && a->raw_size == b->raw_size && memcmp(a->raw, b->raw, a->raw_size) == 0;
}

/* A reject without a readable key comes again when its page is read on from before it: it is one row all the same. */
static void drop_known_rejects(struct batch *batch, size_t before)
{
    size_t kept = before;
    for (size_t i = before; i < batch->reject_count; i++) {
        bool is_known = false;
        for (size_t j = 0; j < before && !is_known; j++)
            is_known = same_reject(&batch->rejects[i], &batch->rejects[j]);
        if (is_known)
            batch->received--;
        else
            batch->rejects[kept++] = batch->rejects[i];
    }
    batch->reject_count = kept;
}

/* Rows and rejects, each once. Repeated rows are gone from the batch by now. */
static uint64_t distinct_rows(const struct batch *batch)
{
    uint64_t distinct = batch->row_count;
    for (size_t i = 0; i < batch->reject_count; i++) {
        bool is_new = true;
        for (size_t j = 0; j < i && is_new; j++)
            is_new = !same_reject(&batch->rejects[i], &batch->rejects[j]);
        distinct += is_new;
    }
    return distinct;
}

/* True when no cap on counts can have cut this one. */
static bool count_is_beyond_suspicion(const struct pager *pager)
{
    return pager->count < pager->evidence->largest_count || pager->count < pager->evidence->longest_page;
}

/* Without all rejects in hand, distinct rows cannot be told. */
static bool count_is_usable(const struct pager *pager)
{
    return pager->has_count && !pager->count_doubted && pager->batch.rejects_dropped == 0;
}

/* Takes the count of the page. False with the reason: it contradicts what is known. */
static bool take_count(struct pager *pager, const struct page_summary *page, uint64_t distinct, struct err *why)
{
    if (page->has_count && pager->has_count && page->count != pager->count) {
        (void)err_set(why, STATUS_INCOMPLETE, "the count changed from %llu to %llu between two pages",
                      (unsigned long long)pager->count, (unsigned long long)page->count);
        return false;
    }
    if (page->has_count) {
        pager->has_count = true;
        pager->count = page->count;
    }
    if (!count_is_usable(pager) || distinct <= pager->count)
        return true;
    if (pager->count > 0 && pager->options->verify != PAGER_VERIFY_COUNT && !count_is_beyond_suspicion(pager)) {
        pager->count_doubted = true;
        return true;
    }
    (void)err_set(why, STATUS_INCOMPLETE, "%llu rows came, more than the count of %llu", (unsigned long long)distinct,
                  (unsigned long long)pager->count);
    return false;
}

/* The proof that the page gives, or PROOF_NONE. */
static enum pager_proof proof_of(const struct pager *pager, const struct page_summary *page, uint64_t distinct)
{
    uint64_t asked = is_documented(pager) ? UINT64_MAX : (uint64_t)pager->options->page_size;
    if (page->rows == 0)
        return PROOF_EMPTY_PAGE;
    bool count_decides =
        pager->options->verify == PAGER_VERIFY_COUNT || (!pager->has_after && count_is_beyond_suspicion(pager));
    if (count_is_usable(pager) && distinct == pager->count && count_decides)
        return PROOF_COUNT;
    if (page->rows < asked && page->rows < pager->evidence->longest_page)
        return PROOF_SHORT_PAGE;
    return PROOF_NONE;
}

/* The batch has all its rows: do they agree with the count? */
static enum verdict conclude(struct pager *pager, enum pager_proof proof, uint64_t distinct, struct err *why)
{
    if (count_is_usable(pager) && distinct != pager->count && pager->batch.received != pager->count) {
        (void)err_set(why, STATUS_INCOMPLETE, "%llu rows came (%llu with repeats), but the count is %llu",
                      (unsigned long long)distinct, (unsigned long long)pager->batch.received,
                      (unsigned long long)pager->count);
        return VERDICT_CONTRADICTION;
    }
    pager->proof = proof;
    return VERDICT_PROVED;
}

/* Can the next page be asked for, and from where? */
static enum verdict aim(const struct pager *pager, const struct page_summary *page, struct err *why)
{
    if (is_documented(pager)) {
        (void)err_set(why, STATUS_INCOMPLETE,
                      "%llu rows came, but nothing shows that they are all: no longer page was seen in this run, and "
                      "they do not fill their day",
                      (unsigned long long)page->rows);
        return VERDICT_UNPROVABLE;
    }
    if (!page->in_order) {
        (void)err_set(why, STATUS_INCOMPLETE, "the rows are not in the order asked for, so more cannot be asked for");
        return VERDICT_CONTRADICTION;
    }
    if (!page->has_boundary && !page->has_last) {
        (void)err_set(why, STATUS_INCOMPLETE, "no row of the page has a key that can be read, to read on from");
        return VERDICT_UNPROVABLE;
    }
    if (pager->pages >= PAGER_PAGES_MAX) {
        (void)err_set(why, STATUS_INCOMPLETE, "the unit does not end after %d pages", PAGER_PAGES_MAX);
        return VERDICT_UNPROVABLE;
    }
    return VERDICT_READ_ON;
}

/*
 * Sorts the batch and takes repeats out. With the reason: two rows contradict each other, or nobody can tell which is
 * which, however often they are asked for.
 */
static enum verdict settle_rows(struct pager *pager, struct err *why)
{
    size_t conflict;
    batch_finish(&pager->batch, &conflict);
    if (conflict == SIZE_MAX)
        return VERDICT_PROVED;
    const struct row *row = pager->batch.ambiguous;
    if (row == NULL) {
        (void)err_set(why, STATUS_INCOMPLETE, "two rows have the same key and different values");
        return VERDICT_CONTRADICTION;
    }
    int minutes = (int)(row->start.seconds % 86400 / 60);
    (void)err_set(why, STATUS_INCOMPLETE,
                  "two rows begin at %02d:%02d, which comes twice on that day, since the clocks of %s are set back; "
                  "DATE_TIME_START has no zone that would say which is which",
                  minutes / 60, minutes % 60, zone_name(pager->unit->building->zone));
    return VERDICT_UNPROVABLE;
}

static enum verdict judge(struct pager *pager, const struct page_summary *page, struct err *why)
{
    if (!page->past_key) {
        (void)err_set(why, STATUS_INCOMPLETE, "a page brought rows that do not lie behind the page before");
        return VERDICT_CONTRADICTION;
    }
    enum verdict verdict = page->has_repeats || !page->in_order ? settle_rows(pager, why) : VERDICT_PROVED;
    if (verdict != VERDICT_PROVED)
        return verdict;
    uint64_t distinct = distinct_rows(&pager->batch);
    if (!take_count(pager, page, distinct, why))
        return VERDICT_CONTRADICTION;
    enum pager_proof proof = proof_of(pager, page, distinct);
    if (proof == PROOF_NONE && !is_documented(pager))
        return aim(pager, page, why);
    verdict = settle_rows(pager, why);
    if (verdict != VERDICT_PROVED)
        return verdict;
    if (proof == PROOF_NONE && full_day(pager->unit, &pager->batch))
        proof = PROOF_CALENDAR;
    return proof != PROOF_NONE ? conclude(pager, proof, distinct, why) : aim(pager, page, why);
}

static void learn(struct pager *pager, const struct page_summary *page)
{
    struct pager_evidence *evidence = pager->evidence;
    bool as_asked = is_documented(pager) || page->rows <= (uint64_t)pager->options->page_size;
    if (as_asked && page->rows > evidence->longest_page)
        evidence->longest_page = page->rows;
    if (count_is_usable(pager) && pager->count > evidence->largest_count)
        evidence->largest_count = pager->count;
}

/* Takes the rows of a slice back: it will come again, whole. */
static void drop_slice(struct batch *batch, size_t slice, uint64_t received)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->row_count; i++) {
        if (batch->rows[i].slice != slice)
            batch->rows[kept++] = batch->rows[i];
    }
    batch->row_count = kept;
    kept = 0;
    for (size_t i = 0; i < batch->reject_count; i++) {
        if (batch->rejects[i].slice != slice)
            batch->rejects[kept++] = batch->rejects[i];
    }
    batch->reject_count = kept;
    batch->received -= received;
}

/* Where the next page begins: behind the last slice that came whole, or else behind the last row. */
static void read_on(struct pager *pager, const struct page_summary *page)
{
    if (page->has_boundary)
        drop_slice(&pager->batch, page->tail_slice, page->tail_rows);
    pager->after = page->has_boundary ? page->boundary : page->last;
    pager->has_after = true;
}

static enum pager_step restart(struct pager *pager, const struct err *why, struct err *err)
{
    if (pager->restarts == PAGER_RESTARTS_MAX) {
        (void)err_set(err, STATUS_INCOMPLETE, "still after %d restarts: %s", pager->restarts, why->message);
        return PAGER_FAIL;
    }
    pager->restarts++;
    batch_reset(&pager->batch);
    pager->has_after = false;
    pager->has_count = false;
    pager->count_doubted = false;
    return PAGER_ASK;
}

/* True when the arena's maximum rather than the machine may have refused memory for a page of size bytes. */
static bool batch_is_full(const struct batch *batch, size_t size)
{
    enum { SMALL_PIECES = 128 * 1024 };
    size_t max = batch->arena.max != 0 ? batch->arena.max : ARENA_MAX_DEFAULT;
    size_t wanted = size + SMALL_PIECES + 2 * batch->row_capacity * sizeof *batch->rows;
    return wanted > max || batch->arena.used > max - wanted;
}

static enum status begin_page(struct pager *pager, struct err *err)
{
    page_reader_drop(&pager->reader);
    if (pager->batch.row_count == 0 && pager->batch.reject_count == 0 && !pager->has_after)
        batch_reset(&pager->batch); /* what a broken answer left in the arena */
    pager_query(pager, &pager->query);
    enum status status = page_reader_begin(&pager->reader, &pager->query, &pager->batch, err);
    pager->is_reading = status == STATUS_OK;
    return status;
}

static enum status explain_full(const struct pager *pager, enum status status, size_t size, struct err *err)
{
    if (status != STATUS_NOMEM || !batch_is_full(&pager->batch, size))
        return status;
    return err_set(err, STATUS_TOO_LARGE, "the rows of the unit do not fit the memory of one batch");
}

enum status pager_take(struct pager *pager, struct buf *body, bool is_first, struct err *err)
{
    enum status status = STATUS_OK;
    if (is_first || !pager->is_reading)
        status = begin_page(pager, err);
    if (status == STATUS_OK)
        status = page_reader_take(&pager->reader, body, err);
    return explain_full(pager, status, body->size, err);
}

enum pager_step pager_feed(struct pager *pager, const char *body, size_t size, struct err *err)
{
    struct page_summary page = {0};
    struct err why = {0};
    enum status status = pager->is_reading ? STATUS_OK : begin_page(pager, err);
    size_t rejects_before = pager->reader.mark.reject_count;
    pager->is_reading = false;
    if (status == STATUS_OK)
        status = page_reader_end(&pager->reader, body, size, &page, err);
    if (explain_full(pager, status, size, err) != STATUS_OK)
        return PAGER_FAIL;
    pager->pages++;
    drop_known_rejects(&pager->batch, rejects_before);
    enum verdict verdict = judge(pager, &page, &why);
    if (verdict == VERDICT_CONTRADICTION)
        return restart(pager, &why, err);
    learn(pager, &page);
    switch (verdict) {
    case VERDICT_READ_ON: read_on(pager, &page); return PAGER_ASK;
    case VERDICT_PROVED: return PAGER_DONE;
    case VERDICT_CONTRADICTION:
    case VERDICT_UNPROVABLE:
    default: (void)err_set(err, STATUS_INCOMPLETE, "%s", why.message); return PAGER_FAIL;
    }
}
