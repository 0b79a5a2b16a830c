#include "garble.h"

#include "execute.h"
#include "world.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SALT_GARBLE = 0x67617262, DEEP_LEVELS = 100000 };

static void replace(struct reply *reply, unsigned code, const char *body)
{
    buf_reset(&reply->body);
    reply_json(reply, code, body);
    reply->rows = 0;
}

static void replace_html(struct reply *reply, unsigned code, const char *reason)
{
    buf_reset(&reply->body);
    reply_gateway(reply, code, reason);
    reply->rows = 0;
}

/* Puts text before and behind the body; skip: bytes of its front that are left out. */
static void wrap(struct reply *reply, const char *front, size_t skip, const char *back)
{
    struct buf body = {.max = EXECUTE_BYTES_MAX};
    buf_append_text(&body, front);
    if (reply->body.size > skip)
        buf_append(&body, reply->body.data + skip, reply->body.size - skip);
    buf_append_text(&body, back);
    buf_release(&reply->body);
    reply->body = body;
}

static void spoil_html(struct garble *garble, struct reply *reply)
{
    (void)garble;
    replace_html(reply, 200, "Just a moment");
}

static void spoil_empty(struct garble *garble, struct reply *reply)
{
    (void)garble;
    replace(reply, 200, "");
}

static void spoil_cut(struct garble *garble, struct reply *reply)
{
    (void)garble;
    reply->body.size /= 2;
    if (reply->body.data != NULL)
        reply->body.data[reply->body.size] = '\0';
}

static void spoil_chunked(struct garble *garble, struct reply *reply)
{
    (void)garble;
    reply->chunked = true;
}

static void spoil_gzip(struct garble *garble, struct reply *reply)
{
    (void)garble;
    reply->gzip_broken = true;
}

static void spoil_bom(struct garble *garble, struct reply *reply)
{
    (void)garble;
    wrap(reply, "\xEF\xBB\xBF", 0, "");
}

static void spoil_deep(struct garble *garble, struct reply *reply)
{
    (void)garble;
    struct buf front = {.max = 4 * DEEP_LEVELS};
    buf_append_text(&front, "{\"extensions\":");
    for (int i = 0; i < DEEP_LEVELS; i++)
        buf_append_char(&front, '[');
    for (int i = 0; i < DEEP_LEVELS; i++)
        buf_append_char(&front, ']');
    buf_append_char(&front, ',');
    wrap(reply, buf_text(&front), 1, "");
    buf_release(&front);
}

static void spoil_blanks(struct garble *garble, struct reply *reply)
{
    static const char blanks[] = " \n\t \r\n      \n       \n        \n        \n        \n         ";
    struct buf body = {.max = EXECUTE_BYTES_MAX};
    for (size_t left = garble->blanks; left > 0 && body.failed == STATUS_OK;) {
        size_t size = left < sizeof blanks - 1 ? left : sizeof blanks - 1;
        buf_append(&body, blanks, size);
        left -= size;
    }
    buf_append(&body, buf_text(&reply->body), reply->body.size);
    buf_release(&reply->body);
    reply->body = body;
}

static void spoil_twice(struct garble *garble, struct reply *reply)
{
    (void)garble;
    wrap(reply, "{\"data\":{},", 1, "");
}

static void spoil_partial(struct garble *garble, struct reply *reply)
{
    (void)garble;
    wrap(reply,
         "{\"errors\":[{\"message\":\"a part of the data is missing\",\"extensions\":{\"path\":\"$\",\"code\":"
         "\"unexpected\"}}],",
         1, "");
}

static void spoil_null_data(struct garble *garble, struct reply *reply)
{
    (void)garble;
    replace(reply, 200, "{\"data\":null}");
}

static void spoil_ddn(struct garble *garble, struct reply *reply)
{
    (void)garble;
    replace(reply, 200, "{\"data\":null,\"errors\":[{\"message\":\"internal error\"}]}");
}

static void spoil_no_data(struct garble *garble, struct reply *reply)
{
    (void)garble;
    replace(reply, 200, "{\"extensions\":{}}");
}

static void spoil_list(struct garble *garble, struct reply *reply)
{
    (void)garble;
    wrap(reply, "[", 0, "]");
}

/* The good answer before this one, again. */
static void spoil_repeat(struct garble *garble, struct reply *reply)
{
    if (garble->before.size == 0)
        return;
    buf_reset(&reply->body);
    buf_append(&reply->body, garble->before.data, garble->before.size);
}

static void spoil_throttled(struct garble *garble, struct reply *reply)
{
    (void)garble;
    replace(reply, 429, "{\"message\":\"Too Many Requests\"}");
}

static void spoil_throttled_seconds(struct garble *garble, struct reply *reply)
{
    spoil_throttled(garble, reply);
    reply->retry_after = "1";
}

/* The Date header of the answer tells the real time, so this has to as well. */
static void spoil_throttled_date(struct garble *garble, struct reply *reply)
{
    spoil_throttled(garble, reply);
    time_t then = time(NULL) + 1;
    struct tm tm;
    if (gmtime_r(&then, &tm) == NULL ||
        strftime(reply->retry_after_date, sizeof reply->retry_after_date, "%a, %d %b %Y %H:%M:%S GMT", &tm) == 0)
        return;
    reply->retry_after = reply->retry_after_date;
}

static void spoil_500(struct garble *garble, struct reply *reply)
{
    (void)garble;
    replace(reply, 500, "{\"message\":\"Internal Server Error\"}");
}

static void spoil_501(struct garble *garble, struct reply *reply)
{
    (void)garble;
    replace_html(reply, 501, "Not Implemented");
}

static void spoil_502(struct garble *garble, struct reply *reply)
{
    (void)garble;
    replace_html(reply, 502, "Bad Gateway");
}

static void spoil_503(struct garble *garble, struct reply *reply)
{
    (void)garble;
    replace_html(reply, 503, "Service Temporarily Unavailable");
}

static void spoil_503_seconds(struct garble *garble, struct reply *reply)
{
    spoil_503(garble, reply);
    reply->retry_after = "1";
}

static void spoil_504(struct garble *garble, struct reply *reply)
{
    (void)garble;
    replace_html(reply, 504, "Gateway Time-out");
}

struct kind {
    const char *name;
    void (*spoil)(struct garble *garble, struct reply *reply);
};

static const struct kind kinds[] = {
    {"html", spoil_html},
    {"empty", spoil_empty},
    {"cut", spoil_cut},
    {"chunked", spoil_chunked}, /* whole, but its length is not told */
    {"gzip", spoil_gzip},       /* compressed, and broken in the middle */
    {"bom", spoil_bom},         /* whole */
    {"deep", spoil_deep},
    {"blanks", spoil_blanks}, /* whole */
    {"twice", spoil_twice},   /* the key "data" */
    {"partial", spoil_partial},
    {"null-data", spoil_null_data},
    {"ddn", spoil_ddn},
    {"no-data", spoil_no_data},
    {"list", spoil_list}, /* as if a batch had been asked */
    {"repeat", spoil_repeat},
    {"429", spoil_throttled},
    {"429-seconds", spoil_throttled_seconds},
    {"429-date", spoil_throttled_date},
    {"500", spoil_500},
    {"501", spoil_501},
    {"502", spoil_502},
    {"503", spoil_503},
    {"503-seconds", spoil_503_seconds},
    {"504", spoil_504},
};

enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

enum status garble_init(struct garble *garble, uint64_t seed, const char *list, size_t blanks, struct err *err)
{
    const char *names[KIND_COUNT];
    for (size_t i = 0; i < KIND_COUNT; i++)
        names[i] = kinds[i].name;
    *garble = (struct garble){.seed = seed, .blanks = blanks, .before = {.max = EXECUTE_BYTES_MAX}};
    pthread_mutex_init(&garble->lock, NULL);
    return rates_parse(&garble->rates, "garble", list, names, KIND_COUNT, err);
}

void garble_release(struct garble *garble)
{
    pthread_mutex_destroy(&garble->lock);
    buf_release(&garble->before);
}

bool garble_apply(struct garble *garble, struct reply *reply)
{
    if (garble->rates.total == 0)
        return false;
    pthread_mutex_lock(&garble->lock);
    uint64_t chance = world_mix(world_mix(garble->seed, SALT_GARBLE), garble->answers++);
    int kind = rates_pick(&garble->rates, chance);
    if (kind >= 0) {
        kinds[kind].spoil(garble, reply);
    } else {
        buf_reset(&garble->before);
        buf_append(&garble->before, buf_text(&reply->body), reply->body.size);
    }
    pthread_mutex_unlock(&garble->lock);
    return kind >= 0;
}
