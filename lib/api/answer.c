#include "api/answer.h"

#include "api/envelope.h"
#include "api/graphql_error.h"

#include <string.h>

/* What an HTTP code alone says. With code_decides, a GraphQL error of a known code in the body has the last word. */
struct http_rule {
    long first;
    long last;
    enum status kind;
    bool code_decides;
};

/* The first row that matches decides; a code outside all of them is refused (redirects are not followed). */
static const struct http_rule http_rules[] = {
    {200, 299, STATUS_OK, true},       {400, 400, STATUS_REFUSED, true},    {401, 401, STATUS_SESSION, false},
    {408, 408, STATUS_TIMEOUT, false}, {413, 413, STATUS_TOO_LARGE, false}, {429, 429, STATUS_THROTTLED, false},
    {504, 504, STATUS_TIMEOUT, false}, {500, 599, STATUS_SERVER, false},    {0, 199, STATUS_BAD_ANSWER, false},
    {300, 499, STATUS_REFUSED, false},
};

static const struct http_rule *http_rule_of(long code)
{
    static const struct http_rule unknown = {0, 0, STATUS_REFUSED, false};
    for (size_t i = 0; i < sizeof http_rules / sizeof http_rules[0]; i++) {
        if (code >= http_rules[i].first && code <= http_rules[i].last)
            return &http_rules[i];
    }
    return &unknown;
}

/* `MESSAGE (CODE at PATH)` with what there is of it, behind "HTTP 400: " unless the code is 200. */
static enum status set_graphql_error(long http_code, enum status kind, const struct graphql_error *error,
                                     struct err *err)
{
    const char *message = error->message[0] != '\0' ? error->message : "an error without a message";
    bool has_code = error->code[0] != '\0';
    bool has_path = error->path[0] != '\0';
    (void)err_set(err, kind, "%s%s%s%s%s%s", message, has_code || has_path ? " (" : "", error->code,
                  has_path ? (has_code ? " at " : "at ") : "", error->path, has_code || has_path ? ")" : "");
    return http_code == 200 ? kind : err_prefix(err, "HTTP %ld", http_code);
}

/* A body under an HTTP code that is no success: only good for its words, and with code_decides for its kind. */
static enum status classify_failure(long http_code, const struct http_rule *rule, const char *body, size_t size,
                                    struct err *err)
{
    struct envelope envelope;
    struct graphql_error error;
    bool has_error = envelope_read(body, size, NULL, &envelope, NULL) == STATUS_OK && envelope.errors.text != NULL &&
                     graphql_errors_read(envelope.errors, &error) == GRAPHQL_ERRORS_SOME;
    if (!has_error)
        return err_set(err, rule->kind, "HTTP %ld", http_code);
    enum status kind = rule->code_decides ? error.kind : rule->kind;
    return set_graphql_error(http_code, kind, &error, err);
}

static enum status classify_success(long http_code, const char *body, size_t size, struct err *err)
{
    struct envelope envelope;
    struct graphql_error error;
    enum status status = envelope_read(body, size, NULL, &envelope, err);
    if (status != STATUS_OK)
        return status;
    enum graphql_errors errors =
        envelope.errors.text != NULL ? graphql_errors_read(envelope.errors, &error) : GRAPHQL_ERRORS_NONE;
    if (errors == GRAPHQL_ERRORS_SOME)
        return set_graphql_error(http_code, error.kind, &error, err);
    if (errors == GRAPHQL_ERRORS_MALFORMED)
        return err_set(err, STATUS_BAD_ANSWER, "\"errors\" in the answer is no list");
    if (envelope.data.text == NULL)
        return err_set(err, STATUS_BAD_ANSWER, "the answer has neither data nor errors");
    if (envelope.data.text[0] == 'n')
        return err_set(err, STATUS_SERVER, "the answer has no data (null) and says no error");
    if (envelope.data.text[0] != '{')
        return err_set(err, STATUS_BAD_ANSWER, "\"data\" in the answer is no object");
    return STATUS_OK;
}

enum status answer_classify(long http_code, bool is_html, const char *body, size_t size, struct err *err)
{
    const struct http_rule *rule = http_rule_of(http_code);
    if (rule->kind != STATUS_OK)
        return is_html ? err_set(err, rule->kind, "HTTP %ld with an HTML page", http_code)
                       : classify_failure(http_code, rule, body, size, err);
    if (is_html)
        return err_set(err, STATUS_BAD_ANSWER, "an HTML page came instead of JSON");
    return classify_success(http_code, body, size, err);
}
