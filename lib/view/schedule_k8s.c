#include "view/schedule.h"

#include <inttypes.h>
#include <string.h>

static void append_metadata(const struct schedule *schedule, struct buf *out)
{
    buf_append_text(out, "metadata:\n  name: occuport-");
    schedule_append_name(out, schedule->name, true);
    buf_append_char(out, '\n');
}

/* Below a key, as a block: every line indented by two more than the key, as the block says of itself. */
static void append_block(struct buf *out, const char *text)
{
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        if (size > 0) {
            buf_append_text(out, "    ");
            buf_append(out, text, size);
        }
        buf_append_char(out, '\n');
        text += size + (text[size] == '\n');
    }
}

static void append_variables(const struct schedule *schedule, struct buf *out)
{
    if (schedule->variable_count == 0)
        return;
    buf_append_text(out, "              env:\n");
    for (size_t i = 0; i < schedule->variable_count; i++) {
        buf_appendf(out,
                    "                - name: %s\n                  valueFrom:\n                    secretKeyRef: "
                    "{name: occuport-",
                    schedule->variables[i]);
        schedule_append_name(out, schedule->name, true);
        buf_appendf(out, ", key: %s}\n", schedule->variables[i]);
    }
}

static void append_pod(const struct schedule *schedule, struct buf *out)
{
    buf_appendf(out,
                "        spec:\n"
                "          restartPolicy: Never\n"
                "          automountServiceAccountToken: false\n"
                "          securityContext:\n"
                "            runAsNonRoot: true\n"
                "            runAsUser: 65532\n"
                "            fsGroup: 65532\n"
                "            seccompProfile: {type: RuntimeDefault}\n"
                "          containers:\n"
                "            - name: occuport\n"
                "              image: occuport:%s # <-- where your registry has it\n"
                "              args: [run, /data/job.yaml]\n"
                "              workingDir: /data\n"
                "              securityContext:\n"
                "                allowPrivilegeEscalation: false\n"
                "                readOnlyRootFilesystem: true\n"
                "                capabilities: {drop: [ALL]}\n"
                "              resources:\n"
                "                requests: {cpu: 100m, memory: 64Mi}\n"
                "                limits: {memory: 256Mi}\n",
                schedule->version);
    append_variables(schedule, out);
    buf_append_text(out, "              volumeMounts:\n"
                         "                - {name: data, mountPath: /data}\n"
                         "                - {name: job, mountPath: /data/job.yaml, subPath: job.yaml, readOnly: true}\n"
                         "                - {name: tmp, mountPath: /tmp}\n"
                         "          volumes:\n"
                         "            - name: job\n              configMap: {name: occuport-");
    schedule_append_name(out, schedule->name, true);
    buf_append_text(out, "}\n            - name: data\n              persistentVolumeClaim: {claimName: occuport-");
    schedule_append_name(out, schedule->name, true);
    buf_append_text(out, "}\n            - name: tmp\n              emptyDir: {}\n");
}

static void append_cron_job(const struct schedule *schedule, struct buf *out)
{
    buf_append_text(out, "apiVersion: batch/v1\nkind: CronJob\n");
    append_metadata(schedule, out);
    buf_appendf(out,
                "spec:\n"
                "  schedule: \"%d %d * * *\"\n"
                "  timeZone: %s\n"
                "  concurrencyPolicy: Forbid\n"
                "  startingDeadlineSeconds: 21600\n"
                "  successfulJobsHistoryLimit: 3\n"
                "  failedJobsHistoryLimit: 7\n"
                "  jobTemplate:\n"
                "    spec:\n"
                "      backoffLimit: 4\n",
                schedule_minute(schedule->job), SCHEDULE_HOUR, schedule->time_zone);
    if (schedule->max_runtime_seconds > 0)
        buf_appendf(out, "      activeDeadlineSeconds: %" PRId64 "\n", schedule->max_runtime_seconds * 2 + 600);
    buf_append_text(
        out, "      podFailurePolicy: # these need a person; 75, 69 and 74 may be better a little later\n"
             "        rules:\n"
             "          - action: FailJob\n"
             "            onExitCodes: {containerName: occuport, operator: In, values: [64, 65, 70, 73, 77, 78]}\n"
             "      template:\n");
    append_pod(schedule, out);
}

void schedule_k8s(const struct schedule *schedule, struct buf *out)
{
    buf_append_text(out, "# The job runs in /data, which is kept: relative paths of destinations lie there.\n");
    if (schedule->variable_count > 0) {
        buf_append_text(out, "# Before: kubectl create secret generic occuport-");
        schedule_append_name(out, schedule->name, true);
        for (size_t i = 0; i < schedule->variable_count; i++)
            buf_appendf(out, " --from-file=%s", schedule->variables[i]);
        buf_append_char(out, '\n');
    }
    buf_append_text(out, "apiVersion: v1\nkind: ConfigMap\n");
    append_metadata(schedule, out);
    buf_append_text(out, "data:\n  job.yaml: |2\n");
    append_block(out, schedule->job_text);
    buf_append_text(out, "---\napiVersion: v1\nkind: PersistentVolumeClaim\n");
    append_metadata(schedule, out);
    buf_append_text(out, "spec:\n  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 10Gi}}\n---\n");
    append_cron_job(schedule, out);
}
