#include "api_client/api_script.h"

#include <criterion/criterion.h>
#include <string.h>

/* How long the client asks for the same thing, and when it stops asking for anything. */

static bool always_fail(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    (void)api;
    (void)number;
    (void)request;
    script_answer(reply, 500, "", "out of order");
    return true;
}

static bool always_late(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    (void)api;
    (void)number;
    (void)request;
    script_answer(reply, 504, "", "");
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
    struct api api = {.on_query = always_fail, .max_attempts = 2};
    api_start(&api, api_options());
    api_queries(&api, 1);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_SERVER);
    cr_assert_eq(api.queries, 2);
    api_stop(&api);
}

Test(client_patience, a_query_may_not_allow_more_attempts_than_the_policy)
{
    struct api api = {.on_query = always_fail, .max_attempts = 50};
    api_start(&api, api_options());
    api_queries(&api, 1);
    api_wait(&api);
    cr_assert_eq(api.queries, 3);
    api_stop(&api);
}

Test(client_patience, a_timeout_of_a_query_that_can_shrink_is_told_at_once)
{
    struct api api = {.on_query = always_late, .can_shrink = true};
    api_start(&api, api_options());
    api_queries(&api, 1);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_TIMEOUT);
    cr_assert_eq(api.queries, 1);
    api_stop(&api);
}

Test(client_patience, a_timeout_of_a_query_that_cannot_shrink_is_retried)
{
    struct api api = {.on_query = always_late};
    api_start(&api, api_options());
    api_queries(&api, 1);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_TIMEOUT);
    cr_assert_eq(api.queries, 3);
    api_stop(&api);
}

Test(client_patience, other_failures_of_a_query_that_can_shrink_are_retried)
{
    struct api api = {.on_query = always_fail, .can_shrink = true};
    api_start(&api, api_options());
    api_queries(&api, 1);
    api_wait(&api);
    cr_assert_eq(api.queries, 3);
    api_stop(&api);
}

Test(client_patience, an_api_that_is_down_is_left_alone)
{
    struct api api = {.on_query = always_fail};
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
