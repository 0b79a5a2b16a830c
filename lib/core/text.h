/* Small pure helpers on UTF-8 text. Nothing here allocates. */
#ifndef OCCUPORT_CORE_TEXT_H
#define OCCUPORT_CORE_TEXT_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The bytes of the character at text (1 for a byte that is not UTF-8; 0 only when size is), and whether it may reach a
 * terminal as it is. What may not: control characters (C0, DEL, and C1 in its UTF-8 form), what turns the direction of
 * writing or hides what follows (bidi controls, line and paragraph separator, byte order mark, tags), and bytes that
 * are not UTF-8.
 */
size_t text_character(const char *text, size_t size, bool *ret_printable);

/* Replaces every byte of such characters by '?', in place. */
void text_make_printable(char *text);

/* True when the bytes are well-formed UTF-8 (no surrogates, no overlong forms). NUL bytes count as text. */
bool text_is_utf8(const char *bytes, size_t size);

/*
 * The edit distance (insert, delete, replace, swap of neighbours), case ignored; stops counting at limit + 1.
 * Texts longer than 63 bytes are never near: limit + 1.
 */
unsigned text_distance(const char *a, const char *b, unsigned limit);

/* The nearest of count candidates within a third of the word's length, or NULL: for "did you mean". */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

/* Parses a whole decimal integer ("-12"); no sign '+', no blanks, no overflow. False leaves *ret_value alone. */
bool text_to_int64(const char *text, size_t size, int64_t *ret_value) MUST_CHECK;

/*
 * Parses a duration: a whole number and one of s, m, h, d ("60s", "3d"). Result in seconds.
 * False when the form is wrong or the value does not fit; *ret_seconds is then untouched.
 */
bool text_to_duration(const char *text, int64_t *ret_seconds) MUST_CHECK;

#endif
