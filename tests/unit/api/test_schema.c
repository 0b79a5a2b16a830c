#include "api/schema.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define ROWS_TYPE                                                                                                      \
    "'type':{'kind':'NON_NULL','ofType':{'kind':'LIST','ofType':{'kind':'NON_NULL','ofType':{'kind':'OBJECT',"         \
    "'name':'Row'}}}}"
#define WHERE_ARG "{'name':'where','type':{'kind':'INPUT_OBJECT','name':'Row_bool_exp'}}"
#define ROOTS(args)                                                                                                    \
    "{'data':{'__schema':{'queryType':{'fields':[{'name':'T','args':[" args "]," ROWS_TYPE "},"                        \
    "{'name':'T_aggregate','args':[],'type':{'kind':'OBJECT','name':'Agg'}},"                                          \
    "{'name':'SITE','args':[],'type':{'kind':'OBJECT','name':'SITE'}}]}}}}"
#define FIELDS(fields) "{'data':{'__type':{'fields':[" fields "]}}}"
#define INT            "'type':{'kind':'SCALAR','name':'Int'}"

static struct schema_probe *probe;
static struct err err;
static char text[1 << 20];

static void teardown(void)
{
    schema_probe_free(probe);
    probe = NULL;
}

TestSuite(schema, .fini = teardown);

static void begin(const char *root)
{
    cr_assert_eq(schema_probe_new(root, &probe, &err), STATUS_OK, "%s", err.message);
}

/* In the answer ' stands for ". */
static enum schema_step feed(const char *answer)
{
    cr_assert_lt(snprintf(text, sizeof text, "%s", answer), (int)sizeof text);
    for (char *at = text; *at != '\0'; at++)
        *at = *at == '\'' ? '"' : *at;
    return schema_probe_feed(probe, text, strlen(text), &err);
}

static void asks(const char *part)
{
    struct buf body = {0};
    cr_assert_eq(schema_probe_query(probe, &body, &err), STATUS_OK, "%s", err.message);
    cr_expect(strncmp(body.data, "{\"operationName\":\"Occuport\",", 28) == 0);
    cr_expect_not_null(strstr(body.data, part), "%s not in %s", part, body.data);
    buf_release(&body);
}

static const struct schema_table *table_of(const char *fields)
{
    begin("T");
    cr_assert_eq(feed(ROOTS("")), SCHEMA_ASK, "%s", err.message);
    cr_assert_eq(feed(fields), SCHEMA_DONE, "%s", err.message);
    return schema_probe_table(probe);
}

Test(schema, two_questions_tell_arguments_and_columns)
{
    begin("T");
    asks("__schema {queryType {fields {name args {name");
    cr_assert_eq(feed(ROOTS(WHERE_ARG ",{'name':'limit'},{'name':'order_by'}")), SCHEMA_ASK, "%s", err.message);
    asks("__type(name: \\\"Row\\\") {fields");
    cr_assert_eq(feed(FIELDS("{'name':'SITE_ID'," INT "},{'name':'MEAN',"
                             "'type':{'kind':'NON_NULL','ofType':{'kind':'SCALAR','name':'Float'}}}")),
                 SCHEMA_DONE, "%s", err.message);
    const struct schema_table *table = schema_probe_table(probe);
    cr_expect(table->exists && table->has_where && table->has_order_by && table->has_limit && table->has_aggregate);
    cr_assert_eq(table->column_count, 2);
    cr_expect_str_eq(table->columns[0].name, "SITE_ID");
    cr_expect_str_eq(table->columns[1].type, "Float");
    struct buf body = {0};
    cr_expect_eq(schema_probe_query(probe, &body, &err), STATUS_BUG);
    cr_expect_eq(feed(FIELDS("")), SCHEMA_FAIL);
    buf_release(&body);
}

Test(schema, arguments_that_are_not_there_are_not_offered)
{
    begin("T");
    cr_assert_eq(feed(ROOTS(WHERE_ARG)), SCHEMA_ASK);
    cr_assert_eq(feed(FIELDS("{'name':'A'," INT "}")), SCHEMA_DONE);
    const struct schema_table *table = schema_probe_table(probe);
    cr_expect(table->has_where && !table->has_order_by && !table->has_limit);
}

Test(schema, without_a_table_the_root_fields_are_listed_each_once)
{
    const char *const *names;
    begin(NULL);
    cr_assert_eq(feed("{'data':{'__schema':{'queryType':{'fields':[{'name':'SITE'},{'name':'FLOOR'},"
                      "{'name':'SITE'}]}}}}"),
                 SCHEMA_DONE, "%s", err.message);
    cr_assert_eq(schema_probe_roots(probe, &names), 2);
    cr_expect_str_eq(names[0], "SITE");
    cr_expect_str_eq(names[1], "FLOOR");
    cr_expect_not(schema_probe_table(probe)->exists);
}

Test(schema, a_table_that_is_not_there_ends_the_questions)
{
    begin("NOWHERE");
    cr_assert_eq(feed(ROOTS("")), SCHEMA_DONE);
    cr_expect_not(schema_probe_table(probe)->exists);
    cr_expect_not(schema_probe_table(probe)->has_aggregate);
}

Test(schema, a_server_that_hides_its_schema_says_unsupported)
{
    static const char *const answers[] = {"{'data':{}}", "{'data':{'__schema':null}}",
                                          "{'data':{'__schema':{'queryType':null}}}", "{'data':{'__schema':[]}}",
                                          "{'data':{'__schema':{'queryType':{'fields':null}}}}"};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        begin("T");
        cr_expect_eq(feed(answers[i]), SCHEMA_FAIL, "%s", answers[i]);
        cr_expect_eq(err.kind, STATUS_UNSUPPORTED);
        cr_expect_str_eq(err.message, "the server does not show its schema");
        teardown();
    }
}

Test(schema, a_hidden_row_type_says_unsupported_and_names_the_table)
{
    begin("T");
    cr_assert_eq(feed(ROOTS("")), SCHEMA_ASK);
    cr_expect_eq(feed("{'data':{'__type':null}}"), SCHEMA_FAIL);
    cr_expect_eq(err.kind, STATUS_UNSUPPORTED);
    cr_expect_str_eq(err.message, "the server does not show the columns of T");
}

Test(schema, what_is_no_schema_is_a_bad_answer)
{
    static const char *const answers[] = {
        "{'data':{'__schema':{'queryType':{'fields':7}}}}",
        "{'data':{'__schema':{'queryType':{'fields':[7]}}}}",
        "{'data':{'__schema':{'queryType':{'fields':[{'name':null}]}}}}",
        "{'data':{'__schema':{'queryType':{'fields':[{'name':'no name'}]}}}}",
        "{'data':{'__schema':{'queryType':{'fields':[{'name':'A','name':'B'}]}}}}",
        "{'data':{'__schema':{'queryType':{'fields':[{'name':'T'," INT "}]}}}}",
        "{'data':{'__schema':{},'__schema':{}}}",
        "{'data':{'__schema':",
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        begin("T");
        cr_expect_eq(feed(answers[i]), SCHEMA_FAIL, "%s", answers[i]);
        cr_expect_eq(err.kind, STATUS_BAD_ANSWER, "%s: %s", answers[i], err.message);
        teardown();
    }
}

Test(schema, columns_are_told_from_relationships)
{
    const struct schema_table *table =
        table_of(FIELDS("{'name':'FEATURE','args':[{'name':'path','type':{'kind':'SCALAR'}}],"
                        "'type':{'kind':'SCALAR','name':'jsonb'}},"
                        "{'name':'site','args':[],'type':{'kind':'OBJECT','name':'SITE'}},"
                        "{'name':'zones','args':[{'name':'where'}],'type':{'kind':'LIST','ofType':{'kind':'OBJECT',"
                        "'name':'ZONE'}}},"
                        "{'name':'NAMES','type':{'kind':'LIST','ofType':{'kind':'SCALAR','name':'String'}}},"
                        "{'name':'AT','args':[{'name':'zone','type':{'kind':'NON_NULL'},'defaultValue':null}]," INT "},"
                        "{'name':'IN','args':[{'name':'unit','type':{'kind':'NON_NULL'},'defaultValue':'M'}]," INT "},"
                        "{'name':'any','type':{'kind':'UNION','name':'Any'}},{'name':'BARE','type':null}"));
    static const struct schema_column wanted[] = {{"FEATURE", "jsonb", false},
                                                  {"site", "SITE", true},
                                                  {"NAMES", "[String]", false},
                                                  {"IN", "Int", false},
                                                  {"any", "Any", true}};
    cr_assert_eq(table->column_count, 5);
    for (size_t i = 0; i < 5; i++) {
        cr_expect_str_eq(table->columns[i].name, wanted[i].name);
        cr_expect_str_eq(table->columns[i].type, wanted[i].type);
        cr_expect_eq(table->columns[i].is_object, wanted[i].is_object, "%s", wanted[i].name);
    }
}

Test(schema, of_columns_with_one_name_the_first_counts)
{
    const struct schema_table *table =
        table_of(FIELDS("{'name':'A'," INT "},{'name':'A','type':{'kind':'SCALAR','name':'Float'}}"));
    cr_assert_eq(table->column_count, 1);
    cr_expect_str_eq(table->columns[0].type, "Int");
}

/* {"data": FRONT {..."C0"...}, ... BACK with count columns. */
static void many(struct buf *out, const char *front, const char *back, int count)
{
    buf_append_text(out, front);
    for (int i = 0; i < count; i++)
        buf_appendf(out, "%s{\"name\":\"C%d\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Int\"}}", i > 0 ? "," : "", i);
    buf_append_text(out, back);
}

Test(schema, more_columns_or_root_fields_than_the_maximum_are_refused)
{
    static const char front[] = "{\"data\":{\"__schema\":{\"queryType\":{\"fields\":[";
    for (int more = 0; more < 2; more++) {
        struct buf roots = {0};
        struct buf columns = {0};
        many(&roots, front, "]}}}}", SCHEMA_ROOTS_MAX + more);
        begin(NULL);
        cr_expect_eq(schema_probe_feed(probe, roots.data, roots.size, &err), more ? SCHEMA_FAIL : SCHEMA_DONE);
        teardown();
        many(&columns, "{\"data\":{\"__type\":{\"fields\":[", "]}}}", SCHEMA_COLUMNS_MAX + more);
        begin("T");
        cr_assert_eq(feed(ROOTS("")), SCHEMA_ASK);
        cr_expect_eq(schema_probe_feed(probe, columns.data, columns.size, &err), more ? SCHEMA_FAIL : SCHEMA_DONE);
        cr_expect_eq(err.kind, more ? STATUS_TOO_LARGE : STATUS_OK);
        teardown();
        buf_release(&roots);
        buf_release(&columns);
    }
}

Test(schema, a_name_may_be_long_and_not_longer)
{
    for (int size = SCHEMA_NAME_MAX; size <= SCHEMA_NAME_MAX + 1; size++) {
        struct buf body = {0};
        buf_appendf(&body, "{\"data\":{\"__schema\":{\"queryType\":{\"fields\":[{\"name\":\"%0*d\"}]}}}}", size, 0);
        memset(strchr(body.data, '0'), 'a', (size_t)size);
        begin(NULL);
        cr_expect_eq(schema_probe_feed(probe, body.data, body.size, &err),
                     size == SCHEMA_NAME_MAX ? SCHEMA_DONE : SCHEMA_FAIL);
        teardown();
        buf_release(&body);
    }
}

Test(schema, a_type_that_never_ends_is_no_column)
{
    struct buf body = {0};
    buf_append_text(&body, "{\"data\":{\"__type\":{\"fields\":[{\"name\":\"A\",\"type\":");
    for (int i = 0; i < 100; i++)
        buf_append_text(&body, "{\"kind\":\"LIST\",\"ofType\":");
    buf_append_text(&body, "null");
    for (int i = 0; i < 100; i++)
        buf_append_char(&body, '}');
    buf_append_text(&body, "}]}}}");
    begin("T");
    cr_assert_eq(feed(ROOTS("")), SCHEMA_ASK);
    cr_expect_eq(schema_probe_feed(probe, body.data, body.size, &err), SCHEMA_DONE, "%s", err.message);
    cr_expect_eq(schema_probe_table(probe)->column_count, 0);
    buf_release(&body);
}

Test(schema, a_root_field_must_be_a_name)
{
    cr_expect_eq(schema_probe_new("T {x}", &probe, &err), STATUS_BUG);
    cr_expect_eq(schema_probe_new("", &probe, &err), STATUS_BUG);
    cr_expect_null(probe);
}
