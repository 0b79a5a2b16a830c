#include "api_client/api_script.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(client, one_login_serves_many_queries)
{
    struct api api = {0};
    api_start(&api, api_options());
    cr_assert_eq(client_room(api.client), 8);
    cr_assert_not(client_was_answered(api.client));
    api_queries(&api, 20);
    cr_assert_eq(client_pending(api.client), 20);
    cr_assert_eq(client_room(api.client), 0);
    cr_assert_eq(api.called_back, 0, "nothing calls back from client_query");
    api_wait(&api);
    api_check(&api, 0, 20, STATUS_OK);
    cr_assert_str_eq(buf_text(&api.results[7].body), "{\"data\":{\"q\":7}}");
    const struct client_counters *counters = client_counters(api.client);
    cr_assert_eq(counters->logins, 1);
    cr_assert_eq(counters->requests, 21);
    cr_assert_eq(counters->answers, 21);
    cr_assert_eq(counters->retries, 0);
    cr_assert_eq(counters->throttled, 0);
    cr_assert_gt(counters->bytes_received, 20 * 16);
    cr_assert(client_was_answered(api.client));
    cr_assert_leq(http_script_connections(api.script), 8);
    api_stop(&api);
}

Test(client, queries_start_in_the_order_in_which_they_came)
{
    struct api api = {.session_life = 3};
    struct client_options options = api_options();
    options.concurrency = 1;
    api_start(&api, options);
    api_queries(&api, 10);
    api_wait(&api);
    api_check(&api, 0, 10, STATUS_OK);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(api.results[i].order, i + 1, "also when a new session came between");
    cr_assert_eq(api.logins, 4);
    api_stop(&api);
}

Test(client, base_url_may_end_in_slashes)
{
    struct api api = {0};
    api_start(&api, api_options());
    char url[80];
    snprintf(url, sizeof url, "%s//", http_script_url(api.script));
    struct client_options options = api_options();
    options.base_url = url;
    client_free(api.client);
    cr_assert_eq(client_new(api.http, &options, &api.client, NULL), STATUS_OK);
    api_queries(&api, 1);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_OK);
    api_stop(&api);
}

static bool fail_twice(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    (void)api;
    (void)request;
    if (number <= 2)
        script_answer(reply, 500, "", "no");
    return number <= 2;
}

Test(client, failed_query_is_sent_again_and_counted)
{
    struct api api = {.on_query = fail_twice};
    struct clock clock = clock_system();
    int64_t before_ms = clock_monotonic_ms(&clock);
    api_start(&api, api_options());
    api_queries(&api, 1);
    api_wait(&api);
    cr_assert_lt(clock_monotonic_ms(&clock) - before_ms, 8000, "a poll of ten seconds ends with the backoff");
    api_check(&api, 0, 1, STATUS_OK);
    cr_assert_eq(client_counters(api.client)->retries, 2);
    cr_assert_eq(client_counters(api.client)->requests, 4);
    cr_assert_eq(client_counters(api.client)->answers, 4);
    api_stop(&api);
}

Test(client, attempts_end_and_the_last_failure_is_told)
{
    struct api api = {.on_query = api_always_fails};
    api_start(&api, api_options());
    api_queries(&api, 1);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_SERVER);
    cr_assert_eq(api.queries, 3);
    cr_assert(strstr(api.results[0].err.message, "3 attempts") != NULL, "%s", api.results[0].err.message);
    cr_assert(strstr(api.results[0].err.message, "out of order") != NULL, "%s", api.results[0].err.message);
    api_stop(&api);
}

static bool refuse_odd(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    (void)api;
    (void)number;
    if (strpbrk(request->body, "13579") == NULL)
        return false;
    script_answer(reply, 404, "", "unknown");
    return true;
}

Test(client, failure_without_hope_is_told_at_once_and_alone)
{
    struct api api = {.on_query = refuse_odd};
    api_start(&api, api_options());
    api_queries(&api, 4);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_OK);
    api_check(&api, 1, 2, STATUS_REFUSED);
    api_check(&api, 2, 3, STATUS_OK);
    api_check(&api, 3, 4, STATUS_REFUSED);
    cr_assert_eq(api.queries, 4);
    cr_assert_eq(client_counters(api.client)->retries, 0);
    api_stop(&api);
}

static bool throttle_first(struct api *api, int number, const struct script_request *request,
                           struct script_reply *reply)
{
    static const int codes[] = {429, 503, 503};
    static const char *const headers[] = {"", "Retry-After: 60\r\n", ""};
    (void)api;
    (void)request;
    if (number <= 3)
        script_answer(reply, codes[number - 1], headers[number - 1], "");
    return number <= 3;
}

Test(client, signs_of_overload_shrink_the_window_and_are_counted)
{
    struct api api = {.on_query = throttle_first};
    struct client_options options = api_options();
    options.retry.max_attempts = 4;
    api_start(&api, options);
    struct clock clock = clock_system();
    int64_t before_ms = clock_monotonic_ms(&clock);
    api_queries(&api, 1);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_OK);
    cr_assert_eq(client_counters(api.client)->throttled, 2, "a bare 503 is overload, but asks for nothing");
    cr_assert_leq(client_room(api.client), 4);
    cr_assert_geq(clock_monotonic_ms(&clock) - before_ms, 50, "Retry-After of a minute, capped by the policy");
    cr_assert_lt(clock_monotonic_ms(&clock) - before_ms, 30000);
    api_stop(&api);
}

Test(client, rate_is_kept_by_queries_and_logins)
{
    struct api api = {0};
    struct client_options options = api_options();
    options.requests_per_second = 100;
    api_start(&api, options);
    struct clock clock = clock_system();
    int64_t before_ms = clock_monotonic_ms(&clock);
    api_queries(&api, 5);
    api_wait(&api);
    api_check(&api, 0, 5, STATUS_OK);
    cr_assert_geq(clock_monotonic_ms(&clock) - before_ms, 50, "six requests, the first at once");
    api_stop(&api);
}

Test(client, retry_that_would_start_after_the_deadline_is_interrupted)
{
    struct api api = {.on_query = api_always_fails};
    struct client_options options = api_options();
    struct clock clock = clock_system();
    options.deadline_ms = clock_monotonic_ms(&clock) + 10000;
    options.retry = (struct retry_policy){.max_attempts = 10, .base_ms = INT64_MAX / 2, .cap_ms = INT64_MAX / 2};
    api_start(&api, options);
    api_queries(&api, 1);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_INTERRUPTED);
    cr_assert(strstr(api.results[0].err.message, "out of order") != NULL, "%s", api.results[0].err.message);
    cr_assert_lt(clock_monotonic_ms(&clock), options.deadline_ms, "it does not wait for the deadline");
    api_stop(&api);
}

static bool hold_login(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    (void)api;
    (void)number;
    (void)request;
    reply->hold_until = SCRIPT_NEVER;
    return true;
}

Test(client, nothing_waits_beyond_the_deadline)
{
    struct api api = {.on_login = hold_login};
    struct client_options options = api_options();
    struct clock clock = clock_system();
    options.deadline_ms = clock_monotonic_ms(&clock) + 30;
    api_start(&api, options);
    api_queries(&api, 3);
    api_wait(&api);
    api_check(&api, 0, 3, STATUS_INTERRUPTED);
    cr_assert_geq(clock_monotonic_ms(&clock), options.deadline_ms);
    api_query(&api, 3, "{}");
    api_wait(&api);
    api_check(&api, 3, 4, STATUS_INTERRUPTED);
    api_stop(&api);
}

static bool hold_query(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    (void)api;
    (void)number;
    (void)request;
    reply->hold_until = SCRIPT_NEVER;
    return true;
}

Test(client, stop_ends_waiting_and_flying_queries_and_refuses_new_ones)
{
    struct api api = {.on_query = hold_query};
    struct client_options options = api_options();
    options.concurrency = 2;
    api_start(&api, options);
    api_queries(&api, 5);
    while (http_script_requests(api.script) < 3)
        cr_assert_eq(client_poll(api.client, 1, NULL), STATUS_OK);
    client_stop(api.client);
    cr_assert_eq(api.called_back, 0);
    cr_assert_eq(client_poll(api.client, 60000, NULL), STATUS_OK);
    api_check(&api, 0, 5, STATUS_INTERRUPTED);
    cr_assert_eq(client_pending(api.client), 0);
    api_query(&api, 5, "{}");
    api_check(&api, 5, 6, STATUS_INTERRUPTED);
    api_stop(&api);
}

Test(client, freed_client_does_not_call_back)
{
    struct api api = {.on_query = hold_query};
    api_start(&api, api_options());
    api_queries(&api, 20);
    while (http_script_requests(api.script) < 9)
        cr_assert_eq(client_poll(api.client, 1, NULL), STATUS_OK);
    client_free(api.client);
    api.client = NULL;
    cr_assert_eq(http_in_flight(api.http), 0);
    cr_assert_eq(api.called_back, 0);
    api_stop(&api);
}

struct chain {
    struct api *api;
    int left;
};

static enum status accept_any(void *context, const struct http_response *response, struct err *err)
{
    (void)context;
    return response->code == 200 ? STATUS_OK : err_set(err, STATUS_SESSION, "expired");
}

static void ask_next(void *context, enum status status, const struct http_response *response, const struct err *err)
{
    struct chain *chain = context;
    (void)response;
    cr_assert_eq(status, STATUS_OK, "%s", err->message);
    const struct client_ask ask = {"{}", 2, accept_any, ask_next, NULL, chain, 0, false};
    if (chain->left-- > 0)
        cr_assert_eq(client_query(chain->api->client, &ask, NULL), STATUS_OK);
}

Test(client, callback_may_queue_the_next_query)
{
    struct api api = {.session_life = 4};
    api_start(&api, api_options());
    struct chain chain = {&api, 10};
    const struct client_ask ask = {"{}", 2, accept_any, ask_next, NULL, &chain, 0, false};
    cr_assert_eq(client_query(api.client, &ask, NULL), STATUS_OK);
    api_wait(&api);
    cr_assert_eq(chain.left, -1);
    cr_assert_eq(client_counters(api.client)->logins, 3);
    api_stop(&api);
}

Test(client, query_that_is_too_long_is_not_queued)
{
    struct api api = {0};
    struct err err = {0};
    static char body[(9 << 20)];
    memset(body, ' ', sizeof body);
    api_start(&api, api_options());
    const struct client_ask ask = {body, sizeof body, accept_any, ask_next, NULL, NULL, 0, false};
    cr_assert_eq(client_query(api.client, &ask, &err), STATUS_TOO_LARGE);
    cr_assert_eq(client_pending(api.client), 0);
    api_stop(&api);
}
