#include "core/buf.h"

#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More memory for the bytes; that of a secret is not left behind. NULL: none, and all stays as it was. */
static char *grow(const struct buf *buf, size_t capacity)
{
    if (!buf->secret || buf->data == NULL)
        return realloc(buf->data, capacity);
    char *data = malloc(capacity);
    if (data == NULL)
        return NULL;
    memcpy(data, buf->data, buf->size + 1);
    explicit_bzero(buf->data, buf->capacity);
    free(buf->data);
    return data;
}

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
    char *data = grow(buf, capacity);
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

/* The size of the longest prefix that needs no escape, at most size. */
static size_t plain_prefix(const char *text, size_t size)
{
    size_t at = 0;
    while (at < size && text[at] != '"' && text[at] != '\\') {
        bool printable;
        size_t length = text_character(text + at, size - at, &printable);
        if (!printable)
            break;
        at += length;
    }
    return at;
}

/* The code point of a well-formed sequence as JSON writes it: beyond 16 bits as a surrogate pair. */
static void append_code_point(struct buf *buf, const char *text, size_t length)
{
    uint32_t code = (unsigned char)text[0] & (0x7FU >> length);
    for (size_t i = 1; i < length; i++)
        code = code << 6 | ((unsigned char)text[i] & 0x3FU);
    if (code >= 0x10000) {
        buf_appendf(buf, "\\u%04x", (unsigned)(0xD800 + ((code - 0x10000) >> 10)));
        code = 0xDC00 + ((code - 0x10000) & 0x3FF);
    }
    buf_appendf(buf, "\\u%04x", (unsigned)code);
}

/* Escapes the first character of text, which is one that must be; returns its bytes. */
static size_t append_escaped(struct buf *buf, const char *text, size_t size)
{
    bool printable;
    size_t length = text_character(text, size, &printable);
    switch (text[0]) {
    case '"': buf_append_text(buf, "\\\""); break;
    case '\\': buf_append_text(buf, "\\\\"); break;
    case '\n': buf_append_text(buf, "\\n"); break;
    case '\r': buf_append_text(buf, "\\r"); break;
    case '\t': buf_append_text(buf, "\\t"); break;
    default:
        if (length > 1)
            append_code_point(buf, text, length);
        else if ((unsigned char)text[0] >= 0x80)
            buf_append_text(buf, "\\ufffd");
        else
            buf_appendf(buf, "\\u%04x", (unsigned)(unsigned char)text[0]);
        break;
    }
    return length;
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
            size_t length = append_escaped(buf, text, size);
            text += length;
            size -= length;
        }
    }
    buf_append_char(buf, '"');
}

void buf_append_printable(struct buf *buf, const char *text, size_t size)
{
    while (size > 0) {
        bool printable;
        size_t length = text_character(text, size, &printable);
        for (size_t i = 0; i < length; i++)
            buf_append_char(buf, printable ? text[i] : '?');
        text += length;
        size -= length;
    }
}

/* Characters of UTF-8, each taken for one column. */
static size_t columns(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

void buf_append_wrapped(struct buf *buf, size_t indent, const char *text)
{
    size_t begin = buf->size;
    while (begin > 0 && buf->data[begin - 1] != '\n')
        begin--;
    size_t column = buf->size > begin ? columns(buf->data + begin, buf->size - begin) : 0;
    while (*text != '\0') {
        size_t blanks = strspn(text, " ");
        size_t size = strcspn(text + blanks, " ");
        size_t width = columns(text + blanks, size);
        if (column + blanks + width > BUF_LINE_WIDTH && column > indent && blanks > 0) {
            buf_appendf(buf, "\n%*s", (int)indent, "");
            column = indent + width;
            buf_append(buf, text + blanks, size);
        } else {
            buf_append(buf, text, blanks + size);
            column += blanks + width;
        }
        text += blanks + size;
    }
}

void buf_append_shell_word(struct buf *buf, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@,+";
    if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
        buf_append_text(buf, text);
        return;
    }
    buf_append_char(buf, '\'');
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'')
            buf_append_text(buf, "'\\''");
        else
            buf_append_char(buf, *at);
    }
    buf_append_char(buf, '\'');
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
    if (buf->secret && buf->data != NULL)
        explicit_bzero(buf->data, buf->capacity);
    buf->size = 0;
    buf->failed = STATUS_OK;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

void buf_release(struct buf *buf)
{
    if (buf->secret && buf->data != NULL)
        explicit_bzero(buf->data, buf->capacity);
    free(buf->data);
    *buf = (struct buf){.max = buf->max, .secret = buf->secret};
}

void buf_wipe(struct buf *buf)
{
    if (buf->data != NULL)
        explicit_bzero(buf->data, buf->capacity);
    buf_release(buf);
}
