/*
 * Each allocation of our own fails once while a request is made, sent and answered: that is told, and nothing is lost.
 * Those of libcurl go through our functions as well; without some of them it does well.
 */
#include "net/fetch.h"

#include "support/trip.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define BODY "{\"data\":\"of some length, so that room is needed for it\"}"

static void greet(void *context, const struct script_request *request, struct script_reply *reply)
{
    (void)context, (void)request;
    script_answer(reply, 200, "Retry-After: 3\r\n", BODY);
}

struct answer {
    enum status status;
    struct err err;
    bool is_whole;
};

static void keep(void *context, const struct http_response *response)
{
    struct answer *answer = context;
    answer->status = response->status;
    answer->err = response->err;
    answer->is_whole = response->status == STATUS_OK && response->code == 200 && response->retry_after_ms == 3000 &&
                       strcmp(buf_text(response->body), BODY) == 0;
}

static enum status ask(void *context, struct err *err)
{
    static const char *const headers[] = {"X-Session-Id: secret-session", NULL};
    const struct http_options options = {.user_agent = "occuport/test", .total_timeout_ms = 20000};
    const struct http_request request = {.url = context, .headers = headers, .body = "{\"q\":1}", .body_size = 7};
    struct answer answer = {STATUS_BUG, {0}, false};
    struct http *http = NULL;
    enum status status = http_new(&options, &http, err);
    if (status == STATUS_OK)
        status = http_submit(http, &request, keep, &answer, err);
    while (status == STATUS_OK && http_in_flight(http) > 0)
        status = http_poll(http, 1000, err);
    if (status == STATUS_OK && answer.status != STATUS_OK) {
        *err = answer.err;
        status = answer.status;
    }
    http_free(http);
    cr_assert(status != STATUS_OK || answer.is_whole);
    return status;
}

Test(http_memory, each_allocation_fails_once)
{
    char url[128];
    struct http_script *script = http_script_start(greet, NULL);
    snprintf(url, sizeof url, "%s/path", http_script_url(script));
    http_free(fetch_http(NULL)); /* sets up the library, and takes the proxies away */
    trip_tolerate();
    cr_expect_geq(trip_sweep(TRIP_MEMORY, NULL, ask, url), 5);
    http_script_stop(script);
}
