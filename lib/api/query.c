#include "api/query.h"

#include <string.h>

static const char operation_name[] = "Occuport";

static const char *const key_columns[KEY_COLUMN_COUNT] = {
    [KEY_DATE_PARTITION] = "DATE_PARTITION",
    [KEY_BUILDING_ID] = "BUILDING_ID",
    [KEY_SITE_ID] = "SITE_ID",
    [KEY_GROUP_ID] = "GROUP_ID",
    [KEY_GRANULARITY] = "GRANULARITY",
    [KEY_DATE_TIME_START] = "DATE_TIME_START",
};

/* What a page key is compared by, in the order of the rows. */
static const enum key_column paging_order[] = {KEY_DATE_PARTITION, KEY_SITE_ID, KEY_GROUP_ID, KEY_DATE_TIME_START};

enum { PAGING_LEVELS = sizeof paging_order / sizeof paging_order[0] };

/* The order of all rows: the paging order and the two pinned columns. */
static const enum key_column row_order[] = {KEY_DATE_PARTITION,  KEY_SITE_ID,     KEY_GROUP_ID,
                                            KEY_DATE_TIME_START, KEY_BUILDING_ID, KEY_GRANULARITY};

const char *dialect_name(enum dialect dialect)
{
    return dialect == DIALECT_DOCUMENTED ? "documented" : "hasura";
}

const char *key_column_name(enum key_column column)
{
    return key_columns[column];
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

static void append_days(struct buf *out, struct day_range days)
{
    civil_day last = days.end - 1;
    if (days.first == last)
        buf_appendf(out, "%s: {_eq: %d}", key_columns[KEY_DATE_PARTITION], (int)civil_day_to_partition(last));
    else
        buf_appendf(out, "%s: {_gte: %d, _lte: %d}", key_columns[KEY_DATE_PARTITION],
                    (int)civil_day_to_partition(days.first), (int)civil_day_to_partition(last));
}

static void append_sites(struct buf *out, const struct unit *unit)
{
    if (unit->site_count == 1) {
        buf_appendf(out, "%s: {_eq: %lld}", key_columns[KEY_SITE_ID], (long long)unit->sites[0]);
        return;
    }
    buf_appendf(out, "%s: {_in: [", key_columns[KEY_SITE_ID]);
    for (size_t i = 0; i < unit->site_count; i++)
        buf_appendf(out, "%s%lld", i > 0 ? ", " : "", (long long)unit->sites[i]);
    buf_append_text(out, "]}");
}

static void append_groups(struct buf *out, const struct unit *unit)
{
    buf_appendf(out, "%s: {%s: %s", key_columns[KEY_GROUP_ID], unit->group_count == 1 ? "_eq" : "_in",
                unit->group_count == 1 ? "" : "[");
    for (size_t i = 0; i < unit->group_count; i++) {
        buf_append_text(out, i > 0 ? ", " : "");
        append_text_literal(out, unit->groups[i]);
    }
    buf_append_text(out, unit->group_count == 1 ? "}" : "]}");
}

static bool is_pinned(const struct page_query *query, enum key_column column)
{
    struct day_range days = days_of(query, true);
    switch (column) {
    case KEY_DATE_PARTITION: return days.end - days.first == 1;
    case KEY_SITE_ID: return query->unit->site_count == 1;
    case KEY_GROUP_ID: return query->unit->group_count == 1;
    case KEY_DATE_TIME_START:
    case KEY_BUILDING_ID:
    case KEY_GRANULARITY:
    case KEY_COLUMN_COUNT:
    default: return false;
    }
}

/* `COLUMN: {_gt: VALUE}` with the value of the page key. */
static void append_comparison(struct buf *out, enum key_column column, const char *operator,
                              const struct page_key * key)
{
    buf_appendf(out, "%s: {%s: ", key_columns[column], operator);
    if (column == KEY_DATE_PARTITION)
        buf_appendf(out, "%d", (int)civil_day_to_partition(key->day));
    else if (column == KEY_SITE_ID)
        buf_appendf(out, "%lld", (long long)key->site_id);
    else if (column == KEY_GROUP_ID)
        append_text_literal(out, key->group_id);
    else if (key->start_is_number)
        buf_append_text(out, key->start);
    else
        append_text_literal(out, key->start);
    buf_append_char(out, '}');
}

/*
 * Rows behind the key: later day, or the same day and a later site, and so on. Each level gives one
 * alternative: all levels before it equal, itself greater. Pinned levels cannot be greater and need not be said equal.
 */
static void append_behind_key(struct buf *out, const struct page_query *query)
{
    const struct page_key *key = query->after;
    enum key_column levels[PAGING_LEVELS];
    size_t count = 0;
    for (size_t i = 0; i < PAGING_LEVELS; i++) {
        bool unknown = paging_order[i] == KEY_DATE_TIME_START && key->start == NULL;
        if (!unknown && !is_pinned(query, paging_order[i]))
            levels[count++] = paging_order[i];
    }
    if (count == 1 && levels[0] == KEY_DATE_TIME_START) {
        buf_append_text(out, ", ");
        append_comparison(out, levels[0], "_gt", key);
        return;
    }
    buf_append_text(out, ", _or: [");
    for (size_t i = 0; i < count; i++) {
        buf_append_text(out, i > 0 ? ", {" : "{");
        for (size_t j = 0; j < i; j++) {
            append_comparison(out, levels[j], "_eq", key);
            buf_append_text(out, ", ");
        }
        append_comparison(out, levels[i], "_gt", key);
        buf_append_char(out, '}');
    }
    buf_append_char(out, ']');
}

static void append_where(struct buf *out, const struct page_query *query, bool with_key)
{
    const struct unit *unit = query->unit;
    buf_appendf(out, "where: {%s: {_eq: %lld}, %s: {_eq: ", key_columns[KEY_BUILDING_ID], (long long)unit->building->id,
                key_columns[KEY_GRANULARITY]);
    append_text_literal(out, unit->granularity);
    buf_append_text(out, "}, ");
    append_sites(out, unit);
    buf_append_text(out, ", ");
    append_groups(out, unit);
    buf_append_text(out, ", ");
    append_days(out, days_of(query, with_key));
    if (with_key && query->after != NULL)
        append_behind_key(out, query);
    buf_append_char(out, '}');
}

static void append_order(struct buf *out, const struct page_query *query)
{
    if (query->dialect == DIALECT_DOCUMENTED) {
        buf_appendf(out, ", order_by: {%s: asc}", key_columns[KEY_DATE_TIME_START]);
        return;
    }
    buf_append_text(out, ", order_by: [");
    for (size_t i = 0; i < sizeof row_order / sizeof row_order[0]; i++)
        buf_appendf(out, "%s{%s: asc}", i > 0 ? ", " : "", key_columns[row_order[i]]);
    buf_appendf(out, "], limit: %d", query->limit);
}

static bool is_key_column(const char *name)
{
    for (size_t i = 0; i < KEY_COLUMN_COUNT; i++) {
        if (strcmp(name, key_columns[i]) == 0)
            return true;
    }
    return false;
}

static void append_selection(struct buf *out, const struct page_query *query)
{
    for (size_t i = 0; i < KEY_COLUMN_COUNT; i++)
        buf_appendf(out, "%s%s", i > 0 ? " " : "", key_columns[i]);
    for (size_t i = 0; i < query->column_count; i++) {
        if (!is_key_column(query->columns[i]))
            buf_appendf(out, " %s", query->columns[i]);
    }
}

static void append_document(struct buf *out, const struct page_query *query)
{
    buf_appendf(out, "query %s { %s(", operation_name, query->root_field);
    append_where(out, query, true);
    append_order(out, query);
    buf_append_text(out, ") {");
    append_selection(out, query);
    buf_append_char(out, '}');
    if (query->with_count) {
        buf_appendf(out, " %s_aggregate(", query->root_field);
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
    return key->start != NULL || !is_pinned(query, KEY_DATE_PARTITION) || !is_pinned(query, KEY_SITE_ID) ||
           !is_pinned(query, KEY_GROUP_ID);
}

static enum status check(const struct page_query *query, struct err *err)
{
    bool documented = query->dialect == DIALECT_DOCUMENTED;
    if (documented && (unit_slice_count(query->unit) != 1 || query->after != NULL || query->with_count))
        return err_set(err, STATUS_BUG, "the documented dialect asks one slice, without paging and count");
    if (query->after != NULL && !key_fits(query))
        return err_set(err, STATUS_BUG, "the page key lies outside the unit");
    if (!query_is_name(query->root_field))
        return err_set(err, STATUS_BUG, "%s is no GraphQL name", query->root_field);
    for (size_t i = 0; i < query->column_count; i++) {
        if (!query_is_name(query->columns[i]))
            return err_set(err, STATUS_BUG, "%s is no GraphQL name", query->columns[i]);
    }
    return STATUS_OK;
}

static void release(struct buf *buf)
{
    buf_release(buf);
}

enum status query_page(const struct page_query *query, struct buf *out, struct err *err)
{
    struct buf document CLEANUP(release) = {.max = QUERY_TEXT_MAX};
    enum status status = check(query, err);
    if (status != STATUS_OK)
        return status;
    append_document(&document, query);
    status = buf_status(&document, err);
    if (status != STATUS_OK)
        return status;
    buf_appendf(out, "{\"operationName\":\"%s\",\"variables\":{},\"query\":", operation_name);
    buf_append_json_string(out, document.data, document.size);
    buf_append_char(out, '}');
    return buf_status(out, err);
}
