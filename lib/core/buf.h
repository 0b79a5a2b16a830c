/*
 * A growable run of bytes with a named maximum.
 *
 * Life cycle: `struct buf b = {.max = N}` (max 0 means BUF_MAX_DEFAULT), append,
 * buf_release. The bytes are always followed by a NUL that size does not count,
 * once anything was appended. Errors are sticky: after the first failure (no
 * memory, over the maximum) every append does nothing and buf_status tells.
 */
#ifndef OCCUPORT_CORE_BUF_H
#define OCCUPORT_CORE_BUF_H

#include "core/err.h"

#include <stddef.h>

enum { BUF_MAX_DEFAULT = 1 << 20 };

struct buf {
    char *data; /* owned; NULL while empty */
    size_t size;
    size_t capacity;
    size_t max;
    enum status failed; /* STATUS_OK, STATUS_NOMEM or STATUS_TOO_LARGE */
    bool secret;        /* set at the beginning: no byte of it stays behind in memory that is given up */
};

void buf_append(struct buf *buf, const void *bytes, size_t size);
void buf_append_text(struct buf *buf, const char *text);
void buf_append_char(struct buf *buf, char c);
void buf_appendf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * Room for `most` bytes behind the last, to be written directly; buf_advance then says how many were. NULL: there is
 * none, and the failure sticks.
 */
char *buf_reserve(struct buf *buf, size_t most);
void buf_advance(struct buf *buf, size_t size);

/* Appends text with every byte that a terminal must not get (text_character) replaced by '?'. */
void buf_append_printable(struct buf *buf, const char *text, size_t size);

/*
 * Appends text as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD, and what a terminal must not get
 * (text_character) is escaped: JSON may be read by people.
 */
void buf_append_json_string(struct buf *buf, const char *text, size_t size);

enum { BUF_LINE_WIDTH = 79 }; /* columns, so that a terminal of 80 wraps nothing itself */

/*
 * Appends words to the line that out ends with. A word that would lie beyond BUF_LINE_WIDTH begins a new line, `indent`
 * columns in; one that is longer than a line stays whole.
 */
void buf_append_wrapped(struct buf *buf, size_t indent, const char *text);

/* Appends text as one word for a shell, in quotes when it needs them. */
void buf_append_shell_word(struct buf *buf, const char *text);

/* The text, never NULL. Valid until the next append or release. */
const char *buf_text(const struct buf *buf);

/* STATUS_OK, or why an append was dropped. */
enum status buf_status(const struct buf *buf, struct err *err) MUST_CHECK;

/* Empties, keeps the memory, forgets a failure; the bytes of a secret are overwritten. */
void buf_reset(struct buf *buf);

/* Frees; a zeroed or released buf is accepted. max and secret stay. */
void buf_release(struct buf *buf);

/* Overwrites the bytes before freeing, also of a buf that is no secret one. */
void buf_wipe(struct buf *buf);

#endif
