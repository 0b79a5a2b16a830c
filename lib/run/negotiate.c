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
    free(negotiation->columns);
    *negotiation = (struct negotiation){0};
}

static bool asks_counts(enum query_form form)
{
    return form == FORM_COUNTED || form == FORM_SLICE_COUNTED;
}

static enum query_form first_form(const struct engine_options *options)
{
    if (options->dialect_is_fixed && options->dialect == DIALECT_DOCUMENTED)
        return FORM_DOCUMENTED;
    return options->verify == PAGER_VERIFY_PAGES ? FORM_PLAIN : FORM_COUNTED;
}

void negotiation_init(struct negotiation *negotiation, const struct engine_options *options)
{
    *negotiation = (struct negotiation){.first_form = first_form(options), .form = first_form(options)};
}

/* The form that asks the same of one slice. */
static enum query_form without_lists_of(enum query_form form)
{
    return form == FORM_SLICE_COUNTED ? FORM_COUNTED : form == FORM_SLICE_PLAIN ? FORM_PLAIN : form;
}

/* True when the form is allowed by the job and differs from what was refused. */
static bool is_worth_asking(const struct engine *engine, enum query_form form)
{
    const struct engine_options *options = engine->options;
    const struct negotiation *negotiation = &engine->negotiation;
    bool must_count = options->verify == PAGER_VERIFY_COUNT;
    if (form == FORM_DOCUMENTED)
        return !options->dialect_is_fixed && !must_count;
    if ((negotiation->refused_alone & 1U << without_lists_of(form)) != 0)
        return false;
    return asks_counts(form) ? options->verify != PAGER_VERIFY_PAGES && !negotiation->has_no_count : !must_count;
}

/* The claim ends: it is taken again when the unit comes up. */
static void queue_again(struct engine *engine, const struct unit *unit)
{
    struct err err;
    engine_give_back(engine, unit, 1);
    if (worklist_push(&engine->worklist, unit, &err) != STATUS_OK)
        engine_stop(engine, &err);
}

static void choose(struct engine *engine, enum query_form form)
{
    engine->negotiation.form = form;
    engine->negotiation.is_asking = false;
    engine->dialect = form == FORM_DOCUMENTED ? DIALECT_DOCUMENTED : DIALECT_HASURA;
    if (form != FORM_DOCUMENTED)
        engine->evidence[DIALECT_HASURA].count_unavailable = !asks_counts(form);
}

void negotiate_next_form(struct engine *engine)
{
    struct negotiation *negotiation = &engine->negotiation;
    for (int form = (int)negotiation->form + 1; form < FORM_COUNT; form++) {
        if (is_worth_asking(engine, (enum query_form)form)) {
            log_debug("a query was refused, asking for less: %s", negotiation->cause.message);
            choose(engine, (enum query_form)form);
            queue_again(engine, &negotiation->unit);
            return;
        }
    }
    negotiate_columns(engine);
}

static void start_anew(struct engine *engine)
{
    engine->negotiation.given_up++;
    engine->negotiation.cause = (struct err){0};
    choose(engine, engine->negotiation.first_form);
}

void negotiate_give_up(struct engine *engine)
{
    const struct err cause = engine->negotiation.cause;
    start_anew(engine);
    settle_failed(engine, &engine->negotiation.unit, &cause);
}

/* Errors without a clear reason are asked about, but not for ever: then they are failures like others. */
static bool may_be_form(const struct negotiation *negotiation, const struct err *failure)
{
    if (failure->kind != STATUS_UNCLEAR) /* a plain refusal may be of this building alone: its slices fail */
        return failure->kind == STATUS_UNSUPPORTED;
    return !negotiation->is_sound && negotiation->given_up < NEGOTIATION_GIVEN_UP_MAX;
}

/*
 * Errors without a clear reason led to the form, and now the unit fails in another way: it may have been the unit from
 * the beginning. What asks for less may still work in this form.
 */
static bool was_led_astray(const struct negotiation *negotiation, const struct unit *unit, const struct err *failure)
{
    bool may_be_size = failure->kind == STATUS_TIMEOUT || failure->kind == STATUS_TOO_LARGE;
    return negotiation->cause.kind == STATUS_UNCLEAR && negotiation->form != negotiation->first_form &&
           !(may_be_size && unit_slice_count(unit) > 1);
}

static bool is_same_slice(const struct unit *a, const struct unit *b)
{
    return unit_slice_count(a) == 1 && unit_slice_count(b) == 1 && a->building == b->building &&
           strcmp(a->granularity, b->granularity) == 0 && a->days.first == b->days.first &&
           a->sites[0] == b->sites[0] && strcmp(a->groups[0], b->groups[0]) == 0;
}

static void note_refusal(struct negotiation *negotiation, const struct unit *unit, const struct err *failure)
{
    if (!is_same_slice(&negotiation->unit, unit))
        negotiation->refused_alone = 0;
    if (unit_slice_count(unit) == 1)
        negotiation->refused_alone |= 1U << without_lists_of(negotiation->form);
    negotiation->unit = *unit;
    negotiation->cause = *failure;
}

bool negotiate_step(struct engine *engine, const struct unit *unit, const struct err *failure)
{
    struct negotiation *negotiation = &engine->negotiation;
    if (!may_be_form(negotiation, failure)) {
        if (was_led_astray(negotiation, unit, failure))
            start_anew(engine);
        return false;
    }
    note_refusal(negotiation, unit, failure);
    if (negotiation->form != FORM_DOCUMENTED && !negotiation->schema_asked)
        negotiate_schema(engine);
    else
        negotiate_next_form(engine);
    return true;
}

bool negotiate_reading_on(struct engine *engine, const struct unit *unit, const struct err *failure)
{
    bool may_choose = !engine->options->dialect_is_fixed && engine->options->verify != PAGER_VERIFY_COUNT;
    bool is_chosen = engine->dialect == DIALECT_DOCUMENTED; /* another unit met the same before */
    if (!is_chosen && (!may_choose || engine->negotiation.reads_on || unit_slice_count(unit) > 1))
        return false;
    if (!is_chosen)
        log_info("the API does not let a page begin behind another; going on in the documented dialect: %s",
                 failure->message);
    choose(engine, FORM_DOCUMENTED);
    queue_again(engine, unit);
    return true;
}
