#include "api_client/api_script.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct client_options api_options(void)
{
    return (struct client_options){
        .audience = "https://audience.example",
        .client_id = "client-71",
        .client_secret = CLIENT_SECRET,
        .retry = {.max_attempts = 3, .base_ms = 1, .cap_ms = 4, .retry_after_cap_ms = 50},
        .concurrency = 8,
        .deadline_ms = INT64_MAX,
        .clock = clock_system(),
        .random_seed = 42,
    };
}

void api_expire(struct api *api, struct script_reply *reply)
{
    if (api->expiry == EXPIRY_401)
        script_answer(reply, 401, "", "{\"message\":\"expired\"}");
    else
        script_answer(reply, 200, "", "{\"errors\":[{\"extensions\":{\"code\":\"access-denied\"}}]}");
}

bool api_has_session(const struct script_request *request, int number)
{
    char line[128];
    snprintf(line, sizeof line, "\r\nX-Session-Id: %s-%d\r\n", SESSION_SECRET, number);
    return strstr(request->head, line) != NULL;
}

static void answer_login(struct api *api, const struct script_request *request, struct script_reply *reply)
{
    char body[128];
    api->logins++;
    api->served = 0;
    bool answered = api->on_login != NULL && api->on_login(api, api->logins, request, reply);
    api->came = 0;
    if (answered)
        return;
    snprintf(body, sizeof body, "{\"session_id\":\"%s-%d\"}", SESSION_SECRET, api->logins);
    script_answer(reply, 200, "Content-Type: application/json\r\n", body);
}

static void answer_query(struct api *api, const struct script_request *request, struct script_reply *reply)
{
    api->queries++;
    api->came += api_has_session(request, api->logins) ? 1 : 0;
    if (api->on_query != NULL && api->on_query(api, api->queries, request, reply))
        return;
    bool over = api->session_life > 0 && api->served >= api->session_life;
    if (over || !api_has_session(request, api->logins)) {
        api_expire(api, reply);
        return;
    }
    api->served++;
    struct buf body = {0};
    buf_appendf(&body, "{\"data\":%s}", request->body);
    script_answer(reply, 200, "Content-Type: application/json\r\n", buf_text(&body));
    buf_release(&body);
}

static void answer(void *context, const struct script_request *request, struct script_reply *reply)
{
    if (strncmp(request->head, "POST /v2/oauth/token HTTP", 25) == 0)
        answer_login(context, request, reply);
    else if (strncmp(request->head, "POST /v2/api HTTP", 17) == 0)
        answer_query(context, request, reply);
    else
        script_answer(reply, 404, "Content-Type: text/html\r\n", "<html>not here</html>");
}

void api_start(struct api *api, struct client_options options)
{
    struct err err = {0};
    const struct http_options http_options = {.total_timeout_ms = api->timeout_ms > 0 ? api->timeout_ms : 20000,
                                              .max_connections = 32};
    api->script = http_script_start(answer, api);
    if (options.base_url == NULL)
        options.base_url = http_script_url(api->script);
    cr_assert_eq(http_global_init(&err), STATUS_OK);
    cr_assert_eq(http_new(&http_options, &api->http, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(client_new(api->http, &options, &api->client, &err), STATUS_OK, "%s", err.message);
}

bool api_always_fails(struct api *api, int number, const struct script_request *request, struct script_reply *reply)
{
    (void)api;
    (void)number;
    (void)request;
    script_answer(reply, 500, "", "out of order");
    return true;
}

static enum status judge(void *context, const struct http_response *response, struct err *err)
{
    (void)context;
    const char *body = buf_text(response->body);
    if (response->code == 401 || strstr(body, "access-denied") != NULL)
        return err_set(err, STATUS_SESSION, "expired");
    if (response->code == 429)
        return err_set(err, STATUS_THROTTLED, "slow down");
    if (response->code == 504 || strstr(body, "time-limit") != NULL)
        return err_set(err, STATUS_TIMEOUT, "too slow");
    if (response->code >= 500)
        return err_set(err, STATUS_SERVER, "server said: %s", body);
    if (response->code != 200)
        return err_set(err, STATUS_REFUSED, "server said: %s", body);
    return STATUS_OK;
}

static void keep(void *context, enum status status, const struct http_response *response, const struct err *err)
{
    struct result *result = context;
    cr_assert_eq(response != NULL, status == STATUS_OK);
    cr_assert_eq(err->kind, status);
    result->calls++;
    result->status = status;
    result->err = *err;
    result->order = ++result->api->called_back;
    if (response != NULL)
        buf_append(&result->body, response->body->data, response->body->size);
}

void api_query(struct api *api, int index, const char *body)
{
    struct err err = {0};
    struct result *result = &api->results[index];
    result->api = api;
    const struct client_ask ask = {
        .body = body,
        .body_size = strlen(body),
        .judge = judge,
        .done = keep,
        .context = result,
        .max_attempts = api->max_attempts,
        .can_shrink = api->can_shrink,
    };
    cr_assert_eq(client_query(api->client, &ask, &err), STATUS_OK, "%s", err.message);
}

void api_queries(struct api *api, int count)
{
    for (int i = 0; i < count; i++) {
        char body[32];
        snprintf(body, sizeof body, "{\"q\":%d}", i);
        api_query(api, i, body);
    }
}

void api_wait(struct api *api)
{
    struct err err = {0};
    while (client_pending(api->client) > 0)
        cr_assert_eq(client_poll(api->client, 10000, &err), STATUS_OK, "%s", err.message);
}

void api_check(const struct api *api, int first, int end, enum status status)
{
    for (int i = first; i < end; i++) {
        const struct result *result = &api->results[i];
        cr_assert_eq(result->calls, 1, "query %d called back %d times", i, result->calls);
        cr_assert_eq(result->status, status, "query %d: %s: %s", i, status_name(result->status), result->err.message);
    }
}

void api_stop(struct api *api)
{
    client_free(api->client);
    http_free(api->http);
    http_script_stop(api->script);
    for (int i = 0; i < RESULTS_MAX; i++)
        buf_release(&api->results[i].body);
}
