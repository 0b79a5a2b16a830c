/*
 * One row taken apart: the raw text and the parsed value of each field, and the first thing found wrong with it.
 *
 * Life cycle: `struct row_draft d = {0}`, row_draft_read, row_draft_release. The fields belong to the caller and are
 * overwritten by each row; their values live until the release.
 */
#ifndef OCCUPORT_API_ROW_DRAFT_H
#define OCCUPORT_API_ROW_DRAFT_H

#include "api/json_judge.h"
#include "api/row_reader.h"
#include "core/arena.h"
#include "model/batch.h"

enum { ROW_KEY_TEXT_SIZE = 512 };

struct row_field {
    const char *name;
    size_t size;
    size_t source;              /* the first field of that name: there the value is (a key column asked for twice) */
    struct json_span raw;       /* text NULL: the row has no such key */
    struct json_object *parsed; /* borrowed from the tree; NULL: null or no such key */
};

struct row_draft {
    struct json_span raw;
    struct json_object *tree;         /* owned; NULL: the row cannot be looked into */
    size_t key_count;                 /* in the raw text */
    bool key_in_doubt;                /* what is read of the key may not be what was meant */
    char reason[ROW_REASON_SIZE];     /* why the row cannot be kept; "": so far it can */
    char key_text[ROW_KEY_TEXT_SIZE]; /* the key column that was decoded last; cut when no unit has so long a text */
};

/* STATUS_BAD_ANSWER: no sound JSON; STATUS_NOMEM. Whatever else is wrong becomes the reason. */
enum status row_draft_read(struct row_draft *draft, struct row_field *fields, size_t field_count,
                           struct json_judge *judge, struct json_scan *scan, struct err *err) MUST_CHECK;

void row_draft_release(struct row_draft *draft);

/* Notes why the row cannot be kept; the first reason stays. */
void row_draft_spoil(struct row_draft *draft, const char *format, ...) PRINTF_LIKE(2, 3);

/* The value of a column, as model/batch.h says; its texts go into the arena. May spoil the draft. STATUS_NOMEM. */
enum status row_draft_value(struct row_draft *draft, const struct row_field *field, struct arena *arena,
                            struct value *ret_value, struct err *err) MUST_CHECK;

#endif
