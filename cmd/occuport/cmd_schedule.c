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
    uid_t uid;         /* who runs it */
    bool in_container; /* and not on this machine */
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

/* What the rights say for certain; a group may have them, and so may a list that stat does not show. */
static bool is_denied(const struct stat *status, uid_t user, mode_t all)
{
    mode_t others = all & (S_IRWXG | S_IRWXO);
    return status->st_uid == user ? (status->st_mode & all & S_IRWXU) == 0 : (status->st_mode & others) == 0;
}

/* Says what would stop the run at night: root has no special rights in the sandbox. */
static void warn_of_rights(const struct material *material, const char *path, mode_t all, const char *what)
{
    struct stat status;
    const char *user = material->schedule.user != NULL ? material->schedule.user : "root";
    if (material->in_container)
        return;
    if (stat(path, &status) != 0)
        log_warn("%s: %s; the job needs it", path, strerror(errno));
    else if (is_denied(&status, material->uid, all))
        log_warn("%s: %s, who runs the job, may not %s it", path, user, what);
}

/* Adds the folder that holds path, once. */
static enum status add_folder(struct material *material, const char *path, struct err *err)
{
    struct schedule *schedule = &material->schedule;
    char copy[PATH_MAX];
    char absolute[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    const char *folder = dirname(copy);
    bool is_there = realpath(folder, absolute) != NULL;
    if (!is_there) {
        if (!material->in_container)
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
    if (is_there)
        warn_of_rights(material, absolute, S_IWUSR | S_IWGRP | S_IWOTH, "write to");
    return keep(material, absolute, &schedule->folders[schedule->folder_count++], err);
}

static void add_needed(struct schedule *schedule, const char *path)
{
    if (path != NULL && path[0] == '/')
        schedule->needed[schedule->needed_count++] = path;
}

/* A file that the job reads its values from: where it is said to lie, and where it lies. */
static enum status add_file(struct material *material, const struct config_input *input, struct err *err)
{
    struct schedule *schedule = &material->schedule;
    char absolute[PATH_MAX];
    const char *real = NULL;
    enum status status = refuse_odd(input->path, err);
    warn_of_rights(material, input->path, S_IRUSR | S_IRGRP | S_IROTH, "read");
    if (status == STATUS_OK && realpath(input->path, absolute) != NULL)
        status = keep(material, absolute, &real, err);
    if (status != STATUS_OK)
        return status;
    schedule->files[schedule->file_count++] = (struct schedule_file){input->name, input->path};
    add_needed(schedule, input->path);
    add_needed(schedule, real);
    return STATUS_OK;
}

_Static_assert((int)SCHEDULE_INPUTS_MAX == (int)CONFIG_INPUTS_MAX, "a schedule has place for what a job takes");

static enum status gather_inputs(struct material *material, struct err *err)
{
    const struct config_inputs *inputs = &material->job.config->inputs;
    struct schedule *schedule = &material->schedule;
    enum status status = STATUS_OK;
    if (inputs->has_more)
        return err_set(err, STATUS_CONFIG, "the job takes more than %d variables and files", CONFIG_INPUTS_MAX);
    for (size_t i = 0; status == STATUS_OK && i < inputs->count; i++) {
        if (inputs->items[i].path != NULL)
            status = add_file(material, &inputs->items[i], err);
        else
            schedule->variables[schedule->variable_count++] = inputs->items[i].name;
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
    add_needed(schedule, schedule->program);
    add_needed(schedule, config->api.ca_file);
    add_needed(schedule, config->notify.on_failure_count > 0 ? config->notify.on_failure[0] : NULL);
}

/* In a container only the folder of the job is kept, and only what the image has is there. */
static void warn_of_paths(const struct material *material)
{
    const struct config *config = material->job.config;
    const struct schedule *schedule = &material->schedule;
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", schedule->job);
    const char *home = dirname(copy);
    size_t size = strcmp(home, "/") == 0 ? 0 : strlen(home);
    for (size_t i = 0; i <= config->destination_count; i++) {
        const char *path = i < config->destination_count ? config->destinations[i].path : config->metrics_textfile;
        if (path != NULL && (strncmp(path, home, size) != 0 || path[size] != '/'))
            log_warn("%s: only /data is there in the container; write a path relative to the job", path);
    }
    if (config->api.ca_file != NULL)
        log_warn("%s: must be in the image", config->api.ca_file);
    if (config->notify.on_failure_count > 0)
        log_warn("%s: must be in the image", config->notify.on_failure[0]);
}

/* Kubernetes mounts a file at the path by which the job calls it. */
static enum status refuse_colon(const struct schedule *schedule, struct err *err)
{
    for (size_t i = 0; i < schedule->file_count; i++) {
        if (strchr(schedule->files[i].name, ':') != NULL)
            return err_set(err, STATUS_CONFIG, "%s: Kubernetes takes no ':' in the path of a file",
                           schedule->files[i].name);
    }
    return STATUS_OK;
}

/*
 * Who prints a schedule is who runs the job. For root it is who owns the job file: in its sandbox root could not write
 * to folders of others.
 */
static enum status gather_user(struct material *material, struct err *err)
{
    struct stat status;
    material->uid = geteuid();
    if (material->uid == 0 && stat(material->schedule.job, &status) == 0)
        material->uid = status.st_uid;
    if (material->uid == 0)
        return STATUS_OK;
    const struct passwd *user = getpwuid(material->uid);
    char number[24];
    snprintf(number, sizeof number, "%ld", (long)material->uid);
    return keep(material, user != NULL ? user->pw_name : number, &material->schedule.user, err);
}

static enum status gather(struct material *material, const char *path, struct err *err)
{
    struct schedule *schedule = &material->schedule;
    const struct config *config = material->job.config;
    schedule->version = OCCUPORT_VERSION;
    schedule->name = config->name;
    schedule->time_zone = config->coverage.time_zone;
    schedule->max_runtime_seconds = config->fetch.max_runtime_seconds;
    enum status status = keep_path(material, "/proc/self/exe", &schedule->program, err);
    if (status == STATUS_OK)
        status = keep_path(material, path, &schedule->job, err);
    if (status == STATUS_OK)
        status = gather_user(material, err);
    if (status == STATUS_OK)
        status = read_text(material, path, err);
    schedule->job_text = buf_text(&material->text);
    gather_needed(material);
    if (status == STATUS_OK)
        status = gather_inputs(material, err);
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

/* What is kept on a disk cannot be shared by pods. */
static enum status refuse_workers(const struct material *material, enum opt_schedule form, struct err *err)
{
    const struct config *config = material->job.config;
    if (material->schedule.workers == 0)
        return STATUS_OK;
    if (form != OPT_K8S)
        return err_set(err, STATUS_USAGE, "'--workers' goes with '--format k8s'; docs/scale.md shows other schedulers");
    for (size_t i = 0; i < config->destination_count; i++) {
        if (config->destinations[i].kind != CONFIG_DESTINATION_POSTGRES)
            return err_set(err, STATUS_CONFIG,
                           "%s: workers share a job whose destinations are PostgreSQL alone; it has another one",
                           config->path);
    }
    return STATUS_OK;
}

static enum status format(const struct material *material, enum opt_schedule form, struct buf *out, struct err *err)
{
    const struct schedule *schedule = &material->schedule;
    enum status status = STATUS_OK;
    switch (form) {
    case OPT_CRON: status = schedule_cron(schedule, out, err); break;
    case OPT_K8S:
        status = refuse_secret(material, err);
        if (status == STATUS_OK)
            status = refuse_colon(schedule, err);
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
    struct material material = {.in_container = context->opt->schedule == OPT_K8S};
    struct clock clock = clock_system();
    struct buf out = {0};
    struct err err;
    if (job_open(job_path, true, clock_wall(&clock), &material.job, &err) != STATUS_OK)
        return command_fail(&err);
    material.schedule.workers = context->opt->workers;
    enum status status = refuse_workers(&material, context->opt->schedule, &err);
    if (status == STATUS_OK)
        status = gather(&material, job_path, &err);
    if (status == STATUS_OK)
        status = format(&material, context->opt->schedule, &out, &err);
    int code = status == STATUS_OK ? command_print(&out) : command_fail(&err);
    buf_release(&out);
    buf_release(&material.text);
    arena_release(&material.arena);
    job_release(&material.job);
    return code;
}
