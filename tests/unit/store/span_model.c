#include "span_model.h"

#include <string.h>

struct span span_model_roll(const struct span_model *model, struct dice *dice, unsigned char map[MODEL_DAYS / 8])
{
    civil_day at = (civil_day)dice_below(dice, MODEL_DAYS);
    uint32_t most = dice_below(dice, 4) == 0 ? MODEL_DAYS : 8;
    civil_day length = (civil_day)dice_below(dice, most + 1);
    if (length > MODEL_DAYS - at)
        length = MODEL_DAYS - at;
    struct span span = {
        .days = {model->first + at, model->first + at + length},
        .settled = dice_below(dice, 3) != 0,
        .columns_id = 1 + dice_below(dice, 2),
        .proofs = 1U << dice_below(dice, 4),
        .fetched_at = NOW + 3600 * (int64_t)dice_below(dice, 5),
    };
    uint32_t kind = dice_below(dice, 4);
    memset(map, 0, MODEL_DAYS / 8);
    for (civil_day i = 0; kind != 0 && i < length; i++) {
        bool empty = kind == 1 || (kind == 2 && dice_below(dice, 4) == 0);
        map[i / 8] = (unsigned char)(map[i / 8] | (unsigned)empty << (i % 8));
    }
    span.empty_days = kind != 0 ? map : NULL; /* kind 3: a map that says of no day that it is empty */
    return span;
}

static bool are_one(const struct model_day *a, const struct model_day *b)
{
    return a->held && b->held && a->settled == b->settled && a->columns_id == b->columns_id &&
           (a->settled || a->fetched_at == b->fetched_at);
}

size_t span_model_stretches(const struct span_model *model, struct day_range ranges[MODEL_DAYS])
{
    size_t count = 0;
    for (civil_day i = 0; i < MODEL_DAYS; i++) {
        if (!model->days[i].held)
            continue;
        if (i > 0 && are_one(&model->days[i - 1], &model->days[i]))
            ranges[count - 1].end++;
        else
            ranges[count++] = (struct day_range){model->first + i, model->first + i + 1};
    }
    return count;
}

void span_model_put(struct span_model *model, const struct span *put)
{
    for (civil_day day = put->days.first; day < put->days.end; day++) {
        civil_day at = day - put->days.first;
        model->days[day - model->first] = (struct model_day){
            .held = true,
            .settled = put->settled,
            .empty = put->empty_days != NULL && (put->empty_days[at / 8] & 1 << (at % 8)) != 0,
            .columns_id = put->columns_id,
            .proofs = put->proofs,
            .fetched_at = put->fetched_at,
        };
    }
    struct day_range ranges[MODEL_DAYS];
    size_t count = span_model_stretches(model, ranges);
    for (size_t i = 0; i < count; i++) {
        struct model_day *days = &model->days[ranges[i].first - model->first];
        size_t length = (size_t)(ranges[i].end - ranges[i].first);
        struct model_day all = days[0];
        for (size_t at = 1; at < length; at++)
            all.fetched_at = days[at].fetched_at < all.fetched_at ? days[at].fetched_at : all.fetched_at;
        for (size_t at = 0; at < length; at++)
            days[at].fetched_at = all.fetched_at;
    }
}
