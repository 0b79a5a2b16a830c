#include "view/html.h"

#include "core/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

/* The bytes of the UTF-8 character that begins here; 0 when none does. */
static size_t character_size(const char *at)
{
    size_t left = strnlen(at, 4);
    for (size_t size = 1; size <= left; size++) {
        if (text_is_utf8(at, size))
            return size;
    }
    return 0;
}

static const char *entity_of(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

/* C0, DEL, and C1 in its form in UTF-8. */
static bool is_control(const char *at, size_t size)
{
    unsigned char first = (unsigned char)at[0];
    return first < 0x20 || first == 0x7F || (size == 2 && first == 0xC2 && (unsigned char)at[1] < 0xA0);
}

void html_text(struct buf *out, const char *text)
{
    for (const char *at = text; at != NULL && *at != '\0';) {
        const char *entity = entity_of(*at);
        size_t size = character_size(at);
        if (entity != NULL)
            buf_append_text(out, entity);
        else if (size == 0 || is_control(at, size))
            buf_append_text(out, REPLACEMENT);
        else
            buf_append(out, at, size);
        at += size > 0 ? size : 1;
    }
}

void html_name(struct buf *out, const char *text)
{
    buf_append_text(out, "<bdi>");
    html_text(out, text);
    buf_append_text(out, "</bdi>");
}

void html_number(struct buf *out, double number)
{
    buf_appendf(out, "%.1f", number);
}

void html_count(struct buf *out, uint64_t number)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" PRIu64, number);
    for (int i = 0; i < size; i++) {
        buf_append_char(out, digits[i]);
        if ((size - i - 1) % 3 == 0 && i + 1 < size)
            buf_append_char(out, ',');
    }
}

void html_day(struct buf *out, civil_day day)
{
    char text[CIVIL_TEXT_SIZE];
    buf_append_text(out, civil_day_format(day, text));
}

void html_time(struct buf *out, const char *utc)
{
    bool is_usual = strlen(utc) == 20 && utc[10] == 'T' && utc[19] == 'Z';
    char text[] = "2025-05-01 04:00 UTC";
    if (is_usual) {
        memcpy(text, utc, 10);
        memcpy(text + 11, utc + 11, 5);
    }
    buf_append_text(out, "<time>");
    html_text(out, is_usual ? text : utc);
    buf_append_text(out, "</time>");
}
