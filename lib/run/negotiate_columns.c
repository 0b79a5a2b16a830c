#include "core/text.h"
#include "run/engine_internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * Which columns does the server not have? Asked in the documented dialect, for one slice: first no column but the key,
 * then each column of the job alone. Nothing of it is kept.
 *
 * Only a plain refusal tells at once that a column is not there. An error without a clear reason may be a fault in
 * the data of the slice, so what met one is asked for a second time, for a slice far from the first. A column that
 * fails for both is one that the server does not have.
 */

static void ask_next(struct engine *engine);

static void begin(struct engine *engine, const struct unit *unit)
{
    struct negotiation *negotiation = &engine->negotiation;
    struct unit rest;
    negotiation->slice = *unit;
    while (unit_halve(&negotiation->slice, &negotiation->slice, &rest)) {
    }
    negotiation->keys_asked = false;
    negotiation->keys_refused = false;
    negotiation->column = 0;
    ask_next(engine);
}

/*
 * From the end of the plan, or without one of the refused unit; of another building if there is one. False: it would be
 * the same one.
 */
static bool find_second_slice(const struct engine *engine, struct unit *ret_slice)
{
    const struct plan *plan = engine->options->plan;
    const struct unit *first = &engine->negotiation.slice;
    struct unit rest;
    size_t at = plan->unit_count;
    while (at > 0 && plan->units[at - 1].building == first->building)
        at--;
    struct unit slice = engine->negotiation.unit;
    if (plan->unit_count > 0)
        slice = plan->units[(at > 0 ? at : plan->unit_count) - 1];
    while (unit_halve(&slice, &rest, &slice)) {
    }
    *ret_slice = slice;
    return slice.building != first->building || slice.days.first != first->days.first ||
           slice.sites[0] != first->sites[0] || strcmp(slice.groups[0], first->groups[0]) != 0;
}

static void answered(void *context, enum status status, const struct http_response *response, const struct err *failure)
{
    struct engine *engine = context;
    struct negotiation *negotiation = &engine->negotiation;
    (void)response;
    bool refused = status == STATUS_UNSUPPORTED || status == STATUS_REFUSED || status == STATUS_UNCLEAR;
    if (status != STATUS_OK && (engine_must_stop(status) || status == STATUS_UNREACHABLE)) {
        engine_stop(engine, failure);
        return;
    }
    if (status != STATUS_OK && !refused) { /* the server did not do its part: this says nothing of columns */
        negotiate_give_up(engine);
        return;
    }
    if (!negotiation->keys_asked) {
        negotiation->keys_asked = true;
        negotiation->keys_refused = refused;
    } else {
        bool is_clear = status == STATUS_UNSUPPORTED || negotiation->is_second_slice;
        negotiation->columns[negotiation->column++] = !refused   ? COLUMN_KNOWN
                                                      : is_clear ? COLUMN_UNKNOWN
                                                                 : COLUMN_DOUBTED;
    }
    ask_next(engine);
}

static size_t count_columns(const struct engine *engine, enum column_answer answer)
{
    size_t count = 0;
    for (size_t i = 0; i < engine->options->column_count; i++)
        count += engine->negotiation.columns[i] == answer;
    return count;
}

/* Ends the run: the server does not have the columns of this answer. */
static void tell_unknown(struct engine *engine, enum column_answer unknown)
{
    struct err err;
    size_t count = 0;
    const char **known = calloc(engine->options->column_count + 1, sizeof *known);
    if (known == NULL) {
        (void)err_nomem(&err);
        engine_stop(engine, &err);
        return;
    }
    for (size_t i = 0; i < engine->options->column_count; i++) {
        if (engine->negotiation.columns[i] != unknown)
            known[count++] = engine->options->columns[i];
    }
    negotiate_unknown_columns(engine, count, known);
    free(known);
}

/* All is asked that the slice can tell. Without an unknown column it is the query as such. */
static void conclude(struct engine *engine)
{
    struct negotiation *negotiation = &engine->negotiation;
    struct err err;
    struct unit second;
    if (!negotiation->keys_refused && count_columns(engine, COLUMN_UNKNOWN) > 0) {
        tell_unknown(engine, COLUMN_UNKNOWN);
    } else if (!negotiation->keys_refused && count_columns(engine, COLUMN_DOUBTED) > 0) {
        negotiation->is_second_slice = find_second_slice(engine, &second);
        if (negotiation->is_second_slice)
            begin(engine, &second);
        else
            tell_unknown(engine, COLUMN_DOUBTED);
    } else if (negotiation->cause.kind == STATUS_UNCLEAR || negotiation->is_second_slice) {
        negotiate_give_up(engine); /* to the end: it may be the server's own fault */
    } else {
        err_set(&err, STATUS_CONFIG, "the API refuses every form of the query that the job allows%s: %s",
                engine->options->verify == PAGER_VERIFY_COUNT ? " (fetch.verify: count needs its _aggregate)" : "",
                negotiation->cause.message);
        engine_stop(engine, &err);
    }
}

static void ask_next(struct engine *engine)
{
    struct negotiation *negotiation = &engine->negotiation;
    size_t count = engine->options->column_count;
    while (negotiation->column < count && (negotiation->columns[negotiation->column] == COLUMN_KNOWN ||
                                           negotiation->columns[negotiation->column] == COLUMN_UNKNOWN))
        negotiation->column++;
    if (negotiation->keys_refused || (negotiation->keys_asked && negotiation->column == count)) {
        conclude(engine);
        return;
    }
    const struct page_query query = {
        .dialect = DIALECT_DOCUMENTED,
        .dataset = engine->options->dataset,
        .unit = &negotiation->slice,
        .column_count = negotiation->keys_asked ? 1 : 0,
        .columns = &engine->options->columns[negotiation->column],
    };
    struct buf body = {0};
    struct err err;
    if (query_page(&query, &body, &err) == STATUS_OK)
        (void)negotiate_ask(engine, &body, 0, answered);
    else
        engine_stop(engine, &err);
    buf_release(&body);
}

void negotiate_columns(struct engine *engine)
{
    struct negotiation *negotiation = &engine->negotiation;
    struct err err;
    free(negotiation->columns);
    negotiation->is_second_slice = false;
    negotiation->columns = calloc(engine->options->column_count + 1, sizeof *negotiation->columns);
    if (negotiation->columns != NULL) {
        begin(engine, &negotiation->unit);
        return;
    }
    (void)err_nomem(&err);
    engine_stop(engine, &err);
}

/* The columns that the documentation shows: what a misspelled one may have meant where the schema is not told. */
static const char *const documented_columns[] = {"OCCUPANCY_MEAN"};

static const char *near_miss(const char *name, size_t known_count, const char *const *known)
{
    const char *near = text_nearest(name, known, known_count);
    if (near == NULL)
        near = text_nearest(name, documented_columns, sizeof documented_columns / sizeof documented_columns[0]);
    return near != NULL && strcmp(near, name) != 0 ? near : NULL;
}

static bool is_among(const char *name, size_t count, const char *const *names)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static void add_unknown(struct buf *text, const char *name, size_t known_count, const char *const *known)
{
    const char *near = near_miss(name, known_count, known);
    buf_appendf(text, "%s'%s'", text->size > 0 ? ", " : "", name);
    if (near != NULL)
        buf_appendf(text, " (did you mean %s?)", near);
}

void negotiate_unknown_columns(struct engine *engine, size_t known_count, const char *const *known)
{
    const struct engine_options *options = engine->options;
    struct buf text = {.max = ERR_MESSAGE_MAX};
    struct err err;
    for (size_t i = 0; i < options->column_count; i++) {
        if (!is_among(options->columns[i], known_count, known))
            add_unknown(&text, options->columns[i], known_count, known);
    }
    for (size_t i = 0; engine->negotiation.schema_told && i < KEY_COLUMN_COUNT + options->dataset->key_count; i++) {
        const char *name = query_key_name(options->dataset, i);
        if (!is_among(name, known_count, known))
            add_unknown(&text, name, known_count, known);
    }
    err_set(&err, STATUS_CONFIG, "the API has no column %s in %s (for this login); check the job", buf_text(&text),
            options->dataset->root_field);
    engine_stop(engine, &err);
    buf_release(&text);
}
