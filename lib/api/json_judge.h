/*
 * json-c, asked about one object after the other, and made to say when memory is out.
 *
 * json-c 0.16 does not notice it everywhere. A text that its buffer has no room for is left out without a word: so the
 * buffer is made large enough for all of the object beforehand, which can be checked. A key that it cannot copy is a
 * null pointer, on which it ends the program: so it is asked only while there is memory for all that it can need. A
 * member that it cannot put into its object is lost: that the caller sees, by counting the members.
 */
#ifndef OCCUPORT_API_JSON_JUDGE_H
#define OCCUPORT_API_JSON_JUDGE_H

#include "api/json_scan.h"
#include "core/err.h"

struct json_object;
struct json_tokener;

/* `= {0}` is empty. */
struct json_judge {
    struct json_tokener *tokener; /* owned */
    size_t room;                  /* bytes that its buffer surely takes */
};

/* Objects may nest to this depth. STATUS_NOMEM. */
enum status json_judge_init(struct json_judge *judge, int depth, struct err *err) MUST_CHECK;
void json_judge_release(struct json_judge *judge);

/*
 * Parses an object under flags of json-c (JSON_TOKENER_...). The caller puts *ret_tree; NULL: json-c refuses the text,
 * and *ret_flaw, a constant, says why. STATUS_TOO_LARGE: longer than json-c takes. STATUS_NOMEM.
 */
enum status json_judge_parse(struct json_judge *judge, struct json_span text, int flags, struct json_object **ret_tree,
                             const char **ret_flaw, struct err *err) MUST_CHECK;

#endif
