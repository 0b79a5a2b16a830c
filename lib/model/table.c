#include "model/table.h"

#include "core/text.h"

const struct value *table_value(const struct table *table, size_t row, size_t column)
{
    return &table->values[row * table->column_count + column];
}

bool value_to_id(const struct value *value, int64_t *ret_id)
{
    if (value->kind == VALUE_TEXT)
        return text_to_int64(value->text, value->size, ret_id);
    if (value->kind != VALUE_INTEGER)
        return false;
    *ret_id = value->integer;
    return true;
}

void table_release(struct table *table)
{
    arena_release(&table->arena);
    *table = (struct table){0};
}
