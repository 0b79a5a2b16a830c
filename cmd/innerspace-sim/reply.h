/* One answer to an HTTP request, complete in memory, and the shapes that answers have. */
#ifndef SIM_REPLY_H
#define SIM_REPLY_H

#include "core/buf.h"
#include "stats.h"

struct reply {
    unsigned code;
    const char *content_type;
    const char *retry_after;         /* header, or NULL */
    char retry_after_date[32];       /* where a date for it is kept */
    struct buf body;                 /* owned by the caller */
    const struct buf *remembered;    /* sent in place of body when set; outlives all replies */
    bool is_error;                   /* never compressed, no request id */
    bool chunked;                    /* sent without its length */
    bool gzip_broken;                /* compressed whatever was asked, and broken in the middle */
    char operation[STATS_NAME_SIZE]; /* for the log; "" when there is none */
    uint64_t rows;
};

/* What is sent. */
const struct buf *reply_body(const struct reply *reply);

/* All append the body to that of a reply and set the rest. */
void reply_json(struct reply *reply, unsigned code, const char *body);

/* What stands in front of the API answers in HTML, as gateways do [inferred: api-facts section 4]. */
void reply_gateway(struct reply *reply, unsigned code, const char *reason);

/* A GraphQL error in a 200. */
void reply_refusal(struct reply *reply, const char *code, const char *message);

#endif
