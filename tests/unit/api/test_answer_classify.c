#include "api/answer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status classify(long code, const char *body, struct err *err)
{
    *err = (struct err){0};
    enum status status = answer_classify(code, false, body, strlen(body), err);
    if (status != STATUS_OK)
        cr_expect_eq(err->kind, status);
    return status;
}

static void expect_kind(long code, const char *body, enum status kind)
{
    struct err err;
    cr_expect_eq(classify(code, body, &err), kind, "HTTP %ld %s: %s", code, body, err.message);
}

static void expect_code(long http_code, const char *code, enum status kind)
{
    char body[256];
    snprintf(body, sizeof body, "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"path\":\"$\",\"code\":\"%s\"}}]}",
             code);
    expect_kind(http_code, body, kind);
}

Test(answer_classify, data_without_errors_is_an_answer)
{
    expect_kind(200, "{\"data\":{}}", STATUS_OK);
    expect_kind(200, "{\"data\":{\"X\":[]},\"errors\":null}", STATUS_OK);
    expect_kind(200, "{\"data\":{\"X\":[]},\"errors\":[]}", STATUS_OK);
    expect_kind(200, "\xEF\xBB\xBF \n{\"extensions\":{},\"data\":{}} \r\n\t", STATUS_OK);
}

Test(answer_classify, http_codes_decide_where_they_are_no_success)
{
    static const struct {
        long code;
        enum status kind;
    } cases[] = {{301, STATUS_REFUSED},   {302, STATUS_REFUSED},   {400, STATUS_REFUSED}, {401, STATUS_SESSION},
                 {403, STATUS_REFUSED},   {404, STATUS_REFUSED},   {408, STATUS_TIMEOUT}, {413, STATUS_TOO_LARGE},
                 {422, STATUS_REFUSED},   {429, STATUS_THROTTLED}, {500, STATUS_SERVER},  {502, STATUS_SERVER},
                 {503, STATUS_SERVER},    {504, STATUS_TIMEOUT},   {599, STATUS_SERVER},  {600, STATUS_REFUSED},
                 {100, STATUS_BAD_ANSWER}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect_kind(cases[i].code, "", cases[i].kind);
        expect_kind(cases[i].code, "{\"data\":{}}", cases[i].kind);
        expect_kind(cases[i].code, "no JSON", cases[i].kind);
    }
}

Test(answer_classify, codes_of_errors_decide_under_200)
{
    static const struct {
        const char *code;
        enum status kind;
    } cases[] = {{"access-denied", STATUS_SESSION},
                 {"invalid-jwt", STATUS_SESSION},
                 {"invalid-headers", STATUS_SESSION},
                 {"jwt-invalid-claims", STATUS_SESSION},
                 {"jwt-missing-role-claims", STATUS_SESSION},
                 {"rate-limit-exceeded", STATUS_THROTTLED},
                 {"operation-rate-limit-exceeded", STATUS_THROTTLED},
                 {"RATE_LIMIT_EXCEEDED", STATUS_THROTTLED},
                 {"too-many-requests", STATUS_THROTTLED},
                 {"tenant-time-limit-exceeded", STATUS_TIMEOUT},
                 {"time-limit-exceeded", STATUS_TIMEOUT},
                 {"timeout", STATUS_TIMEOUT},
                 {"node-limit-exceeded", STATUS_TOO_LARGE},
                 {"depth-limit", STATUS_TOO_LARGE},
                 {"batch-limit", STATUS_TOO_LARGE},
                 {"size-limit", STATUS_TOO_LARGE},
                 {"tenant-limit-exceeded", STATUS_TOO_LARGE},
                 {"busy", STATUS_SERVER},
                 {"unexpected", STATUS_SERVER},
                 {"data-connector-error", STATUS_SERVER},
                 {"connection-not-established", STATUS_SERVER},
                 {"postgres-max-connections-error", STATUS_SERVER},
                 {"validation-failed", STATUS_UNSUPPORTED},
                 {"not-supported", STATUS_UNSUPPORTED},
                 {"parse-failed", STATUS_REFUSED},
                 {"not-exists", STATUS_REFUSED},
                 {"not-found", STATUS_REFUSED},
                 {"permission-denied", STATUS_REFUSED},
                 {"permission-error", STATUS_REFUSED},
                 {"invalid-json", STATUS_REFUSED},
                 {"", STATUS_UNCLEAR},
                 {"never-heard-of", STATUS_UNCLEAR}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_code(200, cases[i].code, cases[i].kind);
}

Test(answer_classify, a_code_decides_under_400_as_under_200)
{
    expect_code(400, "validation-failed", STATUS_UNSUPPORTED);
    expect_code(400, "invalid-jwt", STATUS_SESSION);
    expect_code(400, "busy", STATUS_SERVER);
    expect_code(400, "GRAPHQL_VALIDATION_FAILED", STATUS_UNSUPPORTED);
    expect_code(400, "GRAPHQL_PARSE_FAILED", STATUS_REFUSED);
    expect_code(400, "never-heard-of", STATUS_UNCLEAR);
    expect_code(400, "", STATUS_UNCLEAR);
}

Test(answer_classify, a_code_does_not_overrule_other_http_codes)
{
    expect_code(403, "access-denied", STATUS_REFUSED);
    expect_code(500, "validation-failed", STATUS_SERVER);
    expect_code(429, "validation-failed", STATUS_THROTTLED);
}

Test(answer_classify, errors_beside_data_decide)
{
    expect_kind(200, "{\"data\":{\"X\":[]},\"errors\":[{\"extensions\":{\"code\":\"busy\"}}]}", STATUS_SERVER);
    expect_kind(200, "{\"errors\":[{\"message\":\"internal error\"}],\"data\":null}", STATUS_UNCLEAR);
    expect_kind(200, "{\"data\":{},\"errors\":{\"extensions\":{\"code\":\"invalid-jwt\"}}}", STATUS_SESSION);
    expect_kind(200, "{\"data\":{},\"errors\":[null]}", STATUS_UNCLEAR);
}

Test(answer_classify, of_several_errors_the_worst_decides_in_the_documented_order)
{
    static const char *const codes[] = {"access-denied",     "rate-limit-exceeded", "timeout", "size-limit",
                                        "validation-failed", "parse-failed",        "busy"};
    static const enum status kinds[] = {STATUS_SESSION,     STATUS_THROTTLED, STATUS_TIMEOUT, STATUS_TOO_LARGE,
                                        STATUS_UNSUPPORTED, STATUS_REFUSED,   STATUS_SERVER,  STATUS_UNCLEAR};
    for (size_t i = 0; i < 7; i++) {
        for (size_t j = 0; j < 7; j++) {
            char body[256];
            snprintf(body, sizeof body,
                     "{\"errors\":[{\"extensions\":{\"code\":\"%s\"}},{\"extensions\":{\"code\":\"%s\"}}]}", codes[i],
                     codes[j]);
            expect_kind(200, body, kinds[i < j ? i : j]);
        }
    }
}

Test(answer_classify, what_is_no_agreed_json_is_a_bad_answer)
{
    static const char *const bodies[] = {"",
                                         " \n ",
                                         "\xEF\xBB\xBF",
                                         "upstream error",
                                         "<html></html>",
                                         "[]",
                                         "[{\"data\":{}}]",
                                         "\"data\"",
                                         "null",
                                         "{}",
                                         "{\"message\":\"Internal\"}",
                                         "{\"data\":{}",
                                         "{\"data\":{}}x",
                                         "{\"data\":{}}{}",
                                         "{\"data\":[]}",
                                         "{\"data\":1}",
                                         "{\"data\":{},\"data\":{}}",
                                         "{\"data\":{},\"errors\":\"x\"}",
                                         "{\"data\":{},\"errors\":7}",
                                         "{\"errors\":[],\"errors\":[]}",
                                         "{\"data\":{\"a\":NaN}}",
                                         "\xEF\xBB\xBF\xEF\xBB\xBF{\"data\":{}}",
                                         "{\"errors\":null}",
                                         "{\"errors\":[]}"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        expect_kind(200, bodies[i], STATUS_BAD_ANSWER);
}

Test(answer_classify, null_data_without_errors_is_the_servers_failure)
{
    expect_kind(200, "{\"data\":null}", STATUS_SERVER);
    expect_kind(200, "{\"data\":null,\"errors\":[]}", STATUS_SERVER);
}

Test(answer_classify, html_is_a_bad_answer_under_200_and_the_http_code_elsewhere)
{
    struct err err = {0};
    const char *page = "<html>secret</html>";
    cr_expect_eq(answer_classify(200, true, page, strlen(page), &err), STATUS_BAD_ANSWER);
    cr_expect_str_eq(err.message, "an HTML page came instead of JSON");
    cr_expect_eq(answer_classify(502, true, page, strlen(page), &err), STATUS_SERVER);
    cr_expect_str_eq(err.message, "HTTP 502 with an HTML page");
    cr_expect_eq(answer_classify(401, true, page, strlen(page), &err), STATUS_SESSION);
}

Test(answer_classify, the_error_says_message_code_and_path)
{
    struct err err;
    (void)classify(200,
                   "{\"errors\":[{\"message\":\"field \\\"X\\\" not found in type: 'Y'\",\"extensions\":"
                   "{\"path\":\"$.selectionSet.X\",\"code\":\"validation-failed\"}}]}",
                   &err);
    cr_expect_str_eq(err.message, "field \"X\" not found in type: 'Y' (validation-failed at $.selectionSet.X)");
    (void)classify(400, "{\"errors\":[{\"message\":\"m\",\"extensions\":{\"code\":\"parse-failed\"}}]}", &err);
    cr_expect_str_eq(err.message, "HTTP 400: m (parse-failed)");
    (void)classify(200, "{\"errors\":[{\"message\":\"m\",\"path\":[\"a\"]}]}", &err);
    cr_expect_str_eq(err.message, "m");
    (void)classify(200, "{\"errors\":[{\"extensions\":{\"path\":\"$\"}}]}", &err);
    cr_expect_str_eq(err.message, "an error without a message (at $)");
}

Test(answer_classify, a_message_cannot_drive_the_terminal)
{
    struct err err;
    (void)classify(200, "{\"errors\":[{\"message\":\"a\\u001b[31m\\r\\n\\u0007b\xC2\x9B\"}]}", &err);
    cr_expect_str_eq(err.message, "a?[31m???b??");
}

Test(answer_classify, a_long_message_is_cut_and_many_errors_are_bounded)
{
    size_t size = (size_t)1 << 20;
    char *body = malloc(size + 64);
    struct err err = {0};
    int front = sprintf(body, "{\"errors\":[{\"message\":\"");
    memset(body + front, 'x', size);
    sprintf(body + front + size, "\"}]}");
    cr_expect_eq(answer_classify(200, false, body, strlen(body), &err), STATUS_UNCLEAR);
    cr_expect_lt(strlen(err.message), (size_t)ERR_MESSAGE_MAX);
    char *at = body + sprintf(body, "{\"errors\":[0");
    for (size_t i = 0; i < size / 4; i++)
        at += sprintf(at, ",{}");
    sprintf(at, "]}");
    cr_expect_eq(answer_classify(200, false, body, strlen(body), &err), STATUS_UNCLEAR);
    free(body);
}
