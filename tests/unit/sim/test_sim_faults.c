#include "faults.h"
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { REQUESTS = 4000 };

#define QUERY  "{\"query\":\"{FLOOR(where:{ID:{_eq:71001}}){ID}}\"}"
#define FLOORS "{\"data\":{\"FLOOR\":[{\"ID\":71001}]}}"

static struct sim sim;

static void teardown(void)
{
    sim_close(&sim);
}

/* Which faults the first requests meet; returns how many do. */
static int list_faults(uint64_t seed, int percent, enum fault list[REQUESTS])
{
    struct faults faults;
    int hits = 0;
    faults_init(&faults, seed, percent);
    for (int i = 0; i < REQUESTS; i++) {
        list[i] = faults_next(&faults);
        hits += list[i] != FAULT_NONE;
    }
    faults_release(&faults);
    return hits;
}

Test(sim_faults, their_share_is_the_one_asked_for_and_they_come_in_turn)
{
    static enum fault list[REQUESTS];
    cr_assert_eq(list_faults(1, 0, list), 0);
    cr_assert_eq(list_faults(1, 100, list), REQUESTS);
    int hits = list_faults(1, 10, list);
    cr_assert(hits > REQUESTS * 8 / 100 && hits < REQUESTS * 12 / 100, "%d", hits);
    int turn = 0;
    for (int i = 0; i < REQUESTS; i++) {
        if (list[i] != FAULT_NONE)
            cr_assert_eq((int)list[i], 1 + turn++ % (FAULT_COUNT - 1), "request %d", i);
    }
}

Test(sim_faults, which_requests_are_hit_depends_on_the_seed_alone)
{
    static enum fault first[REQUESTS];
    static enum fault again[REQUESTS];
    list_faults(7, 10, first);
    list_faults(7, 10, again);
    cr_assert_eq(memcmp(first, again, sizeof first), 0);
    list_faults(8, 10, again);
    cr_assert_neq(memcmp(first, again, sizeof first), 0);
}

struct wanted {
    unsigned code;
    const char *retry_after;
    const char *type;
    const char *body; /* NULL: HTML */
};

static const struct wanted in_turn[] = {
    {500, NULL, "application/json; charset=utf-8", "{\"message\":\"Internal Server Error\"}"},
    {502, NULL, "text/html", NULL},
    {503, "0", "text/html", NULL},
    {429, "0", "application/json; charset=utf-8", "{\"message\":\"Too Many Requests\"}"},
    {200, NULL, "application/json; charset=utf-8",
     "{\"errors\":[{\"message\":\"internal error\",\"extensions\":{\"path\":\"$\",\"code\":\"unexpected\"}}]}"},
    {200, NULL, "application/json; charset=utf-8", ""},
    {200, NULL, "application/json; charset=utf-8", "{\"data\":{\"FLOOR\":["},
    {200, NULL, "application/json; charset=utf-8", "{\"data\":null}"},
};

Test(sim_faults, each_has_its_code_header_and_body, .fini = teardown)
{
    enum { KINDS = sizeof in_turn / sizeof *in_turn };
    cr_assert_eq((int)KINDS, FAULT_COUNT - 1);
    sim_open(&sim, "--fail 100");
    for (size_t i = 0; i < 2 * KINDS; i++) {
        const struct wanted *wanted = &in_turn[i % KINDS];
        const char *body = sim_post(&sim, QUERY);
        cr_assert_eq(sim.reply.code, wanted->code, "%zu: %u", i, sim.reply.code);
        cr_assert_str_eq(sim.reply.content_type, wanted->type);
        cr_assert_eq(sim.reply.retry_after == NULL, wanted->retry_after == NULL);
        if (wanted->retry_after != NULL)
            cr_assert_str_eq(sim.reply.retry_after, wanted->retry_after);
        if (wanted->body != NULL && strncmp(wanted->body, "{\"data\":{", 9) == 0)
            cr_assert(sim.reply.body.size == strlen(FLOORS) / 2 && strncmp(body, FLOORS, strlen(FLOORS) / 2) == 0);
        else if (wanted->body != NULL)
            cr_assert_str_eq(body, wanted->body);
        else
            cr_assert_eq(strncmp(body, "<html>", 6), 0, "%s", body);
        cr_assert_eq(strlen(body), sim.reply.body.size);
        cr_assert_eq(sim.reply.rows, 0);
    }
    cr_assert_eq(sim.service.stats.events[STATS_FAULT], 2 * KINDS);
    cr_assert_eq(sim.service.stats.events[STATS_REQUEST], 2 * KINDS);
    cr_assert_eq(sim.service.stats.rows, 0);
}

Test(sim_faults, healthy_requests_between_them_are_answered_and_all_are_counted, .fini = teardown)
{
    sim_open(&sim, "--fail 25");
    unsigned healthy = 0;
    for (int i = 0; i < 400; i++)
        healthy += strcmp(sim_post(&sim, QUERY), FLOORS) == 0;
    uint64_t faults = sim.service.stats.events[STATS_FAULT];
    cr_assert(faults > 60 && faults < 140, "%u", (unsigned)faults);
    cr_assert_eq(healthy + faults, 400);
    struct buf text = {0};
    char counted[64];
    snprintf(counted, sizeof counted, "\"faults\":%u,", (unsigned)faults);
    stats_format(&sim.service.stats, &text);
    cr_assert_not_null(strstr(buf_text(&text), counted), "%s", buf_text(&text));
    buf_release(&text);
}

Test(sim_faults, logging_in_meets_none, .fini = teardown)
{
    sim_open(&sim, "--fail 100");
    static const char body[] = "{\"client_id\":\"demo\",\"client_secret\":\"demo-secret\","
                               "\"audience\":\"https://global-config.innerspace.io\"}";
    struct call call = {.method = "POST", .path = "/v2/oauth/token", .body = body, .size = strlen(body)};
    service_answer(&sim.service, &call, &sim.reply);
    cr_assert_eq(sim.reply.code, 200);
    cr_assert_eq(sim.service.stats.events[STATS_FAULT], 0);
}
