#include "wire_ask.h"

#include "api/answer.h"

enum { POLL_MS = 100, ANSWER_MAX = 64 << 20 };

/* One query that has not called back, or how it did. */
struct pending {
    bool is_done;
    enum status status;
    struct buf *answer;
    struct err err;
};

static enum status judge(void *context, const struct http_response *response, struct err *err)
{
    (void)context;
    return answer_classify(response->code, response->is_html, buf_text(response->body), response->body->size, err);
}

static void done(void *context, enum status status, const struct http_response *response, const struct err *err)
{
    struct pending *pending = context;
    pending->is_done = true;
    pending->status = status;
    pending->err = *err;
    if (status != STATUS_OK)
        return;
    buf_append(pending->answer, response->body->data, response->body->size);
    pending->status = buf_status(pending->answer, &pending->err);
}

enum status ask(const struct asker *asker, const struct buf *question, struct buf *answer, struct err *err)
{
    struct pending pending = {.answer = answer};
    bool is_stopped = false;
    const struct client_ask query = {
        .body = buf_text(question), .body_size = question->size, .judge = judge, .done = done, .context = &pending};
    enum status status = client_query(asker->client, &query, err);
    if (status != STATUS_OK)
        return status;
    while (!pending.is_done) {
        if (!is_stopped && asker->interrupted != NULL && *asker->interrupted != 0) {
            client_stop(asker->client);
            is_stopped = true;
        }
        /* A poll that failed may not have called back; then nothing ever may, since pending lives here. */
        status = client_poll(asker->client, POLL_MS, err);
        if (status != STATUS_OK && is_stopped)
            return status;
        if (status != STATUS_OK) {
            client_stop(asker->client);
            is_stopped = true;
        }
    }
    if (pending.status != STATUS_OK)
        *err = pending.err;
    return pending.status;
}

static enum status ask_next(const struct asker *asker, struct schema_probe *probe, enum schema_step *ret_step,
                            struct err *err)
{
    struct buf question = {0};
    struct buf answer = {.max = ANSWER_MAX};
    enum status status = schema_probe_query(probe, &question, err);
    if (status == STATUS_OK)
        status = ask(asker, &question, &answer, err);
    if (status == STATUS_OK) {
        *ret_step = schema_probe_feed(probe, buf_text(&answer), answer.size, err);
        status = *ret_step == SCHEMA_FAIL ? err->kind : STATUS_OK;
    }
    buf_release(&question);
    buf_release(&answer);
    return status;
}

enum status ask_schema(const struct asker *asker, const char *root_field, struct schema_probe **ret_probe,
                       struct err *err)
{
    struct schema_probe *probe = NULL;
    enum schema_step step = SCHEMA_ASK;
    enum status status = schema_probe_new(root_field, &probe, err);
    while (status == STATUS_OK && step == SCHEMA_ASK)
        status = ask_next(asker, probe, &step, err);
    if (status != STATUS_OK) {
        schema_probe_free(probe);
        return status;
    }
    *ret_probe = probe;
    return STATUS_OK;
}

bool ask_may_go_on(enum status kind)
{
    return kind == STATUS_UNSUPPORTED || kind == STATUS_REFUSED || kind == STATUS_BAD_ANSWER ||
           kind == STATUS_TOO_LARGE || kind == STATUS_SERVER || kind == STATUS_TIMEOUT;
}
