#include "config/excerpt.h"

#include "config/expand.h"

#include <ctype.h>
#include <string.h>

/* What stands before a secret, whatever the key is called in full: client_secret, heartbeat_token, ... */
static const char *const secret_words[] = {"client_id",     "secret", "password",    "token",
                                           "heartbeat_url", "dsn",    "postgres://", "postgresql://"};

/* The end of the first secret word at or after `from`, with the rest of its own letters; 0 when there is none. */
static size_t find_word(const char *line, size_t size, size_t from)
{
    size_t nearest = size;
    size_t end = 0;
    for (size_t i = 0; i < sizeof secret_words / sizeof secret_words[0]; i++) {
        size_t length = strlen(secret_words[i]);
        const char *at = memmem(line + from, size - from, secret_words[i], length);
        if (at == NULL || (size_t)(at - line) >= nearest)
            continue;
        nearest = (size_t)(at - line);
        end = nearest + length;
    }
    while (end > 0 && end < size && (isalnum((unsigned char)line[end]) || line[end] == '_'))
        end++;
    return end;
}

static size_t skip_any(const char *line, size_t size, size_t at, const char *set)
{
    while (at < size && strchr(set, line[at]) != NULL && line[at] != '\0')
        at++;
    return at;
}

/* The end of a bare reference such as "${NAME}" with or without quotes, or `at` when something else stands there. */
static size_t skip_reference(const char *line, size_t size, size_t at)
{
    bool quoted = at < size && (line[at] == '"' || line[at] == '\'');
    size_t begin = quoted ? at + 1 : at;
    const char *close = memchr(line + begin, '}', size - begin);
    size_t end = close != NULL ? (size_t)(close - line) + 1 : begin;
    if (!expand_is_bare(line + begin, end - begin))
        return at;
    if (quoted && end < size && line[end] == line[at])
        end++;
    bool bare = end == size || strchr(" ,}]#\r", line[end]) != NULL;
    return bare ? end : at;
}

/* Where the value that follows a secret word at `from` begins; size when none does. ret_word: one was found. */
static size_t find_value(const char *line, size_t size, size_t from, bool *ret_word)
{
    size_t word_end = find_word(line, size, from);
    *ret_word = word_end > 0;
    return word_end > 0 ? skip_any(line, size, word_end, "\"': \t\r") : size;
}

/* The value itself: without the quote that opens it, since skip_any went over it. */
static size_t step_back_to_quote(const char *line, size_t value)
{
    return value > 0 && (line[value - 1] == '"' || line[value - 1] == '\'') ? value - 1 : value;
}

/* The first secret of a line; *ret_open: the line ends with a secret key whose value stands on the lines below. */
static struct diagnostics_span scan(const char *line, size_t size, bool *ret_open)
{
    bool word = true;
    for (size_t from = 0; from < size;) {
        size_t value = find_value(line, size, from, &word);
        *ret_open = word && value == size;
        if (!word || value == size)
            break;
        size_t begin = step_back_to_quote(line, value);
        size_t after = skip_reference(line, size, begin);
        if (after == begin && line[value] != '#') {
            *ret_open = strchr("|>&!", line[value]) != NULL;
            return (struct diagnostics_span){begin, size};
        }
        from = after > value ? after : value + 1;
    }
    return (struct diagnostics_span){0, 0};
}

struct diagnostics_span excerpt_secret(const char *line, size_t size, const char *previous, size_t previous_size)
{
    bool open = false;
    if (previous != NULL)
        scan(previous, previous_size, &open);
    if (open)
        return (struct diagnostics_span){skip_any(line, size, 0, " \t"), size};
    return scan(line, size, &open);
}
