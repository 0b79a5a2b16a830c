#include "order.h"

#include <string.h>

static void add_key(struct order *order, int column, bool descending)
{
    for (size_t i = 0; i < order->count; i++) {
        if (order->keys[i].column == column)
            return;
    }
    if (order->count < ORDER_KEYS_MAX)
        order->keys[order->count++] = (struct order_key){.column = column, .descending = descending};
}

/* The keys of one object, in an order that nobody may rely on. */
static void add_object(struct order *order, const struct table *table, const struct gql_value *object, uint64_t *chance)
{
    const struct gql_value *members[ORDER_KEYS_MAX];
    size_t count = 0;
    for (const struct gql_value *member = object->first; member != NULL && count < ORDER_KEYS_MAX;
         member = member->next) {
        if (member->kind != GQL_NULL) /* a null direction is no direction [documented: Hasura] */
            members[count++] = member;
    }
    for (size_t i = count; i > 1; i--) {
        size_t other = world_chance(chance) % i;
        const struct gql_value *held = members[i - 1];
        members[i - 1] = members[other];
        members[other] = held;
    }
    for (size_t i = 0; i < count; i++)
        add_key(order, table_find_column(table, members[i]->name), strcmp(members[i]->text, "desc") == 0);
}

void order_compile(struct order *order, const struct table *table, const struct gql_value *list, uint64_t *chance)
{
    *order = (struct order){0};
    for (const struct gql_value *object = list != NULL ? list->first : NULL; object != NULL; object = object->next)
        add_object(order, table, object, chance);
}

/* The part of a slice that a column is, PART_COUNT for DATE_TIME_START, or -1. */
static int part_of_column(int column)
{
    switch ((enum insight_column)column) {
    case INSIGHT_BUILDING_ID: return PART_BUILDING;
    case INSIGHT_SITE_ID: return PART_SITE;
    case INSIGHT_GROUP_ID: return PART_GROUP;
    case INSIGHT_GRANULARITY: return PART_GRANULARITY;
    case INSIGHT_DATE_PARTITION: return PART_DAY;
    case INSIGHT_DATE_TIME_START: return PART_COUNT;
    case INSIGHT_OCCUPANCY_MEAN:
    case INSIGHT_OCCUPANCY_MAX:
    case INSIGHT_OCCUPANCY_MEAN_POS:
    case INSIGHT_PERCENT_CAPACITY:
    case INSIGHT_LARGEST_ZONE:
    case INSIGHT_DWELL_MINUTES:
    case INSIGHT_COLUMN_COUNT: break;
    }
    return -1;
}

bool order_to_route(const struct order *order, const struct scan_candidates *candidates, struct scan_route *ret_route)
{
    struct scan_route route = {0};
    size_t levels = 0;
    for (int part = 0; part < PART_COUNT; part++) { /* pinned parts outermost; the building comes before its sites */
        if (candidates->counts[part] <= 1)
            route.parts[levels++] = (enum scan_part)part;
    }
    bool has_building = candidates->counts[PART_BUILDING] <= 1;
    bool has_start = false;
    for (size_t i = 0; i < order->count && !route.has_zone; i++) {
        if (has_start && order->keys[i].column == INSIGHT_ZONE) {
            route.has_zone = true;
            route.zone_descending = order->keys[i].descending;
        }
        if (has_start)
            continue;
        int part = part_of_column(order->keys[i].column);
        if (part < 0)
            return false;
        if (part == PART_COUNT) {
            has_start = true;
            route.start_descending = order->keys[i].descending;
            continue;
        }
        if (candidates->counts[part] <= 1)
            continue;
        has_building = has_building || part == PART_BUILDING;
        if (part == PART_SITE && !has_building)
            return false;
        route.descending[levels] = order->keys[i].descending;
        route.parts[levels++] = (enum scan_part)part;
    }
    if (!has_start || levels != PART_COUNT)
        return false;
    *ret_route = route;
    return true;
}

int order_compare(const struct order *order, struct row *a, struct row *b)
{
    for (size_t i = 0; i < order->count; i++) {
        struct cell left;
        struct cell right;
        row_read(a, order->keys[i].column, &left);
        row_read(b, order->keys[i].column, &right);
        int compared = cell_compare(&left, &right);
        if (compared != 0)
            return order->keys[i].descending ? -compared : compared;
    }
    return (a->shuffle > b->shuffle) - (a->shuffle < b->shuffle);
}
