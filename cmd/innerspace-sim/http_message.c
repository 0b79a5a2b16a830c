#include "http_message.h"

#include "core/text.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { HEAD_MAX = 64 << 10, BODY_MAX = 256 << 20, PIECE = 64 << 10 };

static const char END_OF_HEAD[] = "\r\n\r\n";

void http_message_init(struct http_message *message)
{
    *message = (struct http_message){.head.max = HEAD_MAX + PIECE, .body.max = BODY_MAX};
}

void http_message_release(struct http_message *message)
{
    buf_release(&message->head);
    buf_release(&message->body);
}

static bool receive_some(int fd, struct buf *bytes)
{
    char *room = buf_reserve(bytes, PIECE);
    ssize_t size = room != NULL ? recv(fd, room, PIECE, 0) : -1;
    if (size <= 0)
        return false;
    buf_advance(bytes, (size_t)size);
    return true;
}

/* Cuts the buffer; its text stays terminated. */
static void shorten(struct buf *bytes, size_t size)
{
    bytes->size = size;
    if (bytes->data != NULL)
        bytes->data[size] = '\0';
}

static bool receive_head(struct http_message *message, int fd)
{
    buf_reset(&message->head);
    buf_reset(&message->body);
    const char *end = NULL;
    while (end == NULL) {
        if (message->head.size > HEAD_MAX || !receive_some(fd, &message->head))
            return false;
        end = memmem(message->head.data, message->head.size, END_OF_HEAD, strlen(END_OF_HEAD));
    }
    size_t size = (size_t)(end - message->head.data) + strlen(END_OF_HEAD);
    buf_append(&message->body, message->head.data + size, message->head.size - size);
    shorten(&message->head, size);
    return message->body.failed == STATUS_OK;
}

bool http_message_receive_request(struct http_message *message, int fd)
{
    if (!receive_head(message, fd))
        return false;
    size_t size = 0;
    int64_t length = 0;
    const char *text = http_message_header(message, "Content-Length:", &size);
    if (text != NULL && (!text_to_int64(text, size, &length) || length < 0 || length > BODY_MAX))
        return false;
    while (message->body.size < (size_t)length) {
        if (!receive_some(fd, &message->body))
            return false;
    }
    return message->body.size == (size_t)length;
}

bool http_message_receive_answer(struct http_message *message, int fd)
{
    if (!receive_head(message, fd))
        return false;
    while (receive_some(fd, &message->body)) {
    }
    return message->body.failed == STATUS_OK;
}

bool http_message_begins(const struct http_message *message, const char *text)
{
    return strncmp(buf_text(&message->head), text, strlen(text)) == 0;
}

/* The line of a header, and behind its line end; NULL: there is none. */
static char *find_line(const struct http_message *message, const char *name, char **ret_end)
{
    char *line = message->head.data;
    while (line != NULL) {
        char *end = strstr(line, "\r\n");
        if (end == NULL || end == line)
            return NULL;
        *ret_end = end + 2;
        if (strncasecmp(line, name, strlen(name)) == 0)
            return line;
        line = end + 2;
    }
    return NULL;
}

const char *http_message_header(const struct http_message *message, const char *name, size_t *ret_size)
{
    char *end = NULL;
    const char *value = find_line(message, name, &end);
    if (value == NULL)
        return NULL;
    value += strlen(name);
    value += strspn(value, " ");
    *ret_size = (size_t)(end - 2 - value);
    return value;
}

void http_message_remove(struct http_message *message, const char *name)
{
    char *end = NULL;
    char *line = find_line(message, name, &end);
    if (line == NULL)
        return;
    size_t behind = message->head.size - (size_t)(end - message->head.data);
    memmove(line, end, behind);
    shorten(&message->head, (size_t)(line - message->head.data) + behind);
}

void http_message_add(struct http_message *message, const char *line)
{
    if (message->head.size < 2)
        return;
    shorten(&message->head, message->head.size - 2);
    buf_append_text(&message->head, line);
    buf_append_text(&message->head, "\r\n\r\n");
}
