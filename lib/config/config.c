#include "config/config.h"

#include "config/check.h"
#include "config/paths.h"
#include "config/yaml_reader.h"

#include <stdlib.h>
#include <string.h>

enum {
    JOB_FILE_MAX = 1 << 20, /* bytes */
    JOB_MEMORY_MAX = 128 << 20
};

/* A config and what must be wiped with it. config is first, so that config_free finds the rest. */
struct job {
    struct config config;
    const struct node *nodes;
    const struct expansion *expansions;
    const struct expand_variable *variables; /* of secrets */
};

/* Reads the file and sees to it that it is text; what is wrong is said. */
static enum status read_source(const char *path, struct source *ret_source, struct diagnostics *diagnostics)
{
    struct err err = {0};
    enum status status = source_read(path, JOB_FILE_MAX, ret_source, &err);
    if (status != STATUS_OK) {
        diagnostics_add(diagnostics, 0, 0, "cannot read the job file: %s", err.message);
        return status;
    }
    struct place place;
    const char *reason;
    if (source_is_text(ret_source, &place, &reason))
        return STATUS_OK;
    diagnostics_add(diagnostics, place.line, place.column, "%s", reason);
    return STATUS_CONFIG;
}

static enum status name_job(struct job *job, const char *path)
{
    size_t size;
    const char *name = paths_name(path, &size);
    job->config.path = arena_copy(&job->config.arena, path, strlen(path));
    job->config.name = arena_copy(&job->config.arena, name, size);
    return job->config.path != NULL && job->config.name != NULL ? STATUS_OK : STATUS_NOMEM;
}

/* Fills the config from the text; STATUS_OK also when diagnostics were added. */
static enum status fill(struct job *job, const struct source *source, const char *directory,
                        const struct config_options *options, struct diagnostics *diagnostics)
{
    struct arena *arena = &job->config.arena;
    struct yaml_tree tree = {0};
    enum status status = yaml_read(source, arena, diagnostics, &tree);
    job->nodes = tree.newest;
    if (status != STATUS_OK)
        return status;
    struct check check = {
        .config = &job->config,
        .diagnostics = diagnostics,
        .source = source,
        .directory = directory,
        .without_credentials = options != NULL && options->without_credentials,
        .expansions = {.arena = arena, .directory = directory, .inputs = &job->config.inputs},
    };
    check_job(&check, tree.root);
    job->expansions = check.expansions.newest;
    job->variables = check.expansions.variables;
    unique_release(&check.unique);
    return check.out_of_memory ? STATUS_NOMEM : STATUS_OK;
}

static enum status load(struct job *job, const char *path, const struct source *source,
                        const struct config_options *options, struct diagnostics *diagnostics)
{
    char directory[PATHS_TEXT_MAX];
    if (!paths_directory(path, directory)) {
        diagnostics_add(diagnostics, 0, 0, "the directory of the job file is not known, or its path is too long");
        return STATUS_CONFIG;
    }
    size_t before = diagnostics->count + diagnostics->dropped;
    enum status status = name_job(job, path);
    if (status == STATUS_OK)
        status = fill(job, source, directory, options, diagnostics);
    if (status == STATUS_NOMEM)
        diagnostics_add(diagnostics, 0, 0, "out of memory");
    bool wrong = diagnostics->count + diagnostics->dropped > before;
    return status == STATUS_OK && wrong ? STATUS_CONFIG : status;
}

enum status config_load(const char *path, const struct config_options *options, struct config **ret_config,
                        struct diagnostics *diagnostics)
{
    struct source source = {0};
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        diagnostics_add(diagnostics, 0, 0, "out of memory");
        return STATUS_NOMEM;
    }
    job->config.arena.max = JOB_MEMORY_MAX;
    enum status status = read_source(path, &source, diagnostics);
    if (status == STATUS_OK)
        status = load(job, path, &source, options, diagnostics);
    source_release(&source);
    if (status != STATUS_OK) {
        config_free(&job->config);
        return status;
    }
    *ret_config = &job->config;
    return STATUS_OK;
}

void config_forget_environment(const struct config *config)
{
    const struct job *job = (const struct job *)(const void *)config;
    for (const struct expand_variable *variable = job->variables; variable != NULL; variable = variable->earlier)
        explicit_bzero(variable->value, strlen(variable->value));
}

void config_explain(const char *path, const struct diagnostics *diagnostics, struct buf *out)
{
    struct source source = {0};
    struct err err;
    bool readable = source_read(path, JOB_FILE_MAX, &source, &err) == STATUS_OK;
    diagnostics_format(diagnostics, path, readable ? source.text : NULL, source.size, out);
    source_release(&source);
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    struct job *job = (struct job *)(void *)config;
    node_wipe_all(job->nodes);
    expand_wipe(job->expansions);
    diagnostics_release(&job->config.warnings);
    arena_release(&job->config.arena);
    free(job);
}
