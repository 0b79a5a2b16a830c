#include "wire.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* Chance for the backoff only: the time and the pid do where the kernel has none yet. */
static uint64_t random_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
        seed = (uint64_t)time(NULL) * 1000003U + (uint64_t)getpid();
    return seed;
}

enum status network_open(const struct job *job, int64_t deadline_ms, int64_t (*budget)(void *context),
                         void *budget_context, struct network *ret_network, struct err *err)
{
    const struct config *config = job->config;
    *ret_network = (struct network){0};
    struct http_options http = {
        .ca_file = config->api.ca_file,
        .user_agent = "occuport/" OCCUPORT_VERSION,
        .total_timeout_ms = (long)config->fetch.timeout_seconds * 1000,
        .low_speed_seconds = (long)config->fetch.timeout_seconds, /* a slow query sends nothing until it is done */
        .max_connections = config->fetch.concurrency,
    };
    struct client_options client = {
        .base_url = config->api.base_url,
        .audience = config->api.audience,
        .client_id = config->api.client_id,
        .client_secret = config->api.client_secret,
        .retry = {.max_attempts = config->fetch.max_attempts},
        .requests_per_second = config->fetch.requests_per_second,
        .concurrency = config->fetch.concurrency,
        .deadline_ms = deadline_ms,
        .clock = clock_system(),
        .random_seed = random_seed(),
        .budget = config->fetch.requests_per_second > 0 ? budget : NULL,
        .budget_context = budget_context,
    };
    enum status status = http_new(&http, &ret_network->http, err);
    if (status == STATUS_OK)
        status = client_new(ret_network->http, &client, &ret_network->client, err);
    if (status != STATUS_OK)
        network_release(ret_network);
    return status;
}

void network_release(struct network *network)
{
    client_free(network->client);
    http_free(network->http);
    *network = (struct network){0};
}
