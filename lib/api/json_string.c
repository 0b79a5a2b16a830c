/* The part of json_scan.h that looks inside strings. The spans were scanned before, so their escapes are sound. */
#include "api/json_scan.h"

#include <stdint.h>
#include <string.h>

/* One decoded character: its code point, or a byte that stands for itself (bytes of UTF-8 pass one by one). */
struct character {
    uint32_t code;
    bool is_raw;
    bool is_half; /* one half of a surrogate pair without the other */
};

static uint32_t hex4(const char *at)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        uint32_t digit = c <= '9' ? (uint32_t)(c - '0') : (uint32_t)((c | 0x20) - 'a' + 10);
        value = value * 16 + digit;
    }
    return value;
}

static struct character unicode_escape(const char **at, const char *end)
{
    uint32_t code = hex4(*at + 1);
    *at += 5;
    if (code < 0xD800 || code > 0xDFFF)
        return (struct character){.code = code};
    if (code < 0xDC00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        uint32_t low = hex4(*at + 2);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *at += 6;
            return (struct character){.code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)};
        }
    }
    return (struct character){.code = '?', .is_half = true};
}

static struct character next_character(const char **at, const char *end)
{
    char c = *(*at)++;
    if (c != '\\')
        return (struct character){.code = (unsigned char)c, .is_raw = true};
    c = **at;
    if (c == 'u')
        return unicode_escape(at, end);
    (*at)++;
    static const char names[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    const char *name = strchr(names, c);
    return (struct character){.code = (unsigned char)(name != NULL ? meanings[name - names] : c)};
}

static size_t encode(struct character character, char out[4])
{
    uint32_t code = character.code;
    if (character.is_raw || code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[size] | code);
    return size;
}

size_t json_string_decode(struct json_span string, char *out, size_t out_size)
{
    const char *at = string.text + 1;
    const char *end = string.text + string.size - 1;
    size_t used = 0;
    while (at < end) {
        char bytes[4];
        size_t size = encode(next_character(&at, end), bytes);
        if (size >= out_size - used)
            break;
        memcpy(out + used, bytes, size);
        used += size;
    }
    out[used] = '\0';
    return used;
}

bool json_string_is(struct json_span string, const char *text, size_t size)
{
    const char *at = string.text + 1;
    const char *end = string.text + string.size - 1;
    if ((size_t)(end - at) == size && memcmp(at, text, size) == 0)
        return memchr(at, '\\', size) == NULL;
    if (memchr(at, '\\', (size_t)(end - at)) == NULL)
        return false;
    size_t used = 0;
    while (at < end) {
        char bytes[4];
        size_t more = encode(next_character(&at, end), bytes);
        if (more > size - used || memcmp(bytes, text + used, more) != 0)
            return false;
        used += more;
    }
    return used == size;
}

const char *json_string_flaw(struct json_span string)
{
    const char *at = string.text + 1;
    const char *end = string.text + string.size - 1;
    if (memchr(at, '\\', (size_t)(end - at)) == NULL)
        return NULL;
    while (at < end) {
        struct character character = next_character(&at, end);
        if (character.is_half)
            return "holds half a surrogate pair";
        if (character.code == 0)
            return "holds NUL";
    }
    return NULL;
}
