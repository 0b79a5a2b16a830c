#include "core/err.h"
#include "core/text.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

Test(err, set_keeps_kind_and_message_and_returns_the_kind)
{
    struct err err = {0};
    cr_assert_eq(err_set(&err, STATUS_IO, "cannot write %s: %d", "file", 5), STATUS_IO);
    cr_assert_eq(err.kind, STATUS_IO);
    cr_assert_str_eq(err.message, "cannot write file: 5");
}

Test(err, nobody_needs_to_listen)
{
    cr_assert_eq(err_set(NULL, STATUS_IO, "%s", "x"), STATUS_IO);
    cr_assert_eq(err_set_errno(NULL, STATUS_BUSY, ENOENT, "x"), STATUS_BUSY);
    cr_assert_eq(err_nomem(NULL), STATUS_NOMEM);
}

Test(err, later_message_replaces_the_earlier)
{
    struct err err = {0};
    (void)err_set(&err, STATUS_IO, "a long first message");
    (void)err_set(&err, STATUS_AUTH, "second");
    cr_assert_eq(err.kind, STATUS_AUTH);
    cr_assert_str_eq(err.message, "second");
}

Test(err, errno_is_said_in_words)
{
    struct err err = {0};
    cr_assert_eq(err_set_errno(&err, STATUS_CANTCREATE, ENOENT, "cannot create %s", "a/b"), STATUS_CANTCREATE);
    cr_assert_str_eq(err.message, "cannot create a/b: No such file or directory");
    (void)err_set_errno(&err, STATUS_IO, 99999, "odd");
    cr_assert(strncmp(err.message, "odd: ", 5) == 0 && strlen(err.message) > 5);
}

Test(err, prefix_goes_before_the_message)
{
    struct err err = {0};
    (void)err_set(&err, STATUS_CONFIG, "no such key");
    cr_assert_eq(err_prefix(&err, "%s:%d", "job.yaml", 3), STATUS_CONFIG);
    cr_assert_str_eq(err.message, "job.yaml:3: no such key");
    cr_assert_eq(err.kind, STATUS_CONFIG);
    (void)err_prefix(NULL, "x");
}

Test(err, control_characters_cannot_reach_the_terminal)
{
    struct err err = {0};
    (void)err_set(&err, STATUS_SERVER, "server says: \033[2J\r\n\a%s", "\xc2\x9b[31m\x7f");
    cr_assert_str_eq(err.message, "server says: ?[2J?????[31m?", "%s", err.message);
}

Test(err, control_characters_of_a_prefix_are_replaced_too)
{
    struct err err = {0};
    (void)err_set(&err, STATUS_SERVER, "bad");
    (void)err_prefix(&err, "a\nb");
    cr_assert_str_eq(err.message, "a?b: bad");
}

/* Euro signs, three bytes each: a cut falls into the middle of one for most lengths. */
static void fill_with_euros(char *text, size_t size)
{
    size_t at = 0;
    for (; at + 3 < size; at += 3)
        memcpy(text + at, "\xe2\x82\xac", 3);
    text[at] = '\0';
}

Test(err, message_that_is_cut_stays_utf8)
{
    static char text[2 * ERR_MESSAGE_MAX];
    fill_with_euros(text, sizeof text);
    for (size_t shift = 0; shift < 3; shift++) {
        struct err err = {0};
        (void)err_set(&err, STATUS_IO, "%.*s%s", (int)shift, "xx", text);
        cr_assert_eq(strlen(err.message), ERR_MESSAGE_MAX - 1);
        cr_assert(text_is_utf8(err.message, strlen(err.message)), "cut at shift %zu", shift);
    }
}

Test(err, message_that_a_prefix_pushes_over_the_end_stays_utf8)
{
    static char text[ERR_MESSAGE_MAX];
    fill_with_euros(text, sizeof text);
    for (size_t shift = 0; shift < 3; shift++) {
        struct err err = {0};
        (void)err_set(&err, STATUS_IO, "%s", text);
        (void)err_prefix(&err, "prefix%.*s", (int)shift, "xx");
        cr_assert(text_is_utf8(err.message, strlen(err.message)), "cut at shift %zu", shift);
        cr_assert(strncmp(err.message, "prefix", 6) == 0);
    }
}

Test(err, prefix_of_full_length_leaves_a_message_of_full_length)
{
    static char text[2 * ERR_MESSAGE_MAX];
    memset(text, 'p', sizeof text - 1);
    struct err err = {0};
    (void)err_set(&err, STATUS_IO, "lost");
    cr_assert_eq(err_prefix(&err, "%s", text), STATUS_IO);
    cr_assert_eq(strlen(err.message), ERR_MESSAGE_MAX - 1);
    (void)err_set_errno(&err, STATUS_IO, ENOSPC, "%s", text);
    cr_assert_eq(strlen(err.message), ERR_MESSAGE_MAX - 1);
}

Test(err, clear_is_no_error)
{
    struct err err = {0};
    (void)err_set(&err, STATUS_BUG, "x");
    err_clear(&err);
    cr_assert_eq(err.kind, STATUS_OK);
    cr_assert_str_eq(err.message, "");
}
