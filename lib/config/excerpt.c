#include "config/excerpt.h"

#include "config/source.h"
#include "core/text.h"

#include <string.h>

enum {
    LINE_SHOWN_WHOLE = 160, /* bytes; a longer line is shown as a window around the caret */
    SHOWN_BEFORE_CARET = 80,
    BLANKS_MAX = 4 * LINE_SHOWN_WHOLE
};

struct line {
    const char *text;
    size_t size;
    size_t offset;                  /* of its first byte in the file */
    struct diagnostics_span secret; /* in bytes of the line */
};

/* What is being drawn: the line, and the blanks that bring the caret under its column. */
struct drawing {
    struct buf *out;
    struct buf blanks;
    size_t caret; /* byte of the line */
    bool caret_passed;
};

static bool find_line(const char *source, size_t size, size_t number, struct line *ret_line)
{
    struct line line = {0};
    size_t at = 0;
    for (size_t i = 1; i <= number; i++) {
        if (at >= size)
            return false;
        struct line previous = line;
        size_t end = source_line_end(source, size, at);
        line = (struct line){source + at, end - at, at, {0, 0}};
        at = source_line_next(source, size, end);
        if (i == number)
            line.secret = excerpt_secret(line.text, line.size, previous.text, previous.size);
    }
    *ret_line = line;
    return line.size > 0;
}

/* The end, in the line, of the hidden stretch that covers byte at; at itself when it may be shown. */
static size_t hidden_end(const struct diagnostics *diagnostics, const struct line *line, size_t at)
{
    size_t end = at;
    if (at >= line->secret.begin && at < line->secret.end)
        end = line->secret.end;
    for (size_t i = 0; i < diagnostics->hidden_count; i++) {
        const struct diagnostics_span *span = &diagnostics->hidden[i];
        if (line->offset + at >= span->begin && line->offset + at < span->end && span->end - line->offset > end)
            end = span->end - line->offset;
    }
    return end < line->size ? end : line->size;
}

/* The columns a terminal gives to a character: 0 for combining marks, 2 for wide scripts and pictures. */
static unsigned display_width(uint32_t c)
{
    static const struct {
        uint32_t first;
        uint32_t last;
        unsigned width;
    } ranges[] = {{0x0300, 0x036F, 0}, {0x200B, 0x200F, 0}, {0xFE00, 0xFE0F, 0},   {0x1100, 0x115F, 2},
                  {0x2E80, 0xA4CF, 2}, {0xAC00, 0xD7A3, 2}, {0xF900, 0xFAFF, 2},   {0xFE30, 0xFE6F, 2},
                  {0xFF00, 0xFF60, 2}, {0xFFE0, 0xFFE6, 2}, {0x1F300, 0x1FAFF, 2}, {0x20000, 0x3FFFD, 2}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last)
            return ranges[i].width;
    }
    return 1;
}

static void add_blanks(struct drawing *drawing, char blank, size_t count)
{
    for (size_t i = 0; !drawing->caret_passed && i < count; i++)
        buf_append_char(&drawing->blanks, blank);
}

static void draw_words(struct drawing *drawing, const char *words)
{
    buf_append_text(drawing->out, words);
    add_blanks(drawing, ' ', strlen(words));
}

/* Draws one character; what would drive a terminal, or is no text, becomes a question mark. Returns its bytes. */
static size_t draw_character(struct drawing *drawing, const char *text, size_t size)
{
    uint32_t c;
    size_t length = source_character(text, size, &c);
    bool printable;
    (void)text_character(text, size, &printable);
    if (length == 0 || (text[0] != '\t' && !printable))
        draw_words(drawing, "?");
    else {
        buf_append(drawing->out, text, length);
        add_blanks(drawing, c == '\t' ? '\t' : ' ', display_width(c));
    }
    return length != 0 ? length : 1;
}

static void draw_line(struct drawing *drawing, const struct diagnostics *diagnostics, const struct line *line)
{
    size_t begin = 0;
    size_t end = line->size;
    if (line->size > LINE_SHOWN_WHOLE) {
        begin = drawing->caret > SHOWN_BEFORE_CARET ? drawing->caret - SHOWN_BEFORE_CARET : 0;
        while (begin > 0 && (line->text[begin] & 0xC0) == 0x80)
            begin--;
        end = line->size - begin > LINE_SHOWN_WHOLE ? begin + LINE_SHOWN_WHOLE : line->size;
        while (end < line->size && (line->text[end] & 0xC0) == 0x80)
            end++;
    }
    if (begin > 0)
        draw_words(drawing, "...");
    for (size_t at = begin; at < end;) {
        size_t hidden = hidden_end(diagnostics, line, at);
        size_t next = hidden > at ? hidden : at + 1;
        if (drawing->caret >= at && drawing->caret < next)
            drawing->caret_passed = true;
        if (hidden > at)
            draw_words(drawing, "***");
        else
            next = at + draw_character(drawing, line->text + at, line->size - at);
        at = next;
    }
    if (end < line->size)
        buf_append_text(drawing->out, "...");
}

void excerpt_append(struct buf *out, const struct diagnostics *diagnostics, const char *source, size_t source_size,
                    const struct diagnostic *diagnostic)
{
    struct line line;
    if (diagnostics->hidden_count > DIAGNOSTICS_HIDDEN_MAX || !find_line(source, source_size, diagnostic->line, &line))
        return;
    struct drawing drawing = {.out = out, .blanks = {.max = BLANKS_MAX}};
    drawing.caret = source_column_offset(line.text, line.size, diagnostic->column);
    buf_appendf(out, "%5zu | ", diagnostic->line);
    draw_line(&drawing, diagnostics, &line);
    buf_appendf(out, "\n      | %s^\n", buf_text(&drawing.blanks));
    buf_release(&drawing.blanks);
}
