/*
 * A simulator without sockets: switches as on a command line, queries in, JSON out.
 *
 * Life cycle: sim_open (asserts that the switches are right), ask, sim_close. It believes that it is
 * 2026-01-15T12:00:00Z unless told otherwise. What an answer gives is owned by the sim and lives until the next
 * question.
 */
#ifndef TEST_SIM_FIXTURE_H
#define TEST_SIM_FIXTURE_H

#include "service.h"

#include <json-c/json.h>

enum { SIM_SWITCHES_MAX = 64, SIM_NOW = 1768478400 };

struct sim {
    char switches[1024];
    char *argv[SIM_SWITCHES_MAX];
    struct sim_options options;
    struct service service;
    char session_id[SESSION_ID_SIZE];
    struct reply reply;
    struct json_object *json; /* of the reply, once parsed */
};

/* switches: separated by single blanks, "" for none. */
void sim_open(struct sim *sim, const char *switches);

/* The same, at another time. */
void sim_open_at(struct sim *sim, const char *switches, int64_t now);
void sim_close(struct sim *sim);

/* Sends a body to /v2/api with the living session and returns the body of the answer. */
const char *sim_post(struct sim *sim, const char *body);

/* Sends a query; variables: a JSON object, or NULL. */
const char *sim_ask(struct sim *sim, const char *query, const char *variables);

/* Sends a query that must be answered with data: the value of a root field (by response key). */
struct json_object *sim_data(struct sim *sim, const char *query, const char *field);

/* The count that NAME_aggregate gives under a where text such as "{SITE_ID:{_eq:1}}". */
int64_t sim_count(struct sim *sim, const char *table, const char *where);

/* Asserts that the query is refused with this code and path, and a message that has this part. */
void sim_refuses(struct sim *sim, const char *query, const char *variables, const char *code, const char *path,
                 const char *part);

#endif
