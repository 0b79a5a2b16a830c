#include "execute.h"

#include <string.h>

void execute_key(struct buf *out, const struct selected *field, bool first)
{
    if (!first)
        buf_append_char(out, ',');
    buf_append_json_string(out, field->response, strlen(field->response));
    buf_append_char(out, ':');
}

static enum status execute_root(struct backend *backend, struct arena *arena, const struct selected *field,
                                uint64_t *chance, struct buf *out, struct refusal *refusal)
{
    switch (field->field->tag) {
    case FIELD_ROWS: return execute_rows(backend, arena, field, chance, out, refusal);
    case FIELD_AGGREGATE: return execute_aggregate(backend, arena, field, chance, out, refusal);
    case FIELD_META_SCHEMA: introspect_schema(backend->schema, field, out); return STATUS_OK;
    case FIELD_META_TYPE: introspect_type(backend->schema, field, out); return STATUS_OK;
    case FIELD_TYPENAME:
        buf_append_json_string(out, field->parent->name, strlen(field->parent->name));
        return STATUS_OK;
    case FIELD_COLUMN:
    case FIELD_AGGREGATES:
    case FIELD_COUNT:
    case FIELD_META: break;
    }
    return refusal_set(refusal, "unexpected", NULL, "'%s' is no field of the query root", field->field->name);
}

enum status execute(struct backend *backend, struct arena *arena, const struct selected *selected, uint64_t chance,
                    struct buf *out, struct refusal *refusal)
{
    buf_append_text(out, "{\"data\":{");
    for (const struct selected *field = selected; field != NULL; field = field->next) {
        execute_key(out, field, field == selected);
        enum status status = execute_root(backend, arena, field, &chance, out, refusal);
        if (status != STATUS_OK)
            return status;
    }
    buf_append_text(out, "}}");
    if (buf_status(out, NULL) != STATUS_OK)
        return refusal_set(refusal, "data-connector-error", NULL,
                           "Actual object size exceeds supported limit: the result is too large");
    return STATUS_OK;
}
