#include "config/expand.h"

#include "config/paths.h"

#include "core/buf.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct expander {
    struct expansions *expansions;
    struct buf out;
    size_t references;
};

static bool is_name(const char *text, size_t size)
{
    bool fine = size > 0 && !isdigit((unsigned char)text[0]);
    for (size_t i = 0; i < size; i++)
        fine = fine && (isalnum((unsigned char)text[i]) || text[i] == '_');
    return fine;
}

/* False without memory. */
static bool note_input(const struct expansions *expansions, const char *name, size_t size, const char *path)
{
    struct config_inputs *inputs = expansions->inputs;
    for (size_t i = 0; i < inputs->count; i++) {
        const struct config_input *input = &inputs->items[i];
        if (strlen(input->name) == size && memcmp(input->name, name, size) == 0 &&
            (input->path == NULL) == (path == NULL))
            return true;
    }
    inputs->has_more = inputs->count == CONFIG_INPUTS_MAX;
    if (inputs->has_more)
        return true;
    const char *copy = arena_copy(expansions->arena, name, size);
    const char *path_copy = path != NULL ? arena_copy(expansions->arena, path, strlen(path)) : NULL;
    if (copy == NULL || (path != NULL && path_copy == NULL))
        return false;
    inputs->items[inputs->count++] = (struct config_input){copy, path_copy};
    return true;
}

/* Adds what stands in the file, which is called by name in messages, without the line break at its end. */
static enum expand_result append_file(struct expander *expander, const char *path, const char *name, size_t name_size,
                                      struct err *err)
{
    struct source file = {0};
    expander->expansions->cost += EXPANSION_FILE_COST;
    enum status status = source_read(path, EXPANSION_MAX, &file, err);
    if (status == STATUS_NOMEM)
        return EXPAND_NOMEM;
    if (status != STATUS_OK) {
        err_prefix(err, "cannot read file '%.*s'", (int)name_size, name);
        return EXPAND_UNSET;
    }
    expander->expansions->file_modes |= file.mode;
    size_t end = file.size;
    while (end > 0 && (file.text[end - 1] == '\n' || file.text[end - 1] == '\r'))
        end--;
    buf_append(&expander->out, file.text, end);
    source_release(&file);
    return EXPAND_DONE;
}

static enum expand_result expand_file(struct expander *expander, const char *name, size_t size, struct err *err)
{
    char path[PATHS_TEXT_MAX];
    if (size == 0) {
        err_set(err, STATUS_CONFIG, "'${file:}' names no file");
        return EXPAND_WRONG;
    }
    if (paths_has_tilde(name, size)) {
        err_set(err, STATUS_CONFIG, "'~' is not expanded; write the whole path");
        return EXPAND_WRONG;
    }
    if (!paths_resolve(expander->expansions->directory, name, size, path)) {
        err_set(err, STATUS_CONFIG, "the path of a file is too long");
        return EXPAND_WRONG;
    }
    if (!note_input(expander->expansions, name, size, path))
        return EXPAND_NOMEM;
    return append_file(expander, path, name, size, err);
}

/* Where systemd puts what LoadCredential= names: a file by the name of the variable stands for it. */
static bool credential_path(const char *name, char path[PATHS_TEXT_MAX])
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (folder == NULL || folder[0] != '/')
        return false;
    int size = snprintf(path, PATHS_TEXT_MAX, "%s/%s", folder, name);
    return size > 0 && size < PATHS_TEXT_MAX && access(path, F_OK) == 0;
}

/* The value is overwritten when the job is loaded, so it is not const. */
/* NOLINTNEXTLINE(readability-non-const-parameter) */
static bool remember_variable(struct expansions *expansions, char *value)
{
    struct expand_variable *variable = arena_calloc(expansions->arena, 1, sizeof *variable);
    if (variable == NULL)
        return false;
    *variable = (struct expand_variable){value, expansions->variables};
    expansions->variables = variable;
    return true;
}

static enum expand_result expand_variable(struct expander *expander, const char *name, size_t size, struct err *err)
{
    char copy[256];
    if (!is_name(name, size) || size >= sizeof copy) {
        /* Not shown: the dollar may be one of a secret that should have been written $$. */
        err_set(err, STATUS_CONFIG, "a reference is ${NAME} or ${file:PATH}, with a NAME of letters, digits and '_'");
        return EXPAND_WRONG;
    }
    memcpy(copy, name, size);
    copy[size] = '\0';
    if (!note_input(expander->expansions, name, size, NULL))
        return EXPAND_NOMEM;
    char *value = getenv(copy);
    char path[PATHS_TEXT_MAX];
    if (value == NULL && credential_path(copy, path))
        return append_file(expander, path, path, strlen(path), err);
    if (value == NULL) {
        err_set(err, STATUS_CONFIG, "environment variable '%s' is not set", copy);
        return EXPAND_UNSET;
    }
    size_t end = strlen(value);
    while (end > 0 &&
           (value[end - 1] == '\n' || value[end - 1] == '\r')) /* as of a file: it may have been made of one */
        end--;
    buf_append(&expander->out, value, end);
    return !expander->expansions->is_secret || remember_variable(expander->expansions, value) ? EXPAND_DONE
                                                                                              : EXPAND_NOMEM;
}

/* Replaces what begins with the dollar at text; its bytes in *ret_used. */
static enum expand_result expand_one(struct expander *expander, const char *text, size_t size, size_t *ret_used,
                                     struct err *err)
{
    *ret_used = 1;
    if (size > 1 && text[1] == '$') {
        *ret_used = 2;
        buf_append_char(&expander->out, '$');
        return EXPAND_DONE;
    }
    if (size < 2 || text[1] != '{') {
        err_set(err, STATUS_CONFIG, "write $$ for a dollar sign, or ${NAME} for an environment variable");
        return EXPAND_WRONG;
    }
    const char *close = memchr(text, '}', size);
    if (close == NULL) {
        *ret_used = size;
        err_set(err, STATUS_CONFIG, "'${' without '}'");
        return EXPAND_WRONG;
    }
    const char *inside = text + 2;
    size_t inside_size = (size_t)(close - inside);
    *ret_used = inside_size + 3;
    expander->references++;
    if (memchr(inside, '$', inside_size) != NULL) {
        err_set(err, STATUS_CONFIG, "a reference cannot stand inside another");
        return EXPAND_WRONG;
    }
    if (inside_size >= 5 && memcmp(inside, "file:", 5) == 0)
        return expand_file(expander, inside + 5, inside_size - 5, err);
    return expand_variable(expander, inside, inside_size, err);
}

static size_t count_dollars(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += text[i] == '$';
    return count;
}

/* Copies the result into the arena and into the chain of what must be wiped. */
static enum expand_result keep(struct expander *expander, const char **ret_text, size_t *ret_size)
{
    struct expansions *expansions = expander->expansions;
    struct expansion *expansion = arena_calloc(expansions->arena, 1, sizeof *expansion);
    char *text = arena_copy(expansions->arena, buf_text(&expander->out), expander->out.size);
    if (expansion == NULL || text == NULL)
        return EXPAND_NOMEM;
    *expansion = (struct expansion){text, expander->out.size, expansions->newest};
    expansions->newest = expansion;
    *ret_text = text;
    *ret_size = expander->out.size;
    return expander->references > 0 ? EXPAND_DONE : EXPAND_LITERAL;
}

/* False when the file asks for too much; the first time that is said. */
static bool may_go_on(struct expansions *expansions, const struct node *node)
{
    if (expansions->cost <= EXPANSION_COST_MAX)
        return true;
    if (!expansions->is_spent)
        expansions->complain(expansions->context, node, 0, "too many references: the file asks for too much in all");
    expansions->is_spent = true;
    return false;
}

/* Replaces all references of a scalar into expander->out; the result is that of the worst of them. */
static enum expand_result expand_all(struct expander *expander, const struct node *node, bool may_be_unset)
{
    struct expansions *expansions = expander->expansions;
    const char *text = node->text;
    size_t size = node->text_size;
    enum expand_result worst = EXPAND_DONE;
    size_t dollar_number = 0;
    expansions->cost += size;
    for (size_t at = 0; at < size;) {
        if (!may_go_on(expansions, node))
            return EXPAND_WRONG;
        const char *dollar = memchr(text + at, '$', size - at);
        size_t plain = dollar != NULL ? (size_t)(dollar - text) - at : size - at;
        buf_append(&expander->out, text + at, plain);
        at += plain;
        if (dollar == NULL)
            break;
        size_t used;
        struct err err = {0};
        enum expand_result result = expand_one(expander, dollar, size - at, &used, &err);
        if (result == EXPAND_WRONG || (result == EXPAND_UNSET && !may_be_unset)) {
            expansions->cost += EXPANSION_MISTAKE_COST + node->end - node->begin.offset; /* to find the place */
            expansions->complain(expansions->context, node, dollar_number, err.message);
        }
        worst = result > worst ? result : worst;
        dollar_number += count_dollars(dollar, used);
        at += used;
    }
    return worst;
}

enum expand_result expand_scalar(struct expansions *expansions, const struct node *node, bool may_be_unset,
                                 const char **ret_text, size_t *ret_size)
{
    if (memchr(node->text, '$', node->text_size) == NULL) {
        *ret_text = node->text;
        *ret_size = node->text_size;
        return EXPAND_PLAIN;
    }
    expansions->file_modes = 0;
    struct expander expander = {.expansions = expansions, .out = {.max = EXPANSION_MAX, .secret = true}};
    enum expand_result result = expand_all(&expander, node, may_be_unset);
    if (expander.out.failed == STATUS_TOO_LARGE && result == EXPAND_DONE) {
        expansions->complain(expansions->context, node, 0, "the value grows beyond 64 KiB");
        result = EXPAND_WRONG;
    } else if (expander.out.failed == STATUS_NOMEM) {
        result = EXPAND_NOMEM;
    }
    if (result == EXPAND_DONE)
        result = keep(&expander, ret_text, ret_size);
    buf_release(&expander.out);
    return result;
}

struct place expand_place(const struct source *source, const struct node *node, size_t dollar)
{
    const char *written = source->text + node->begin.offset;
    size_t written_size = node->end - node->begin.offset;
    if (count_dollars(written, written_size) != count_dollars(node->text, node->text_size))
        return node->place;
    struct source_cursor cursor = node->begin;
    size_t left = dollar;
    while (cursor.offset < node->end) {
        if (source->text[cursor.offset] == '$' && left-- == 0)
            return cursor.place;
        source_advance(source, &cursor, cursor.characters + 1);
    }
    return node->place;
}

bool expand_is_bare(const char *text, size_t size)
{
    if (size < 4 || memcmp(text, "${", 2) != 0 || memchr(text, '}', size) != text + size - 1)
        return false;
    bool file = size > 8 && memcmp(text + 2, "file:", 5) == 0;
    return file || is_name(text + 2, size - 3);
}

void expand_wipe(const struct expansion *newest)
{
    for (const struct expansion *expansion = newest; expansion != NULL; expansion = expansion->earlier)
        explicit_bzero(expansion->text, expansion->size);
}
