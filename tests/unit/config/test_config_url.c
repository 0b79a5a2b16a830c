#include "config/url.h"

#include <criterion/criterion.h>

static const struct {
    const char *url;
    enum url_fault base;
    enum url_fault with_query;
} cases[] = {
    {"https://api.innerspace.io", URL_FINE, URL_FINE},
    {"HTTPS://api.innerspace.io/", URL_FINE, URL_FINE},
    {"https://api.example.com:8443/gateway/v1", URL_FINE, URL_FINE},
    {"https://[2001:db8::1]:443/x", URL_FINE, URL_FINE},
    {"https://example.com/a@b", URL_FINE, URL_FINE},
    {"http://127.0.0.1:8080", URL_FINE, URL_FINE},
    {"http://127.200.3.4", URL_FINE, URL_FINE},
    {"http://localhost", URL_FINE, URL_FINE},
    {"http://LocalHost:80/", URL_FINE, URL_FINE},
    {"http://[::1]:8080/v2", URL_FINE, URL_FINE},
    {"http://example.com", URL_PLAIN_HTTP, URL_PLAIN_HTTP},
    {"http://127.0.0.1.example.com", URL_PLAIN_HTTP, URL_PLAIN_HTTP},
    {"http://localhost.example.com", URL_PLAIN_HTTP, URL_PLAIN_HTTP},
    {"http://128.0.0.1", URL_PLAIN_HTTP, URL_PLAIN_HTTP},
    {"http://127.1", URL_PLAIN_HTTP, URL_PLAIN_HTTP},
    {"http://2130706433", URL_PLAIN_HTTP, URL_PLAIN_HTTP},
    {"http://[::2]", URL_PLAIN_HTTP, URL_PLAIN_HTTP},
    {"http://0.0.0.0", URL_PLAIN_HTTP, URL_PLAIN_HTTP},
    {"https://user:pw@example.com", URL_CREDENTIALS, URL_CREDENTIALS},
    {"https://user@example.com", URL_CREDENTIALS, URL_CREDENTIALS},
    {"http://localhost:80@example.com/", URL_CREDENTIALS, URL_CREDENTIALS},
    {"https://user:p w@example.com", URL_CREDENTIALS, URL_CREDENTIALS},
    {"https://example.com?x=1", URL_QUERY, URL_FINE},
    {"https://example.com/a?x=1", URL_QUERY, URL_FINE},
    {"https://example.com/#top", URL_QUERY, URL_FINE},
    {"", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"api.innerspace.io", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"ftp://example.com", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"file:///etc/passwd", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https:/example.com", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https://", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https:///path", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https://:443", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https://example.com:", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https://example.com:0", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https://example.com:65536", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https://example.com:80x", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https://2001:db8::1", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https://[::1", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https://[::1]x", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https://[::1]x:80", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https://exa mple.com", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https://example.com\\@evil.example", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https://ex\xC3\xA4mple.com", URL_NO_ADDRESS, URL_NO_ADDRESS},
    {"https://example.com/{id}", URL_NO_ADDRESS, URL_NO_ADDRESS},
};

Test(url, a_base_address_is_https_or_loopback_and_carries_nothing_else)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(url_check(cases[i].url, false), cases[i].base, "%s", cases[i].url);
}

Test(url, another_address_may_have_a_query)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(url_check(cases[i].url, true), cases[i].with_query, "%s", cases[i].url);
}
