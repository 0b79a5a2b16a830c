#include "api/schema_columns.h"

#include <string.h>
#include <strings.h>

static bool is_wanted(const struct schema_column *column, const char *const *own, size_t own_count)
{
    if (column->is_object || strncmp(column->name, "__", 2) == 0 || strlen(column->name) > SCHEMA_COLUMN_NAME_MAX)
        return false;
    for (size_t i = 0; i < own_count; i++) {
        if (strcasecmp(column->name, own[i]) == 0)
            return false;
    }
    return true;
}

enum status schema_columns_choose(const struct schema_table *table, const char *const *own, size_t own_count,
                                  const struct schema_column **columns, size_t *ret_count, struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct schema_column *column = &table->columns[i];
        if (!is_wanted(column, own, own_count))
            continue;
        for (size_t j = 0; j < count; j++) {
            if (strcasecmp(columns[j]->name, column->name) == 0)
                return err_set(err, STATUS_CONFIG,
                               "the API has columns %s and %s, which differ only in case: name the one you want in the "
                               "job instead of columns: all",
                               columns[j]->name, column->name);
        }
        columns[count++] = column;
    }
    *ret_count = count;
    return STATUS_OK;
}
