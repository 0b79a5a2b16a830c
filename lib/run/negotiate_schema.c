#include "core/log.h"
#include "run/engine_internal.h"

#include <stdlib.h>
#include <string.h>

/* A schema that is not told within so many attempts is not waited for. */
enum { SCHEMA_ATTEMPTS = 2 };

static void ask_next(struct engine *engine);

static bool has_column(const struct schema_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool has_all_columns(const struct engine_options *options, const struct schema_table *table)
{
    for (size_t i = 0; i < options->column_count; i++) {
        if (!has_column(table, options->columns[i]))
            return false;
    }
    for (size_t i = 0; i < KEY_COLUMN_COUNT + options->dataset->key_count; i++) {
        if (!has_column(table, query_key_name(options->dataset, i)))
            return false;
    }
    return true;
}

static void tell_unknown_columns(struct engine *engine, const struct schema_table *table)
{
    struct err err;
    const char **known = calloc(table->column_count + 1, sizeof *known);
    if (known == NULL) {
        (void)err_nomem(&err);
        engine_stop(engine, &err);
        return;
    }
    for (size_t i = 0; i < table->column_count; i++)
        known[i] = table->columns[i].name;
    negotiate_unknown_columns(engine, table->column_count, known);
    free(known);
}

/* What the schema rules out is not asked for anew. */
static enum query_form best_form(const struct engine *engine, bool can_page)
{
    if (!can_page && engine->options->verify != PAGER_VERIFY_COUNT)
        return FORM_DOCUMENTED;
    return engine->negotiation.has_no_count ? FORM_PLAIN : engine->negotiation.first_form;
}

/* The schema shows what was wrong, or that nothing of what we know was: then smaller questions decide. */
static void decide(struct engine *engine, const struct schema_table *table)
{
    const struct engine_options *options = engine->options;
    struct negotiation *negotiation = &engine->negotiation;
    struct err err;
    /* What operators there are may be hidden: only asking tells. */
    bool can_page = table->has_where && table->has_order_by && table->has_limit;
    if (!table->exists) {
        err_set(&err, STATUS_CONFIG, "the API has no table %s (for this login)", options->dataset->root_field);
        engine_stop(engine, &err);
    } else if (!has_all_columns(options, table)) {
        tell_unknown_columns(engine, table);
    } else if (!table->has_aggregate && options->verify == PAGER_VERIFY_COUNT) {
        err_set(&err, STATUS_CONFIG, "the API offers no %s_aggregate, which fetch.verify: count needs",
                options->dataset->root_field);
        engine_stop(engine, &err);
    } else if (!can_page && options->dialect_is_fixed) {
        err_set(&err, STATUS_CONFIG,
                "the API does not offer what api.dialect: hasura needs of %s (where, order_by, limit)",
                options->dataset->root_field);
        engine_stop(engine, &err);
    } else if (negotiation->cause.kind == STATUS_UNCLEAR && can_page && table->has_aggregate) {
        negotiation->is_sound = true;
        negotiation->is_asking = false;
        settle_failed(engine, &negotiation->unit, &negotiation->cause);
    } else {
        negotiation->has_no_count = !table->has_aggregate;
        if (!can_page)
            negotiation->form = FORM_SLICE_PLAIN; /* the documented one comes next */
        negotiation->first_form = best_form(engine, can_page);
        negotiate_next_form(engine);
    }
}

static void answered(void *context, enum status status, const struct http_response *response, const struct err *failure)
{
    struct engine *engine = context;
    struct negotiation *negotiation = &engine->negotiation;
    struct err err = {0};
    if (status != STATUS_OK && (engine_must_stop(status) || status == STATUS_UNREACHABLE)) {
        engine_stop(engine, failure);
        return;
    }
    enum schema_step step = SCHEMA_FAIL;
    if (status == STATUS_OK)
        step = schema_probe_feed(negotiation->schema, buf_text(response->body), response->body->size, &err);
    if (step == SCHEMA_ASK) {
        ask_next(engine);
    } else if (step == SCHEMA_DONE) {
        negotiation->schema_told = true;
        decide(engine, schema_probe_table(negotiation->schema));
    } else {
        log_debug("the API does not tell its schema: %s", status == STATUS_OK ? err.message : failure->message);
        negotiate_next_form(engine);
    }
}

static void ask_next(struct engine *engine)
{
    struct buf body = {0};
    struct err err;
    if (schema_probe_query(engine->negotiation.schema, &body, &err) == STATUS_OK)
        (void)negotiate_ask(engine, &body, SCHEMA_ATTEMPTS, answered);
    else
        engine_stop(engine, &err);
    buf_release(&body);
}

void negotiate_schema(struct engine *engine)
{
    struct negotiation *negotiation = &engine->negotiation;
    struct err err;
    negotiation->schema_asked = true;
    if (schema_probe_new(engine->options->dataset->root_field, &negotiation->schema, &err) != STATUS_OK) {
        engine_stop(engine, &err);
        return;
    }
    ask_next(engine);
}
