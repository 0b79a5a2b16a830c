#include "command.h"
#include "core/log.h"
#include "view/schedule.h"
#include "wire.h"

#include <errno.h>
#include <libgen.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JOB_TEXT_MAX = 1 << 20 };

/* What a schedule points to. */
struct material {
    struct job job;
    struct schedule schedule;
    struct arena arena;
    struct buf text; /* of the job file */
};

static enum status keep(struct material *material, const char *text, const char **ret_text, struct err *err)
{
    const char *copy = arena_copy(&material->arena, text, strlen(text));
    if (copy == NULL)
        return err_nomem(err);
    *ret_text = copy;
    return STATUS_OK;
}

/* A line break in a path would begin a line of its own in a unit or a crontab. */
static enum status refuse_odd(const char *path, struct err *err)
{
    for (const char *at = path; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7F)
            return err_set(err, STATUS_CONFIG, "%s: a path with control characters cannot be scheduled", path);
    }
    return STATUS_OK;
}

static enum status keep_path(struct material *material, const char *path, const char **ret_path, struct err *err)
{
    char absolute[PATH_MAX];
    if (realpath(path, absolute) == NULL)
        return err_set_errno(err, STATUS_CONFIG, errno, "%s", path);
    enum status status = refuse_odd(absolute, err);
    return status == STATUS_OK ? keep(material, absolute, ret_path, err) : status;
}

static enum status read_text(struct material *material, const char *path, struct err *err)
{
    char bytes[4096];
    size_t size;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return err_set_errno(err, STATUS_CONFIG, errno, "%s", path);
    material->text.max = JOB_TEXT_MAX;
    while ((size = fread(bytes, 1, sizeof bytes, file)) > 0)
        buf_append(&material->text, bytes, size);
    fclose(file);
    return buf_status(&material->text, err);
}

/* Adds the folder that holds path, once. */
static enum status add_folder(struct material *material, const char *path, struct err *err)
{
    struct schedule *schedule = &material->schedule;
    char copy[PATH_MAX];
    char absolute[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    const char *folder = dirname(copy);
    if (realpath(folder, absolute) == NULL) {
        log_warn("%s: its folder is not there; make it before the first run", path);
        snprintf(absolute, sizeof absolute, "%s", folder);
    }
    enum status status = refuse_odd(absolute, err);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < schedule->folder_count; i++) {
        if (strcmp(schedule->folders[i], absolute) == 0)
            return STATUS_OK;
    }
    if (schedule->folder_count == SCHEDULE_FOLDERS_MAX)
        return err_set(err, STATUS_CONFIG, "the job writes to more than %d folders", SCHEDULE_FOLDERS_MAX);
    return keep(material, absolute, &schedule->folders[schedule->folder_count++], err);
}

static enum status add_variable(struct material *material, const char *name, size_t size, struct err *err)
{
    struct schedule *schedule = &material->schedule;
    for (size_t i = 0; i < schedule->variable_count; i++) {
        if (strlen(schedule->variables[i]) == size && memcmp(schedule->variables[i], name, size) == 0)
            return STATUS_OK;
    }
    if (schedule->variable_count == SCHEDULE_FOLDERS_MAX)
        return err_set(err, STATUS_CONFIG, "the job takes more than %d variables", SCHEDULE_FOLDERS_MAX);
    const char *copy = arena_copy(&material->arena, name, size);
    if (copy == NULL)
        return err_nomem(err);
    schedule->variables[schedule->variable_count++] = copy;
    return STATUS_OK;
}

/* Where a comment of YAML begins in a line: at a # behind a blank, outside of quotes; or its end. */
static const char *end_of_content(const char *line)
{
    char quote = '\0';
    const char *at = line;
    for (; *at != '\0' && *at != '\n'; at++) {
        bool behind_blank = at == line || strchr(" \t[{,", at[-1]) != NULL;
        if (quote != '\0' && *at == quote)
            quote = '\0';
        else if (quote == '\0' && (*at == '"' || *at == '\'') && behind_blank)
            quote = *at;
        else if (quote == '\0' && *at == '#' && behind_blank)
            break;
    }
    return at;
}

static enum status find_in_line(struct material *material, const char *line, const char *end, struct err *err)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    enum status status = STATUS_OK;
    for (const char *at = line; status == STATUS_OK && at + 1 < end; at++) {
        if (at[0] != '$')
            continue;
        size_t size = at[1] == '{' ? strspn(at + 2, letters) : 0;
        if (size > 0 && at[2 + size] == '}')
            status = add_variable(material, at + 2, size, err);
        at += at[1] == '$'; /* $$ is a dollar */
    }
    return status;
}

/* ${NAME} outside of comments. */
static enum status find_variables(struct material *material, struct err *err)
{
    enum status status = STATUS_OK;
    const char *line = buf_text(&material->text);
    while (status == STATUS_OK && *line != '\0') {
        status = find_in_line(material, line, end_of_content(line), err);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return status;
}

static enum status gather_folders(struct material *material, struct err *err)
{
    const struct config *config = material->job.config;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < config->destination_count; i++) {
        if (config->destinations[i].path != NULL) /* PostgreSQL has none */
            status = add_folder(material, config->destinations[i].path, err);
    }
    if (status == STATUS_OK && config->metrics_textfile != NULL)
        status = add_folder(material, config->metrics_textfile, err);
    return status;
}

/* What the job reads or starts besides: a sandbox must not hide it. */
static void gather_needed(struct material *material)
{
    const struct config *config = material->job.config;
    struct schedule *schedule = &material->schedule;
    const char *const needed[] = {schedule->program, config->api.ca_file,
                                  config->notify.on_failure_count > 0 ? config->notify.on_failure[0] : NULL};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (needed[i] != NULL && needed[i][0] == '/')
            schedule->needed[schedule->needed_count++] = needed[i];
    }
}

/* In a container only the folder of the job is kept. */
static void warn_of_paths(const struct material *material)
{
    const struct config *config = material->job.config;
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", material->schedule.job);
    const char *home = dirname(copy);
    size_t size = strlen(home);
    for (size_t i = 0; i < config->destination_count; i++) {
        const char *path = config->destinations[i].path;
        if (path != NULL && (strncmp(path, home, size) != 0 || path[size] != '/'))
            log_warn("%s: only /data is there in the container; write a path relative to the job", path);
    }
}

static enum status gather(struct material *material, const char *path, struct err *err)
{
    struct schedule *schedule = &material->schedule;
    const struct config *config = material->job.config;
    const struct passwd *user = geteuid() != 0 ? getpwuid(geteuid()) : NULL;
    schedule->version = OCCUPORT_VERSION;
    schedule->name = config->name;
    schedule->time_zone = config->coverage.time_zone;
    schedule->max_runtime_seconds = config->fetch.max_runtime_seconds;
    enum status status = keep_path(material, "/proc/self/exe", &schedule->program, err);
    if (status == STATUS_OK)
        status = keep_path(material, path, &schedule->job, err);
    if (status == STATUS_OK && user != NULL)
        status = keep(material, user->pw_name, &schedule->user, err);
    if (status == STATUS_OK)
        status = read_text(material, path, err);
    schedule->job_text = buf_text(&material->text);
    if (status == STATUS_OK)
        status = find_variables(material, err);
    if (status == STATUS_OK)
        gather_needed(material);
    return status == STATUS_OK ? gather_folders(material, err) : status;
}

/* A ConfigMap is read by more people than a secret. */
static enum status refuse_secret(const struct material *material, struct err *err)
{
    if (!material->job.config->has_literal_secret)
        return STATUS_OK;
    return err_set(err, STATUS_CONFIG,
                   "%s holds a secret itself, which would stand in the ConfigMap; write ${NAME} in its place",
                   material->job.config->path);
}

static enum status format(const struct material *material, enum opt_schedule form, struct buf *out, struct err *err)
{
    const struct schedule *schedule = &material->schedule;
    enum status status = STATUS_OK;
    switch (form) {
    case OPT_CRON: schedule_cron(schedule, out); break;
    case OPT_K8S:
        status = refuse_secret(material, err);
        warn_of_paths(material);
        if (status == STATUS_OK)
            schedule_k8s(schedule, out);
        break;
    case OPT_SYSTEMD:
    default: schedule_systemd(schedule, out); break;
    }
    return status;
}

int cmd_schedule(const struct command_context *context, const char *job_path)
{
    struct material material = {.schedule = {.program = NULL}};
    struct clock clock = clock_system();
    struct buf out = {0};
    struct err err;
    if (job_open(job_path, true, clock_wall(&clock), &material.job, &err) != STATUS_OK)
        return command_fail(&err);
    enum status status = gather(&material, job_path, &err);
    if (status == STATUS_OK)
        status = format(&material, context->opt->schedule, &out, &err);
    int code = status == STATUS_OK ? command_print(&out) : command_fail(&err);
    buf_release(&out);
    buf_release(&material.text);
    arena_release(&material.arena);
    job_release(&material.job);
    return code;
}
