#include "config/diagnostics.h"

#include "config/excerpt.h"
#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A longer one is cut; what it quotes is short. */
enum { MESSAGE_MAX = 8192 };

static bool is_known(const struct diagnostics *diagnostics, size_t line, size_t column, const char *message)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct diagnostic *entry = &diagnostics->entries[i];
        if (entry->line == line && entry->column == column && strcmp(entry->message, message) == 0)
            return true;
    }
    return false;
}

/* Takes ownership of message. */
static void append(struct diagnostics *diagnostics, size_t line, size_t column, char *message)
{
    if (diagnostics->entries == NULL)
        diagnostics->entries = calloc(DIAGNOSTICS_MAX, sizeof *diagnostics->entries);
    if (diagnostics->entries == NULL) {
        diagnostics->dropped++;
        free(message);
        return;
    }
    diagnostics->entries[diagnostics->count++] = (struct diagnostic){line, column, message};
}

void diagnostics_add(struct diagnostics *diagnostics, size_t line, size_t column, const char *format, ...)
{
    if (diagnostics->count == DIAGNOSTICS_MAX) {
        diagnostics->dropped++;
        return;
    }
    char text[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *message = strdup(text); /* vasprintf of glibc 2.36 writes behind its buffer when memory is out */
    if (message == NULL) {
        diagnostics->dropped++;
        return;
    }
    text_make_printable(message);
    if (is_known(diagnostics, line, column, message))
        free(message);
    else
        append(diagnostics, line, column, message);
}

bool diagnostics_any(const struct diagnostics *diagnostics)
{
    return diagnostics->count + diagnostics->dropped > 0;
}

void diagnostics_hide(struct diagnostics *diagnostics, size_t begin, size_t end)
{
    for (size_t i = 0; i < diagnostics->hidden_count && i < DIAGNOSTICS_HIDDEN_MAX; i++) {
        if (diagnostics->hidden[i].begin == begin && diagnostics->hidden[i].end == end)
            return;
    }
    if (diagnostics->hidden_count < DIAGNOSTICS_HIDDEN_MAX)
        diagnostics->hidden[diagnostics->hidden_count] = (struct diagnostics_span){begin, end};
    diagnostics->hidden_count++;
}

bool diagnostics_hides(const struct diagnostics *diagnostics, size_t offset)
{
    if (diagnostics->hidden_count > DIAGNOSTICS_HIDDEN_MAX)
        return true;
    for (size_t i = 0; i < diagnostics->hidden_count; i++) {
        if (offset >= diagnostics->hidden[i].begin && offset < diagnostics->hidden[i].end)
            return true;
    }
    return false;
}

/* Sorts by place; entries of one place keep the order in which they were found. Returns how many there are. */
static size_t sort_by_place(const struct diagnostics *diagnostics, const struct diagnostic *sorted[DIAGNOSTICS_MAX])
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct diagnostic *entry = &diagnostics->entries[i];
        size_t at = i;
        while (at > 0 && (sorted[at - 1]->line > entry->line ||
                          (sorted[at - 1]->line == entry->line && sorted[at - 1]->column > entry->column))) {
            sorted[at] = sorted[at - 1];
            at--;
        }
        sorted[at] = entry;
    }
    return diagnostics->count;
}

static void append_path(struct buf *out, const char *path)
{
    size_t begin = out->size;
    buf_append_text(out, path);
    if (out->data != NULL && out->failed == STATUS_OK)
        text_make_printable(out->data + begin);
}

void diagnostics_format(const struct diagnostics *diagnostics, const char *path, const char *source, size_t source_size,
                        struct buf *out)
{
    const struct diagnostic *sorted[DIAGNOSTICS_MAX];
    size_t count = sort_by_place(diagnostics, sorted);
    for (size_t i = 0; i < count; i++) {
        append_path(out, path);
        if (sorted[i]->line > 0)
            buf_appendf(out, ":%zu:%zu", sorted[i]->line, sorted[i]->column);
        buf_appendf(out, ": %s\n", sorted[i]->message);
        if (source != NULL && sorted[i]->line > 0)
            excerpt_append(out, diagnostics, source, source_size, sorted[i]);
    }
    if (diagnostics->dropped > 0) {
        append_path(out, path);
        buf_appendf(out, ": and %zu more\n", diagnostics->dropped);
    }
}

void diagnostics_release(struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < diagnostics->count; i++)
        free(diagnostics->entries[i].message);
    free(diagnostics->entries);
    *diagnostics = (struct diagnostics){0};
}
