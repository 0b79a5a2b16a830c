#include "config/config.h"

#include "config/keys.h"

#include <stdio.h>
#include <string.h>

enum { STARTER_MAX = 8 * 1024 };

/* Stands for a line that has no key of its own. */
#define STARTER_GROUP "buildings[].groups[]"

/* A line of the starter job; over it stands the help of a key, at the same indentation. */
static const struct {
    const char *key;  /* whose help; NULL: none */
    const char *line; /* without its end */
} lines[] = {
    {NULL, "# A job for occuport: which occupancy data to keep a copy of, and where."},
    {NULL, "#"},
    {NULL, "# Change what is marked with <--, set the two variables, then: occuport check THIS-FILE"},
    {NULL, "# ${NAME} is taken from the environment, ${file:PATH} is the contents of a file, $$ is a dollar sign."},
    {NULL, ""},
    {"version", "version: 1"},
    {NULL, ""},
    {"api", "api:"},
    {"api.client_id", "  client_id: ${INNERSPACE_CLIENT_ID}"},
    {"api.client_secret", "  client_secret: ${INNERSPACE_CLIENT_SECRET}"},
    {NULL, ""},
    {"fetch", "fetch:"},
    {"fetch.concurrency", "  concurrency: 8"},
    {"fetch.requests_per_second", "  requests_per_second: 10"},
    {"fetch.page_size", "  page_size: 10000"},
    {"fetch.max_runtime", "  max_runtime: 4h"},
    {NULL, ""},
    {"coverage", "coverage:"},
    {"coverage.from", "  from: 30d                      # <--"},
    {"coverage.until", "  until: yesterday"},
    {"coverage.settle", "  settle: 3d"},
    {"coverage.time_zone", "  time_zone: UTC                 # <-- such as America/Toronto"},
    {NULL, ""},
    {"dataset", "dataset: building_insights"},
    {"columns", "columns: [OCCUPANCY_MEAN]"},
    {"granularities", "granularities: [PT1H]"},
    {NULL, ""},
    {"buildings", "buildings:"},
    {"buildings[].id", "  - id: 71                       # <-- 71 is the demo building that all accounts share"},
    {"buildings[].name", "    name: Demo building"},
    {"buildings[].sites", "    sites: [900000222]           # <--"},
    {"buildings[].groups", "    groups:                      # <-- this one probably stands for everyone"},
    {STARTER_GROUP, "      - \"00000000-0000-0000-0000-000000000000\""},
    {NULL, ""},
    {"destinations", "destinations:"},
    {"destinations[].sqlite", "  - sqlite:"},
    {"destinations[].sqlite.path", "      path: occupancy.db"},
};

/* The answer that replaces what a line says, and whether it must be quoted; NULL: the line stays. */
static const char *answer_of(const struct config_starter_answers *answers, const char *key, bool *ret_quoted)
{
    const struct {
        const char *key;
        const char *answer;
        bool quoted;
    } table[] = {
        {"coverage.from", answers->from, false},
        {"coverage.time_zone", answers->time_zone, false},
        {"buildings[].id", answers->building, false},
        {"buildings[].name", answers->name, true},
        {"buildings[].sites", answers->sites, false},
        {STARTER_GROUP, answers->group, true},
        {"destinations[].sqlite.path", answers->database, true},
    };
    for (size_t i = 0; key != NULL && i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].key, key) == 0) {
            *ret_quoted = table[i].quoted;
            return table[i].answer;
        }
    }
    return NULL;
}

/* The line up to its value, then the answer. */
static void append_answer(struct buf *out, const char *line, const char *answer, bool quoted)
{
    bool is_list = strchr(line, '[') != NULL;
    const char *colon = strstr(line, ": ");
    size_t size = colon != NULL ? (size_t)(colon - line) + 2 : strspn(line, " -");
    buf_append(out, line, size);
    if (is_list)
        buf_append_char(out, '[');
    if (quoted)
        buf_append_json_string(out, answer, strlen(answer));
    else
        buf_append_text(out, answer);
    buf_append_text(out, is_list ? "]\n" : "\n");
}

void config_starter_fill(const struct config_starter_answers *answers, struct buf *out)
{
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *line = lines[i].line;
        const struct key *key = lines[i].key != NULL ? key_find(lines[i].key) : NULL;
        bool quoted = false;
        const char *answer = answer_of(answers, lines[i].key, &quoted);
        if (key != NULL && strcmp(lines[i].key, STARTER_GROUP) != 0)
            buf_appendf(out, "%*s# %s\n", (int)strspn(line, " "), "", key->help);
        if (answer != NULL)
            append_answer(out, line, answer, quoted);
        else
            buf_appendf(out, "%s\n", line);
    }
}

const char *config_starter(void)
{
    static const struct config_starter_answers none;
    static char text[STARTER_MAX];
    struct buf out = {0};
    config_starter_fill(&none, &out);
    snprintf(text, sizeof text, "%s", buf_text(&out));
    buf_release(&out);
    return text;
}
