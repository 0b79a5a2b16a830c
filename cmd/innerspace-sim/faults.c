#include "faults.h"

#include "world.h"

enum { SALT_FAIL = 0x6661696C };

void faults_init(struct faults *faults, uint64_t seed, int percent)
{
    *faults = (struct faults){.seed = seed, .percent = percent};
    pthread_mutex_init(&faults->lock, NULL);
}

void faults_release(struct faults *faults)
{
    pthread_mutex_destroy(&faults->lock);
}

enum fault faults_next(struct faults *faults)
{
    enum fault fault = FAULT_NONE;
    pthread_mutex_lock(&faults->lock);
    uint64_t chance = world_mix(world_mix(faults->seed, SALT_FAIL), faults->requests++);
    if (chance % 100 < (uint64_t)faults->percent)
        fault = (enum fault)(1 + faults->hits++ % (FAULT_COUNT - 1));
    pthread_mutex_unlock(&faults->lock);
    return fault;
}

/* A buffer's text stays terminated. */
static void halve(struct buf *body)
{
    body->size /= 2;
    if (body->data != NULL)
        body->data[body->size] = '\0';
}

void fault_apply(enum fault fault, struct reply *reply)
{
    switch (fault) {
    case FAULT_SERVER: reply_json(reply, 500, "{\"message\":\"Internal Server Error\"}"); break;
    case FAULT_GATEWAY: reply_gateway(reply, 502, "Bad Gateway"); break;
    case FAULT_UNAVAILABLE: reply_gateway(reply, 503, "Service Temporarily Unavailable"); break;
    case FAULT_TOO_MANY: reply_json(reply, 429, "{\"message\":\"Too Many Requests\"}"); break;
    case FAULT_UNEXPECTED: reply_refusal(reply, "unexpected", "internal error"); break;
    case FAULT_EMPTY: reply_json(reply, 200, ""); break;
    case FAULT_CUT: halve(&reply->body); break;
    case FAULT_DATA_IS_NULL: reply_json(reply, 200, "{\"data\":null}"); break;
    case FAULT_NONE:
    case FAULT_COUNT: break;
    }
    reply->retry_after = fault == FAULT_UNAVAILABLE || fault == FAULT_TOO_MANY ? "0" : NULL;
    reply->rows = 0;
}
