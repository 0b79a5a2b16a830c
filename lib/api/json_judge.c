#include "api/json_judge.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROOM_FIRST = 1024,   /* more than a usual row */
    OBJECT_BYTES = 4096, /* an object and what is always there with it */
    BYTES_EACH = 32      /* for each byte of the text: the smallest member, `"":0,`, takes about 150 for its five */
};

/* Lets the buffer grow by the way that the library has: it parses a string of that size. */
static enum status make_room(struct json_judge *judge, size_t size, struct err *err)
{
    char *text = malloc(size + 2);
    if (text == NULL)
        return err_nomem(err);
    memset(text, 'x', size + 2);
    text[0] = text[size + 1] = '"';
    json_tokener_reset(judge->tokener);
    json_tokener_set_flags(judge->tokener, 0);
    struct json_object *string = json_tokener_parse_ex(judge->tokener, text, (int)(size + 2));
    bool fits = string != NULL && (size_t)json_object_get_string_len(string) == size;
    json_object_put(string);
    free(text);
    if (!fits)
        return err_nomem(err);
    judge->room = size;
    return STATUS_OK;
}

enum status json_judge_init(struct json_judge *judge, int depth, struct err *err)
{
    *judge = (struct json_judge){.tokener = json_tokener_new_ex(depth)};
    return judge->tokener != NULL ? make_room(judge, ROOM_FIRST, err) : err_nomem(err);
}

void json_judge_release(struct json_judge *judge)
{
    if (judge->tokener != NULL)
        json_tokener_free(judge->tokener);
    *judge = (struct json_judge){0};
}

static bool has_memory(size_t size)
{
    void *probe = size < SIZE_MAX / BYTES_EACH - OBJECT_BYTES ? malloc(OBJECT_BYTES + BYTES_EACH * size) : NULL;
    bool found = probe != NULL;
    free(probe);
    return found;
}

enum status json_judge_parse(struct json_judge *judge, struct json_span text, int flags, struct json_object **ret_tree,
                             const char **ret_flaw, struct err *err)
{
    struct json_scan scan = {text.text, text.text + text.size};
    if (text.size > INT_MAX - 2)
        return err_set(err, STATUS_TOO_LARGE, "%zu bytes of JSON are too long", text.size);
    if (json_scan_peek(&scan) != '{') { /* null would look like a failure */
        *ret_tree = NULL;
        *ret_flaw = "no object";
        return STATUS_OK;
    }
    enum status status = text.size > judge->room ? make_room(judge, text.size, err) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    if (!has_memory(text.size))
        return err_nomem(err);
    json_tokener_reset(judge->tokener);
    json_tokener_set_flags(judge->tokener, flags);
    struct json_object *tree = json_tokener_parse_ex(judge->tokener, text.text, (int)text.size);
    enum json_tokener_error failure = json_tokener_get_error(judge->tokener);
    /* Without memory it says "success", and gives nothing, or an array out of the midst of the object. */
    if (failure == json_tokener_success && !json_object_is_type(tree, json_type_object)) {
        json_object_put(tree);
        return err_nomem(err);
    }
    *ret_tree = tree;
    *ret_flaw = tree == NULL ? json_tokener_error_desc(failure) : NULL;
    return STATUS_OK;
}
