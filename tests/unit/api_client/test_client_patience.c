#include "api/session.h"
#include "api_client/api_script.h"

#include <criterion/criterion.h>
#include <string.h>

/* How long the client asks for the same thing, and when it stops asking for anything. */

static bool time_limit(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    (void)api;
    (void)number;
    (void)request;
    script_answer(reply, 200, "", "{\"errors\":[{\"extensions\":{\"code\":\"time-limit\"}}]}");
    return true;
}

static bool gateway_is_late(struct api *api, int number, const struct script_request *request,
                            struct script_reply *reply)
{
    (void)request;
    (void)api;
    if (number < 3)
        script_answer(reply, 504, "", "");
    return number < 3;
}

static bool login_throttled_ten_times(struct api *api, int number, const struct script_request *request,
                                      struct script_reply *reply)
{
    (void)api;
    (void)request;
    if (number <= 10)
        script_answer(reply, 429, "", "");
    return number <= 10;
}

static bool always_throttled(struct api *api, int number, const struct script_request *request,
                             struct script_reply *reply)
{
    (void)api;
    (void)request;
    script_answer(reply, 429, number % 2 == 0 ? "Retry-After: 0\r\n" : "", "");
    return true;
}

static bool throttled_ten_times(struct api *api, int number, const struct script_request *request,
                                struct script_reply *reply)
{
    (void)api;
    (void)request;
    if (number <= 10)
        script_answer(reply, 429, "Retry-After: 0\r\n", "");
    return number <= 10;
}

/* Every session gives one late answer and is then over. */
static bool late_then_expired(struct api *api, int number, const struct script_request *request,
                              struct script_reply *reply)
{
    (void)number;
    (void)request;
    if (api->logins > 5)
        return false;
    if (api->came > 1)
        api_expire(api, reply);
    else
        script_answer(reply, 504, "", "");
    return true;
}

/* Every session gives one answer of a gateway that did not look at it, and is then over. */
static bool gateway_then_expired(struct api *api, int number, const struct script_request *request,
                                 struct script_reply *reply)
{
    (void)request;
    if (api->came > 1)
        api_expire(api, reply);
    else
        script_answer(reply, number == 1 ? 500 : 429, "", "");
    return true;
}

/* Three sessions of four are used up by HTTP 500. */
static bool stumbles_three_times(struct api *api, int number, const struct script_request *request,
                                 struct script_reply *reply)
{
    (void)number;
    (void)request;
    if (api->logins % 4 == 0 || !api_has_session(request, api->logins))
        return false;
    if (api->came > 1)
        api_expire(api, reply);
    else
        script_answer(reply, 500, "", "");
    return true;
}

/* Every session gives one refusal in the words of GraphQL, under 400, and is then over. */
static bool refusal_then_expired(struct api *api, int number, const struct script_request *request,
                                 struct script_reply *reply)
{
    (void)number;
    (void)request;
    if (api->came > 1)
        api_expire(api, reply);
    else
        script_answer(reply, 400, "", "{\"errors\":[{\"message\":\"no\"}]}");
    return true;
}

static bool every_tenth_works(struct api *api, int number, const struct script_request *request,
                              struct script_reply *reply)
{
    (void)api;
    (void)request;
    if (number % 10 == 0)
        return false;
    script_answer(reply, 500, "", "out of order");
    return true;
}

Test(client_patience, a_query_may_allow_fewer_attempts_than_the_policy)
{
    struct api api = {.on_query = api_always_fails, .max_attempts = 2};
    api_start(&api, api_options());
    api_queries(&api, 1);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_SERVER);
    cr_assert_eq(api.queries, 2);
    api_stop(&api);
}

Test(client_patience, a_query_may_not_allow_more_attempts_than_the_policy)
{
    struct api api = {.on_query = api_always_fails, .max_attempts = 50};
    api_start(&api, api_options());
    api_queries(&api, 1);
    api_wait(&api);
    cr_assert_eq(api.queries, 3);
    api_stop(&api);
}

Test(client_patience, a_timeout_of_a_query_that_can_shrink_is_told_at_once)
{
    struct api api = {.on_query = time_limit, .can_shrink = true};
    api_start(&api, api_options());
    api_queries(&api, 1);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_TIMEOUT);
    cr_assert_eq(api.queries, 1);
    api_stop(&api);
}

Test(client_patience, a_timeout_of_a_query_that_cannot_shrink_is_retried)
{
    struct api api = {.on_query = time_limit};
    api_start(&api, api_options());
    api_queries(&api, 1);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_TIMEOUT);
    cr_assert_eq(api.queries, 3);
    api_stop(&api);
}

Test(client_patience, other_failures_of_a_query_that_can_shrink_are_retried)
{
    struct api api = {.on_query = api_always_fails, .can_shrink = true};
    api_start(&api, api_options());
    api_queries(&api, 1);
    api_wait(&api);
    cr_assert_eq(api.queries, 3);
    api_stop(&api);
}

Test(client_patience, an_api_that_is_down_is_left_alone)
{
    struct api api = {.on_query = api_always_fails};
    struct client_options options = api_options();
    options.retry.max_attempts = 100;
    api_start(&api, options);
    api_queries(&api, 20);
    api_wait(&api);
    api_check(&api, 0, 20, STATUS_UNREACHABLE);
    cr_assert_leq(api.queries, HEALTH_WINDOW + 8, "%d requests were sent", api.queries);
    cr_assert(strstr(api.results[19].err.message, "out of order") != NULL, "%s", api.results[19].err.message);
    int before = api.queries;
    api_query(&api, 20, "{}");
    api_wait(&api);
    api_check(&api, 20, 21, STATUS_UNREACHABLE);
    cr_assert_eq(api.queries, before);
    api_stop(&api);
}

Test(client_patience, an_api_that_answers_now_and_then_is_not_down)
{
    struct api api = {.on_query = every_tenth_works};
    struct client_options options = api_options();
    options.retry.max_attempts = 100;
    api_start(&api, options);
    api_queries(&api, 100);
    api_wait(&api);
    api_check(&api, 0, 100, STATUS_OK);
    api_stop(&api);
}

Test(client_patience, a_quick_504_says_nothing_of_the_size)
{
    struct api api = {.on_query = gateway_is_late, .can_shrink = true};
    api_start(&api, api_options());
    api_queries(&api, 1);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_OK);
    cr_assert_eq(api.queries, 3);
    api_stop(&api);
}

static int64_t scripted_ms(void *context)
{
    return *(const int64_t *)context;
}

/* Starts with a clock that stands still until wait_scripted. */
static void start_scripted(struct api *api, int64_t *now_ms)
{
    struct client_options options = api_options();
    options.clock.monotonic_ms = scripted_ms;
    options.clock.context = now_ms;
    api_start(api, options);
}

/* api_wait, with steps of half a second of the scripted clock. */
static void wait_scripted(struct api *api, int64_t *now_ms)
{
    struct err err = {0};
    while (client_pending(api->client) > 0) {
        cr_assert_eq(client_poll(api->client, 1, &err), STATUS_OK, "%s", err.message);
        *now_ms += 500;
    }
}

Test(client_patience, being_throttled_costs_no_attempt)
{
    struct api api = {.on_query = throttled_ten_times, .max_attempts = 1};
    int64_t now_ms = 1000;
    start_scripted(&api, &now_ms);
    api_queries(&api, 1);
    wait_scripted(&api, &now_ms);
    api_check(&api, 0, 1, STATUS_OK);
    cr_assert_eq(client_counters(api.client)->throttled, 10);
    cr_assert_eq(client_counters(api.client)->retries, 10);
    cr_assert_geq(now_ms, 180000, "the hint of no time is not believed for ever");
    api_stop(&api);
}

Test(client_patience, a_throttled_login_costs_no_attempt)
{
    struct api api = {.on_login = login_throttled_ten_times};
    int64_t now_ms = 1000;
    start_scripted(&api, &now_ms);
    api_queries(&api, 3);
    wait_scripted(&api, &now_ms);
    api_check(&api, 0, 3, STATUS_OK);
    cr_assert_eq(api.logins, 11);
    api_stop(&api);
}

static void check_throttled_for_ever(struct api *api)
{
    int64_t now_ms = 1000;
    start_scripted(api, &now_ms);
    api_queries(api, 20);
    wait_scripted(api, &now_ms);
    api_check(api, 0, 20, STATUS_THROTTLED);
    cr_assert_geq(now_ms, 15 * 60000);
    cr_assert_leq(now_ms, 16 * 60000);
    cr_assert(strstr(api->results[0].err.message, "throttling for 15 minutes") != NULL, "%s",
              api->results[0].err.message);
    cr_assert_leq(client_counters(api->client)->requests, 60);
    api_stop(api);
}

Test(client_patience, an_api_that_throttles_for_ever_is_left_alone)
{
    struct api queries = {.on_query = always_throttled};
    struct api logins = {.on_login = always_throttled};
    check_throttled_for_ever(&queries);
    check_throttled_for_ever(&logins);
}

Test(client_patience, a_session_that_met_only_late_answers_was_not_refused)
{
    struct api api = {.on_query = late_then_expired};
    struct client_options options = api_options();
    options.retry.max_attempts = 50;
    options.concurrency = 1;
    api_start(&api, options);
    api_queries(&api, 1);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_OK);
    cr_assert_eq(api.logins, 6);
    api_stop(&api);
}

Test(client_patience, graphql_errors_are_no_sign_of_an_api_that_is_down)
{
    struct api api = {.on_query = time_limit};
    struct client_options options = api_options();
    options.retry.max_attempts = 10;
    api_start(&api, options);
    api_queries(&api, 20);
    api_wait(&api);
    api_check(&api, 0, 20, STATUS_TIMEOUT);
    cr_assert_eq(api.queries, 200);
    cr_assert_eq(client_counters(api.client)->served, 200);
    api_stop(&api);
}

Test(client_patience, a_session_that_met_only_a_gateway_was_not_accepted)
{
    struct api api = {.on_query = gateway_then_expired};
    int64_t now_ms = 1000;
    start_scripted(&api, &now_ms);
    api_queries(&api, 1);
    wait_scripted(&api, &now_ms);
    api_check(&api, 0, 1, STATUS_AUTH);
    cr_assert_eq(api.logins, SESSION_DOUBTFUL_MAX);
    api_stop(&api);
}

Test(client_patience, short_sessions_of_an_api_that_often_stumbles_bring_every_query_home)
{
    struct api api = {.on_query = stumbles_three_times, .session_life = 1};
    struct client_options options = api_options();
    options.retry.max_attempts = 20;
    api_start(&api, options);
    api_queries(&api, 20);
    api_wait(&api);
    api_check(&api, 0, 20, STATUS_OK);
    api_stop(&api);
}

Test(client_patience, a_session_that_met_graphql_errors_under_400_was_accepted)
{
    struct api api = {.on_query = refusal_then_expired};
    struct client_options options = api_options();
    options.concurrency = 1;
    api_start(&api, options);
    api_queries(&api, 8);
    api_wait(&api);
    api_check(&api, 0, 8, STATUS_REFUSED);
    cr_assert_eq(api.logins, 8);
    cr_assert_eq(client_counters(api.client)->served, 8);
    api_stop(&api);
}
