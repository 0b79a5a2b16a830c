#include "core/text.h"
#include "run/engine_internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * Which columns does the server not have? Asked in the documented dialect, for one slice: first no column but the key,
 * then each column of the job alone. Nothing of it is kept.
 */

static void ask_next(struct engine *engine);

static void answered(void *context, enum status status, const struct http_response *response, const struct err *failure)
{
    struct engine *engine = context;
    struct negotiation *negotiation = &engine->negotiation;
    (void)response;
    bool refused = status == STATUS_UNSUPPORTED || status == STATUS_REFUSED || status == STATUS_UNCLEAR;
    if (status != STATUS_OK && !refused) {
        engine_stop(engine, failure);
        return;
    }
    if (!negotiation->keys_asked) {
        negotiation->keys_asked = true;
        negotiation->keys_refused = refused;
    } else {
        if (!refused)
            negotiation->accepted[negotiation->accepted_count++] = engine->options->columns[negotiation->column];
        negotiation->column++;
    }
    ask_next(engine);
}

/* Without an unknown column it is the query as such. */
static void conclude(struct engine *engine)
{
    struct negotiation *negotiation = &engine->negotiation;
    struct err err;
    if (!negotiation->keys_refused && negotiation->accepted_count < engine->options->column_count) {
        negotiate_unknown_columns(engine, negotiation->accepted_count, negotiation->accepted);
        return;
    }
    if (negotiation->cause.kind == STATUS_UNCLEAR) { /* to the end: it may be the server's own fault */
        negotiate_give_up(engine);
        return;
    }
    err_set(&err, STATUS_CONFIG, "the API refuses every form of the query that the job allows%s: %s",
            engine->options->verify == PAGER_VERIFY_COUNT ? " (fetch.verify: count needs its _aggregate)" : "",
            negotiation->cause.message);
    engine_stop(engine, &err);
}

static void ask_next(struct engine *engine)
{
    struct negotiation *negotiation = &engine->negotiation;
    if (negotiation->keys_refused || negotiation->column == engine->options->column_count) {
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
    struct unit rest;
    struct err err;
    negotiation->slice = negotiation->unit;
    while (unit_halve(&negotiation->slice, &negotiation->slice, &rest)) {
    }
    free(negotiation->accepted);
    negotiation->accepted_count = 0;
    negotiation->column = 0;
    negotiation->accepted = calloc(engine->options->column_count + 1, sizeof *negotiation->accepted);
    if (negotiation->accepted != NULL) {
        ask_next(engine);
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
