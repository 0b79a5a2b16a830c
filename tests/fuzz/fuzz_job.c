/*
 * A job file from anywhere, in a world of its own (job_world.h).
 *
 * It is refused with reasons, each at a place that the file has, or it is a job which, written out in full, reads as
 * the same job. What is printed is printable, and is the same whatever stands in the file where a secret stands, in the
 * variables and in the files that it names: so no secret shows. Memory has its maximum (config.c), time that of
 * libFuzzer.
 */
#include "config/yaml_reader.h"
#include "core/text.h"
#include "fuzz.h"
#include "job_text.h"
#include "job_world.h"

#include <string.h>
#include <strings.h>

enum { EXPLAINED_MAX = 8 << 20 };

struct loaded {
    enum status status;
    struct buf text;      /* the job written out; empty when it is none */
    struct buf explained; /* what a person would see */
};

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

/* A place that an editor could go to: a line of the text, a column of that line or the one behind it. */
static bool is_place(const struct diagnostic *entry, const char *text, size_t size)
{
    size_t at = 0;
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        at = 3;
    for (size_t line = 1; line < entry->line; line++) {
        while (at < size && !is_break(text[at]))
            at++;
        if (at == size)
            return false;
        at += at + 1 < size && text[at] == '\r' && text[at + 1] == '\n' ? 2 : 1;
    }
    size_t characters = 0;
    for (; at < size && !is_break(text[at]); at++)
        characters += ((unsigned char)text[at] & 0xC0) != 0x80;
    return entry->column >= 1 && entry->column <= characters + 1;
}

static void check_printable(const struct buf *explained)
{
    PROMISE(text_is_utf8(explained->data, explained->size));
    for (size_t i = 0; i < explained->size; i++) {
        unsigned char c = (unsigned char)explained->data[i];
        bool c1 = c == 0xC2 && (unsigned char)explained->data[i + 1] < 0xA0;
        PROMISE((c >= 0x20 && c != 0x7F && !c1) || c == '\n' || c == '\t');
    }
}

static void check_refusal(const struct diagnostics *diagnostics, const char *text, size_t size)
{
    PROMISE(diagnostics_any(diagnostics) && diagnostics->count > 0);
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct diagnostic *entry = &diagnostics->entries[i];
        PROMISE(entry->message[0] != '\0' && strchr(entry->message, '\n') == NULL);
        PROMISE(entry->line == 0 || is_place(entry, text, size));
    }
}

static struct loaded load(const char *text, size_t size, int form, bool without_credentials)
{
    const struct config_options options = {.without_credentials = without_credentials};
    struct loaded loaded = {.text = {.max = EXPLAINED_MAX}, .explained = {.max = EXPLAINED_MAX}};
    struct config *config = NULL;
    struct diagnostics diagnostics = {0};
    job_world_enter(text, size, form);
    loaded.status = config_load(JOB_PATH, &options, &config, &diagnostics);
    config_explain(JOB_PATH, &diagnostics, &loaded.explained);
    job_world_leave();
    PROMISE(loaded.status == STATUS_OK || loaded.status == STATUS_CONFIG);
    PROMISE((loaded.status == STATUS_OK) == (config != NULL));
    PROMISE(buf_status(&loaded.explained, NULL) == STATUS_OK);
    check_printable(&loaded.explained);
    if (config != NULL) {
        PROMISE(!diagnostics_any(&diagnostics));
        job_text_append(&loaded.text, config);
    } else {
        check_refusal(&diagnostics, text, size);
    }
    config_free(config);
    diagnostics_release(&diagnostics);
    return loaded;
}

static void release(struct loaded *loaded)
{
    buf_release(&loaded->text);
    buf_release(&loaded->explained);
}

static bool same(const struct buf *a, const struct buf *b)
{
    return a->size == b->size && memcmp(buf_text(a), buf_text(b), a->size) == 0;
}

/* What is said must not depend on a secret; both are shown if it does. */
static void check_same_words(const struct loaded *a, const struct loaded *b)
{
    if (!same(&a->explained, &b->explained))
        fprintf(stderr, "%s-- but with another secret:\n%s", buf_text(&a->explained), buf_text(&b->explained));
    PROMISE(a->status == b->status);
    PROMISE(same(&a->explained, &b->explained));
}

/* Written out in full, a job is the same job. (With aliases it may then be longer than a job file can be.) */
static void check_settled(const struct loaded *first)
{
    if (first->status != STATUS_OK || first->text.size > 1 << 20)
        return;
    struct loaded again = load(first->text.data, first->text.size, 0, false);
    PROMISE(again.status == STATUS_OK);
    PROMISE(same(&first->text, &again.text));
    release(&again);
}

/* True when [at, at + size) lies in the value of a key of the map that holds a secret. */
static bool is_in_secret(const struct node *root, const char *map, const char *key, size_t at, size_t size)
{
    const struct node_entry *outer = node_find(root, map);
    const struct node_entry *entry = outer != NULL ? node_find(outer->value, key) : NULL;
    return entry != NULL && at >= entry->value->begin.offset && at + size <= entry->value->end;
}

/* The same for the connection string of a destination. */
static bool is_in_dsn(const struct node *root, size_t at, size_t size)
{
    const struct node_entry *list = node_find(root, "destinations");
    const struct node_entry *entry = list != NULL ? list->value->entries : NULL;
    for (; entry != NULL; entry = entry->next) {
        if (is_in_secret(entry->value, "postgres", "dsn", at, size))
            return true;
    }
    return false;
}

/* True when the only mark of the text stands where a secret stands, and not as the name of a file. */
static bool hides_mark(const char *text, size_t size, size_t at)
{
    struct arena arena = {0};
    struct diagnostics ignored = {0};
    struct yaml_tree tree = {0};
    const struct source source = {.text = text, .size = size};
    struct place place;
    const char *reason;
    size_t mark = strlen(job_world_mark(0));
    bool hidden = source_is_text(&source, &place, &reason) && memmem(text, size, "${file:", 7) == NULL &&
                  yaml_read(&source, &arena, &ignored, &tree) == STATUS_OK &&
                  (is_in_secret(tree.root, "api", "client_id", at, mark) ||
                   is_in_secret(tree.root, "api", "client_secret", at, mark) ||
                   is_in_secret(tree.root, "notify", "heartbeat_url", at, mark) || is_in_dsn(tree.root, at, mark));
    diagnostics_release(&ignored);
    arena_release(&arena);
    return hidden;
}

/* The same file with the mark in its other form says the same of itself. */
static void check_secret_of_file(const char *text, size_t size, const struct loaded *first)
{
    const char *mark = job_world_mark(0);
    size_t mark_size = strlen(mark);
    const char *found = memmem(text, size, mark, mark_size);
    if (found == NULL || memmem(found + 1, size - (size_t)(found + 1 - text), mark, mark_size) != NULL)
        return;
    size_t begin = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    if (!hides_mark(text + begin, size - begin, (size_t)(found - text) - begin))
        return;
    char *other = malloc(size);
    PROMISE(other != NULL);
    memcpy(other, text, size);
    memcpy(other + (found - text), job_world_mark(1), mark_size);
    struct loaded second = load(other, size, 0, false);
    check_same_words(first, &second);
    release(&second);
    free(other);
}

/* True when the file itself says something that it may find in a variable: that two are equal may then be seen. */
static bool repeats_world(const char *text, size_t size)
{
    static const char *const parts[] = {"zq9", "xy4", "2033"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t length = strlen(parts[i]);
        for (size_t at = 0; at + length <= size; at++) {
            if (strncasecmp(text + at, parts[i], length) == 0)
                return true;
        }
    }
    return false;
}

/* Other contents of the variables and files: the same is said. */
static void check_secrets_outside(const char *text, size_t size, const struct loaded *first)
{
    if (repeats_world(text, size))
        return;
    struct loaded outside = load(text, size, 1, false);
    check_same_words(first, &outside);
    release(&outside);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct loaded first = load(text, size, 0, false);
    check_settled(&first);
    check_secret_of_file(text, size, &first);
    check_secrets_outside(text, size, &first);
    struct loaded unset = load(text, size, 0, true);
    PROMISE(first.status != STATUS_OK || (unset.status == STATUS_OK && same(&first.text, &unset.text)));
    release(&first);
    release(&unset);
    return 0;
}
