#include "api/graphql_error.h"

#include <ctype.h>
#include <string.h>

enum match { MATCH_WHOLE, MATCH_FRONT, MATCH_PART };

struct code_rule {
    enum match match;
    const char *text;
    enum status kind;
};

/* The first row that matches decides. Codes are compared in lower case with '-' for '_'. [api-facts section 5] */
static const struct code_rule rules[] = {
    {MATCH_WHOLE, "access-denied", STATUS_SESSION},       {MATCH_WHOLE, "invalid-jwt", STATUS_SESSION},
    {MATCH_WHOLE, "invalid-headers", STATUS_SESSION},     {MATCH_FRONT, "jwt-", STATUS_SESSION},
    {MATCH_PART, "rate-limit", STATUS_THROTTLED},         {MATCH_PART, "too-many-requests", STATUS_THROTTLED},
    {MATCH_PART, "time-limit", STATUS_TIMEOUT},           {MATCH_PART, "timeout", STATUS_TIMEOUT},
    {MATCH_PART, "size-limit", STATUS_TOO_LARGE},         {MATCH_PART, "node-limit", STATUS_TOO_LARGE},
    {MATCH_PART, "depth-limit", STATUS_TOO_LARGE},        {MATCH_PART, "batch-limit", STATUS_TOO_LARGE},
    {MATCH_PART, "limit-exceeded", STATUS_TOO_LARGE},     {MATCH_PART, "validation-failed", STATUS_UNSUPPORTED},
    {MATCH_WHOLE, "not-supported", STATUS_UNSUPPORTED},   {MATCH_PART, "parse-failed", STATUS_REFUSED},
    {MATCH_WHOLE, "not-exists", STATUS_REFUSED},          {MATCH_WHOLE, "not-found", STATUS_REFUSED},
    {MATCH_FRONT, "permission-", STATUS_REFUSED},         {MATCH_WHOLE, "invalid-json", STATUS_REFUSED},
    {MATCH_WHOLE, "invalid-params", STATUS_REFUSED},      {MATCH_WHOLE, "bad-request", STATUS_REFUSED},
    {MATCH_WHOLE, "method-not-allowed", STATUS_REFUSED},  {MATCH_WHOLE, "busy", STATUS_SERVER},
    {MATCH_WHOLE, "unexpected", STATUS_SERVER},           {MATCH_WHOLE, "unexpected-payload", STATUS_SERVER},
    {MATCH_WHOLE, "data-connector-error", STATUS_SERVER}, {MATCH_FRONT, "connection-", STATUS_SERVER},
    {MATCH_PART, "max-connections", STATUS_SERVER},       {MATCH_WHOLE, "concurrent-update", STATUS_SERVER},
    {MATCH_WHOLE, "start-failed", STATUS_SERVER},
};

static const enum status worst_first[] = {STATUS_SESSION,     STATUS_THROTTLED, STATUS_TIMEOUT, STATUS_TOO_LARGE,
                                          STATUS_UNSUPPORTED, STATUS_REFUSED,   STATUS_SERVER,  STATUS_UNCLEAR};

static bool rule_matches(const struct code_rule *rule, const char *code)
{
    switch (rule->match) {
    case MATCH_WHOLE: return strcmp(code, rule->text) == 0;
    case MATCH_FRONT: return strncmp(code, rule->text, strlen(rule->text)) == 0;
    case MATCH_PART: return strstr(code, rule->text) != NULL;
    default: return false;
    }
}

static void judge_code(struct graphql_error *error)
{
    char code[GRAPHQL_CODE_SIZE];
    size_t size = strlen(error->code);
    for (size_t i = 0; i <= size; i++)
        code[i] = error->code[i] == '_' ? '-' : (char)tolower((unsigned char)error->code[i]);
    error->kind = STATUS_UNCLEAR;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rule_matches(&rules[i], code)) {
            error->kind = rules[i].kind;
            return;
        }
    }
}

static void read_text(struct json_span object, const char *name, char *out, size_t out_size)
{
    struct json_span value;
    out[0] = '\0';
    if (json_find(object, name, &value) == JSON_ITEM && value.text[0] == '"')
        (void)json_string_decode(value, out, out_size);
}

static struct graphql_error read_error(struct json_span element)
{
    struct graphql_error error = {0};
    struct json_span extensions;
    read_text(element, "message", error.message, sizeof error.message);
    if (json_find(element, "extensions", &extensions) == JSON_ITEM) {
        read_text(extensions, "code", error.code, sizeof error.code);
        read_text(extensions, "path", error.path, sizeof error.path);
    }
    judge_code(&error);
    return error;
}

static bool is_worse(enum status kind, enum status than)
{
    for (size_t i = 0; i < sizeof worst_first / sizeof worst_first[0]; i++) {
        if (than == worst_first[i])
            return false;
        if (kind == worst_first[i])
            return true;
    }
    return false;
}

static enum graphql_errors read_list(struct json_span errors, struct graphql_error *ret_error)
{
    struct json_scan scan = {errors.text, errors.text + errors.size};
    struct json_walk walk;
    struct json_span element;
    struct graphql_error worst = {0};
    size_t count = 0;
    if (!json_walk_begin(&walk, &scan, '['))
        return GRAPHQL_ERRORS_MALFORMED;
    while (count < GRAPHQL_ERRORS_MAX && json_walk_next(&walk, NULL) == JSON_ITEM) {
        if (!json_scan_value(&scan, &element))
            return GRAPHQL_ERRORS_MALFORMED;
        struct graphql_error error = read_error(element);
        if (count == 0 || is_worse(error.kind, worst.kind))
            worst = error;
        count++;
    }
    if (count == 0)
        return GRAPHQL_ERRORS_NONE;
    *ret_error = worst;
    return GRAPHQL_ERRORS_SOME;
}

enum graphql_errors graphql_errors_read(struct json_span errors, struct graphql_error *ret_error)
{
    switch (errors.text[0]) {
    case 'n': return GRAPHQL_ERRORS_NONE;
    case '[': return read_list(errors, ret_error);
    case '{': *ret_error = read_error(errors); return GRAPHQL_ERRORS_SOME;
    default: return GRAPHQL_ERRORS_MALFORMED;
    }
}
