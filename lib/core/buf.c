#include "core/buf.h"

#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `more` bytes and the NUL; false sets the sticky failure. */
static bool reserve(struct buf *buf, size_t more)
{
    if (buf->failed != STATUS_OK)
        return false;
    size_t max = buf->max != 0 ? buf->max : (size_t)BUF_MAX_DEFAULT;
    if (more > max - buf->size) {
        buf->failed = STATUS_TOO_LARGE;
        return false;
    }
    size_t wanted = buf->size + more + 1;
    if (wanted <= buf->capacity)
        return true;
    size_t capacity = buf->capacity < 64 ? 64 : buf->capacity;
    while (capacity < wanted)
        capacity += capacity / 2;
    char *data = realloc(buf->data, capacity);
    if (data == NULL) {
        buf->failed = STATUS_NOMEM;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void buf_append(struct buf *buf, const void *bytes, size_t size)
{
    if (!reserve(buf, size))
        return;
    if (size > 0)
        memcpy(buf->data + buf->size, bytes, size);
    buf->size += size;
    buf->data[buf->size] = '\0';
}

char *buf_reserve(struct buf *buf, size_t most)
{
    return reserve(buf, most) ? buf->data + buf->size : NULL;
}

void buf_advance(struct buf *buf, size_t size)
{
    buf->size += size;
    buf->data[buf->size] = '\0';
}

void buf_append_text(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_append_char(struct buf *buf, char c)
{
    buf_append(buf, &c, 1);
}

void buf_appendf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size >= 0 && reserve(buf, (size_t)size)) {
        vsnprintf(buf->data + buf->size, (size_t)size + 1, format, again);
        buf->size += (size_t)size;
    }
    va_end(again);
}

/* The size of the longest prefix that needs no escape and is well-formed UTF-8, at most size. */
static size_t plain_prefix(const char *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        unsigned char c = (unsigned char)text[at];
        if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F)
            break;
        size_t length = c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
        if (length > size - at || (length > 1 && !text_is_utf8(text + at, length)))
            break;
        at += length;
    }
    return at;
}

static void append_escaped(struct buf *buf, unsigned char c)
{
    switch (c) {
    case '"': buf_append_text(buf, "\\\""); return;
    case '\\': buf_append_text(buf, "\\\\"); return;
    case '\n': buf_append_text(buf, "\\n"); return;
    case '\r': buf_append_text(buf, "\\r"); return;
    case '\t': buf_append_text(buf, "\\t"); return;
    default: break;
    }
    if (c >= 0x80)
        buf_append_text(buf, "\\ufffd");
    else
        buf_appendf(buf, "\\u%04x", c);
}

void buf_append_json_string(struct buf *buf, const char *text, size_t size)
{
    buf_append_char(buf, '"');
    while (size > 0) {
        size_t plain = plain_prefix(text, size);
        buf_append(buf, text, plain);
        text += plain;
        size -= plain;
        if (size > 0) {
            append_escaped(buf, (unsigned char)*text);
            text++;
            size--;
        }
    }
    buf_append_char(buf, '"');
}

const char *buf_text(const struct buf *buf)
{
    return buf->data != NULL ? buf->data : "";
}

enum status buf_status(const struct buf *buf, struct err *err)
{
    if (buf->failed == STATUS_NOMEM)
        return err_nomem(err);
    if (buf->failed != STATUS_OK)
        return err_set(err, STATUS_TOO_LARGE, "text grew beyond its maximum of %zu bytes",
                       buf->max != 0 ? buf->max : (size_t)BUF_MAX_DEFAULT);
    return STATUS_OK;
}

void buf_reset(struct buf *buf)
{
    buf->size = 0;
    buf->failed = STATUS_OK;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

void buf_release(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){.max = buf->max};
}

void buf_wipe(struct buf *buf)
{
    if (buf->data != NULL)
        explicit_bzero(buf->data, buf->capacity);
    buf_release(buf);
}
