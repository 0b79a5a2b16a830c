#include "core/text.h"

#include <ctype.h>
#include <string.h>

enum { DISTANCE_TEXT_MAX = 63 };

/* The length of the well-formed UTF-8 sequence at bytes, or 0. */
static size_t sequence_length(const unsigned char *bytes, size_t size)
{
    unsigned char lead = bytes[0];
    if (lead < 0x80)
        return 1;
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    }
    bool overlong = (lead == 0xE0 && bytes[1] < 0xA0) || (lead == 0xF0 && bytes[1] < 0x90);
    bool surrogate = lead == 0xED && bytes[1] > 0x9F;
    bool beyond = lead == 0xF4 && bytes[1] > 0x8F;
    return overlong || surrogate || beyond ? 0 : length;
}

static uint32_t code_point(const unsigned char *bytes, size_t length)
{
    uint32_t code = length == 1 ? bytes[0] : bytes[0] & (0x7FU >> length);
    for (size_t i = 1; i < length; i++)
        code = code << 6 | (bytes[i] & 0x3FU);
    return code;
}

/* What a terminal obeys instead of showing it, or shows as something else than it is. */
static bool is_unprintable(uint32_t code)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0x061C, 0x061C}, {0x200E, 0x200F}, {0x2028, 0x202E},
                  {0x2066, 0x2069}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE007F}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    }
    return false;
}

size_t text_character(const char *text, size_t size, bool *ret_printable)
{
    const unsigned char *bytes = (const unsigned char *)text;
    *ret_printable = true;
    if (size == 0 || (bytes[0] >= 0x20 && bytes[0] < 0x7F)) /* nearly all */
        return size > 0 ? 1 : 0;
    size_t length = sequence_length(bytes, size);
    *ret_printable = length > 0 && !is_unprintable(code_point(bytes, length));
    return length > 0 ? length : 1;
}

void text_make_printable(char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        bool printable;
        size_t length = text_character(text, left, &printable);
        if (!printable)
            memset(text, '?', length);
        text += length;
        left -= length;
    }
}

bool text_is_utf8(const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;
    while (size > 0) {
        size_t length = sequence_length(at, size);
        if (length == 0)
            return false;
        at += length;
        size -= length;
    }
    return true;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned d = a < b ? a : b;
    return d < c ? d : c;
}

unsigned text_distance(const char *a, const char *b, unsigned limit)
{
    size_t a_size = strlen(a);
    size_t b_size = strlen(b);
    if (a_size > DISTANCE_TEXT_MAX || b_size > DISTANCE_TEXT_MAX)
        return limit + 1;
    unsigned rows[3][DISTANCE_TEXT_MAX + 1];
    unsigned *before = rows[0];
    unsigned *last = rows[1];
    unsigned *now = rows[2];
    for (size_t j = 0; j <= b_size; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= a_size; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            int ca = tolower((unsigned char)a[i - 1]);
            int cb = tolower((unsigned char)b[j - 1]);
            now[j] = least(last[j] + 1, now[j - 1] + 1, last[j - 1] + (ca != cb));
            bool swapped =
                i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) && cb == tolower((unsigned char)a[i - 2]);
            if (swapped && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        unsigned *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b_size] > limit ? limit + 1 : last[b_size];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    unsigned limit = (unsigned)(strlen(word) / 3);
    if (limit == 0)
        limit = 1;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        unsigned distance = text_distance(word, candidates[i], limit);
        if (distance <= limit) {
            nearest = candidates[i];
            if (distance == 0)
                break;
            limit = distance - 1;
        }
    }
    return nearest;
}

bool text_to_int64(const char *text, size_t size, int64_t *ret_value)
{
    bool negative = size > 0 && text[0] == '-';
    size_t at = negative ? 1 : 0;
    if (at == size || size > 20)
        return false;
    int64_t value = 0;
    for (; at < size; at++) {
        if (text[at] < '0' || text[at] > '9')
            return false;
        int digit = text[at] - '0';
        if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

bool text_to_duration(const char *text, int64_t *ret_seconds)
{
    size_t size = strlen(text);
    int64_t value;
    if (size < 2 || text[0] == '-' || !text_to_int64(text, size - 1, &value))
        return false;
    int64_t unit;
    switch (text[size - 1]) {
    case 's': unit = 1; break;
    case 'm': unit = 60; break;
    case 'h': unit = 3600; break;
    case 'd': unit = 86400; break;
    default: return false;
    }
    int64_t seconds;
    if (__builtin_mul_overflow(value, unit, &seconds))
        return false;
    *ret_seconds = seconds;
    return true;
}
