#include "refusal.h"

#include "core/buf.h"

#include <stdarg.h>
#include <stdio.h>

static void append_path(struct buf *out, const struct path *at)
{
    if (at == NULL) {
        buf_append_char(out, '$');
        return;
    }
    append_path(out, at->up);
    if (at->name != NULL)
        buf_appendf(out, ".%s", at->name);
    else
        buf_appendf(out, "[%zu]", at->index);
}

enum status refusal_set(struct refusal *refusal, const char *code, const struct path *at, const char *format, ...)
{
    struct buf path = {.max = REFUSAL_TEXT_MAX - 1};
    append_path(&path, at);
    refusal->code = code;
    snprintf(refusal->path, sizeof refusal->path, "%s", buf_text(&path));
    buf_release(&path);
    va_list args;
    va_start(args, format);
    if (vsnprintf(refusal->message, sizeof refusal->message, format, args) < 0)
        refusal->message[0] = '\0';
    va_end(args);
    return STATUS_REFUSED;
}
