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

/* Without an unknown column it is the query as such; an error that is unclear to the end may be the server's own. */
static void conclude(struct engine *engine)
{
    struct negotiation *negotiation = &engine->negotiation;
    struct err err;
    if (!negotiation->keys_refused && negotiation->accepted_count < engine->options->column_count) {
        negotiate_unknown_columns(engine, negotiation->accepted_count, negotiation->accepted);
        return;
    }
    if (negotiation->cause.kind == STATUS_UNCLEAR)
        err_set(&err, STATUS_UNCLEAR, "every form of the query fails: %s", negotiation->cause.message);
    else
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
        .unit = &negotiation->unit,
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
    while (unit_halve(&negotiation->unit, &negotiation->unit, &rest)) {
    }
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

void negotiate_unknown_columns(struct engine *engine, size_t known_count, const char *const *known)
{
    const struct engine_options *options = engine->options;
    struct buf text = {.max = ERR_MESSAGE_MAX};
    struct err err;
    for (size_t i = 0; i < options->column_count; i++) {
        bool is_known = false;
        for (size_t j = 0; j < known_count && !is_known; j++)
            is_known = strcmp(options->columns[i], known[j]) == 0;
        if (is_known)
            continue;
        const char *near = near_miss(options->columns[i], known_count, known);
        buf_appendf(&text, "%s'%s'", text.size > 0 ? ", " : "", options->columns[i]);
        if (near != NULL)
            buf_appendf(&text, " (did you mean %s?)", near);
    }
    err_set(&err, STATUS_CONFIG, "the API has no column %s in %s (for this login); check columns in the job",
            buf_text(&text), options->dataset->root_field);
    engine_stop(engine, &err);
    buf_release(&text);
}
