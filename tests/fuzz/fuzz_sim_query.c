/*
 * A query to the simulator, from anywhere: what was parsed and printed has all tokens of the query, parses again to the
 * same print, and is answered the same. Every answer is one JSON object with either data or errors, and asking again
 * gives the same answer.
 *
 * Input: the text of the query; behind a NUL, if there is one, the JSON of its variables. The linker puts the source of
 * chance that is below in front of the system's.
 */
#include "core/text.h"
#include "fuzz.h"
#include "graphql_lex.h"
#include "graphql_parse.h"
#include "query_text.h"
#include "service.h"

#include <json-c/json.h>
#include <string.h>
#include <sys/random.h>

enum { NOW = 1746230400, BODY_MAX = 8 << 20 }; /* NOW: 2025-05-03 */

ssize_t __wrap_getrandom(void *out, size_t size, unsigned flags);

ssize_t __wrap_getrandom(void *out, size_t size, unsigned flags)
{
    (void)flags;
    memset(out, 0x5A, size);
    return (ssize_t)size;
}

/* A small world, two sites of one building on two days, made once. */
static const struct backend *small_world(void)
{
    static struct sim_options options;
    static struct edition edition;
    static bool is_made;
    if (is_made)
        return &edition.backend;
    static char words[][24] = {"innerspace-sim",  "--buildings", "1",      "--sites",   "2", "--groups", "2",
                               "--granularities", "PT1H,P1D",    "--from", "2025-05-01"};
    enum { WORDS = sizeof words / sizeof words[0] };
    static char *argv[WORDS + 1];
    struct err err = {0};
    for (size_t i = 0; i < WORDS; i++)
        argv[i] = words[i];
    if (sim_options_parse(&options, WORDS, argv, &err) != STATUS_OK ||
        edition_init(&edition, &options, false, NOW, &err) != STATUS_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    is_made = true;
    return &edition.backend;
}

static void see(void *context, const char *name)
{
    (void)context;
    PROMISE(name == NULL || strlen(name) < BODY_MAX);
}

/* Whether a text is JSON: if it were not, it could be the end of the body and more. */
static bool is_json(const char *text, size_t size)
{
    struct json_tokener *tokener = json_tokener_new_ex(32);
    PROMISE(tokener != NULL);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *json = json_tokener_parse_ex(tokener, text, (int)size);
    bool is_sound = json_tokener_get_error(tokener) == json_tokener_success;
    json_object_put(json);
    json_tokener_free(tokener);
    return is_sound;
}

/* The answer to a query, in *ret_body. */
static void ask(const char *query, size_t query_size, const char *variables, size_t variables_size,
                struct buf *ret_body)
{
    struct buf body = {.max = BODY_MAX};
    struct request_answer answer = {0};
    buf_append_text(&body, "{\"query\":");
    buf_append_json_string(&body, query, query_size);
    buf_append_text(&body, ",\"variables\":");
    buf_append(&body, variables, variables_size);
    buf_append_char(&body, '}');
    request_answer(small_world(), buf_text(&body), body.size, see, NULL, &answer);
    *ret_body = answer.body;
    buf_release(&body);
}

/* One JSON object with data or errors, as the letter of the law has it. */
static bool check_answer(const struct buf *body)
{
    struct json_tokener *tokener = json_tokener_new_ex(200);
    PROMISE(tokener != NULL && body->size < INT32_MAX);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *json = json_tokener_parse_ex(tokener, buf_text(body), (int)body->size);
    PROMISE(json_object_is_type(json, json_type_object));
    bool has_data = json_object_is_type(json_object_object_get(json, "data"), json_type_object);
    struct json_object *errors = json_object_object_get(json, "errors");
    PROMISE(has_data == (errors == NULL) && json_object_object_length(json) == 1);
    PROMISE(has_data || json_object_array_length(errors) == 1);
    json_object_put(json);
    json_tokener_free(tokener);
    return has_data;
}

static bool same(const struct buf *a, const struct buf *b)
{
    return a->size == b->size && memcmp(buf_text(a), buf_text(b), a->size) == 0;
}

static bool same_token(const struct gql_token *a, const struct gql_token *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == GQL_TOKEN_END || a->kind == GQL_TOKEN_PUNCTUATOR)
        return a->punctuator == b->punctuator;
    return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

/* The print has the tokens of the text, but for the word "query" that a bare selection lacks: nothing was lost. */
static void check_tokens(struct arena *arena, const char *text, size_t size, const struct buf *print)
{
    struct gql_lexer lexers[2];
    struct gql_token tokens[2] = {{.kind = GQL_TOKEN_NAME}};
    int depth = 0;
    gql_lexer_init(&lexers[0], arena, text, size);
    gql_lexer_init(&lexers[1], arena, buf_text(print), print->size);
    while (tokens[0].kind != GQL_TOKEN_END) {
        for (int i = 0; i < 2; i++)
            PROMISE(gql_lexer_next(&lexers[i], &tokens[i], NULL) == STATUS_OK);
        if (depth == 0 && tokens[0].punctuator == '{' && tokens[1].kind == GQL_TOKEN_NAME)
            PROMISE(gql_lexer_next(&lexers[1], &tokens[1], NULL) == STATUS_OK);
        PROMISE(same_token(&tokens[0], &tokens[1]));
        depth += tokens[0].punctuator == '{';
        depth -= tokens[0].punctuator == '}';
    }
}

/* Appends the print of a query; false when it is no document. */
static bool print(const char *query, size_t size, struct buf *out)
{
    struct arena arena = {.max = REQUEST_ARENA_MAX};
    struct gql_document *document = NULL;
    struct err err = {0};
    enum status status = gql_parse(&arena, query, size, &document, &err);
    PROMISE(status == STATUS_OK || status == STATUS_REFUSED || status == STATUS_NOMEM);
    PROMISE((status == STATUS_OK) == (document != NULL));
    PROMISE(status == STATUS_OK || err.message[0] != '\0');
    if (status == STATUS_OK)
        query_text_append(out, document);
    /* Fragments are printed last, and some directives are not kept. */
    if (status == STATUS_OK && document->fragments == NULL && memchr(query, '@', size) == NULL)
        check_tokens(&arena, query, size, out);
    arena_release(&arena);
    return status == STATUS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *query = (const char *)data;
    const char *nul = size > 0 ? memchr(query, '\0', size) : NULL;
    size_t query_size = nul != NULL ? (size_t)(nul - query) : size;
    bool has_variables = nul != NULL && is_json(nul + 1, size - query_size - 1);
    const char *variables = has_variables ? nul + 1 : "null";
    size_t variables_size = has_variables ? size - query_size - 1 : 4;
    struct buf printed = {.max = BODY_MAX};
    struct buf reprinted = {.max = BODY_MAX};
    struct buf first = {0};
    struct buf second = {0};
    bool is_document = print(query, query_size, &printed);
    ask(query, query_size, variables, variables_size, &first);
    bool has_data = check_answer(&first);
    PROMISE(is_document || !has_data || !text_is_utf8(query, query_size)); /* in JSON it is made UTF-8 */
    if (is_document) {
        PROMISE(buf_status(&printed, NULL) == STATUS_OK);
        PROMISE(print(printed.data, printed.size, &reprinted));
        PROMISE(same(&printed, &reprinted));
        ask(printed.data, printed.size, variables, variables_size, &second);
        PROMISE(same(&first, &second));
    }
    buf_release(&printed);
    buf_release(&reprinted);
    buf_release(&first);
    buf_release(&second);
    return 0;
}
