/*
 * Finds where JSON values begin and end, without building anything.
 *
 * Why beside json-c: a page is never held as a tree, the raw text of a row and of a number is wanted as it came, and
 * the whole body must be known to be sound before the first row is kept. The scanner holds to the grammar of RFC 8259
 * (json-c alone also takes NaN and Infinity), except that the bytes of a string need not be UTF-8: that is
 * judged row by row. It does not recurse; nesting beyond JSON_DEPTH_MAX is refused.
 *
 * A span points into the scanned text and lives as long as that. The span of a string includes its quotes.
 */
#ifndef OCCUPORT_API_JSON_SCAN_H
#define OCCUPORT_API_JSON_SCAN_H

#include "core/status.h"

#include <stddef.h>

enum { JSON_DEPTH_MAX = 512 };

struct json_span {
    const char *text;
    size_t size;
};

/* A place in the text; each function below moves it over what it read. */
struct json_scan {
    const char *at;
    const char *end;
};

/* Moves over blanks to the next character; '\0' at the end. */
char json_scan_peek(struct json_scan *scan);

/* Moves over one whole value. False: it is not JSON, is cut short or nests too deep; the place is then undefined. */
bool json_scan_value(struct json_scan *scan, struct json_span *ret_span) MUST_CHECK;

/* One object or array whose items are visited one by one. */
struct json_walk {
    struct json_scan *scan;
    char close;
    bool has_items;
};

enum json_step { JSON_ITEM, JSON_END, JSON_BROKEN };

/* Steps into an object (open '{') or an array (open '['); false when the next value is none. */
bool json_walk_begin(struct json_walk *walk, struct json_scan *scan, char open) MUST_CHECK;

/*
 * JSON_ITEM: the place is at the value of the next item, which the caller must move over before
 * the next call; in an object its name is *ret_key. JSON_END: the place is behind the closing bracket.
 */
enum json_step json_walk_next(struct json_walk *walk, struct json_span *ret_key) MUST_CHECK;

/*
 * Looks for a name in an object span. JSON_ITEM: *ret_value is its value. JSON_END: it is not there, or the span is no
 * object. JSON_BROKEN: it is there twice.
 */
enum json_step json_find(struct json_span object, const char *name, struct json_span *ret_value) MUST_CHECK;

/*
 * Decodes the escapes of a string span into out, cut to out_size - 1 bytes and ended by a NUL; half a surrogate pair
 * becomes '?'. Returns the bytes written without the NUL.
 */
size_t json_string_decode(struct json_span string, char *out, size_t out_size);

/* True when the string span, decoded, is this text. */
bool json_string_is(struct json_span string, const char *text, size_t size);

/* What keeps a string from being stored as text: "holds NUL", "holds half a surrogate pair"; NULL: nothing. */
const char *json_string_flaw(struct json_span string);

#endif
