#include "pg/pg_internal.h"

#include "core/buf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Behind a quoted piece that begins at text; a doubled quote begins another one at once, which comes to the same. */
static const char *skip_quoted(const char *text)
{
    const char *end = strchr(text + 1, *text);
    return end != NULL ? end + 1 : text + strlen(text);
}

static const char *skip_line(const char *text)
{
    return text + strcspn(text, "\n");
}

static const char *skip_comment(const char *text)
{
    const char *end = strstr(text + 2, "*/");
    return end != NULL ? end + 2 : text + strlen(text);
}

/* $tag$ ... $tag$; text itself where it begins none. */
static const char *skip_dollars(const char *text)
{
    const char *end = text + 1;
    while (isalpha((unsigned char)*end) || *end == '_')
        end++;
    if (*end != '$')
        return text;
    size_t size = (size_t)(end - text) + 1;
    for (const char *at = strchr(end + 1, '$'); at != NULL; at = strchr(at + 1, '$')) {
        if (strncmp(at, text, size) == 0)
            return at + size;
    }
    return text + strlen(text);
}

static const char *skip(const char *at)
{
    if (*at == '\'' || *at == '"')
        return skip_quoted(at);
    if (at[0] == '-' && at[1] == '-')
        return skip_line(at);
    if (at[0] == '/' && at[1] == '*')
        return skip_comment(at);
    if (*at == '$')
        return skip_dollars(at);
    return at;
}

char *pg_sql_translate(const char *sql, int *ret_parameters)
{
    struct buf out = {0};
    int most = 0;
    while (*sql != '\0') {
        const char *after = skip(sql);
        if (after != sql) {
            buf_append(&out, sql, (size_t)(after - sql));
            sql = after;
        } else if (*sql == '?') {
            char *end = NULL;
            long number = isdigit((unsigned char)sql[1]) ? strtol(sql + 1, &end, 10) : most + 1;
            sql = isdigit((unsigned char)sql[1]) ? end : sql + 1;
            most = (int)number > most ? (int)number : most;
            buf_appendf(&out, "$%ld", number);
        } else {
            buf_append_char(&out, *sql++);
        }
    }
    struct err err;
    if (out.data == NULL)
        buf_append_text(&out, " ");
    if (buf_status(&out, &err) != STATUS_OK) {
        buf_release(&out);
        return NULL;
    }
    *ret_parameters = most;
    return out.data; /* its memory is the caller's now */
}
