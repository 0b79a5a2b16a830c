#include "core/log.h"
#include "run/engine_internal.h"

#include <stdlib.h>

static void on_answer(void *context, enum status status, const struct http_response *response,
                      const struct err *failure);

/* A client_judge that keeps count of the bad answers to the unit. */
static enum status judge(void *context, const struct http_response *response, struct err *err)
{
    struct fetch *fetch = context;
    enum status status = engine_judge(NULL, response, err);
    if (status != STATUS_OK && status != STATUS_SESSION && status != STATUS_THROTTLED)
        fetch->bad_answers++;
    return status;
}

/* A client_receive: rows are read while they come. */
static enum status receive(void *context, struct buf *body, bool is_first, struct err *err)
{
    struct fetch *fetch = context;
    return pager_take(&fetch->pager, body, is_first, err);
}

/* Second chances are for a server that stumbles: a unit that meets bad answers on all its pages has used them up. */
static int attempts_left(const struct fetch *fetch)
{
    int max_attempts = fetch->engine->options->max_attempts;
    int left = ENGINE_UNIT_ATTEMPTS * max_attempts - fetch->bad_answers;
    if (left > max_attempts)
        return max_attempts;
    return left > 1 ? left : 1;
}

static enum status ask(struct fetch *fetch, struct err *err)
{
    struct page_query query;
    struct buf body = {.max = (size_t)8 << 20};
    pager_query(&fetch->pager, &query);
    enum status status = query_page(&query, &body, err);
    const struct client_ask ask = {
        .body = buf_text(&body),
        .body_size = body.size,
        .judge = judge,
        .done = on_answer,
        .receive = receive,
        .context = fetch,
        .max_attempts = attempts_left(fetch),
        .can_shrink = unit_slice_count(&fetch->unit) > 1,
    };
    if (status == STATUS_OK)
        status = client_query(fetch->engine->options->client, &ask, err);
    buf_release(&body);
    return status;
}

/* Keeps the first half and puts the second on the stack. False: it is one slice. */
static bool cut_off_half(struct engine *engine, struct unit *unit, enum status *ret_status, struct err *err)
{
    struct unit first;
    struct unit second;
    if (!unit_halve(unit, &first, &second))
        return false;
    *ret_status = worklist_push(&engine->worklist, &second, err);
    *unit = first;
    return *ret_status == STATUS_OK;
}

enum status fetch_cut(struct engine *engine, struct unit *unit, struct err *err)
{
    enum query_form form = engine->negotiation.form;
    bool only_slices = form == FORM_DOCUMENTED ||
                       (!engine->dialect_is_settled && (form == FORM_SLICE_COUNTED || form == FORM_SLICE_PLAIN));
    enum status status = STATUS_OK;
    if (only_slices) {
        while (cut_off_half(engine, unit, &status, err)) {
        }
        return status;
    }
    uint64_t most = unit_size_most(&engine->size);
    while (unit_expected_rows(unit) > most && cut_off_half(engine, unit, &status, err)) {
    }
    return status;
}

enum status fetch_begin(struct engine *engine, const struct unit *unit, struct err *err)
{
    struct fetch *fetch = calloc(1, sizeof *fetch);
    if (fetch == NULL)
        return err_nomem(err);
    const struct engine_options *options = engine->options;
    fetch->tries_more = unit_size_began(&engine->size, unit_expected_rows(unit));
    fetch->engine = engine;
    fetch->unit = *unit;
    fetch->fetched_at = clock_wall(&options->clock);
    fetch->pager_options = (struct pager_options){
        .dialect = engine->dialect,
        .dataset = options->dataset,
        .column_count = options->column_count,
        .columns = options->columns,
        .page_size = options->page_size,
        .verify = options->verify,
    };
    pager_init(&fetch->pager, &fetch->pager_options, &engine->evidence[engine->dialect], &fetch->unit);
    batch_pool_lend(&engine->batches, &fetch->pager.batch);
    fetch->next = engine->fetches;
    engine->fetches = fetch;
    engine->fetch_count++;
    enum status status = ask(fetch, err);
    if (status != STATUS_OK)
        fetch_end(fetch);
    return status;
}

void fetch_end(struct fetch *fetch)
{
    struct engine *engine = fetch->engine;
    for (struct fetch **at = &engine->fetches; *at != NULL; at = &(*at)->next) {
        if (*at == fetch) {
            *at = fetch->next;
            engine->fetch_count--;
            break;
        }
    }
    if (fetch->tries_more)
        unit_size_tried(&engine->size);
    batch_pool_give_back(&engine->batches, &fetch->pager.batch);
    pager_release(&fetch->pager);
    free(fetch);
}

/* What becomes of the unit. */
static void give_up(struct fetch *fetch, const struct err *failure)
{
    struct engine *engine = fetch->engine;
    bool was_reading_on = fetch->pager.has_after && fetch->pager_options.dialect == DIALECT_HASURA;
    if (engine->stop != STATUS_OK) /* dropped with the run: it stays due, and is not its own failure */
        return;
    if (engine_must_stop(failure->kind)) {
        engine_stop(engine, failure);
        return;
    }
    if (!engine->dialect_is_settled && negotiate_step(engine, &fetch->unit, failure))
        return;
    if (failure->kind == STATUS_UNSUPPORTED && was_reading_on && negotiate_reading_on(engine, &fetch->unit, failure))
        return;
    settle_failed(engine, &fetch->unit, failure);
}

static void fail(struct fetch *fetch, const struct err *failure)
{
    give_up(fetch, failure);
    fetch_end(fetch);
}

/* The answer was whole, but its shape was not the agreed one: the page never happened. */
static void ask_again(struct fetch *fetch, const struct err *failure)
{
    struct err err;
    fetch->bad_answers++;
    if (++fetch->page_attempts >= ENGINE_PAGE_ATTEMPTS_MAX || attempts_left(fetch) == 1) {
        fail(fetch, failure);
        return;
    }
    log_debug("building %lld: %s; asking again", (long long)fetch->unit.building->id, failure->message);
    if (ask(fetch, &err) != STATUS_OK)
        fail(fetch, &err);
}

static void accept_page(struct fetch *fetch)
{
    struct engine *engine = fetch->engine;
    if (!engine->dialect_is_settled)
        log_info("the API answers the %s dialect%s", dialect_name(engine->dialect),
                 engine->dialect == DIALECT_DOCUMENTED                ? ", one slice a request"
                 : engine->evidence[DIALECT_HASURA].count_unavailable ? ", without counts"
                 : engine->options->verify == PAGER_VERIFY_PAGES      ? ""
                                                                      : ", with counts");
    engine->dialect_is_settled = true;
    engine->negotiation.reads_on |= fetch->pager.query.after != NULL;
    engine->failures_in_row = 0;
    worklist_worked(&engine->worklist, fetch->unit.building);
    fetch->page_attempts = 0;
}

/* How long the answer took; unless it stood in a socket because a destination was behind. */
static void note_time(const struct fetch *fetch, const struct http_response *response)
{
    struct engine *engine = fetch->engine;
    int64_t begun_ms = clock_monotonic_ms(&engine->options->clock) - response->elapsed_ms;
    uint64_t rows = unit_expected_rows(&fetch->unit);
    uint64_t page = (uint64_t)engine->options->page_size;
    if (engine->held_ms < begun_ms)
        unit_size_took(&engine->size, rows < page ? rows : page, response->elapsed_ms);
}

static void on_answer(void *context, enum status status, const struct http_response *response,
                      const struct err *failure)
{
    struct fetch *fetch = context;
    struct err err = {0};
    if (status != STATUS_OK) {
        fail(fetch, failure);
        return;
    }
    note_time(fetch, response);
    switch (pager_feed(&fetch->pager, buf_text(response->body), response->body->size, &err)) {
    case PAGER_ASK:
        accept_page(fetch);
        if (ask(fetch, &err) != STATUS_OK)
            fail(fetch, &err);
        break;
    case PAGER_DONE:
        accept_page(fetch);
        unit_size_worked(&fetch->engine->size, unit_expected_rows(&fetch->unit));
        settle_complete(fetch);
        break;
    case PAGER_FAIL:
        if (err.kind == STATUS_BAD_ANSWER) {
            ask_again(fetch, &err);
            break;
        }
        accept_page(fetch); /* it was read: the server does its part */
        if (fetch->pager.batch.reject_count > 0 && status_reach(err.kind) == REACH_SLICE)
            settle_rejected(fetch, &err);
        else
            fail(fetch, &err);
        break;
    default: break;
    }
}
