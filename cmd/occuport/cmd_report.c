#include "command.h"
#include "core/fsout.h"
#include "core/log.h"
#include "report_gather.h"

#include <stdio.h>
#include <string.h>

enum { PAGE_MAX = 256 << 20 };

/* Without -o the page lies beside the job, named like it. */
static enum status choose_path(const struct command_context *context, const struct gathered *gathered,
                               char ret_path[PATH_MAX], struct err *err)
{
    const char *job_path = gathered->report.path;
    const char *slash = strrchr(job_path, '/');
    int folder = slash != NULL ? (int)(slash - job_path) + 1 : 0;
    int size = context->opt->output != NULL
                   ? snprintf(ret_path, PATH_MAX, "%s", context->opt->output)
                   : snprintf(ret_path, PATH_MAX, "%.*s%s.html", folder, job_path, gathered->report.job);
    if (size < 0 || size >= PATH_MAX)
        return err_set(err, STATUS_CANTCREATE, "the name of the report is too long");
    return STATUS_OK;
}

static enum status write_page(const char *path, const struct buf *page, struct err *err)
{
    struct fsout out = {0};
    enum status status = fsout_open(&out, path, 0666, err);
    if (status != STATUS_OK)
        return status;
    fsout_write(&out, buf_text(page), page->size);
    return fsout_commit(&out, err);
}

static int put_page(const struct command_context *context, const struct gathered *gathered, const struct buf *page)
{
    char path[PATH_MAX];
    struct err err;
    if (context->opt->output != NULL && strcmp(context->opt->output, "-") == 0)
        return command_print(page);
    enum status status = choose_path(context, gathered, path, &err);
    if (status == STATUS_OK)
        status = write_page(path, page, &err);
    if (status != STATUS_OK) {
        if (context->opt->output == NULL)
            err_prefix(&err, "%s: name another place with -o", gathered->report.path);
        return command_fail(&err);
    }
    log_info("%s: wrote %s (%zu kB); open it in a browser", gathered->report.job, path, (page->size + 999) / 1000);
    return 0;
}

int cmd_report(const struct command_context *context, const char *job_path)
{
    struct gathered gathered;
    struct buf page = {.max = PAGE_MAX};
    struct err err;
    struct clock clock = clock_system();
    enum status status = gathered_open(job_path, clock_wall(&clock), &gathered, &err);
    if (status == STATUS_OK) {
        report_format(&gathered.report, &page);
        status = buf_status(&page, &err);
    }
    int code = status == STATUS_OK ? put_page(context, &gathered, &page) : command_fail(&err);
    buf_release(&page);
    gathered_release(&gathered);
    return code;
}
