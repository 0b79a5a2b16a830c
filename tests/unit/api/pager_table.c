#include "pager_table.h"

#include <string.h>

static void start(struct table *table)
{
    pager_init(&table->pager, &table->options, &table->evidence, &table->unit);
}

void table_init(struct table *table, struct unit unit)
{
    *table = (struct table){.unit = unit};
    table->options = (struct pager_options){.dialect = DIALECT_HASURA,
                                            .dataset = dataset_built_in("building_insights"),
                                            .column_count = 1,
                                            .columns = fixture_columns,
                                            .page_size = 100,
                                            .verify = PAGER_VERIFY_AUTO};
    start(table);
}

void table_release(struct table *table)
{
    pager_release(&table->pager);
    buf_release(&table->rows);
}

void table_again(struct table *table)
{
    pager_release(&table->pager);
    start(table);
}

void table_hours(struct table *table, size_t slice, int from, int to)
{
    fixture_hours(&table->rows, &table->unit, slice, from, to);
}

void table_raw(struct table *table, const char *rows)
{
    buf_append_text(&table->rows, table->rows.size > 0 ? "," : "");
    buf_append_text(&table->rows, rows);
}

enum pager_step table_feed(struct table *table, long long count)
{
    struct buf body = {0};
    fixture_page(&body, buf_text(&table->rows), count);
    table->err = (struct err){0};
    enum pager_step step = pager_feed(&table->pager, body.data, body.size, &table->err);
    buf_release(&body);
    buf_reset(&table->rows);
    return step;
}
