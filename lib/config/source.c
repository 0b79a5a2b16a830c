#include "config/source.h"

#include "core/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opens without waiting, whatever the path is; -1 with the reason in err. */
static int open_regular(const char *path, mode_t *ret_mode, struct err *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat stat;
    if (fd < 0) {
        err_set(err, STATUS_CONFIG, "%s", strerror(errno));
        return -1;
    }
    const char *reason = NULL;
    if (fstat(fd, &stat) != 0)
        reason = strerror(errno);
    else if (S_ISDIR(stat.st_mode))
        reason = "it is a directory";
    else if (!S_ISREG(stat.st_mode))
        reason = "it is not a regular file";
    if (reason == NULL) {
        *ret_mode = stat.st_mode & 0777;
        return fd;
    }
    err_set(err, STATUS_CONFIG, "%s", reason);
    close(fd);
    return -1;
}

/* Fills memory until the end of the file; STATUS_CONFIG for a read error or when the file is larger than that. */
static enum status read_all(int fd, struct source *source, size_t max, struct err *err)
{
    while (source->size <= max) {
        ssize_t got = read(fd, source->memory + source->size, source->capacity - source->size);
        if (got == 0)
            return STATUS_OK;
        if (got < 0 && errno != EINTR)
            return err_set(err, STATUS_CONFIG, "%s", strerror(errno));
        source->size += got > 0 ? (size_t)got : 0;
    }
    return err_set(err, STATUS_CONFIG, "it is larger than %zu bytes", max);
}

enum status source_read(const char *path, size_t max, struct source *ret_source, struct err *err)
{
    mode_t mode = 0;
    int fd = open_regular(path, &mode, err);
    if (fd < 0)
        return STATUS_CONFIG;
    /* One byte more, to see that there is more, and one for the NUL. */
    struct source source = {.memory = calloc(1, max + 2), .capacity = max + 1, .mode = mode};
    enum status status = source.memory != NULL ? read_all(fd, &source, max, err) : err_nomem(err);
    close(fd);
    if (status != STATUS_OK) {
        source_release(&source);
        return status;
    }
    bool marked = source.size >= 3 && memcmp(source.memory, "\xEF\xBB\xBF", 3) == 0;
    source.text = source.memory + (marked ? 3 : 0);
    source.size -= marked ? 3 : 0;
    *ret_source = source;
    return STATUS_OK;
}

void source_release(struct source *source)
{
    if (source->memory != NULL)
        explicit_bzero(source->memory, source->capacity);
    free(source->memory);
    *source = (struct source){0};
}

size_t source_character(const char *text, size_t size, uint32_t *ret_character)
{
    if (size == 0)
        return 0;
    unsigned char lead = (unsigned char)text[0];
    size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (length > size || !text_is_utf8(text, length))
        return 0;
    uint32_t character = length == 1 ? lead : lead & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++)
        character = (character << 6) | ((unsigned char)text[i] & 0x3F);
    *ret_character = character;
    return length;
}

size_t source_line_end(const char *text, size_t size, size_t at)
{
    while (at < size && text[at] != '\n' && text[at] != '\r')
        at++;
    return at;
}

size_t source_line_next(const char *text, size_t size, size_t end)
{
    if (end < size && text[end] == '\r' && end + 1 < size && text[end + 1] == '\n')
        return end + 2;
    return end < size ? end + 1 : size;
}

size_t source_column_offset(const char *line, size_t size, size_t column)
{
    size_t at = 0;
    for (size_t i = 1; i < column && at < size; i++) {
        at++;
        while (at < size && (line[at] & 0xC0) == 0x80)
            at++;
    }
    return at;
}

struct source_cursor source_begin(void)
{
    return (struct source_cursor){.place = {1, 1}};
}

/* Goes over one character; a byte that is no UTF-8 counts as one. False at the end. */
static bool step(const struct source *source, struct source_cursor *cursor)
{
    size_t left = source->size - cursor->offset;
    if (left == 0)
        return false;
    const char *at = source->text + cursor->offset;
    uint32_t character;
    size_t length = source_character(at, left, &character);
    bool first_of_two = at[0] == '\r' && left > 1 && at[1] == '\n';
    cursor->offset += length != 0 ? length : 1;
    cursor->characters++;
    if (at[0] == '\n' || (at[0] == '\r' && !first_of_two))
        cursor->place = (struct place){cursor->place.line + 1, 1};
    else
        cursor->place.column++;
    return true;
}

void source_advance(const struct source *source, struct source_cursor *cursor, size_t characters)
{
    while (cursor->characters < characters && step(source, cursor)) {
    }
}

bool source_holds_text(const char *text, size_t size)
{
    return memchr(text, '\0', size) == NULL && text_is_utf8(text, size);
}

/* Why a character may not stand in a job file, or NULL. These are the characters that YAML refuses. */
static const char *refusal(const char *text, size_t size)
{
    uint32_t c = 0;
    if (text[0] == '\0')
        return "a NUL byte: this is not a text file";
    if (source_character(text, size, &c) == 0)
        return "a byte that is not UTF-8: a job file is UTF-8 text";
    bool control = (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7F && c < 0xA0 && c != 0x85);
    if (control || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF)
        return "a control character: a job file is plain text";
    return NULL;
}

bool source_is_text(const struct source *source, struct place *ret_place, const char **ret_reason)
{
    struct source_cursor cursor = source_begin();
    while (cursor.offset < source->size) {
        const char *reason = refusal(source->text + cursor.offset, source->size - cursor.offset);
        if (reason != NULL) {
            *ret_place = cursor.place;
            *ret_reason = reason;
            return false;
        }
        step(source, &cursor);
    }
    return true;
}
