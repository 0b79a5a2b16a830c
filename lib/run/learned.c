#include "run/engine_internal.h"

#include <inttypes.h>
#include <stdio.h>

static const char *counts_word(const struct engine *engine)
{
    if (engine->dialect == DIALECT_DOCUMENTED || engine->options->verify == PAGER_VERIFY_PAGES)
        return "not asked for";
    return engine->evidence[DIALECT_HASURA].count_unavailable ? "no" : "yes";
}

static const char *schema_word(const struct negotiation *negotiation)
{
    if (!negotiation->schema_asked)
        return "not asked for";
    return negotiation->schema_told ? "told" : "not told";
}

void engine_tell_learned(const struct engine *engine, char ret_text[SUMMARY_LEARNED_SIZE])
{
    int used = snprintf(ret_text, SUMMARY_LEARNED_SIZE, "counts: %s; schema: %s; longest answer: %" PRIu64 " rows",
                        counts_word(engine), schema_word(&engine->negotiation),
                        engine->evidence[engine->dialect].longest_page);
    if (engine->size.limit != UINT64_MAX)
        snprintf(ret_text + used, SUMMARY_LEARNED_SIZE - (size_t)used, "; asked for at most %" PRIu64 " rows at once",
                 engine->size.limit);
}
