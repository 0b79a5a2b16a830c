#include "command.h"
#include "config/config.h"
#include "core/fsout.h"
#include "core/log.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static enum status write_starter(const char *path, struct err *err)
{
    struct stat info;
    if (lstat(path, &info) == 0)
        return err_set(err, STATUS_CANTCREATE, "%s is there already; name another file or remove it first", path);
    if (errno != ENOENT)
        return err_set_errno(err, STATUS_CANTCREATE, errno, "cannot create %s", path);
    struct fsout out = {0};
    enum status status = fsout_open(&out, path, 0666, err);
    if (status != STATUS_OK)
        return status;
    const char *text = config_starter();
    fsout_write(&out, text, strlen(text));
    return fsout_commit(&out, err);
}

int cmd_init(const struct command_context *context)
{
    struct err err;
    const char *path = context->opt->output;
    if (path == NULL) {
        struct buf text = {0};
        buf_append_text(&text, config_starter());
        int code = command_print(&text);
        buf_release(&text);
        return code;
    }
    if (write_starter(path, &err) != STATUS_OK)
        return command_fail(&err);
    log_info("wrote %s; set INNERSPACE_CLIENT_ID and INNERSPACE_CLIENT_SECRET, then: occuport check %s", path, path);
    return 0;
}
