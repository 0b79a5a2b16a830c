#include "core/log.h"
#include "run/engine_internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * Finding the best form of the query that the server understands. The first unit is asked in the best one; only a
 * refusal, before any page was accepted, leads here.
 *
 * The texts of errors are not read. The first refusal asks the server for its schema (negotiate_schema.c), which
 * tells at once what is missing. Where introspection is not allowed, or the schema does not explain the refusal,
 * a smaller question decides: the forms of enum query_form one after the other. One slice is asked alone before the
 * dialect is given up, since a list may have been too long rather than unknown. When the smallest form is
 * refused as well, the columns are asked for one by one (negotiate_columns.c).
 *
 * The documented dialect, when the job fixes it, uses nothing that the public sample does not use: no introspection.
 */

bool negotiate_ask(struct engine *engine, const struct buf *body, int max_attempts, client_done *done)
{
    struct err err;
    const struct client_ask ask = {
        .body = buf_text(body),
        .body_size = body->size,
        .judge = engine_judge,
        .done = done,
        .context = engine,
        .max_attempts = max_attempts,
    };
    engine->negotiation.is_asking = true;
    if (client_query(engine->options->client, &ask, &err) == STATUS_OK)
        return true;
    engine_stop(engine, &err);
    return false;
}

void negotiation_release(struct negotiation *negotiation)
{
    schema_probe_free(negotiation->schema);
    free(negotiation->accepted);
    *negotiation = (struct negotiation){0};
}

static bool asks_counts(enum query_form form)
{
    return form == FORM_COUNTED || form == FORM_SLICE_COUNTED;
}

static bool asks_one_slice(enum query_form form)
{
    return form == FORM_SLICE_COUNTED || form == FORM_SLICE_PLAIN;
}

/* True when the form is allowed by the job and differs from what was refused. */
static bool is_worth_asking(const struct engine *engine, enum query_form form)
{
    const struct engine_options *options = engine->options;
    const struct negotiation *negotiation = &engine->negotiation;
    bool counts_wanted = options->verify != PAGER_VERIFY_PAGES;
    bool counts_needed = options->verify == PAGER_VERIFY_COUNT;
    if (form == FORM_DOCUMENTED)
        return !options->dialect_is_fixed && !counts_needed;
    if (asks_one_slice(form) && unit_slice_count(&negotiation->unit) == 1)
        return false;
    if (asks_counts(form))
        return !negotiation->has_no_count;
    return !counts_needed && (counts_wanted || form == FORM_PLAIN);
}

static void ask_in_form(struct engine *engine, enum query_form form)
{
    struct negotiation *negotiation = &engine->negotiation;
    struct err err;
    negotiation->form = form;
    negotiation->is_asking = false;
    engine->dialect = form == FORM_DOCUMENTED ? DIALECT_DOCUMENTED : DIALECT_HASURA;
    engine->evidence.count_unavailable = !asks_counts(form);
    if (engine_push(engine, &negotiation->unit, &err) != STATUS_OK)
        engine_stop(engine, &err);
}

void negotiate_next_form(struct engine *engine)
{
    struct negotiation *negotiation = &engine->negotiation;
    for (int form = (int)negotiation->form + 1; form < FORM_COUNT; form++) {
        if (is_worth_asking(engine, (enum query_form)form)) {
            log_debug("a query was refused, asking for less: %s", negotiation->cause.message);
            ask_in_form(engine, (enum query_form)form);
            return;
        }
    }
    negotiate_columns(engine);
}

bool negotiate_step(struct engine *engine, const struct unit *unit, const struct err *failure)
{
    struct negotiation *negotiation = &engine->negotiation;
    /* A plain refusal may be of this building alone: its slices fail. */
    if (failure->kind != STATUS_UNSUPPORTED && failure->kind != STATUS_UNCLEAR)
        return false;
    negotiation->unit = *unit;
    negotiation->cause = *failure;
    if (negotiation->form != FORM_DOCUMENTED && !negotiation->schema_asked)
        negotiate_schema(engine);
    else
        negotiate_next_form(engine);
    return true;
}
