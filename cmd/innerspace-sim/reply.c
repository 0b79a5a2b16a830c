#include "reply.h"

#include "refusal.h"
#include "respond.h"

#include <stdio.h>

const struct buf *reply_body(const struct reply *reply)
{
    return reply->remembered != NULL ? reply->remembered : &reply->body;
}

static void set_reply(struct reply *reply, unsigned code, const char *type, const char *body)
{
    reply->code = code;
    reply->content_type = type;
    reply->is_error = code != 200;
    buf_append_text(&reply->body, body);
}

void reply_json(struct reply *reply, unsigned code, const char *body)
{
    set_reply(reply, code, "application/json; charset=utf-8", body);
}

void reply_gateway(struct reply *reply, unsigned code, const char *reason)
{
    char body[256];
    snprintf(body, sizeof body,
             "<html>\r\n<head><title>%u %s</title></head>\r\n<body>\r\n<center><h1>%u %s</h1></center>\r\n</body>\r\n"
             "</html>\r\n",
             code, reason, code, reason);
    set_reply(reply, code, "text/html", body);
}

void reply_refusal(struct reply *reply, const char *code, const char *message)
{
    struct refusal refusal = {0};
    (void)refusal_set(&refusal, code, NULL, "%s", message);
    reply_json(reply, 200, "");
    reply->is_error = true;
    respond_errors(&reply->body, &refusal);
}
