#include "command.h"
#include "config/config.h"
#include "core/fsout.h"
#include "core/log.h"
#include "questions.h"
#include "view/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A person is asked; where nobody is there to answer, the examples stay. */
static enum status make_starter(struct buf *text, struct err *err)
{
    static struct questions questions;
    bool person = terminal_is_one(STDIN_FILENO) && terminal_is_one(STDERR_FILENO);
    enum status status = person ? questions_ask(stdin, stderr, &questions, err) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    config_starter_fill(&questions.answers, text);
    return buf_status(text, err);
}

static enum status write_starter(const char *path, struct buf *text, struct err *err)
{
    struct stat info;
    if (lstat(path, &info) == 0)
        return err_set(err, STATUS_CANTCREATE, "%s is there already; name another file or remove it first", path);
    if (errno != ENOENT)
        return err_set_errno(err, STATUS_CANTCREATE, errno, "cannot create %s", path);
    struct fsout out = {0};
    enum status status = make_starter(text, err);
    if (status == STATUS_OK)
        status = fsout_open(&out, path, 0666, err);
    if (status != STATUS_OK)
        return status;
    fsout_write(&out, buf_text(text), text->size);
    return fsout_commit(&out, err);
}

int cmd_init(const struct command_context *context)
{
    struct err err;
    struct buf text = {0};
    const char *path = context->opt->output;
    if (path == NULL) {
        buf_append_text(&text, config_starter());
        int code = command_print(&text);
        buf_release(&text);
        return code;
    }
    enum status status = write_starter(path, &text, &err);
    buf_release(&text);
    if (status != STATUS_OK)
        return command_fail(&err);
    bool has_credentials = getenv("INNERSPACE_CLIENT_ID") != NULL && getenv("INNERSPACE_CLIENT_SECRET") != NULL;
    log_info("wrote %s; next:%s", path,
             has_credentials ? "" : " set INNERSPACE_CLIENT_ID and INNERSPACE_CLIENT_SECRET, then");
    log_info("  occuport check --online %s", path);
    return 0;
}
