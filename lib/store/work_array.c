#include "store/work_array.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void work_array_of_ids(struct buf *out, size_t count, const int64_t *ids)
{
    buf_append_char(out, '{');
    for (size_t i = 0; i < count; i++)
        buf_appendf(out, "%s%" PRId64, i > 0 ? "," : "", ids[i]);
    buf_append_char(out, '}');
}

void work_array_add_text(struct buf *out, const char *text)
{
    buf_append_char(out, '"');
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            buf_append_char(out, '\\');
        buf_append_char(out, *at);
    }
    buf_append_char(out, '"');
}

void work_array_of_texts(struct buf *out, size_t count, const char *const *texts)
{
    buf_append_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        work_array_add_text(out, texts[i]);
    }
    buf_append_char(out, '}');
}

/* At least as many as there are elements. */
static size_t count_commas(const char *text)
{
    size_t count = 1;
    for (; *text != '\0'; text++)
        count += *text == ',';
    return count;
}

bool work_array_read_ids(const char *text, struct arena *arena, size_t *ret_count, int64_t **ret_ids)
{
    int64_t *ids = arena_calloc(arena, count_commas(text), sizeof *ids);
    size_t count = 0;
    if (ids == NULL || *text != '{')
        return false;
    do {
        char *end;
        ids[count++] = strtoll(text + 1, &end, 10);
        if (end == text + 1)
            return false;
        text = end;
    } while (*text == ',');
    *ret_count = count;
    *ret_ids = ids;
    return *text == '}';
}

/* One element, quoted or not, into out; returns what follows it. */
static const char *read_text(const char *text, char *out)
{
    bool quoted = *text == '"';
    text += quoted;
    while (*text != '\0' && (quoted ? *text != '"' : *text != ',' && *text != '}')) {
        text += *text == '\\' && text[1] != '\0';
        *out++ = *text++;
    }
    *out = '\0';
    return text + (quoted && *text == '"');
}

bool work_array_read_texts(const char *text, struct arena *arena, size_t *ret_count, const char ***ret_texts)
{
    const char **texts = arena_calloc(arena, count_commas(text), sizeof *texts);
    char *bytes = arena_calloc(arena, strlen(text) + 1, 1); /* an element is shorter than its text with the comma */
    size_t count = 0;
    if (texts == NULL || bytes == NULL || text[0] != '{' || text[1] == '}')
        return false;
    do {
        texts[count++] = bytes;
        text = read_text(text + 1, bytes);
        bytes += strlen(bytes) + 1;
    } while (*text == ',');
    *ret_count = count;
    *ret_texts = texts;
    return *text == '}';
}
