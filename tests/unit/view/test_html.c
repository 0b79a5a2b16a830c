#include "view/html.h"

#include <criterion/criterion.h>

/* They are what is tested. NOLINTBEGIN(misc-misleading-bidirectional) */

static void expect(void (*append)(struct buf *, const char *), const char *text, const char *html)
{
    struct buf out = {0};
    append(&out, text);
    cr_assert_str_eq(buf_text(&out), html);
    buf_release(&out);
}

Test(html, what_means_something_in_a_page_is_escaped)
{
    expect(html_text, "<script>alert(\"1\" & '2')</script>",
           "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
}

Test(html, control_characters_are_replaced_whether_one_byte_or_two)
{
    expect(html_text,
           "a\x01"
           "b\n\x7F\xC2\x85"
           "c\xC2\xA0"
           "d",
           "a\xEF\xBF\xBD"
           "b\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
           "c\xC2\xA0"
           "d");
}

Test(html, bytes_that_are_no_text_are_replaced_one_by_one)
{
    expect(html_text, "\xFF\xC3(\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD");
    expect(html_text, "\xC0\xBC", "\xEF\xBF\xBD\xEF\xBF\xBD"); /* '<' in two bytes */
}

Test(html, letters_of_other_languages_stay)
{
    expect(html_text, "Z\xC3\xBCrich \xE6\x9D\xB1\xE4\xBA\xAC \xF0\x9F\x8F\xA2",
           "Z\xC3\xBCrich \xE6\x9D\xB1\xE4\xBA\xAC "
           "\xF0\x9F\x8F\xA2");
}

Test(html, nothing_is_nothing)
{
    expect(html_text, "", "");
    expect(html_text, NULL, "");
}

Test(html, a_name_is_isolated)
{
    expect(html_name, "\xE2\x80\xAE<", "<bdi>\xE2\x80\xAE&lt;</bdi>");
}

Test(html, times_are_for_people_and_other_texts_stay)
{
    expect(html_time, "2025-05-01T04:00:30Z", "<time>2025-05-01 04:00 UTC</time>");
    expect(html_time, "soon <", "<time>soon &lt;</time>");
    expect(html_time, "", "<time></time>");
}

Test(html, thousands_are_set_apart)
{
    struct buf out = {0};
    static const uint64_t numbers[] = {0, 7, 999, 1000, 1234567, UINT64_MAX};
    for (size_t i = 0; i < 6; i++) {
        html_count(&out, numbers[i]);
        buf_append_char(&out, ' ');
    }
    cr_assert_str_eq(buf_text(&out), "0 7 999 1,000 1,234,567 18,446,744,073,709,551,615 ");
    buf_release(&out);
}
/* NOLINTEND(misc-misleading-bidirectional) */
