#include "command.h"
#include "core/log.h"
#include "net/http.h"
#include "view/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

/* The first signal asks the run to end in a committed state; the second leaves at once, which the guarantee makes safe.
 */
static void on_signal(int number)
{
    (void)number;
    if (interrupted != 0)
        _exit(75);
    interrupted = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {0};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* whoever started us may ignore it, and then nobody can tell how a child ended */
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a write that fails, and can be told */
}

/*
 * A file that is opened while 0, 1 or 2 is closed would get that number, and the log would be written into it. They are
 * opened the wrong way round, so that using them still fails.
 */
static bool fill_standard_streams(void)
{
    bool filled = true;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
            filled = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) == fd && filled;
    }
    return filled;
}

/*
 * No core dump, and no look into this memory for other programs of the same user: the client secret is in it. Who wants
 * to look takes a debug build.
 */
static void close_memory(void)
{
#ifndef OCCUPORT_DUMPABLE
    (void)prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L); /* nothing that a run depends on */
#endif
}

static bool wants_color(const struct opt_result *opt, int fd)
{
    const char *no_color = getenv("NO_COLOR");
    if (opt->color != OPT_COLOR_AUTO)
        return opt->color == OPT_COLOR_ALWAYS;
    return terminal_is_one(fd) && (no_color == NULL || no_color[0] == '\0');
}

static void configure_log(const struct opt_result *opt)
{
    struct log_options options = {
        .level = opt_log_level(opt),
        .format = opt->log_format,
        .color = wants_color(opt, STDERR_FILENO),
        .fd = STDERR_FILENO,
        .clock = clock_system(),
    };
    log_configure(&options);
}

int command_fail(const struct err *err)
{
    log_error("%s", err->message);
    return status_exit_code(err->kind);
}

/* Standard output keeps in mind that something could not be written, but not why: errno is of the last attempt. */
static int flush_output(void)
{
    struct err err;
    errno = 0;
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return 0;
    if (errno != 0)
        err_set_errno(&err, STATUS_IO, errno, "cannot write to standard output");
    else
        err_set(&err, STATUS_IO, "cannot write to standard output");
    return command_fail(&err);
}

int command_print(const struct buf *text)
{
    struct err err;
    if (buf_status(text, &err) != STATUS_OK)
        return command_fail(&err);
    if (fwrite(buf_text(text), 1, text->size, stdout) == text->size)
        return flush_output();
    err_set_errno(&err, STATUS_IO, errno, "cannot write to standard output");
    return command_fail(&err);
}

typedef int job_command(const struct command_context *context, const char *job_path);

static job_command *const job_commands[COMMAND_COUNT] = {
    [COMMAND_RUN] = cmd_run,           [COMMAND_BACKFILL] = cmd_backfill, [COMMAND_RETRY] = cmd_retry,
    [COMMAND_PLAN] = cmd_plan,         [COMMAND_STATUS] = cmd_status,     [COMMAND_CHECK] = cmd_check,
    [COMMAND_DISCOVER] = cmd_discover, [COMMAND_REPORT] = cmd_report,     [COMMAND_SCHEDULE] = cmd_schedule,
};

/* Several jobs run in order; the worst exit code counts. A signal leaves the later ones for the next time. */
static int each_job(struct command_context *context)
{
    int worst = 0;
    for (size_t i = 0; i < context->opt->job_count; i++) {
        context->is_last_job = i + 1 == context->opt->job_count;
        int code = interrupted != 0 ? status_exit_code(STATUS_INTERRUPTED)
                                    : job_commands[context->opt->command](context, context->opt->jobs[i]);
        worst = exit_code_worse(worst, code);
    }
    return worst;
}

static int dispatch(const struct opt_result *opt)
{
    struct command_context context = {opt, wants_color(opt, STDOUT_FILENO), &interrupted, true};
    struct err err;
    if (opt->command == COMMAND_INIT)
        return cmd_init(&context);
    if (http_global_init(&err) != STATUS_OK)
        return command_fail(&err);
    int code = each_job(&context);
    http_global_cleanup();
    return code;
}

int main(int argc, char **argv)
{
    struct opt_result opt;
    struct err err;
    close_memory();
    if (!fill_standard_streams())
        return status_exit_code(STATUS_BUG);
    if (opt_parse(argc, argv, &opt, &err) != STATUS_OK) {
        opt_print_error(stderr, argc, argv, &err);
        return status_exit_code(err.kind);
    }
    if (opt.help || opt.version) {
        if (opt.help)
            opt_print_help(stdout, opt.command);
        else
            opt_print_version(stdout);
        return flush_output();
    }
    configure_log(&opt);
    catch_signals();
    return dispatch(&opt);
}
