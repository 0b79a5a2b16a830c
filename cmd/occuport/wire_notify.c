#include "wire_notify.h"

#include "core/child.h"
#include "core/log.h"
#include "net/http.h"

#include <stdlib.h>
#include <string.h>

static void log_line(void *context, const char *line)
{
    const char *const *program = context;
    log_info("%s: %s", *program, line);
}

static void tell_program(const struct job *job, const struct summary *summary)
{
    const struct config_notify *notify = &job->config->notify;
    const char **arguments = calloc(notify->on_failure_count + 1, sizeof *arguments);
    if (arguments == NULL) {
        log_error("notify.on_failure: out of memory");
        return;
    }
    struct buf json = {0};
    struct err err;
    int code = 0;
    summary_format_json(summary, &json);
    enum status status = buf_status(&json, &err);
    if (status == STATUS_OK) {
        memcpy(arguments, notify->on_failure, notify->on_failure_count * sizeof *arguments);
        const struct child_options options = {
            .arguments = arguments,
            .input = buf_text(&json),
            .input_size = json.size,
            .limit_ms = NOTIFY_LIMIT_MS,
            .line = log_line,
            .context = arguments,
        };
        status = child_run(&options, &code, &err);
    }
    if (status != STATUS_OK)
        log_error("notify.on_failure: %s", err.message);
    else if (code != 0)
        log_error("notify.on_failure: %s ended with %d", arguments[0], code);
    free(arguments);
    buf_release(&json);
}

struct heartbeat {
    enum status status;
    long code;
    struct err err;
};

static void heartbeat_done(void *context, const struct http_response *response)
{
    struct heartbeat *heartbeat = context;
    *heartbeat = (struct heartbeat){response->status, response->code, response->err};
}

/* The address may hold a secret, so that no message names it. */
static void tell_watchdog(const struct job *job)
{
    const struct http_options options = {
        .user_agent = "occuport/" OCCUPORT_VERSION,
        .connect_timeout_ms = HEARTBEAT_LIMIT_MS,
        .total_timeout_ms = HEARTBEAT_LIMIT_MS,
        .body_max = (size_t)1 << 20,
        .max_connections = 1,
    };
    const struct http_request request = {.url = job->config->notify.heartbeat_url, .hides_path = true};
    struct heartbeat heartbeat = {.status = STATUS_OK};
    struct http *http = NULL;
    struct err err;
    enum status status = http_new(&options, &http, &err);
    if (status == STATUS_OK)
        status = http_submit(http, &request, heartbeat_done, &heartbeat, &err);
    while (status == STATUS_OK && http_in_flight(http) > 0)
        status = http_poll(http, HEARTBEAT_LIMIT_MS, &err);
    if (status == STATUS_OK && heartbeat.status != STATUS_OK) {
        status = heartbeat.status;
        err = heartbeat.err;
    }
    if (status != STATUS_OK)
        log_warn("notify.heartbeat_url: %s", err.message);
    else if (heartbeat.code < 200 || heartbeat.code > 299)
        log_warn("notify.heartbeat_url: the server answered with HTTP %ld", heartbeat.code);
    http_free(http);
}

void notify_end(const struct job *job, const struct summary *summary, int exit_code, bool was_signalled)
{
    const struct config_notify *notify = &job->config->notify;
    if (exit_code == 0 && notify->heartbeat_url != NULL)
        tell_watchdog(job);
    if (exit_code != 0 && !was_signalled && notify->on_failure_count > 0)
        tell_program(job, summary);
}
