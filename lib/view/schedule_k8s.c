#include "view/schedule.h"

#include <inttypes.h>
#include <string.h>

/*
 * The texts are nested by append_indented: what a pod, a Job or an object is made of is written once, as if it stood
 * alone, whatever holds it.
 */

/* Every line that is not empty, with so many blanks before it. */
static void append_indented(struct buf *out, int indent, const char *text)
{
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        if (size > 0) {
            buf_appendf(out, "%*s", indent, "");
            buf_append(out, text, size);
        }
        buf_append_char(out, '\n');
        text += size + (text[size] == '\n');
    }
}

static void append_nested(struct buf *out, int indent, struct buf *part)
{
    append_indented(out, indent, buf_text(part));
    if (buf_status(part, NULL) != STATUS_OK)
        out->failed = part->failed;
    buf_release(part);
}

/* All objects of a job have one name. */
static void append_name(const struct schedule *schedule, struct buf *out)
{
    buf_append_text(out, "occuport-");
    schedule_append_name(out, schedule->name, true);
}

/* What every object begins with. */
static void append_head(const struct schedule *schedule, const char *version, const char *kind, struct buf *out)
{
    buf_appendf(out, "apiVersion: %s\nkind: %s\nmetadata:\n  name: ", version, kind);
    append_name(schedule, out);
    buf_append_char(out, '\n');
}

static void append_variables(const struct schedule *schedule, struct buf *out)
{
    if (schedule->variable_count > 0)
        buf_append_text(out, "env:\n");
    for (size_t i = 0; i < schedule->variable_count; i++) {
        buf_appendf(out, "  - name: %s\n    valueFrom:\n      secretKeyRef: {name: ", schedule->variables[i]);
        append_name(schedule, out);
        buf_appendf(out, ", key: %s}\n", schedule->variables[i]);
    }
}

/* Where the job finds a file; the job itself lies in /data. */
static void append_mount_path(const char *name, struct buf *out)
{
    struct buf path = {0};
    if (name[0] != '/')
        buf_append_text(&path, "/data/");
    buf_append_text(&path, name);
    buf_append_json_string(out, buf_text(&path), path.size); /* YAML reads it as JSON does */
    buf_release(&path);
}

static void append_mounts(const struct schedule *schedule, struct buf *out)
{
    buf_append_text(out, "volumeMounts:\n"
                         "  - {name: data, mountPath: /data}\n"
                         "  - {name: job, mountPath: /data/job.yaml, subPath: job.yaml, readOnly: true}\n"
                         "  - {name: tmp, mountPath: /tmp}\n");
    for (size_t i = 0; i < schedule->file_count; i++) {
        buf_append_text(out, "  - {name: files, mountPath: ");
        append_mount_path(schedule->files[i].name, out);
        buf_appendf(out, ", subPath: file-%zu, readOnly: true}\n", i + 1);
    }
}

static void append_volumes(const struct schedule *schedule, struct buf *out)
{
    buf_append_text(out, "volumes:\n  - name: job\n    configMap: {name: ");
    append_name(schedule, out);
    buf_append_text(out, "}\n  - name: data\n");
    if (schedule->workers > 0) {
        buf_append_text(out, "    emptyDir: {}\n");
    } else {
        buf_append_text(out, "    persistentVolumeClaim: {claimName: ");
        append_name(schedule, out);
        buf_append_text(out, "}\n");
    }
    buf_append_text(out, "  - name: tmp\n    emptyDir: {}\n");
    if (schedule->file_count == 0)
        return;
    buf_append_text(out, "  - name: files\n    secret: {defaultMode: 0440, secretName: ");
    append_name(schedule, out);
    buf_append_text(out, "}\n");
}

/* But for its name. */
static void append_container(const struct schedule *schedule, struct buf *out)
{
    buf_appendf(out,
                "image: occuport:%s # <-- where your registry has it\n"
                "args: [run, %s/data/job.yaml]\n"
                "workingDir: /data\n"
                "securityContext:\n"
                "  allowPrivilegeEscalation: false\n"
                "  readOnlyRootFilesystem: true\n"
                "  capabilities: {drop: [ALL]}\n"
                "resources:\n"
                "  requests: {cpu: 100m, memory: 64Mi}\n"
                "  limits: {memory: 256Mi}\n",
                schedule->version, schedule->workers > 0 ? "--worker, " : "");
    append_variables(schedule, out);
    append_mounts(schedule, out);
}

/* Not all on one node, where there are others. */
static void append_spread(const struct schedule *schedule, struct buf *out)
{
    buf_append_text(out, "topologySpreadConstraints:\n"
                         "  - maxSkew: 1\n"
                         "    topologyKey: kubernetes.io/hostname\n"
                         "    whenUnsatisfiable: ScheduleAnyway\n"
                         "    labelSelector: {matchLabels: {app.kubernetes.io/name: ");
    append_name(schedule, out);
    buf_append_text(out, "}}\n");
}

/* A PodSpec. */
static void append_pod(const struct schedule *schedule, struct buf *out)
{
    struct buf container = {0};
    buf_append_text(out, "restartPolicy: Never\n"
                         "automountServiceAccountToken: false\n"
                         "securityContext:\n"
                         "  runAsNonRoot: true\n"
                         "  runAsUser: 65532\n"
                         "  fsGroup: 65532\n"
                         "  seccompProfile: {type: RuntimeDefault}\n");
    if (schedule->workers > 0)
        append_spread(schedule, out);
    buf_append_text(out, "containers:\n"
                         "  - name: occuport\n");
    append_container(schedule, &container);
    append_nested(out, 4, &container);
    append_volumes(schedule, out);
}

/* Workers are alike: what one that died had in hand, the others take, and a new pod joins them. */
static void append_parallelism(const struct schedule *schedule, struct buf *out)
{
    if (schedule->workers > 0)
        buf_appendf(out, "completionMode: Indexed\ncompletions: %d\nparallelism: %d\n", schedule->workers,
                    schedule->workers);
    buf_appendf(out, "backoffLimit: %d\n", schedule->workers > 0 ? 4 * schedule->workers : 4);
}

static void append_labels(const struct schedule *schedule, struct buf *out)
{
    if (schedule->workers == 0)
        return;
    buf_append_text(out, "  metadata:\n    labels: {app.kubernetes.io/name: ");
    append_name(schedule, out);
    buf_append_text(out, "}\n");
}

/* A JobSpec: that of the CronJob's jobTemplate, and what any other Job of this pod would begin with. */
static void append_job_spec(const struct schedule *schedule, struct buf *out)
{
    struct buf pod = {0};
    append_parallelism(schedule, out);
    if (schedule->max_runtime_seconds > 0)
        buf_appendf(out, "activeDeadlineSeconds: %" PRId64 "\n", schedule->max_runtime_seconds * 2 + 600);
    /* A failed Job ends all its pods: what one worker met must not take the others with it. */
    buf_appendf(out,
                "podFailurePolicy: # these need a person; others may be better a little later\n"
                "  rules:\n"
                "    - action: FailJob\n"
                "      onExitCodes: {containerName: occuport, operator: In, values: [%s]}\n"
                "template:\n",
                schedule->workers > 0 ? "64, 70, 77, 78" : "64, 65, 70, 73, 77, 78");
    append_labels(schedule, out);
    buf_append_text(out, "  spec:\n");
    append_pod(schedule, &pod);
    append_nested(out, 4, &pod);
}

static void append_cron_job(const struct schedule *schedule, struct buf *out)
{
    struct buf spec = {0};
    append_head(schedule, "batch/v1", "CronJob", out);
    buf_appendf(out,
                "spec:\n"
                "  schedule: \"%d %d * * *\"\n"
                "  timeZone: %s\n"
                "  concurrencyPolicy: Forbid\n"
                "  startingDeadlineSeconds: 21600\n"
                "  successfulJobsHistoryLimit: 3\n"
                "  failedJobsHistoryLimit: 7\n"
                "  jobTemplate:\n"
                "    spec:\n",
                schedule_minute(schedule->job), SCHEDULE_HOUR, schedule->time_zone);
    append_job_spec(schedule, &spec);
    append_nested(out, 6, &spec);
}

/* One command that makes the Secret; a variable's value is taken from a file of its name. */
static void append_secret_command(const struct schedule *schedule, struct buf *out)
{
    if (schedule->variable_count == 0 && schedule->file_count == 0)
        return;
    buf_append_text(out, "# Before:\n#   kubectl create secret generic ");
    append_name(schedule, out);
    for (size_t i = 0; i < schedule->variable_count; i++)
        buf_appendf(out, " \\\n#     --from-file=%s", schedule->variables[i]);
    for (size_t i = 0; i < schedule->file_count; i++) {
        buf_appendf(out, " \\\n#     --from-file=file-%zu=", i + 1);
        buf_append_shell_word(out, schedule->files[i].path);
    }
    buf_append_char(out, '\n');
    if (schedule->variable_count > 0)
        buf_append_text(out, "# where a file of the name of each variable holds its value.\n");
}

void schedule_k8s(const struct schedule *schedule, struct buf *out)
{
    if (schedule->workers > 0)
        buf_append_text(out, "# All pods share the job through its PostgreSQL. Nothing else is kept.\n");
    else
        buf_append_text(out, "# The job runs in /data, which is kept: relative paths of destinations lie there.\n");
    append_secret_command(schedule, out);
    buf_append_text(out, "---\n"); /* another job may come before */
    append_head(schedule, "v1", "ConfigMap", out);
    buf_append_text(out, "data:\n  job.yaml: |2\n");
    append_indented(out, 4, schedule->job_text);
    buf_append_text(out, "---\n");
    if (schedule->workers == 0) {
        append_head(schedule, "v1", "PersistentVolumeClaim", out);
        buf_append_text(out, "spec:\n  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 10Gi}}\n---\n");
    }
    append_cron_job(schedule, out);
}
