#include "api_client/api_script.h"
#include "core/log.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * Session 1 is over for all queries but the first. Half of the refusals come together, after all twenty were sent, the
 * others when the new session is in use already.
 */
static bool refuse_together(struct api *api, int number, const struct script_request *request,
                            struct script_reply *reply)
{
    if (number == 1 || number > 21)
        return false;
    cr_expect(api_has_session(request, 1));
    reply->hold_until = number % 2 == 0 ? 1 + 1 + 20 : 1 + 1 + 20 + 1 + 5;
    api_expire(api, reply);
    return true;
}

static void check_burst(enum expiry expiry)
{
    struct api api = {.expiry = expiry, .on_query = refuse_together};
    struct client_options options = api_options();
    options.concurrency = 20;
    api_start(&api, options);
    api_query(&api, 100, "{}");
    api_wait(&api);
    api_queries(&api, 20);
    api_wait(&api);
    api_check(&api, 0, 20, STATUS_OK);
    const struct client_counters *counters = client_counters(api.client);
    cr_assert_eq(counters->logins, 2);
    cr_assert_eq(counters->requests, 2 + 1 + 20 + 20);
    cr_assert_eq(counters->retries, 0, "a replay is no retry");
    api_stop(&api);
}

Test(client_session, twenty_queries_that_meet_401_at_once_cost_one_login)
{
    check_burst(EXPIRY_401);
}

Test(client_session, twenty_queries_that_meet_an_auth_code_at_once_cost_one_login)
{
    check_burst(EXPIRY_200);
}

Test(client_session, session_of_seven_queries_costs_one_login_each_time_and_no_query)
{
    static const enum expiry styles[] = {EXPIRY_401, EXPIRY_200};
    for (int i = 0; i < 2; i++) {
        struct api api = {.expiry = styles[i], .session_life = 7};
        api_start(&api, api_options());
        api_queries(&api, 100);
        api_wait(&api);
        api_check(&api, 0, 100, STATUS_OK);
        cr_assert_eq(client_counters(api.client)->logins, 15);
        api_stop(&api);
    }
}

Test(client_session, session_of_one_query_brings_every_query_home)
{
    struct api api = {.session_life = 1};
    api_start(&api, api_options());
    api_queries(&api, 30);
    api_wait(&api);
    api_check(&api, 0, 30, STATUS_OK);
    cr_assert_leq(client_counters(api.client)->logins, 45);
    api_stop(&api);
}

/*
 * Three sessions of one query each, for eight queries. All refusals of a session come together, when all of its queries
 * were sent; the one good answer of each session comes after all refusals, when the test itself sends request 25.
 */
static bool answer_late(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    static const size_t all_sent[] = {0, 1 + 8, 1 + 8 + 1 + 7, 1 + 8 + 1 + 7 + 1 + 6};
    (void)number;
    if (api->logins > 3)
        return false;
    cr_expect(api_has_session(request, api->logins));
    reply->hold_until = api->served < 1 ? 25 : all_sent[api->logins];
    return false;
}

static void ignore(void *context, const struct http_response *response)
{
    (void)context;
    (void)response;
}

Test(client_session, slow_good_answers_keep_short_sessions_from_looking_barren)
{
    struct api api = {.session_life = 1, .on_query = answer_late};
    api_start(&api, api_options());
    api_queries(&api, 8);
    while (client_counters(api.client)->answers < 3 + 7 + 6 + 5)
        cr_assert_eq(client_poll(api.client, 1000, NULL), STATUS_OK);
    cr_assert_eq(client_poll(api.client, 0, NULL), STATUS_OK);
    cr_assert_eq(api.called_back, 0, "three answers are on their way");
    cr_assert_eq(client_counters(api.client)->logins, 3, "and until then another login could not help");
    const struct http_request poke = {.url = http_script_url(api.script)};
    cr_assert_eq(http_submit(api.http, &poke, ignore, NULL, NULL), STATUS_OK);
    api_wait(&api);
    api_check(&api, 0, 8, STATUS_OK);
    api_stop(&api);
}

static bool refuse_login(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    (void)api;
    (void)number;
    script_answer(reply, 401, "", request->body);
    return true;
}

Test(client_session, refused_login_ends_every_query_and_says_what_to_check)
{
    static const char *const words[] = {"client_id", "client_secret", "audience", "base_url"};
    struct api api = {.on_login = refuse_login};
    api_start(&api, api_options());
    api_queries(&api, 20);
    api_wait(&api);
    api_check(&api, 0, 20, STATUS_AUTH);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        cr_expect(strstr(api.results[0].err.message, words[i]) != NULL, "%s", api.results[0].err.message);
    api_query(&api, 20, "{}");
    api_wait(&api);
    api_check(&api, 20, 21, STATUS_AUTH);
    cr_assert_eq(api.logins, 1, "it is not asked again");
    cr_assert_eq(api.queries, 0);
    cr_assert(client_was_answered(api.client));
    api_stop(&api);
}

static bool welcome_page(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    (void)api;
    (void)number;
    (void)request;
    script_answer(reply, 200, "Content-Type: text/html\r\n", "<html>welcome</html>");
    return true;
}

Test(client_session, web_page_instead_of_a_token_is_unreachable)
{
    struct api api = {.on_login = welcome_page};
    api_start(&api, api_options());
    api_queries(&api, 3);
    api_wait(&api);
    api_check(&api, 0, 3, STATUS_UNREACHABLE);
    cr_assert(strstr(api.results[0].err.message, "base_url") != NULL, "%s", api.results[0].err.message);
    cr_assert_eq(api.logins, 3, "retried like any request");
    cr_assert_not(client_was_answered(api.client));
    api_query(&api, 3, "{}");
    api_wait(&api);
    cr_assert_eq(api.logins, 6, "a later query tries anew");
    api_stop(&api);
}

static bool login_busy_twice(struct api *api, int number, const struct script_request *request,
                             struct script_reply *reply)
{
    (void)api;
    (void)request;
    if (number <= 2)
        script_answer(reply, number == 1 ? 503 : 429, "Retry-After: 60\r\n", "");
    return number <= 2;
}

Test(client_session, busy_login_is_retried_after_what_it_asks_for)
{
    struct api api = {.on_login = login_busy_twice};
    struct clock clock = clock_system();
    api_start(&api, api_options());
    int64_t before_ms = clock_monotonic_ms(&clock);
    api_queries(&api, 3);
    api_wait(&api);
    api_check(&api, 0, 3, STATUS_OK);
    cr_assert_geq(clock_monotonic_ms(&clock) - before_ms, 100, "two waits, each capped at 50 ms");
    cr_assert_lt(clock_monotonic_ms(&clock) - before_ms, 8000, "a poll of ten seconds ends with each wait");
    cr_assert_eq(client_counters(api.client)->logins, 3);
    cr_assert_eq(client_counters(api.client)->throttled, 2);
    cr_assert_eq(client_counters(api.client)->retries, 0, "of queries");
    api_stop(&api);
}

Test(client_session, server_that_is_not_there_is_unreachable)
{
    struct api api = {0};
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d", script_closed_port());
    struct client_options options = api_options();
    options.base_url = url;
    api_start(&api, options);
    api_queries(&api, 2);
    api_wait(&api);
    api_check(&api, 0, 2, STATUS_UNREACHABLE);
    cr_assert(strstr(api.results[0].err.message, url + strlen("http://")) != NULL, "%s", api.results[0].err.message);
    cr_assert_eq(client_counters(api.client)->logins, 3);
    cr_assert_eq(client_counters(api.client)->answers, 0);
    cr_assert_not(client_was_answered(api.client));
    api_stop(&api);
}

static bool refuse_all(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    (void)number;
    (void)request;
    api_expire(api, reply);
    return true;
}

Test(client_session, new_sessions_that_are_refused_at_once_end_in_auth_and_not_in_a_loop)
{
    static const int counts[] = {1, 20};
    for (int i = 0; i < 2; i++) {
        struct api api = {.on_query = refuse_all};
        api_start(&api, api_options());
        api_queries(&api, counts[i]);
        api_wait(&api);
        api_check(&api, 0, counts[i], STATUS_AUTH);
        cr_assert(strstr(api.results[0].err.message, "accepts the login") != NULL, "%s", api.results[0].err.message);
        cr_assert_eq(api.logins, 3);
        api_stop(&api);
    }
}

static bool refuse_some(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    static const char *const bodies[] = {"{\"q\":0}", "{\"q\":1}", "{\"q\":17}"};
    (void)number;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        if (strcmp(request->body, bodies[i]) == 0) {
            api_expire(api, reply);
            return true;
        }
    }
    return false;
}

Test(client_session, queries_that_are_refused_with_every_session_fail_alone)
{
    struct api api = {.on_query = refuse_some};
    api_start(&api, api_options());
    api_queries(&api, 60);
    api_wait(&api);
    api_check(&api, 0, 2, STATUS_REFUSED);
    api_check(&api, 2, 17, STATUS_OK);
    api_check(&api, 17, 18, STATUS_REFUSED);
    api_check(&api, 18, 60, STATUS_OK);
    cr_assert_leq(client_counters(api.client)->logins, 16, "five each and one more");
    api_stop(&api);
}

static int refusals_of_first;

static bool refuse_first(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    (void)number;
    if (strcmp(request->body, "{\"q\":0}") != 0)
        return false;
    refusals_of_first++;
    api_expire(api, reply);
    return true;
}

/* The fourth and the fifth refusal of the same query must have been the only query of their sessions. */
static bool see_who_came(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    (void)number;
    (void)request;
    (void)reply;
    if (refusals_of_first == 4 || refusals_of_first == 5)
        cr_expect_eq(api->came, 1, "%d queries came with session %d", api->came, number - 1);
    return false;
}

Test(client_session, suspected_query_is_sent_alone)
{
    struct api api = {.on_query = refuse_first, .on_login = see_who_came};
    api_start(&api, api_options());
    api_queries(&api, 60);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_REFUSED);
    api_check(&api, 1, 60, STATUS_OK);
    cr_assert_eq(refusals_of_first, 5);
    cr_assert_eq(client_counters(api.client)->logins, 6);
    api_stop(&api);
}

/* Repeats what it was sent, as a careless server does. */
static bool repeat_secrets(struct api *api, int number, const struct script_request *request,
                           struct script_reply *reply)
{
    (void)api;
    (void)number;
    script_answer(reply, 500, "", request->head);
    return true;
}

static void check_without_secrets(struct api *api, const char *log_path)
{
    struct err err = {0};
    FILE *log = fopen(log_path, "w+");
    struct log_options options = log_options_current();
    options.level = LOG_TRACE;
    options.fd = fileno(log);
    log_configure(&options);
    api_start(api, api_options());
    api_queries(api, 2);
    while (client_pending(api->client) > 0)
        cr_assert_eq(client_poll(api->client, 10000, &err), STATUS_OK);
    char line[8192];
    int lines = 0;
    rewind(log);
    for (; fgets(line, sizeof line, log) != NULL; lines++)
        cr_expect(strstr(line, "nobody-sees") == NULL, "%s", line);
    cr_expect_gt(lines, 0, "something was logged");
    cr_expect_neq(api->results[0].status, STATUS_OK);
    cr_expect(strstr(api->results[0].err.message, "nobody-sees") == NULL, "%s", api->results[0].err.message);
    api_stop(api);
    fclose(log);
    unlink(log_path);
}

Test(client_session, secrets_are_in_no_message_and_no_log)
{
    struct api careless = {.on_query = repeat_secrets};
    check_without_secrets(&careless, "client_session_careless.log");
    struct api refusing = {.on_login = refuse_login};
    check_without_secrets(&refusing, "client_session_refusing.log");
    struct api hopeless = {.on_query = refuse_all};
    check_without_secrets(&hopeless, "client_session_hopeless.log");
}
