#include "edition.h"

/* The columns that are numbers no more, as bits. */
static unsigned text_columns(const char *list)
{
    const struct table *table = table_get(TABLE_INSIGHTS);
    unsigned bits = 0;
    for (int i = 0; i < table->column_count; i++) {
        if (table->columns[i].kind == COLUMN_FLOAT && schema_list_has(list, table->columns[i].name))
            bits |= 1U << i;
    }
    return bits;
}

enum status edition_init(struct edition *edition, const struct sim_options *options, bool changed, int64_t now,
                         struct err *err)
{
    const char *text = changed ? options->change_text : NULL;
    *edition = (struct edition){
        .backend = {.world = &edition->world,
                    .schema = &edition->schema,
                    .style = {(enum number_style)options->numbers, options->stringify_ids, text_columns(text)},
                    .row_cap = options->row_cap,
                    .count_capped = options->count_capped,
                    .count_off = options->count_off,
                    .order_keys = options->order_keys,
                    .quota = {options->choke_rows, options->in_limit, options->node_limit}},
    };
    struct world_options described = sim_options_world(options, now);
    described.edition = changed && options->change_values;
    enum status status = flaws_parse(&edition->backend.flaws, options->flaws, err);
    if (status == STATUS_OK)
        status = world_init(&edition->world, &described, err);
    if (status != STATUS_OK)
        return status;
    struct schema_options offered = {
        .documented = options->dialect == DIALECT_DOCUMENTED,
        .aggregates = !options->no_aggregates,
        .introspection = !options->no_introspection,
        .denied = options->deny_columns,
        .gone = changed ? options->change_without : NULL,
        .as_text = text,
        .new_columns = changed && options->change_new,
        .time_type = spelling_scalar(edition->world.spelling),
    };
    return schema_init(&edition->schema, &offered, err);
}

void edition_release(struct edition *edition)
{
    schema_release(&edition->schema);
    world_release(&edition->world);
}
