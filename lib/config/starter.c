#include "config/config.h"

#include "config/keys.h"

#include <stdio.h>
#include <string.h>

enum { STARTER_MAX = 8 * 1024 };

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
    {NULL, "      - \"00000000-0000-0000-0000-000000000000\""},
    {NULL, ""},
    {"destinations", "destinations:"},
    {"destinations[].sqlite", "  - sqlite:"},
    {"destinations[].sqlite.path", "      path: occupancy.db"},
};

const char *config_starter(void)
{
    static char text[STARTER_MAX];
    size_t used = 0;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0] && used < sizeof text; i++) {
        const char *line = lines[i].line;
        const struct key *key = lines[i].key != NULL ? key_find(lines[i].key) : NULL;
        int written;
        if (key != NULL)
            written =
                snprintf(text + used, sizeof text - used, "%*s# %s\n%s\n", (int)strspn(line, " "), "", key->help, line);
        else
            written = snprintf(text + used, sizeof text - used, "%s\n", line);
        used += written > 0 ? (size_t)written : 0;
    }
    return text;
}
