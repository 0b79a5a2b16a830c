#include "net/http.h"

#include <criterion/criterion.h>
#include <string.h>

Test(url, https_is_allowed_anywhere_and_http_only_to_loopback)
{
    static const struct {
        const char *url;
        bool allowed;
    } rows[] = {
        {"https://api.innerspace.io", true},
        {"https://api.innerspace.io/v2/api?a=b", true},
        {"HTTPS://API.innerspace.io", true},
        {"https://[2001:db8::1]:8443/", true},
        {"http://127.0.0.1:8080/x", true},
        {"http://127.9.8.7", true},
        {"http://localhost:1", true},
        {"http://LocalHost/", true},
        {"http://[::1]:8080", true},
        {"http://api.innerspace.io", false},
        {"http://10.0.0.1", false},
        {"http://0.0.0.0", false},
        {"http://127.0.0.1.example.org", false},
        {"http://localhost.example.org", false},
        {"http://[::ffff:10.0.0.1]", false},
        {"http://example.org#@127.0.0.1", false},
        {"http://example.org\\@127.0.0.1", false},
        {"https://user:hunter2@api.innerspace.io", false},
        {"https://user@api.innerspace.io", false},
        {"http://user:hunter2@127.0.0.1", false},
        {"ftp://127.0.0.1", false},
        {"file:///etc/passwd", false},
        {"gopher://127.0.0.1", false},
        {"unknown://127.0.0.1", false},
        {"api.innerspace.io", false},
        {"//api.innerspace.io", false},
        {"https://", false},
        {"https://api innerspace.io", false},
        {"https://api.innerspace.io\r\nX: y", false},
        {"https://api.innerspace.io:99999", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = {0};
        cr_expect_eq(http_url_is_allowed(rows[i].url, &err), rows[i].allowed, "%s: %s", rows[i].url, err.message);
        cr_expect_eq(err.kind, rows[i].allowed ? STATUS_OK : STATUS_CONFIG, "%s", rows[i].url);
        cr_expect(strstr(err.message, "hunter2") == NULL, "a password is never repeated");
    }
}

Test(url, refusal_says_what_is_wrong)
{
    struct err err = {0};
    cr_assert_not(http_url_is_allowed("http://api.innerspace.io:80", &err));
    cr_assert(strstr(err.message, "api.innerspace.io") != NULL && strstr(err.message, "https") != NULL, "%s",
              err.message);
    cr_assert_not(http_url_is_allowed("ftp://api.innerspace.io", &err));
    cr_assert(strstr(err.message, "ftp") != NULL, "%s", err.message);
    cr_assert_not(http_url_is_allowed("ftp://api.innerspace.io", NULL), "err may be NULL");
}
