#include "rates.h"

#include "core/text.h"

#include <string.h>

int rates_find(const char *word, size_t size, const char *const *kinds, size_t count)
{
    for (size_t i = 0; i < count && i < RATES_MAX; i++) {
        if (strlen(kinds[i]) == size && memcmp(kinds[i], word, size) == 0)
            return (int)i;
    }
    return -1;
}

enum status rates_add(struct rates *rates, const char *name, const char *item, size_t size, const char *const *kinds,
                      size_t count, struct err *err)
{
    const char *colon = memchr(item, ':', size);
    size_t word = colon != NULL ? (size_t)(colon - item) : size;
    int kind = rates_find(item, word, kinds, count);
    if (kind < 0)
        return err_set(err, STATUS_USAGE, "--%s: there is no '%.*s'; see --help", name, (int)word, item);
    int64_t percent = -1;
    if (colon == NULL || !text_to_int64(colon + 1, size - word - 1, &percent) || percent < 0 ||
        percent > 100 - rates->total)
        return err_set(err, STATUS_USAGE, "--%s: '%.*s' is not KIND:PERCENT, with 100 percent in all", name, (int)size,
                       item);
    rates->percent[kind] += (int)percent;
    rates->total += (int)percent;
    return STATUS_OK;
}

enum status rates_parse(struct rates *rates, const char *name, const char *text, const char *const *kinds, size_t count,
                        struct err *err)
{
    *rates = (struct rates){0};
    enum status status = STATUS_OK;
    while (text != NULL && status == STATUS_OK) {
        const char *stop = strchr(text, ',');
        size_t size = stop != NULL ? (size_t)(stop - text) : strlen(text);
        status = rates_add(rates, name, text, size, kinds, count, err);
        text = stop != NULL ? stop + 1 : NULL;
    }
    return status;
}

int rates_pick(const struct rates *rates, uint64_t chance)
{
    int at = (int)(chance % 100);
    for (int i = 0; i < RATES_MAX; i++) {
        at -= rates->percent[i];
        if (at < 0)
            return i;
    }
    return -1;
}
