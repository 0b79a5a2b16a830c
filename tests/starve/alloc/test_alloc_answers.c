/* The questions, and the answers that are no page of rows: login, tables of names, the schema. */
#include "api/schema.h"
#include "api/session.h"
#include "api/table_query.h"
#include "fixture.h"
#include "starve.h"

#include <criterion/criterion.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct asking {
    struct unit unit;
    struct buf text;
    struct buf expected;
};

static enum status ask(void *context, struct err *err)
{
    struct asking *asking = context;
    struct page_query query = fixture_query(&asking->unit);
    struct page_key after = {.day = asking->unit.days.first, .site_id = 9, .group_id = GROUP_A, .start = "2025-05-01"};
    query.after = &after;
    query.with_count = true;
    return query_page(&query, &asking->text, err);
}

static void check_question(void *context)
{
    const struct asking *asking = context;
    cr_assert_str_eq(buf_text(&asking->text), buf_text(&asking->expected));
}

static void release_question(void *context)
{
    buf_release(&((struct asking *)context)->text);
}

Test(alloc_answers, the_question_for_a_page)
{
    struct asking asking = {.unit = fixture_unit()};
    cr_assert_eq(ask(&asking, NULL), STATUS_OK);
    asking.expected = asking.text;
    asking.text = (struct buf){0};
    struct starved starved = {"query_page", &asking, ask, check_question, release_question, STATUS_OK};
    starve_each(&starved);
    buf_release(&asking.expected);
}

static enum status log_in(void *context, struct err *err)
{
    static const char answer[] = "{\"session_id\":\"0123456789012345678901234567890123456789-abcdef\",\"expires\":1}";
    session_login_sent(context);
    return session_login_answered(context, 200, false, answer, sizeof answer - 1, err);
}

static void check_session(void *context)
{
    const struct session *session = context;
    cr_assert_str_eq(buf_text(&session->header), "X-Session-Id: 0123456789012345678901234567890123456789-abcdef");
}

static void release_session(void *context)
{
    session_release(context);
}

/* "Login refused" would end the run, and send somebody to look after the credentials. */
Test(alloc_answers, a_login_is_never_refused_for_want_of_memory)
{
    struct session session = {0};
    struct starved starved = {"login", &session, log_in, check_session, release_session, STATUS_OK};
    starve_each(&starved);
}

static const char *const table_columns[] = {"SITE_ID", "SITE_NAME"};
static const struct table_query table_query = {"SITES", COUNT(table_columns), table_columns, NULL, NULL};

struct tabling {
    struct table table;
    size_t skipped;
};

static enum status read_table(void *context, struct err *err)
{
    static const char answer[] = "{\"data\":{\"SITES\":[{\"SITE_ID\":1,\"SITE_NAME\":\"one\"},"
                                 "{\"SITE_ID\":2,\"SITE_NAME\":\"two, with a name that is longer than usual\"}]}}";
    struct tabling *tabling = context;
    return table_query_read(&table_query, answer, sizeof answer - 1, &tabling->table, &tabling->skipped, err);
}

static void check_table(void *context)
{
    const struct tabling *tabling = context;
    cr_assert_eq(tabling->skipped, 0);
    cr_assert_eq(tabling->table.row_count, 2);
    cr_assert_eq(table_value(&tabling->table, 1, 0)->integer, 2);
    const struct value *name = table_value(&tabling->table, 1, 1);
    cr_assert_eq(name->size, strlen("two, with a name that is longer than usual"));
    cr_assert_eq(memcmp(name->text, "two, with a name that is longer than usual", name->size), 0);
}

static void release_table(void *context)
{
    struct tabling *tabling = context;
    table_release(&tabling->table);
    *tabling = (struct tabling){0};
}

Test(alloc_answers, a_table_of_names)
{
    struct tabling tabling = {0};
    struct starved starved = {"table_query_read", &tabling, read_table, check_table, release_table, STATUS_OK};
    starve_each(&starved);
}

struct probing {
    struct schema_probe *probe;
    struct buf text;
};

/* What the schema says, in the two answers that are asked for. */
static enum status probe_schema(void *context, struct err *err)
{
    static const char roots[] =
        "{\"data\":{\"__schema\":{\"queryType\":{\"fields\":[{\"name\":\"BUILDING_INSIGHTS\",\"args\":[{\"name\":"
        "\"where\"},"
        "{\"name\":\"limit\"}],\"type\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":\"OBJECT\",\"name\":\"Row\"}}}]}}}}";
    static const char table[] = "{\"data\":{\"__type\":{\"name\":\"Row\",\"fields\":[{\"name\":\"OCCUPANCY_MEAN\","
                                "\"args\":[],\"type\":{\"kind\":"
                                "\"SCALAR\",\"name\":\"Float\"}}]}}}";
    struct probing *probing = context;
    enum status status = schema_probe_new("BUILDING_INSIGHTS", &probing->probe, err);
    if (status == STATUS_OK)
        status = schema_probe_query(probing->probe, &probing->text, err);
    if (status == STATUS_OK && schema_probe_feed(probing->probe, roots, sizeof roots - 1, err) == SCHEMA_FAIL)
        status = err->kind;
    if (status == STATUS_OK && schema_probe_feed(probing->probe, table, sizeof table - 1, err) == SCHEMA_FAIL)
        status = err->kind;
    return status;
}

static void check_schema(void *context)
{
    const struct probing *probing = context;
    const struct schema_table *table = schema_probe_table(probing->probe);
    cr_assert(table->has_where && table->has_limit && !table->has_order_by);
    cr_assert_eq(table->column_count, 1);
    cr_assert_str_eq(table->columns[0].name, "OCCUPANCY_MEAN");
}

static void release_schema(void *context)
{
    struct probing *probing = context;
    schema_probe_free(probing->probe);
    buf_release(&probing->text);
    *probing = (struct probing){0};
}

Test(alloc_answers, the_schema)
{
    struct probing probing = {0};
    struct starved starved = {"schema", &probing, probe_schema, check_schema, release_schema, STATUS_OK};
    starve_each(&starved);
}
