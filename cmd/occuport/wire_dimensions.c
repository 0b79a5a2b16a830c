#include "wire_dimensions.h"

#include "api/table_query.h"
#include "core/log.h"
#include "model/dimension.h"

enum { ANSWER_MAX = 64 << 20 };

static void release(struct buf *buf)
{
    buf_release(buf);
}

/* The caller releases *table in any case. */
static enum status dimension_ask(const struct asker *asker, enum dimension_id id, struct table *table, struct err *err)
{
    const struct dimension *dimension = dimension_get(id);
    struct table_query query = {dimension->root_field, dimension->column_count, dimension->asked, NULL, NULL};
    struct buf question CLEANUP(release) = {0};
    struct buf answer CLEANUP(release) = {.max = ANSWER_MAX};
    size_t skipped = 0;
    enum status status = table_query_format(&query, &question, err);
    if (status == STATUS_OK)
        status = ask(asker, &question, &answer, err);
    if (status == STATUS_OK)
        status = table_query_read(&query, buf_text(&answer), answer.size, table, &skipped, err);
    if (status == STATUS_OK && skipped > 0)
        log_warn("%zu rows of %s cannot be read and are left out", skipped, dimension->root_field);
    return status;
}

static void store(const struct destinations *destinations, const struct dimension *dimension, const struct table *table)
{
    struct err err;
    for (size_t i = 0; i < destinations->count; i++) {
        const struct opened_destination *item = &destinations->items[i];
        if (item->has_failed) /* what it lacks is due in the next run, which brings the names as well */
            continue;
        if (item->put_dimension(item->ops.context, dimension, table, &err) != STATUS_OK)
            log_warn("%s: the table %s is as it was: %s", item->ops.name, dimension->name, err.message);
    }
}

void dimensions_refresh(const struct asker *asker, const struct destinations *destinations)
{
    for (int id = 0; id < DIMENSION_COUNT; id++) {
        const struct dimension *dimension = dimension_get((enum dimension_id)id);
        struct table table = {0};
        struct err err;
        enum status status = dimension_ask(asker, (enum dimension_id)id, &table, &err);
        if (status == STATUS_OK)
            store(destinations, dimension, &table);
        else if (status == STATUS_UNSUPPORTED) /* most likely it has none: no news for every night */
            log_debug("the API does not answer for %s: %s", dimension->root_field, err.message);
        else
            log_warn("%s are as they were: %s", dimension->name, err.message);
        table_release(&table);
        if (status == STATUS_INTERRUPTED || status == STATUS_UNREACHABLE)
            return;
    }
}
