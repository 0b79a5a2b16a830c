#include "store/work_array.h"

#include <criterion/criterion.h>
#include <string.h>

static struct arena arena;
static struct buf text;

static void tear_down(void)
{
    arena_release(&arena);
    buf_release(&text);
}

TestSuite(work_array, .fini = tear_down);

Test(work_array, numbers_come_back)
{
    const int64_t ids[] = {1, -5, INT64_MAX, INT64_MIN};
    int64_t *read;
    size_t count;
    work_array_of_ids(&text, 4, ids);
    cr_assert_str_eq(buf_text(&text), "{1,-5,9223372036854775807,-9223372036854775808}");
    cr_assert(work_array_read_ids(buf_text(&text), &arena, &count, &read));
    cr_assert_eq(count, 4);
    cr_assert_arr_eq(read, ids, sizeof ids);
}

Test(work_array, texts_come_back_whatever_they_hold)
{
    const char *const texts[] = {"a", "", "b c", "\"", "\\", "{x,y}", "NULL", "\xc3\xa4,"};
    const char **read;
    size_t count;
    work_array_of_texts(&text, 8, texts);
    cr_assert(work_array_read_texts(buf_text(&text), &arena, &count, &read));
    cr_assert_eq(count, 8);
    for (size_t i = 0; i < count; i++)
        cr_assert_str_eq(read[i], texts[i]);
}

Test(work_array, texts_without_quotes_as_the_server_writes_them)
{
    const char **read;
    size_t count;
    cr_assert(work_array_read_texts("{abc,\"d e\",f-g}", &arena, &count, &read));
    cr_assert_eq(count, 3);
    cr_assert_str_eq(read[0], "abc");
    cr_assert_str_eq(read[1], "d e");
    cr_assert_str_eq(read[2], "f-g");
}

Test(work_array, what_is_no_array_is_refused)
{
    const char *const bad[] = {"", "{", "{}", "{1", "{1,", "{1,}", "{x}", "1", "{1;2}"};
    int64_t *ids;
    const char **texts;
    size_t count;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not(work_array_read_ids(bad[i], &arena, &count, &ids), "%s", bad[i]);
    const char *const bad_texts[] = {"", "{", "{}", "{a", "{\"a", "{\"a\"", "a", "{\"a\"b}"};
    for (size_t i = 0; i < sizeof bad_texts / sizeof bad_texts[0]; i++)
        cr_assert_not(work_array_read_texts(bad_texts[i], &arena, &count, &texts), "%s", bad_texts[i]);
}
