#include "api/query.h"

#include <string.h>

/* The order of all rows; the extra keys of the dataset come behind the first PAGING_LEVELS. */
static const size_t row_order[] = {KEY_DATE_PARTITION,  KEY_SITE_ID,     KEY_GROUP_ID,
                                   KEY_DATE_TIME_START, KEY_BUILDING_ID, KEY_GRANULARITY};

/* What a page key is compared by: these, then the extra keys. The two pinned columns decide nothing. */
enum { PAGING_LEVELS = 4, ROW_ORDER_COUNT = sizeof row_order / sizeof row_order[0] };

const char *dialect_name(enum dialect dialect)
{
    return dialect == DIALECT_DOCUMENTED ? "documented" : "hasura";
}

const char *query_key_name(const struct dataset *dataset, size_t at)
{
    switch (at) {
    case KEY_DATE_PARTITION: return dataset->partition_column;
    case KEY_BUILDING_ID: return "BUILDING_ID";
    case KEY_SITE_ID: return "SITE_ID";
    case KEY_GROUP_ID: return "GROUP_ID";
    case KEY_GRANULARITY: return "GRANULARITY";
    case KEY_DATE_TIME_START: return dataset->start_column;
    default: return dataset->keys[at - KEY_COLUMN_COUNT];
    }
}

static const char *name_of(const struct page_query *query, size_t column)
{
    return query_key_name(query->dataset, column);
}

bool query_is_name(const char *text)
{
    static const char first[] = "_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    if (text[0] == '\0' || strchr(first, text[0]) == NULL)
        return false;
    size_t size = strspn(text, first);
    while (text[size] >= '0' && text[size] <= '9')
        size += 1 + strspn(text + size + 1, first);
    return text[size] == '\0';
}

void query_append_string(struct buf *out, const char *text, size_t size)
{
    buf_append_char(out, '"');
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            buf_append_char(out, '\\');
        if (c < 0x20 || c == 0x7F)
            buf_appendf(out, "\\u%04X", c);
        else
            buf_append_char(out, text[i]);
    }
    buf_append_char(out, '"');
}

static void append_text_literal(struct buf *out, const char *text)
{
    query_append_string(out, text, strlen(text));
}

/* The days of the unit that the page can still hold. */
static struct day_range days_of(const struct page_query *query, bool with_key)
{
    struct day_range days = query->unit->days;
    if (with_key && query->after != NULL)
        days.first = query->after->day;
    return days;
}

static void append_days(struct buf *out, const struct page_query *query, struct day_range days)
{
    civil_day last = days.end - 1;
    if (days.first == last)
        buf_appendf(out, "%s: {_eq: %d}", name_of(query, KEY_DATE_PARTITION), (int)civil_day_to_partition(last));
    else
        buf_appendf(out, "%s: {_gte: %d, _lte: %d}", name_of(query, KEY_DATE_PARTITION),
                    (int)civil_day_to_partition(days.first), (int)civil_day_to_partition(last));
}

static void append_sites(struct buf *out, const struct page_query *query)
{
    const struct unit *unit = query->unit;
    if (unit->site_count == 1) {
        buf_appendf(out, "%s: {_eq: %lld}", name_of(query, KEY_SITE_ID), (long long)unit->sites[0]);
        return;
    }
    buf_appendf(out, "%s: {_in: [", name_of(query, KEY_SITE_ID));
    for (size_t i = 0; i < unit->site_count; i++)
        buf_appendf(out, "%s%lld", i > 0 ? ", " : "", (long long)unit->sites[i]);
    buf_append_text(out, "]}");
}

static void append_groups(struct buf *out, const struct page_query *query)
{
    const struct unit *unit = query->unit;
    buf_appendf(out, "%s: {%s: %s", name_of(query, KEY_GROUP_ID), unit->group_count == 1 ? "_eq" : "_in",
                unit->group_count == 1 ? "" : "[");
    for (size_t i = 0; i < unit->group_count; i++) {
        buf_append_text(out, i > 0 ? ", " : "");
        append_text_literal(out, unit->groups[i]);
    }
    buf_append_text(out, unit->group_count == 1 ? "}" : "]}");
}

static bool is_pinned(const struct page_query *query, size_t column)
{
    struct day_range days = days_of(query, true);
    switch (column) {
    case KEY_DATE_PARTITION: return days.end - days.first == 1;
    case KEY_SITE_ID: return query->unit->site_count == 1;
    case KEY_GROUP_ID: return query->unit->group_count == 1;
    default: return false;
    }
}

static void append_extra_key(struct buf *out, const struct value *key)
{
    if (key->kind == VALUE_INTEGER)
        buf_appendf(out, "%lld", (long long)key->integer);
    else
        query_append_string(out, key->text, key->size);
}

/* `COLUMN: {_gt: VALUE}` with the value of the page key. */
static void append_comparison(struct buf *out, const struct page_query *query, size_t column, const char *operator)
{
    const struct page_key *key = query->after;
    buf_appendf(out, "%s: {%s: ", name_of(query, column), operator);
    if (column == KEY_DATE_PARTITION)
        buf_appendf(out, "%d", (int)civil_day_to_partition(key->day));
    else if (column == KEY_SITE_ID)
        buf_appendf(out, "%lld", (long long)key->site_id);
    else if (column == KEY_GROUP_ID)
        append_text_literal(out, key->group_id);
    else if (column >= KEY_COLUMN_COUNT)
        append_extra_key(out, &key->keys[column - KEY_COLUMN_COUNT]);
    else if (key->start_is_number)
        buf_append_text(out, key->start);
    else
        append_text_literal(out, key->start);
    buf_append_char(out, '}');
}

/* The columns that a row can be behind the page key in, in the order of the rows. Returns how many. */
static size_t paging_levels(const struct page_query *query, size_t levels[PAGING_LEVELS + DATASET_KEYS_MAX])
{
    const struct page_key *key = query->after;
    size_t count = 0;
    for (size_t i = 0; i < PAGING_LEVELS; i++) {
        bool unknown = row_order[i] == KEY_DATE_TIME_START && key->start == NULL;
        if (!unknown && !is_pinned(query, row_order[i]))
            levels[count++] = row_order[i];
    }
    for (size_t i = 0; key->start != NULL && i < query->dataset->key_count; i++)
        levels[count++] = KEY_COLUMN_COUNT + i;
    return count;
}

/*
 * Rows behind the key: later day, or the same day and a later site, and so on. Each level gives one
 * alternative: all levels before it equal, itself greater. Pinned levels cannot be greater and need not be said equal.
 */
static void append_behind_key(struct buf *out, const struct page_query *query)
{
    size_t levels[PAGING_LEVELS + DATASET_KEYS_MAX];
    size_t count = paging_levels(query, levels);
    if (count == 1 && levels[0] == KEY_DATE_TIME_START) {
        buf_append_text(out, ", ");
        append_comparison(out, query, levels[0], "_gt");
        return;
    }
    buf_append_text(out, ", _or: [");
    for (size_t i = 0; i < count; i++) {
        buf_append_text(out, i > 0 ? ", {" : "{");
        for (size_t j = 0; j < i; j++) {
            append_comparison(out, query, levels[j], "_eq");
            buf_append_text(out, ", ");
        }
        append_comparison(out, query, levels[i], "_gt");
        buf_append_char(out, '}');
    }
    buf_append_char(out, ']');
}

static void append_where(struct buf *out, const struct page_query *query, bool with_key)
{
    const struct unit *unit = query->unit;
    buf_appendf(out, "where: {%s: {_eq: %lld}, %s: {_eq: ", name_of(query, KEY_BUILDING_ID),
                (long long)unit->building->id, name_of(query, KEY_GRANULARITY));
    append_text_literal(out, unit->granularity);
    buf_append_text(out, "}, ");
    append_sites(out, query);
    buf_append_text(out, ", ");
    append_groups(out, query);
    buf_append_text(out, ", ");
    append_days(out, query, days_of(query, with_key));
    if (with_key && query->after != NULL)
        append_behind_key(out, query);
    buf_append_char(out, '}');
}

static void append_order(struct buf *out, const struct page_query *query)
{
    if (query->dialect == DIALECT_DOCUMENTED) {
        buf_appendf(out, ", order_by: {%s: asc}", name_of(query, KEY_DATE_TIME_START));
        return;
    }
    buf_append_text(out, ", order_by: [");
    for (size_t i = 0; i < ROW_ORDER_COUNT; i++) {
        for (size_t j = 0; i == PAGING_LEVELS && j < query->dataset->key_count; j++)
            buf_appendf(out, ", {%s: asc}", query->dataset->keys[j]);
        buf_appendf(out, "%s{%s: asc}", i > 0 ? ", " : "", name_of(query, row_order[i]));
    }
    buf_appendf(out, "], limit: %d", query->limit);
}

/* Of the key columns as they are selected. */
static size_t selected_keys(const struct page_query *query)
{
    return KEY_COLUMN_COUNT + query->dataset->key_count;
}

static bool is_key_column(const struct page_query *query, const char *name)
{
    for (size_t i = 0; i < selected_keys(query); i++) {
        if (strcmp(name, name_of(query, i)) == 0)
            return true;
    }
    return false;
}

static void append_selection(struct buf *out, const struct page_query *query)
{
    for (size_t i = 0; i < selected_keys(query); i++)
        buf_appendf(out, "%s%s", i > 0 ? " " : "", name_of(query, i));
    for (size_t i = 0; i < query->column_count; i++) {
        if (!is_key_column(query, query->columns[i]))
            buf_appendf(out, " %s", query->columns[i]);
    }
}

static void append_document(struct buf *out, const struct page_query *query)
{
    buf_appendf(out, "query %s { %s(", QUERY_OPERATION, query->dataset->root_field);
    append_where(out, query, true);
    append_order(out, query);
    buf_append_text(out, ") {");
    append_selection(out, query);
    buf_append_char(out, '}');
    if (query->with_count) {
        buf_appendf(out, " %s_aggregate(", query->dataset->root_field);
        append_where(out, query, false);
        buf_append_text(out, ") {aggregate {count}}");
    }
    buf_append_text(out, " }");
}

/* True when rows of the unit can lie behind the key. */
static bool key_fits(const struct page_query *query)
{
    const struct page_key *key = query->after;
    const struct unit *unit = query->unit;
    if (key->day < unit->days.first || key->day >= unit->days.end || key->group_id == NULL)
        return false;
    if (key->start != NULL && key->key_count != query->dataset->key_count)
        return false;
    return key->start != NULL || !is_pinned(query, KEY_DATE_PARTITION) || !is_pinned(query, KEY_SITE_ID) ||
           !is_pinned(query, KEY_GROUP_ID);
}

static enum status check_names(const struct page_query *query, struct err *err)
{
    size_t keys = selected_keys(query);
    for (size_t i = 0; i <= keys + query->column_count; i++) {
        const char *name = i < keys    ? name_of(query, i)
                           : i == keys ? query->dataset->root_field
                                       : query->columns[i - keys - 1];
        if (!query_is_name(name))
            return err_set(err, STATUS_BUG, "%s is no GraphQL name", name);
    }
    return STATUS_OK;
}

static enum status check(const struct page_query *query, struct err *err)
{
    bool documented = query->dialect == DIALECT_DOCUMENTED;
    if (documented && (unit_slice_count(query->unit) != 1 || query->after != NULL || query->with_count))
        return err_set(err, STATUS_BUG, "the documented dialect asks one slice, without paging and count");
    if (query->after != NULL && !key_fits(query))
        return err_set(err, STATUS_BUG, "the page key lies outside the unit");
    return check_names(query, err);
}

static void release(struct buf *buf)
{
    buf_release(buf);
}

enum status query_wrap(const struct buf *document, struct buf *out, struct err *err)
{
    enum status status = buf_status(document, err);
    if (status != STATUS_OK)
        return status;
    buf_appendf(out, "{\"operationName\":\"%s\",\"variables\":{},\"query\":", QUERY_OPERATION);
    buf_append_json_string(out, document->data, document->size);
    buf_append_char(out, '}');
    return buf_status(out, err);
}

enum status query_page(const struct page_query *query, struct buf *out, struct err *err)
{
    struct buf document CLEANUP(release) = {.max = QUERY_TEXT_MAX};
    enum status status = check(query, err);
    if (status != STATUS_OK)
        return status;
    append_document(&document, query);
    return query_wrap(&document, out, err);
}
