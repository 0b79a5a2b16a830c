#include "view/schedule.h"

#include <criterion/criterion.h>
#include <string.h>

static struct schedule schedule;
static struct buf out;

static void begin(void)
{
    schedule = (struct schedule){.program = "/usr/bin/occuport",
                                 .version = "1.2.3",
                                 .job = "/srv/jobs/museum.yaml",
                                 .job_text = "version: 1\n\na: b\n",
                                 .name = "museum",
                                 .time_zone = "UTC",
                                 .folder_count = 1,
                                 .folders = {"/srv/data"}};
}

static void end(void)
{
    buf_release(&out);
}

TestSuite(schedule, .init = begin, .fini = end);

static bool says(const char *part)
{
    return strstr(buf_text(&out), part) != NULL;
}

/* What the unit hides of the folders of people and of temporary files, when the job needs this path. */
static void expect_hidden(const char *needed, const char *home, const char *temporary)
{
    buf_reset(&out);
    schedule.needed[0] = needed;
    schedule.needed_count = needed != NULL;
    schedule_systemd(&schedule, &out);
    cr_expect(says(home), "%s: not %s", needed, home);
    cr_expect(says(temporary), "%s: not %s", needed, temporary);
}

Test(schedule, unit_hides_what_the_job_does_not_need)
{
    expect_hidden(NULL, "\nProtectHome=yes\n", "\nPrivateTmp=yes\n");
    expect_hidden("/etc/occuport/secret", "\nProtectHome=yes\n", "\nPrivateTmp=yes\n");
    expect_hidden("/home/ann/secret", "\nProtectHome=read-only\n", "\nPrivateTmp=yes\n");
    expect_hidden("/root/secret", "\nProtectHome=read-only\n", "\nPrivateTmp=yes\n");
    expect_hidden("/run/user/1000/secret", "\nProtectHome=read-only\n", "\nPrivateTmp=yes\n");
    expect_hidden("/var/tmp/secret", "\nProtectHome=yes\n", "\nPrivateTmp=no\n");
    expect_hidden("/homely/secret", "\nProtectHome=yes\n", "\nPrivateTmp=yes\n");
}

static enum status cron(const char *job, struct err *err)
{
    buf_reset(&out);
    schedule.job = job;
    return schedule_cron(&schedule, &out, err);
}

Test(schedule, crontab_quotes_only_what_needs_it)
{
    struct err err = {0};
    cr_assert_eq(cron("/srv/jobs/museum.yaml", &err), STATUS_OK);
    cr_expect(says(" * * * exec /usr/bin/occuport run -q /srv/jobs/museum.yaml\n"), "%s", buf_text(&out));
    cr_assert_eq(cron("/srv/it's 5%.yaml", &err), STATUS_OK);
    cr_expect(says(" run -q '/srv/it'\\''s 5\\%.yaml'\n"), "%s", buf_text(&out));
}

Test(schedule, crontab_line_that_cron_would_not_take_is_refused)
{
    static char job[1100];
    struct err err = {0};
    size_t rest = strlen("exec /usr/bin/occuport run -q ");
    memset(job, 'x', sizeof job - 1);
    job[0] = '/';
    job[SCHEDULE_CRON_COMMAND_MAX - rest] = '\0';
    cr_expect_eq(cron(job, &err), STATUS_OK);
    job[SCHEDULE_CRON_COMMAND_MAX - rest] = 'x';
    job[SCHEDULE_CRON_COMMAND_MAX - rest + 1] = '\0';
    cr_expect_eq(cron(job, &err), STATUS_CONFIG);
    cr_expect_str_eq(err.message,
                     "the command has 999 bytes, and cron takes no more than 998; give the job a shorter path");
}

Test(schedule, pod_has_each_file_where_the_job_looks_for_it)
{
    schedule.file_count = 2;
    schedule.files[0] = (struct schedule_file){"/etc/occuport/secret", "/etc/occuport/secret"};
    schedule.files[1] = (struct schedule_file){"keys/a b\"", "/srv/jobs/keys/a b\""};
    schedule_k8s(&schedule, &out);
    cr_expect(
        says("#     --from-file=file-1=/etc/occuport/secret \\\n#     --from-file=file-2='/srv/jobs/keys/a b\"'\n"));
    cr_expect(says("- {name: files, mountPath: \"/etc/occuport/secret\", subPath: file-1, readOnly: true}\n"));
    cr_expect(says("- {name: files, mountPath: \"/data/keys/a b\\\"\", subPath: file-2, readOnly: true}\n"));
    cr_expect(says("            - name: files\n"
                   "              secret: {defaultMode: 0440, secretName: occuport-museum}\n"));
    cr_expect(says("  job.yaml: |2\n    version: 1\n\n    a: b\n---\n"), "%s", buf_text(&out));
}

Test(schedule, pod_without_files_has_no_volume_for_them)
{
    schedule_k8s(&schedule, &out);
    cr_expect_not(says("files"));
    cr_expect_not(says("kubectl"));
    cr_expect_not(says("env:"));
}
