#include "fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char minimal_job[] = "version: 1\n"
                           "api:\n"
                           "  client_id: an-id\n"
                           "  client_secret: a-secret\n"
                           "coverage:\n"
                           "  from: 2025-01-01\n"
                           "buildings:\n"
                           "  - id: 71\n"
                           "    sites: [900000222]\n"
                           "    groups: [\"everyone\"]\n"
                           "destinations:\n"
                           "  - sqlite: {path: occupancy.db}\n";

static char directory[64];
static char path_text[4096];

const char *fixture_begin(void)
{
    snprintf(directory, sizeof directory, "/tmp/occuport-config-XXXXXX");
    if (mkdtemp(directory) == NULL)
        abort();
    return directory;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *place)
{
    (void)stat;
    (void)type;
    (void)place;
    return remove(path);
}

void fixture_end(void)
{
    if (nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0)
        abort();
}

const char *fixture_path(const char *name)
{
    snprintf(path_text, sizeof path_text, "%s/%s", directory, name);
    return path_text;
}

const char *fixture_write(const char *name, const char *bytes, size_t size)
{
    const char *path = fixture_path(name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        abort();
    return path;
}

struct loaded fixture_load_path(const char *path, const struct config_options *options)
{
    struct loaded loaded = {0};
    loaded.status = config_load(path, options, &loaded.config, &loaded.diagnostics);
    struct buf text = {0};
    diagnostics_format(&loaded.diagnostics, "@", NULL, 0, &text);
    for (char *line = text.data; line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        *end = '\0';
        buf_appendf(&loaded.problems, "%s\n", strncmp(line, "@: ", 3) == 0 ? line + 3 : line + 2);
        line = end + 1;
    }
    buf_release(&text);
    return loaded;
}

struct loaded fixture_load_with(const char *text, const struct config_options *options)
{
    return fixture_load_path(fixture_write("job.yaml", text, strlen(text)), options);
}

struct loaded fixture_load(const char *text)
{
    return fixture_load_with(text, NULL);
}

char *fixture_job(unsigned line, const char *replacement)
{
    struct buf job = {0};
    unsigned number = 1;
    for (const char *at = minimal_job; *at != '\0'; number++) {
        const char *end = strchr(at, '\n') + 1;
        if (number == line)
            buf_appendf(&job, "%s\n", replacement);
        else
            buf_append(&job, at, (size_t)(end - at));
        at = end;
    }
    if (line == 0)
        buf_appendf(&job, "%s\n", replacement);
    return job.data;
}

void loaded_release(struct loaded *loaded)
{
    config_free(loaded->config);
    diagnostics_release(&loaded->diagnostics);
    buf_release(&loaded->problems);
}
