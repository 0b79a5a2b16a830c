/*
 * A request or an answer of HTTP/1 as bytes, for the front (front.h), which changes them on their way.
 *
 * Life cycle: http_message_init, one of the receive functions, the changes, http_message_release; in a loop, a
 * message may be received into again.
 */
#ifndef SIM_HTTP_MESSAGE_H
#define SIM_HTTP_MESSAGE_H

#include "core/buf.h"

struct http_message {
    struct buf head; /* all lines, with the empty one behind them */
    struct buf body; /* as it is on the wire */
};

void http_message_init(struct http_message *message);
void http_message_release(struct http_message *message);

/*
 * Reads one request, whose body has a Content-Length or is empty. False: the other end left, or what came is no
 * request. Bytes of a further request behind it are an error as well: nobody who waits for the answer sends them.
 */
bool http_message_receive_request(struct http_message *message, int fd);

/* Reads one answer that ends with its connection. False: there was none. */
bool http_message_receive_answer(struct http_message *message, int fd);

/* True when the head begins with this text, such as "POST /v2/api". */
bool http_message_begins(const struct http_message *message, const char *text);

/* The value of a header, without its line end; NULL: there is none. name: with its colon, any case. */
const char *http_message_header(const struct http_message *message, const char *name, size_t *ret_size);

/* Takes the line of a header out, if there is one. */
void http_message_remove(struct http_message *message, const char *name);

/* Puts a line behind the others, such as "Connection: close". */
void http_message_add(struct http_message *message, const char *line);

#endif
