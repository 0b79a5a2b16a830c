#include "fixture.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static char program[] = "innerspace-sim";

static int split(struct sim *sim)
{
    int count = 0;
    char *state = NULL;
    sim->argv[count++] = program;
    for (char *word = strtok_r(sim->switches, " ", &state); word != NULL; word = strtok_r(NULL, " ", &state)) {
        cr_assert_lt(count, SIM_SWITCHES_MAX);
        sim->argv[count++] = word;
    }
    return count;
}

void sim_open(struct sim *sim, const char *switches)
{
    sim_open_at(sim, switches, SIM_NOW);
}

void sim_open_at(struct sim *sim, const char *switches, int64_t now)
{
    *sim = (struct sim){0};
    cr_assert_lt(strlen(switches), sizeof sim->switches);
    snprintf(sim->switches, sizeof sim->switches, "%s", switches);
    struct err err = {0};
    int count = split(sim);
    cr_assert_eq(sim_options_parse(&sim->options, count, sim->argv, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(service_init(&sim->service, &sim->options, now, &err), STATUS_OK, "%s", err.message);
    cr_assert(sessions_open(&sim->service.sessions, sim->session_id));
}

static void forget_reply(struct sim *sim)
{
    json_object_put(sim->json);
    sim->json = NULL;
    buf_release(&sim->reply.body);
    sim->reply = (struct reply){0};
}

void sim_close(struct sim *sim)
{
    forget_reply(sim);
    service_release(&sim->service);
}

const char *sim_post(struct sim *sim, const char *body)
{
    forget_reply(sim);
    struct call call = {
        .method = "POST", .path = "/v2/api", .session_id = sim->session_id, .body = body, .size = strlen(body)};
    service_answer(&sim->service, &call, &sim->reply);
    return buf_text(&sim->reply.body);
}

const char *sim_ask(struct sim *sim, const char *query, const char *variables)
{
    struct buf body = {0};
    buf_append_text(&body, "{\"query\":");
    buf_append_json_string(&body, query, strlen(query));
    buf_appendf(&body, ",\"operationName\":null,\"variables\":%s}", variables != NULL ? variables : "null");
    const char *answer = sim_post(sim, buf_text(&body));
    buf_release(&body);
    return answer;
}

struct json_object *sim_data(struct sim *sim, const char *query, const char *field)
{
    const char *answer = sim_ask(sim, query, NULL);
    sim->json = json_tokener_parse(answer);
    struct json_object *data = json_object_object_get(sim->json, "data");
    cr_assert_not_null(data, "%s\n%.1000s", query, answer);
    cr_assert_null(json_object_object_get(sim->json, "errors"));
    struct json_object *value = NULL;
    cr_assert(json_object_object_get_ex(data, field, &value), "no %s in %.1000s", field, answer);
    return value;
}

int64_t sim_count(struct sim *sim, const char *table, const char *where)
{
    char query[4096];
    snprintf(query, sizeof query, "{n: %s_aggregate(where: %s) {aggregate {count}}}", table, where);
    struct json_object *aggregate = json_object_object_get(sim_data(sim, query, "n"), "aggregate");
    return json_object_get_int64(json_object_object_get(aggregate, "count"));
}

void sim_refuses(struct sim *sim, const char *query, const char *variables, const char *code, const char *path,
                 const char *part)
{
    const char *answer = sim_ask(sim, query, variables);
    sim->json = json_tokener_parse(answer);
    cr_assert(!json_object_object_get_ex(sim->json, "data", NULL), "%s\n%.500s", query, answer);
    cr_assert_eq(sim->reply.code, 200);
    cr_assert(sim->reply.is_error);
    struct json_object *error = json_object_array_get_idx(json_object_object_get(sim->json, "errors"), 0);
    struct json_object *extensions = json_object_object_get(error, "extensions");
    cr_assert_str_eq(json_object_get_string(json_object_object_get(extensions, "code")), code, "%s\n%s", query, answer);
    cr_assert_str_eq(json_object_get_string(json_object_object_get(extensions, "path")), path, "%s\n%s", query, answer);
    cr_assert_not_null(strstr(json_object_get_string(json_object_object_get(error, "message")), part), "%s\n%s", query,
                       answer);
}
