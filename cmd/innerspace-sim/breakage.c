#include "breakage.h"

#include "core/text.h"
#include "world.h"

#include <string.h>

enum { SALT_BREAK = 0x6272656B };

static const char *const names[BREAK_COUNT] = {
    [BREAK_RESET] = "reset",
    [BREAK_DROP] = "drop",
    [BREAK_REFUSE] = "refuse",
    [BREAK_SILENCE] = "silence",
    [BREAK_HEADERS_RESET] = "headers-reset",
    [BREAK_HEADERS_CUT] = "headers-cut",
    [BREAK_BODY_LOST] = "body-lost",
    [BREAK_BODY_RESET] = "body-reset",
    [BREAK_BODY_CUT] = "body-cut",
    [BREAK_STALL] = "stall",
    [BREAK_DRIP] = "drip",
    [BREAK_LENGTH_LONG] = "length-long",
    [BREAK_LENGTH_SHORT] = "length-short",
    [BREAK_UNSIZED] = "unsized",
    [BREAK_UNSIZED_CUT] = "unsized-cut",
    [BREAK_429] = "429",
    [BREAK_429_SECONDS] = "429-seconds",
    [BREAK_500] = "500",
    [BREAK_502] = "502",
    [BREAK_503] = "503",
    [BREAK_503_SECONDS] = "503-seconds",
    [BREAK_504] = "504",
};

_Static_assert((int)BREAK_COUNT <= (int)RATES_MAX, "the kinds of --break have to fit a list of rates");

const char *break_name(enum break_kind kind)
{
    return names[kind];
}

/* "3" or "3-5". */
static bool parse_range(const char *text, size_t size, struct break_range *ret_range)
{
    const char *dash = memchr(text, '-', size);
    size_t first_size = dash != NULL ? (size_t)(dash - text) : size;
    int64_t first;
    if (!text_to_int64(text, first_size, &first))
        return false;
    int64_t last = first;
    if (dash != NULL && !text_to_int64(dash + 1, size - first_size - 1, &last))
        return false;
    if (first < 1 || last < first)
        return false;
    ret_range->first = (uint64_t)first;
    ret_range->last = (uint64_t)last;
    return true;
}

static enum status add_range(struct breakage *breakage, const char *name, const char *item, size_t size, size_t word,
                             struct err *err)
{
    struct break_range range;
    int kind = rates_find(item, word, names, BREAK_COUNT);
    if (kind < 0)
        return err_set(err, STATUS_USAGE, "--%s: there is no '%.*s'; see --help", name, (int)word, item);
    if (!parse_range(item + word + 1, size - word - 1, &range))
        return err_set(err, STATUS_USAGE, "--%s: '%.*s' is not KIND@N or KIND@N-M, counted from 1", name, (int)size,
                       item);
    if (breakage->range_count == BREAK_RANGES_MAX)
        return err_set(err, STATUS_USAGE, "--%s: more than %d numbers", name, BREAK_RANGES_MAX);
    range.kind = (enum break_kind)kind;
    breakage->ranges[breakage->range_count++] = range;
    return STATUS_OK;
}

enum status breakage_init(struct breakage *breakage, uint64_t seed, const char *name, const char *text, struct err *err)
{
    *breakage = (struct breakage){.seed = seed};
    enum status status = STATUS_OK;
    while (text != NULL && status == STATUS_OK) {
        const char *stop = strchr(text, ',');
        size_t size = stop != NULL ? (size_t)(stop - text) : strlen(text);
        const char *at = memchr(text, '@', size);
        status = at != NULL ? add_range(breakage, name, text, size, (size_t)(at - text), err)
                            : rates_add(&breakage->rates, name, text, size, names, BREAK_COUNT, err);
        text = stop != NULL ? stop + 1 : NULL;
    }
    return status;
}

int breakage_next(struct breakage *breakage)
{
    uint64_t number = ++breakage->requests;
    for (size_t i = 0; i < breakage->range_count; i++) {
        if (number >= breakage->ranges[i].first && number <= breakage->ranges[i].last)
            return (int)breakage->ranges[i].kind;
    }
    return rates_pick(&breakage->rates, world_mix(world_mix(breakage->seed, SALT_BREAK), number));
}
