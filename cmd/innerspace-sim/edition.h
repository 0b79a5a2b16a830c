/*
 * What the API shows at a time: its data and its schema. There are two of them, before and after --change-after, so
 * that data published anew, columns that go, come or change their type can be met in the middle of a run.
 */
#ifndef SIM_EDITION_H
#define SIM_EDITION_H

#include "execute.h"
#include "options.h"

struct edition {
    struct world world;
    struct schema schema;
    struct backend backend; /* points to the two above */
};

/*
 * Makes what the options describe, as of now. STATUS_USAGE: the options do not go together; STATUS_NOMEM. It must not
 * move afterwards; release it also after a failure.
 */
enum status edition_init(struct edition *edition, const struct sim_options *options, bool changed, int64_t now,
                         struct err *err) MUST_CHECK;
void edition_release(struct edition *edition);

#endif
