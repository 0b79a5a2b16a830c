/* Text from anywhere: what is shown on a terminal or put into JSON is printable, well-formed UTF-8. */
#include "core/buf.h"
#include "core/text.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>

static bool has_control(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7F)
            return true;
    }
    return false;
}

static void check_printable(const char *text)
{
    char *shown = strdup(text);
    if (shown == NULL)
        return;
    text_make_printable(shown);
    PROMISE(strlen(shown) == strlen(text));
    PROMISE(text_is_utf8(shown, strlen(shown)));
    PROMISE(!has_control(shown, strlen(shown)));
    char *again = strdup(shown);
    if (again != NULL) {
        text_make_printable(again);
        PROMISE(strcmp(shown, again) == 0);
        free(again);
    }
    free(shown);
}

static void check_json_string(const char *bytes, size_t size)
{
    struct buf out = {.max = 6 * size + 16};
    buf_append_json_string(&out, bytes, size);
    PROMISE(buf_status(&out, NULL) == STATUS_OK);
    PROMISE(out.size >= 2 && out.data[0] == '"' && out.data[out.size - 1] == '"');
    PROMISE(text_is_utf8(out.data, out.size));
    PROMISE(!has_control(out.data, out.size) || memchr(out.data, 0x7F, out.size) != NULL);
    for (size_t i = 1; i + 1 < out.size; i++) {
        PROMISE(out.data[i] != '"');
        if (out.data[i] == '\\')
            i++;
    }
    buf_release(&out);
}

static void check_numbers(const char *text, size_t size)
{
    int64_t value;
    if (text_to_int64(text, size, &value)) {
        errno = 0;
        PROMISE(strtoll(text, NULL, 10) == value && errno == 0);
    }
    PROMISE(!text_to_duration(text, &value) || value >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    check_printable(text);
    check_json_string(text, size);
    if (strlen(text) == size)
        check_numbers(text, size);
    const char *half = text + strlen(text) / 2;
    PROMISE(text_distance(text, text, 3) <= 4);
    PROMISE(text_distance(text, half, 3) == text_distance(half, text, 3));
    free(text);
    return 0;
}
