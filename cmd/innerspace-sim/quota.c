#include "quota.h"

#include <string.h>

static size_t chain_length(const struct gql_value *value)
{
    size_t length = 0;
    for (; value != NULL; value = value->next)
        length++;
    return length;
}

/* The length of the longest _in list in a chain of values and all below. */
static size_t longest_in(const struct gql_value *value)
{
    size_t longest = 0;
    for (; value != NULL; value = value->next) {
        size_t found = longest_in(value->first);
        if (value->name != NULL && strcmp(value->name, "_in") == 0 && value->kind == GQL_LIST)
            found = chain_length(value->first);
        longest = found > longest ? found : longest;
    }
    return longest;
}

static int64_t count_nodes(const struct selected *selected)
{
    int64_t nodes = 0;
    for (; selected != NULL; selected = selected->next) {
        if (selected->children != NULL)
            nodes += 1 + count_nodes(selected->children);
    }
    return nodes;
}

enum status quota_check(const struct quota *quota, const struct selected *selected, struct refusal *refusal)
{
    if (quota->nodes > 0 && count_nodes(selected) > quota->nodes)
        return refusal_set(refusal, "node-limit-exceeded", NULL, "the query has more nodes than the limit of %lld",
                           (long long)quota->nodes);
    for (const struct selected *field = selected; field != NULL && quota->in_items > 0; field = field->next) {
        struct path root = {.name = "selectionSet"};
        struct path at = {.up = &root, .name = field->field->name};
        struct path args = {.up = &at, .name = "args"};
        if (longest_in(field->args) > (size_t)quota->in_items)
            return refusal_set(refusal, "validation-failed", &args, "a list may hold at most %lld items",
                               (long long)quota->in_items);
    }
    return STATUS_OK;
}

void quota_choke(enum choke_style style, struct reply *reply)
{
    buf_reset(&reply->body);
    reply->rows = 0;
    switch (style) {
    case CHOKE_ERROR: reply_refusal(reply, "data-connector-error", "the result is too large"); break;
    case CHOKE_TIME_LIMIT:
        reply_refusal(reply, "tenant-time-limit-exceeded", "operation exceeded the time limit of 60 seconds");
        break;
    case CHOKE_504: reply_gateway(reply, 504, "Gateway Time-out"); break;
    case CHOKE_413: reply_gateway(reply, 413, "Request Entity Too Large"); break;
    case CHOKE_DDN:
        reply_json(reply, 200, "{\"data\":null,\"errors\":[{\"message\":\"internal error\"}]}");
        reply->is_error = true;
        break;
    }
}
