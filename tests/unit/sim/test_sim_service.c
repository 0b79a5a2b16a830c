#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static struct sim sim;

static void teardown(void)
{
    sim_close(&sim);
}

TestSuite(sim_service, .fini = teardown);

#define TOKEN "/v2/oauth/token"
#define GOOD_BODY                                                                                                      \
    "{\"client_id\":\"demo\",\"client_secret\":\"demo-secret\",\"audience\":\"https://global-config.innerspace.io\"}"
#define QUERY  "{\"query\":\"{FLOOR(where:{ID:{_eq:71001}}){ID}}\"}"
#define FLOORS "{\"data\":{\"FLOOR\":[{\"ID\":71001}]}}"

static const char *call(const char *method, const char *path, const char *session, const char *body)
{
    buf_release(&sim.reply.body);
    sim.reply = (struct reply){0};
    struct call made = {.method = method, .path = path, .session_id = session, .body = body, .size = strlen(body)};
    service_answer(&sim.service, &made, &sim.reply);
    return buf_text(&sim.reply.body);
}

static void log_in(char session_id[SESSION_ID_SIZE])
{
    struct json_object *json = json_tokener_parse(call("POST", TOKEN, NULL, GOOD_BODY));
    cr_assert_eq(sim.reply.code, 200);
    const char *id = json_object_get_string(json_object_object_get(json, "session_id"));
    cr_assert_eq(strlen(id), SESSION_ID_SIZE - 1);
    memcpy(session_id, id, SESSION_ID_SIZE);
    json_object_put(json);
}

struct login {
    const char *body;
    unsigned code;
};

Test(sim_service, only_the_right_credentials_get_a_session)
{
    static const struct login logins[] = {
        {GOOD_BODY, 200},
        {"{\"client_id\":\"demo\",\"client_secret\":\"wrong\",\"audience\":\"https://global-config.innerspace.io\"}",
         401},
        {"{\"client_id\":\"x\",\"client_secret\":\"demo-secret\",\"audience\":\"https://global-config.innerspace.io\"}",
         401},
        {"{\"client_id\":\"demo\",\"client_secret\":\"demo-secret\",\"audience\":\"elsewhere\"}", 403},
        {"{\"client_id\":\"demo\",\"client_secret\":\"demo-secret\"}", 400},
        {"{\"client_id\":1,\"client_secret\":\"demo-secret\",\"audience\":\"a\"}", 400},
        {"client_id=demo&client_secret=demo-secret", 400},
        {"[]", 400},
        {"", 400},
    };
    sim_open(&sim, "");
    for (size_t i = 0; i < sizeof logins / sizeof *logins; i++) {
        const char *answer = call("POST", TOKEN, NULL, logins[i].body);
        cr_assert_eq(sim.reply.code, logins[i].code, "%s: %s", logins[i].body, answer);
        cr_assert_eq(strstr(answer, "\"error\"") == NULL, logins[i].code == 200, "%s", answer);
    }
    call("GET", TOKEN, NULL, "");
    cr_assert_eq(sim.reply.code, 405);
    cr_assert_eq(sim.service.stats.events[STATS_LOGIN], 1);
    cr_assert_eq(sim.service.stats.events[STATS_LOGIN_REFUSED], 9);
}

Test(sim_service, queries_need_a_session)
{
    char session[SESSION_ID_SIZE];
    sim_open(&sim, "");
    call("POST", "/v2/api", NULL, QUERY);
    cr_assert_eq(sim.reply.code, 401);
    call("POST", "/v2/api", "nonsense", QUERY);
    cr_assert_eq(sim.reply.code, 401);
    call("POST", "/v2/api", "", QUERY);
    cr_assert_eq(sim.reply.code, 401);
    log_in(session);
    cr_assert_str_eq(call("POST", "/v2/api", session, QUERY), FLOORS);
    cr_assert_eq(sim.reply.code, 200);
    session[0] = session[0] == '0' ? '1' : '0';
    call("POST", "/v2/api", session, QUERY);
    cr_assert_eq(sim.reply.code, 401);
}

Test(sim_service, expiry_may_be_a_200_with_an_auth_code)
{
    sim_open(&sim, "--expiry-style 200");
    cr_assert_not_null(strstr(call("POST", "/v2/api", NULL, QUERY), "\"code\":\"access-denied\""));
    cr_assert_eq(sim.reply.code, 200);
    cr_assert_not_null(strstr(call("POST", "/v2/api", "old", QUERY), "\"code\":\"invalid-jwt\""));
    cr_assert_eq(sim.reply.code, 200);
    cr_assert_null(strstr(buf_text(&sim.reply.body), "\"data\""));
}

Test(sim_service, a_session_ends_after_its_requests_and_several_live_at_once)
{
    char first[SESSION_ID_SIZE];
    char second[SESSION_ID_SIZE];
    sim_open(&sim, "--session-requests 2");
    log_in(first);
    log_in(second);
    call("POST", "/v2/api", first, QUERY);
    cr_assert_eq(sim.reply.code, 200);
    call("POST", "/v2/api", first, "[" QUERY "," QUERY "]");
    cr_assert_eq(sim.reply.code, 200, "a batch is one request");
    call("POST", "/v2/api", first, QUERY);
    cr_assert_eq(sim.reply.code, 401);
    call("POST", "/v2/api", first, QUERY);
    cr_assert_eq(sim.reply.code, 401);
    cr_assert_str_eq(call("POST", "/v2/api", second, QUERY), FLOORS);
}

static int64_t test_time_ms;

static int64_t told_time(void *context)
{
    (void)context;
    return test_time_ms;
}

Test(sim_service, a_session_ends_after_its_seconds)
{
    char session[SESSION_ID_SIZE];
    sim_open(&sim, "--session-seconds 10");
    sim.service.sessions.clock = (struct clock){.monotonic_ms = told_time};
    log_in(session);
    test_time_ms = 9999;
    call("POST", "/v2/api", session, QUERY);
    cr_assert_eq(sim.reply.code, 200);
    test_time_ms = 10000;
    call("POST", "/v2/api", session, QUERY);
    cr_assert_eq(sim.reply.code, 401);
}

Test(sim_service, the_table_of_sessions_forgets_the_oldest)
{
    char first[SESSION_ID_SIZE];
    char other[SESSION_ID_SIZE];
    sim_open(&sim, "");
    log_in(first);
    for (int i = 0; i < SESSIONS_MAX - 1; i++)
        cr_assert(sessions_open(&sim.service.sessions, other));
    cr_assert(sessions_use(&sim.service.sessions, first));
    cr_assert(sessions_open(&sim.service.sessions, other));
    cr_assert_not(sessions_use(&sim.service.sessions, first));
}

Test(sim_service, a_get_is_taken_for_a_persisted_query)
{
    sim_open(&sim, "");
    cr_assert_str_eq(
        call("GET", "/v2/api", NULL, ""),
        "{\"errors\":[{\"message\":\"Automatic Persisted Queries is not enabled\",\"extensions\":{\"path\":"
        "\"$\",\"code\":\"not-supported\"}}]}");
    cr_assert_eq(sim.reply.code, 200);
}

Test(sim_service, other_paths_and_methods_are_answered_by_the_gateway_in_html)
{
    sim_open(&sim, "");
    call("POST", "/v1/graphql", sim.session_id, QUERY);
    cr_assert_eq(sim.reply.code, 404);
    cr_assert_str_eq(sim.reply.content_type, "text/html");
    call("DELETE", "/v2/api", sim.session_id, QUERY);
    cr_assert_eq(sim.reply.code, 405);
}

struct body {
    const char *text;
    const char *code;
    const char *path;
};

Test(sim_service, bodies_that_are_no_request_are_refused)
{
    static const struct body bodies[] = {
        {"", "invalid-json", "$"},
        {"{", "invalid-json", "$"},
        {QUERY "x", "invalid-json", "$"},
        {"{\"query\":\"\xFF\"}", "invalid-json", "$"},
        {"71", "parse-failed", "$"},
        {"{}", "parse-failed", "$"},
        {"{\"query\":null}", "parse-failed", "$.query"},
        {"{\"query\":5}", "parse-failed", "$.query"},
        {"{\"query\":\"{FLOOR{ID}}\",\"operationName\":5}", "parse-failed", "$.operationName"},
        {"{\"query\":\"{FLOOR{ID}}\",\"variables\":[]}", "parse-failed", "$.variables"},
        {"[5]", "parse-failed", "$"},
        {"[" QUERY ",{}]", "parse-failed", "$"},
    };
    sim_open(&sim, "");
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        char code[64];
        char path[64];
        const char *answer = call("POST", "/v2/api", sim.session_id, bodies[i].text);
        snprintf(code, sizeof code, "\"code\":\"%s\"", bodies[i].code);
        snprintf(path, sizeof path, "\"path\":\"%s\"", bodies[i].path);
        cr_assert_eq(sim.reply.code, 200);
        cr_assert_eq(answer[0], '{', "one error object, also for a batch: %s", answer);
        cr_assert_not_null(strstr(answer, code), "%s: %s", bodies[i].text, answer);
        cr_assert_not_null(strstr(answer, path), "%s: %s", bodies[i].text, answer);
        cr_assert(sim.reply.is_error);
    }
}

Test(sim_service, a_batch_answers_each_operation_by_itself)
{
    sim_open(&sim, "");
    const char *answer = call("POST", "/v2/api", sim.session_id, "[" QUERY ",{\"query\":\"{x}\"}," QUERY "]");
    cr_assert_eq(strncmp(answer, "[" FLOORS ",{\"errors\":[", strlen(FLOORS) + 13), 0, "%s", answer);
    cr_assert_str_eq(answer + strlen(answer) - strlen("," FLOORS "]"), "," FLOORS "]");
    cr_assert_str_eq(call("POST", "/v2/api", sim.session_id, "[]"), "[]");
    struct buf body = {.max = 1 << 20};
    for (int i = 0; i <= REQUEST_BATCH_MAX; i++)
        buf_append_text(&body, i == 0 ? "[" QUERY : "," QUERY);
    buf_append_char(&body, ']');
    cr_assert_not_null(strstr(call("POST", "/v2/api", sim.session_id, buf_text(&body)), "validation-failed"));
    buf_release(&body);
}

Test(sim_service, a_failure_after_rows_were_written_leaves_no_data)
{
    sim_open(&sim, "");
    const char *answer =
        sim_ask(&sim, "{FLOOR{ID} BUILDING_INSIGHTS(where:{DATE_TIME_START:{_eq:\"x\"}}){SITE_ID}}", NULL);
    cr_assert_eq(strncmp(answer, "{\"errors\":", 10), 0, "%s", answer);
}

Test(sim_service, the_documented_dialect_offers_what_the_public_sample_uses_and_no_more)
{
    sim_open(&sim, "--dialect documented --sites 1 --from 2025-05-01 --to 2025-05-01");
    const char *sample =
        "query MyQuery {BUILDING_INSIGHTS(where: {DATE_PARTITION: {_eq: 20250501}, BUILDING_ID: {_eq: 71}, "
        "SITE_ID: {_eq: 900000222}, GROUP_ID: {_eq: \"00000000-0000-0000-0000-000000000000\"}, "
        "GRANULARITY: {_eq: \"PT1H\"}}, order_by: {DATE_TIME_START: desc}) "
        "{DATE_TIME_START OCCUPANCY_MEAN}}";
    struct json_object *rows = sim_data(&sim, sample, "BUILDING_INSIGHTS");
    cr_assert_eq(json_object_array_length(rows), 24);
    static const char *const refused[] = {
        "{BUILDING_INSIGHTS(where:{SITE_ID:{_in:[1]}}){SITE_ID}}",
        "{BUILDING_INSIGHTS(where:{SITE_ID:{_gt:1}}){SITE_ID}}",
        "{BUILDING_INSIGHTS(where:{_or:[{SITE_ID:{_eq:1}}]}){SITE_ID}}",
        "{BUILDING_INSIGHTS(limit:5){SITE_ID}}",
        "{BUILDING_INSIGHTS(offset:5){SITE_ID}}",
        "{BUILDING_INSIGHTS(order_by:{SITE_ID:asc}){SITE_ID}}",
        "{BUILDING_INSIGHTS_aggregate{aggregate{count}}}",
        "{FLOOR(order_by:{ID:asc}){ID}}",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        cr_assert_not_null(strstr(sim_ask(&sim, refused[i], NULL), "\"code\":\"validation-failed\""), "%s", refused[i]);
    cr_assert_eq(json_object_array_length(sim_data(&sim, "{FLOOR{ID NAME LEVEL}}", "FLOOR")), 3);
}

Test(sim_service, a_denied_column_does_not_exist)
{
    sim_open(&sim, "--deny-columns OCCUPANCY_MAX,SITE_CODE");
    sim_refuses(&sim, "{BUILDING_INSIGHTS{SITE_ID OCCUPANCY_MAX}}", NULL, "validation-failed",
                "$.selectionSet.BUILDING_INSIGHTS.selectionSet.OCCUPANCY_MAX",
                "field \"OCCUPANCY_MAX\" not found in type: 'BUILDING_INSIGHTS'");
    sim_refuses(&sim, "{BUILDING_INSIGHTS(where:{OCCUPANCY_MAX:{_gt:1}}){SITE_ID}}", NULL, "validation-failed",
                "$.selectionSet.BUILDING_INSIGHTS.args.where.OCCUPANCY_MAX", "not found");
    sim_refuses(&sim, "{BUILDING_INSIGHTS(order_by:{OCCUPANCY_MAX:asc}){SITE_ID}}", NULL, "validation-failed",
                "$.selectionSet.BUILDING_INSIGHTS.args.order_by[0].OCCUPANCY_MAX", "not found");
}

Test(sim_service, without_aggregates_the_field_does_not_exist)
{
    sim_open(&sim, "--no-aggregates");
    sim_refuses(&sim, "{BUILDING_INSIGHTS_aggregate{aggregate{count}}}", NULL, "validation-failed",
                "$.selectionSet.BUILDING_INSIGHTS_aggregate", "not found in type: 'query_root'");
}

Test(sim_service, only_gzip_by_name_is_accepted)
{
    static const char *const yes[] = {"gzip",      "deflate, gzip", "GZIP", "br;q=1, gzip;q=0.5",
                                      "gzip ;q=1", "identity,gzip"};
    static const char *const no[] = {"", "*", "deflate", "gzip;q=0", "gzip;q=0.0, br", "x-gzip", "gzipped", "identity"};
    sim_open(&sim, "");
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        cr_assert(gzip_accepted(yes[i]), "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        cr_assert_not(gzip_accepted(no[i]), "%s", no[i]);
    cr_assert_not(gzip_accepted(NULL));
}

Test(sim_service, what_is_compressed_can_be_read_back)
{
    sim_open(&sim, "");
    struct buf body = {.max = 1 << 20};
    for (int i = 0; i < 5000; i++)
        buf_appendf(&body, "{\"row\":%d},", i);
    struct buf packed = {.max = 1 << 20};
    buf_append(&packed, body.data, body.size);
    cr_assert_eq(gzip_compress(&packed, NULL), STATUS_OK);
    cr_assert_lt(packed.size, body.size / 3);
    unsigned char *plain = malloc(body.size);
    cr_assert_not_null(plain);
    z_stream stream = {.next_in = (unsigned char *)packed.data,
                       .avail_in = (unsigned)packed.size,
                       .next_out = plain,
                       .avail_out = (unsigned)body.size};
    cr_assert_eq(inflateInit2(&stream, 15 + 16), Z_OK);
    cr_assert_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
    cr_assert_eq(stream.total_out, body.size);
    cr_assert_eq(memcmp(plain, body.data, body.size), 0);
    inflateEnd(&stream);
    free(plain);
    buf_release(&packed);
    buf_release(&body);
}

Test(sim_service, statistics_count_requests_logins_queries_and_operations)
{
    char session[SESSION_ID_SIZE];
    sim_open(&sim, "");
    log_in(session);
    call("POST", "/v2/api", session, "{\"query\":\"query Page {FLOOR{ID}}\",\"operationName\":\"Page\"}");
    call("POST", "/v2/api", session, "{\"query\":\"query Page {FLOOR{ID}}\",\"operationName\":\"Page\"}");
    call("POST", "/v2/api", session, "{\"query\":\"{x}\"}");
    call("POST", "/v2/api", "old", QUERY);
    struct buf text = {0};
    stats_format(&sim.service.stats, &text);
    struct json_object *json = json_tokener_parse(buf_text(&text));
    static const struct {
        const char *name;
        int64_t value;
    } wanted[] = {{"requests", 5}, {"logins", 1}, {"logins_refused", 0}, {"expired", 1}, {"queries", 3},
                  {"errors", 1},   {"rows", 6}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_assert_eq(json_object_get_int64(json_object_object_get(json, wanted[i].name)), wanted[i].value, "%s: %s",
                     wanted[i].name, buf_text(&text));
    struct json_object *operations = json_object_object_get(json, "operations");
    cr_assert_eq(json_object_get_int64(json_object_object_get(operations, "Page")), 2);
    cr_assert_eq(json_object_get_int64(json_object_object_get(operations, "(anonymous)")), 1);
    json_object_put(json);
    for (int i = 0; i < 2 * STATS_OPERATIONS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "Op%d", i);
        stats_add_operation(&sim.service.stats, name);
    }
    cr_assert_eq(sim.service.stats.operation_count, STATS_OPERATIONS_MAX);
    buf_release(&text);
}
