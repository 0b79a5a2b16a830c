/*
 * A text file read whole, and places in it.
 *
 * Used for the job file and for ${file:PATH}. Only regular files are read: a
 * FIFO or a device would make a nightly job wait for ever.
 *
 * Lines end with LF, CR LF or CR, as in an editor. Columns count characters,
 * a tab is one.
 *
 * Life cycle: `struct source s = {0}`, source_read, source_release, which wipes
 * the bytes, since a secret may stand among them.
 */
#ifndef OCCUPORT_CONFIG_SOURCE_H
#define OCCUPORT_CONFIG_SOURCE_H

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct source {
    char *memory; /* owned */
    size_t capacity;
    const char *text; /* in memory, after a byte order mark; followed by a NUL */
    size_t size;
    mode_t mode; /* who may read the file */
};

struct place {
    size_t line;   /* 1-based; 0: no place */
    size_t column; /* 1-based, in characters */
};

/* A position that moves forward through a text by characters. */
struct source_cursor {
    size_t offset;     /* bytes */
    size_t characters; /* before it */
    struct place place;
};

/*
 * Reads path, at most max bytes. STATUS_CONFIG with the reason, without the path (the caller knows how to name it);
 * STATUS_NOMEM.
 */
enum status source_read(const char *path, size_t max, struct source *ret_source, struct err *err) MUST_CHECK;

void source_release(struct source *source);

/*
 * False when a byte is not of a text file: not UTF-8, a NUL, or a control character other than tab and line breaks.
 * Then *ret_place and *ret_reason (static) say where and why.
 */
bool source_is_text(const struct source *source, struct place *ret_place, const char **ret_reason) MUST_CHECK;

/* True for UTF-8 without a NUL: what a variable or a file may put into a scalar. */
bool source_holds_text(const char *text, size_t size);

/* Before the first character. */
struct source_cursor source_begin(void);

/* Goes forward to a number of characters from the beginning; stops at the end of the text. */
void source_advance(const struct source *source, struct source_cursor *cursor, size_t characters);

/* The bytes of the UTF-8 character at text, 0 when there is none; its code point in *ret_character. */
size_t source_character(const char *text, size_t size, uint32_t *ret_character);

/* The offset of the line break that ends the line around `at`, or size. */
size_t source_line_end(const char *text, size_t size, size_t at);

/* Where the next line begins, given the end of this one. */
size_t source_line_next(const char *text, size_t size, size_t end);

/* The byte of a line at which a 1-based column begins; size when the line is shorter. */
size_t source_column_offset(const char *line, size_t size, size_t column);

#endif
