#include "core/log.h"
#include "run/engine_internal.h"

#include <string.h>

/*
 * The way down, each step only after a validation error and before any page
 * was accepted:
 *
 *   1. hasura with _aggregate          2. hasura without it
 *   3. documented, one slice           4. documented, no column but the key, then each column alone
 *
 * The texts of the errors are not read: a smaller question decides. Step 4
 * never fetches anything; it finds out which columns the server does not have.
 */

static void probe_next(struct engine *engine);

static void probe_answered(void *context, enum status status, const struct http_response *response,
                           const struct err *failure)
{
    struct engine *engine = context;
    struct column_probe *probe = &engine->probe;
    (void)response;
    bool refused = status == STATUS_UNSUPPORTED || status == STATUS_REFUSED;
    if (!probe->keys_asked) {
        probe->keys_asked = true;
        probe->keys_refused = refused;
    } else if (refused) {
        buf_appendf(&probe->unknown, "%s'%s'", probe->unknown_count > 0 ? ", " : "",
                    engine->options->columns[probe->at]);
        probe->unknown_count++;
        probe->at++;
    } else {
        probe->at++;
    }
    if (status != STATUS_OK && !refused)
        engine_stop(engine, failure);
    else
        probe_next(engine);
}

static void conclude(struct engine *engine)
{
    struct column_probe *probe = &engine->probe;
    struct err err;
    if (probe->unknown_count == 0)
        err_set(&err, STATUS_CONFIG, "the API refuses every form of the query that the job allows%s: %s",
                engine->options->verify == PAGER_VERIFY_COUNT ? " (fetch.verify: count needs its _aggregate)" : "",
                probe->cause.message);
    else
        err_set(&err, STATUS_CONFIG, "the API has no column %s in %s (for this login)%s%s", buf_text(&probe->unknown),
                engine->options->dataset->root_field, "; check columns in the job: ", probe->cause.message);
    engine_stop(engine, &err);
}

static void probe_next(struct engine *engine)
{
    struct column_probe *probe = &engine->probe;
    if (probe->keys_refused || probe->at == engine->options->column_count) {
        conclude(engine);
        return;
    }
    struct page_query query = {
        .dialect = DIALECT_DOCUMENTED,
        .dataset = engine->options->dataset,
        .unit = &probe->slice,
        .column_count = probe->keys_asked ? 1 : 0,
        .columns = &engine->options->columns[probe->at],
    };
    struct buf body = {0};
    struct err err;
    enum status status = query_page(&query, &body, &err);
    if (status == STATUS_OK)
        status = client_query(engine->options->client, buf_text(&body), body.size, engine_judge, probe_answered, engine,
                              &err);
    if (status != STATUS_OK)
        engine_stop(engine, &err);
    buf_release(&body);
}

static void probe_begin(struct engine *engine, const struct unit *unit, const struct err *failure)
{
    struct column_probe *probe = &engine->probe;
    *probe = (struct column_probe){.active = true, .slice = *unit, .cause = *failure};
    struct unit rest;
    while (unit_halve(&probe->slice, &probe->slice, &rest)) {
    }
    probe_next(engine);
}

static bool requeue(struct engine *engine, const struct unit *unit)
{
    struct err err;
    if (engine_push(engine, unit, &err) != STATUS_OK)
        engine_stop(engine, &err);
    return true;
}

bool negotiate_step(struct engine *engine, const struct unit *unit, const struct err *failure)
{
    if (failure->kind != STATUS_UNSUPPORTED) /* a refusal may be of this building alone: its slices fail */
        return false;
    const struct engine_options *options = engine->options;
    if (options->verify == PAGER_VERIFY_COUNT) { /* the job insists on the count: no smaller dialect has one */
        probe_begin(engine, unit, failure);
        return true;
    }
    bool counting = engine->dialect == DIALECT_HASURA && options->verify != PAGER_VERIFY_PAGES &&
                    !engine->evidence.count_unavailable;
    if (counting) {
        log_debug("the query with %s_aggregate was refused; asking without it: %s", options->dataset->root_field,
                  failure->message);
        engine->evidence.count_unavailable = true;
        return requeue(engine, unit);
    }
    if (engine->dialect == DIALECT_HASURA && !options->dialect_is_fixed) {
        log_debug("the hasura dialect was refused; trying the documented one: %s", failure->message);
        engine->dialect = DIALECT_DOCUMENTED;
        return requeue(engine, unit);
    }
    probe_begin(engine, unit, failure);
    return true;
}
