/*
 * What a list of spans should say, kept with one cell a day and nothing clever.
 */
#ifndef TEST_STORE_SPAN_MODEL_H
#define TEST_STORE_SPAN_MODEL_H

#include "fixture.h"
#include "store/spans.h"

enum { MODEL_DAYS = 64 };

struct model_day {
    bool held;
    bool settled;
    bool empty;
    int64_t columns_id;
    unsigned proofs;    /* of the day */
    int64_t fetched_at; /* of the span that holds the day: the oldest of its parts */
};

struct span_model {
    civil_day first; /* the day of days[0] */
    struct model_day days[MODEL_DAYS];
};

/* A span within the model's days, empty maps among them; its map is written to the given bytes. */
struct span span_model_roll(const struct span_model *model, struct dice *dice, unsigned char map[MODEL_DAYS / 8]);

void span_model_put(struct span_model *model, const struct span *put);

/* The stretches of days that must each be one span, in order; returns their number. */
size_t span_model_stretches(const struct span_model *model, struct day_range ranges[MODEL_DAYS]);

#endif
