#include "core/roff.h"

#include <string.h>

enum { LINE_WIDTH = 78 };

/* One word of prose: hyphens that begin an option stay ASCII, so that a person can copy them. */
static void append_word(struct buf *out, const char *word, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bool begins_option = word[i] == '-' && (i == 0 || word[i - 1] == '-' || (i + 1 < size && word[i + 1] == '-'));
        if (word[i] == '\\')
            buf_append_text(out, "\\e");
        else if (begins_option)
            buf_append_text(out, "\\-");
        else
            buf_append_char(out, word[i]);
    }
}

/* roff takes a line that begins with a dot or a quote for a macro; "\&" stands before it. */
void roff_append_prose(struct buf *out, const char *text)
{
    size_t column = 0;
    bool sentence_ended = false;
    while (*text != '\0') {
        size_t size = strcspn(text, " ");
        bool breaks = column > 0 && (sentence_ended || column + 1 + size > LINE_WIDTH);
        if (column > 0)
            buf_append_char(out, breaks ? '\n' : ' ');
        column = breaks ? 0 : column + (column > 0);
        if (column == 0 && (text[0] == '.' || text[0] == '\''))
            buf_append_text(out, "\\&");
        append_word(out, text, size);
        column += size;
        sentence_ended = size > 0 && text[size - 1] == '.';
        text += size + (text[size] == ' ');
    }
}

void roff_append_literal(struct buf *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '-')
            buf_append_text(out, "\\-");
        else if (*at == '\\')
            buf_append_text(out, "\\e");
        else
            buf_append_char(out, *at);
    }
}
