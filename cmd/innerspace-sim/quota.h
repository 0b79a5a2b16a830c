/*
 * What the service refuses although the query is right: too many rows, list items or nodes. That there are such
 * limits is documented, their numbers and codes mostly are not [api-facts section 5, limits].
 */
#ifndef SIM_QUOTA_H
#define SIM_QUOTA_H

#include "check.h"
#include "reply.h"

enum choke_style { CHOKE_ERROR, CHOKE_TIME_LIMIT, CHOKE_504, CHOKE_413, CHOKE_DDN };

#define CHOKE_CHOICES "error|time-limit|504|413|ddn"

struct quota {
    int64_t rows;     /* of an answer; 0: any number. An answer that would hold more fails whole */
    int64_t in_items; /* of an _in list; 0: any number */
    int64_t nodes;    /* fields with a selection [documented: Hasura api-limits]; 0: any number */
};

/* STATUS_REFUSED: an _in list is too long ("validation-failed"), or there are too many nodes. */
enum status quota_check(const struct quota *quota, const struct selected *selected, struct refusal *refusal) MUST_CHECK;

/* Makes the reply, whatever it was, the failure of an answer with too many rows. */
void quota_choke(enum choke_style style, struct reply *reply);

#endif
