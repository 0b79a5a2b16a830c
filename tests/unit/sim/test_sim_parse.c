#include "core/buf.h"
#include "graphql_parse.h"

#include <criterion/criterion.h>
#include <string.h>

static struct arena arena;

static void release(void)
{
    arena_release(&arena);
}

static struct gql_document *parse(const char *text)
{
    struct gql_document *document = NULL;
    struct err err = {0};
    cr_assert_eq(gql_parse(&arena, text, strlen(text), &document, &err), STATUS_OK, "%s: %s", text, err.message);
    return document;
}

TestSuite(sim_parse, .fini = release);

Test(sim_parse, a_bare_selection_is_an_anonymous_query)
{
    struct gql_document *document = parse("{ FLOOR { ID NAME } }");
    struct gql_operation *operation = document->operations;
    cr_assert_eq(operation->kind, GQL_QUERY);
    cr_assert_null(operation->name);
    cr_assert_null(operation->next);
    cr_assert_str_eq(operation->selections->name, "FLOOR");
    cr_assert_str_eq(operation->selections->selections->next->name, "NAME");
}

Test(sim_parse, several_operations_and_fragments_may_stand_in_one_document)
{
    struct gql_document *document =
        parse("query A {a} mutation B {b} subscription C {c} fragment F on T {x} fragment G on U {y}");
    cr_assert_str_eq(document->operations->name, "A");
    cr_assert_eq(document->operations->next->kind, GQL_MUTATION);
    cr_assert_eq(document->operations->next->next->kind, GQL_SUBSCRIPTION);
    cr_assert_null(document->operations->next->next->next);
    cr_assert_str_eq(document->fragments->on, "T");
    cr_assert_str_eq(document->fragments->next->name, "G");
}

Test(sim_parse, aliases_arguments_and_nested_values_are_kept)
{
    struct gql_selection *field =
        parse("{x: T(where: {A: {_eq: 71}, _or: [{B: {_in: [\"p\", \"q\"]}}]}, limit: 5, f: -1.5, e: asc, n: null, "
              "t: true, v: $v) {y}}")
            ->operations->selections;
    cr_assert_str_eq(field->response, "x");
    cr_assert_str_eq(field->name, "T");
    struct gql_value *where = field->args;
    cr_assert_eq(where->kind, GQL_OBJECT);
    cr_assert_str_eq(where->first->first->name, "_eq");
    cr_assert_eq(where->first->first->kind, GQL_INT);
    struct gql_value *item = where->first->next->first->first->first->first;
    cr_assert_str_eq(item->next->text, "q");
    static const enum gql_value_kind kinds[] = {GQL_INT, GQL_FLOAT, GQL_ENUM, GQL_NULL, GQL_BOOLEAN, GQL_VARIABLE};
    struct gql_value *value = where->next;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++, value = value->next)
        cr_assert_eq(value->kind, kinds[i], "argument %zu", i);
    cr_assert_null(value);
}

Test(sim_parse, variables_have_types_and_defaults)
{
    struct gql_variable *variable =
        parse("query Q($a: Int!, $b: [String!]! = [\"x\"], $c: T = {k: 1}) {a}")->operations->variables;
    cr_assert(variable->type->non_null);
    cr_assert_null(variable->fallback);
    variable = variable->next;
    cr_assert_null(variable->type->name);
    cr_assert(variable->type->non_null && variable->type->item->non_null);
    cr_assert_str_eq(variable->fallback->first->text, "x");
    cr_assert_eq(variable->next->fallback->kind, GQL_OBJECT);
}

Test(sim_parse, fragments_inline_fragments_and_directives_are_kept)
{
    struct gql_selection *selection =
        parse("{...F @skip(if: true) ... on T @include(if: $x) {a} ... {b}}")->operations->selections;
    cr_assert_eq(selection->kind, GQL_SPREAD);
    cr_assert_str_eq(selection->directives->name, "skip");
    selection = selection->next;
    cr_assert_eq(selection->kind, GQL_INLINE);
    cr_assert_str_eq(selection->on, "T");
    selection = selection->next;
    cr_assert_null(selection->on);
    cr_assert_str_eq(selection->selections->name, "b");
}

Test(sim_parse, words_of_the_grammar_may_be_names)
{
    struct gql_selection *field = parse("query query {query fragment on true: null}")->operations->selections;
    cr_assert_str_eq(field->name, "query");
    cr_assert_str_eq(field->next->next->next->response, "true");
}

static const char *const bad_documents[] = {
    "",
    " ",
    "#",
    "{",
    "}",
    "{}",
    "{a",
    "{a}}",
    "{a}{",
    "{a}b",
    "{a()}",
    "{a(b)}",
    "{a(b:)}",
    "{a(:1)}",
    "{a(b:1 b:2)}",
    "{a(b:{c:1 c:2})}",
    "{a(b:[1}",
    "{a(b:{c 1})}",
    "{a(b:$)}",
    "{1}",
    "{\"a\"}",
    "{a:}",
    "{:a}",
    "{...}",
    "{... on {a}}",
    "{...F",
    "query",
    "query Q",
    "query Q {",
    "query Q($a) {a}",
    "query Q($a:) {a}",
    "query Q() {a}",
    "query Q($a: [Int) {a}",
    "query Q($a: Int!!) {a}",
    "query Q($a: Int = $b) {a}",
    "query 1 {a}",
    "fragment F {a}",
    "fragment on on T {a}",
    "fragment F on {a}",
    "fragment F on T",
    "type T {a: Int}",
    "schema {query: Q}",
    "{a @}",
    "{a @b(}",
    "{a {}}",
    "{a b: {c}}",
    "{a(b: &)}",
    "\xFF{a}",
};

Test(sim_parse, malformed_documents_are_refused)
{
    for (size_t i = 0; i < sizeof bad_documents / sizeof *bad_documents; i++) {
        struct gql_document *document = NULL;
        struct err err = {0};
        enum status status = gql_parse(&arena, bad_documents[i], strlen(bad_documents[i]), &document, &err);
        cr_assert_eq(status, STATUS_REFUSED, "accepted: %s", bad_documents[i]);
        cr_assert_null(document);
        cr_assert_neq(err.message[0], '\0');
    }
}

/* open repeated, then middle, then close repeated. */
static void nest(struct buf *out, const char *open, const char *middle, const char *close, int depth)
{
    for (int i = 0; i < depth; i++)
        buf_append_text(out, open);
    buf_append_text(out, middle);
    for (int i = 0; i < depth; i++)
        buf_append_text(out, close);
}

/* Parses BEFORE open... middle close... AFTER. */
static enum status parse_nested(const char *before, const char *open, const char *middle, const char *close,
                                const char *after, int depth)
{
    struct gql_document *document = NULL;
    struct buf text = {0};
    buf_append_text(&text, before);
    nest(&text, open, middle, close, depth);
    buf_append_text(&text, after);
    enum status status = gql_parse(&arena, text.data, text.size, &document, NULL);
    buf_release(&text);
    return status;
}

Test(sim_parse, depth_is_bounded)
{
    cr_assert_eq(parse_nested("", "{a", "", "}", "", GQL_DEPTH_MAX), STATUS_OK);
    cr_assert_eq(parse_nested("", "{a", "", "}", "", GQL_DEPTH_MAX + 1), STATUS_REFUSED);
    cr_assert_eq(parse_nested("{a(b:", "[", "", "]", ")}", GQL_DEPTH_MAX - 1), STATUS_OK);
    cr_assert_eq(parse_nested("{a(b:", "[", "", "]", ")}", GQL_DEPTH_MAX), STATUS_REFUSED);
    cr_assert_eq(parse_nested("query Q($a: ", "[", "T", "]", ") {a}", GQL_DEPTH_MAX - 1), STATUS_OK);
    cr_assert_eq(parse_nested("query Q($a: ", "[", "T", "]", ") {a}", GQL_DEPTH_MAX), STATUS_REFUSED);
}

Test(sim_parse, a_document_cut_short_anywhere_is_refused)
{
    const char *whole = "query Q($a: [Int!] = [1]) {x: T(w: {_or: [{A: {_eq: \"p\"}}]}) @skip(if: $a) {... on T {y}}}";
    for (size_t size = 0; size < strlen(whole); size++) {
        struct gql_document *document = NULL;
        cr_assert_eq(gql_parse(&arena, whole, size, &document, NULL), STATUS_REFUSED, "accepted %zu bytes", size);
    }
    parse(whole);
}

Test(sim_parse, memory_beyond_the_maximum_is_refused)
{
    struct arena small = {.max = 1000};
    struct gql_document *document = NULL;
    struct buf text = {0};
    buf_append_text(&text, "{a(b:[");
    for (int i = 0; i < 900; i++)
        buf_append_text(&text, "1 ");
    buf_append_text(&text, "])}");
    cr_assert_eq(gql_parse(&small, text.data, text.size, &document, NULL), STATUS_NOMEM);
    buf_release(&text);
    arena_release(&small);
}
