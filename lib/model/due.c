#include "model/due.h"

/* Where a day stands against a sorted list: inside an entry or before it, and the day from which that changes. */
struct standing {
    bool inside;
    civil_day until;
};

static struct standing standing_of(civil_day day, struct day_range entry)
{
    bool inside = day >= entry.first;
    return (struct standing){inside, inside ? entry.end : entry.first};
}

static struct standing failure_at(struct due_walk *walk, civil_day day)
{
    const struct ledger_series *ledger = walk->ledger;
    while (walk->failure < ledger->failure_count && ledger->failures[walk->failure].days.end <= day)
        walk->failure++;
    if (walk->failure == ledger->failure_count)
        return (struct standing){false, walk->left.end};
    return standing_of(day, ledger->failures[walk->failure].days);
}

static struct standing span_at(struct due_walk *walk, civil_day day)
{
    const struct ledger_series *ledger = walk->ledger;
    while (walk->span < ledger->span_count && ledger->spans[walk->span].days.end <= day)
        walk->span++;
    if (walk->span == ledger->span_count)
        return (struct standing){false, walk->left.end};
    return standing_of(day, ledger->spans[walk->span].days);
}

/* The count to which days of a kind are added, or NULL when they are not due. span is NULL for missing days. */
static uint64_t *reason_count(enum plan_reprocess reprocess, bool failed, const struct ledger_span *span,
                              struct plan_counts *counts)
{
    bool everything = reprocess == PLAN_ALL || reprocess == PLAN_CONVERGE;
    if (failed)
        return everything || reprocess == PLAN_FAILED ? &counts->failed : NULL;
    if (span == NULL)
        return everything || reprocess == PLAN_MISSING ? &counts->missing : NULL;
    if (!everything)
        return NULL;
    if (!span->settled)
        return &counts->open;
    return reprocess == PLAN_ALL || span->outdated ? &counts->forced : NULL;
}

bool due_next(struct due_walk *walk, struct plan_counts *counts, struct day_range *ret_days)
{
    bool found = false;
    struct day_range days = walk->left;
    while (walk->left.first < walk->left.end) {
        civil_day day = walk->left.first;
        struct standing failure = failure_at(walk, day);
        struct standing span = span_at(walk, day);
        civil_day until = failure.until < span.until ? failure.until : span.until;
        if (until > walk->left.end)
            until = walk->left.end;
        uint64_t *count = reason_count(walk->reprocess, failure.inside,
                                       span.inside ? &walk->ledger->spans[walk->span] : NULL, counts);
        if (found && count == NULL)
            break;
        if (count != NULL) {
            if (!found)
                days.first = day;
            found = true;
            uint64_t added = (uint64_t)(until - day);
            *count += added;
            counts->due += added;
        }
        walk->left.first = until;
    }
    days.end = walk->left.first;
    if (found)
        *ret_days = days;
    return found;
}
