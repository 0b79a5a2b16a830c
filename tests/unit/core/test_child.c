#include "core/child.h"

#include "core/buf.h"
#include "core/clock.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

enum { LIMIT_MS = 20000 };

static struct err problem;
static struct buf heard; /* what the child printed, a line ends with '|' */
static size_t lines;

static void line(void *context, const char *text)
{
    cr_assert_eq(context, (void *)&heard);
    lines++;
    buf_appendf(&heard, "%s|", text);
}

static void end(void)
{
    buf_release(&heard);
}

TestSuite(child, .fini = end);

static enum status run_in_time(const char *script, const char *input, size_t size, int64_t limit_ms, int *ret_code)
{
    const char *const arguments[] = {"sh", "-c", script, "name", "two words", NULL};
    const struct child_options options = {.arguments = arguments,
                                          .input = input,
                                          .input_size = size,
                                          .limit_ms = limit_ms,
                                          .line = line,
                                          .context = &heard};
    return child_run(&options, ret_code, &problem);
}

static int run(const char *script, const char *input)
{
    int code = -1;
    cr_assert_eq(run_in_time(script, input, strlen(input), LIMIT_MS, &code), STATUS_OK, "%s", problem.message);
    return code;
}

Test(child, reads_the_input_and_is_heard_on_both_outputs)
{
    cr_assert_eq(run("cat; echo; echo error >&2; printf end", "{\"a\": 1}"), 0);
    cr_assert_str_eq(buf_text(&heard), "{\"a\": 1}|error|end|");
}

Test(child, gets_its_arguments_as_they_are)
{
    cr_assert_eq(run("printf '%s\\n' \"$@\"", ""), 0);
    cr_assert_str_eq(buf_text(&heard), "two words|");
}

Test(child, exit_code_and_signal_are_told)
{
    cr_assert_eq(run("exit 75", ""), 75);
    cr_assert_eq(run("kill -9 $$", ""), 128 + SIGKILL);
}

Test(child, long_input_passes_through_both_pipes)
{
    enum { SIZE = 1 << 20 };
    static char input[SIZE];
    int code = -1;
    memset(input, 'x', sizeof input);
    for (size_t i = 99; i < sizeof input; i += 100)
        input[i] = '\n';
    cr_assert_eq(run_in_time("wc -c; cat", input, sizeof input, LIMIT_MS, &code), STATUS_OK);
    cr_assert_eq(code, 0);
    cr_assert(strstr(buf_text(&heard), "1048576") != NULL, "%.40s", buf_text(&heard));
}

Test(child, need_not_read_its_input)
{
    static char input[1 << 18];
    int code = -1;
    signal(SIGPIPE, SIG_IGN); /* as the program does */
    memset(input, 'x', sizeof input);
    cr_assert_eq(run_in_time("exec <&-; echo done", input, sizeof input, LIMIT_MS, &code), STATUS_OK);
    cr_assert_str_eq(buf_text(&heard), "done|");
}

Test(child, starts_with_the_usual_signals)
{
    sigset_t pipe_signal;
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGTERM);
    sigprocmask(SIG_BLOCK, &pipe_signal, NULL);
    cr_assert_eq(run("kill -TERM $$; echo alive", ""), 128 + SIGTERM);
    cr_assert_eq(run("kill -PIPE $$; echo alive", ""), 128 + SIGPIPE);
    cr_assert_str_eq(buf_text(&heard), "");
}

Test(child, lines_are_cut_and_counted)
{
    cr_assert_eq(run("i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i + 1)); done", ""), 0);
    cr_assert_eq(lines, CHILD_LINES_MAX);
    buf_reset(&heard);
    lines = 0;
    cr_assert_eq(run("printf '%02000d' 7", ""), 0);
    cr_assert_eq(heard.size, CHILD_LINE_MAX + 1);
}

Test(child, one_that_takes_too_long_is_ended)
{
    int code = 7;
    cr_assert_eq(run_in_time("echo begun; sleep 1000", "", 0, 100, &code), STATUS_TIMEOUT);
    cr_assert(strstr(problem.message, "sh was ended") != NULL, "%s", problem.message);
    cr_assert_eq(code, 7);
    cr_assert_str_eq(buf_text(&heard), "begun|");
}

Test(child, one_that_will_not_end_is_killed)
{
    int code = 7;
    cr_assert_eq(run_in_time("trap '' TERM; while :; do :; done", "", 0, 50, &code), STATUS_TIMEOUT);
    cr_assert_eq(code, 7);
}

Test(child, what_it_leaves_running_is_not_waited_for)
{
    struct clock clock = clock_system();
    int64_t begun = clock_monotonic_ms(&clock);
    cr_assert_eq(run("sleep 30 & echo $!", ""), 0);
    cr_assert_lt(clock_monotonic_ms(&clock) - begun, 20000);
    kill((pid_t)strtol(buf_text(&heard), NULL, 10), SIGKILL);
}

Test(child, program_that_is_not_there_is_named)
{
    const char *const arguments[] = {"/nowhere/page-me", NULL};
    const struct child_options options = {.arguments = arguments, .limit_ms = LIMIT_MS};
    int code = 7;
    cr_assert_eq(child_run(&options, &code, &problem), STATUS_IO);
    cr_assert_str_eq(problem.message, "cannot start /nowhere/page-me: No such file or directory");
    cr_assert_eq(code, 7);
}
