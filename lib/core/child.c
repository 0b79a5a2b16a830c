#include "core/child.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is read after the end is what a pipe can hold; something that was left running may go on writing for ever. */
enum { LOOK_EVERY_MS = 20, LAST_READS = 32 };

struct child {
    const struct child_options *options;
    struct clock clock;
    pid_t pid;
    int input;  /* -1: all was written, or it reads no more */
    int output; /* -1: it ended */
    size_t written;
    int64_t end_ms;  /* when the next signal is due */
    int next_signal; /* SIGTERM, SIGKILL; 0: none is left */
    char line[CHILD_LINE_MAX + 1];
    size_t line_size;
    size_t lines;
};

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* The child starts with the signals of a fresh program, whatever this one ignores or blocks. */
static int spawn_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGINT);
    sigaddset(&usual, SIGTERM);
    int failure = posix_spawnattr_setpgroup(attributes, 0);
    if (failure == 0)
        failure = posix_spawnattr_setsigmask(attributes, &none);
    if (failure == 0)
        failure = posix_spawnattr_setsigdefault(attributes, &usual);
    if (failure == 0)
        failure = posix_spawnattr_setflags(attributes,
                                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return failure;
}

static int spawn_with(struct child *child, int input, int output, posix_spawn_file_actions_t *actions,
                      const posix_spawnattr_t *attributes)
{
    /* posix_spawn is declared with arguments that it could change, and does not. */
    /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
    char *const *arguments = (char *const *)(uintptr_t)child->options->arguments;
    int failure = posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);
    if (failure == 0)
        failure = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    if (failure == 0)
        failure = posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
    if (failure == 0)
        failure = posix_spawnp(&child->pid, arguments[0], actions, attributes, arguments, environ);
    return failure;
}

static int spawn(struct child *child, int input, int output)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure != 0)
        return failure;
    failure = posix_spawnattr_init(&attributes);
    if (failure == 0) {
        failure = spawn_attributes(&attributes);
        if (failure == 0)
            failure = spawn_with(child, input, output, &actions, &attributes);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

/* Of a pipe, the end that stays here does not block, and neither reaches the child by itself. */
static int make_pipe(int ends[2], int ours)
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    int failure = fcntl(ends[ours], F_SETFL, O_NONBLOCK) != 0 ? errno : 0;
    if (failure != 0) {
        close_one(&ends[0]);
        close_one(&ends[1]);
    }
    return failure;
}

static enum status start(struct child *child, struct err *err)
{
    int in[2] = {-1, -1};
    int out[2] = {-1, -1};
    int failure = make_pipe(in, 1);
    if (failure == 0)
        failure = make_pipe(out, 0);
    if (failure == 0)
        failure = spawn(child, in[0], out[1]);
    close_one(&in[0]);
    close_one(&out[1]);
    if (failure != 0) {
        close_one(&in[1]);
        close_one(&out[0]);
        return err_set_errno(err, STATUS_IO, failure, "cannot start %s", child->options->arguments[0]);
    }
    child->input = in[1];
    child->output = out[0];
    return STATUS_OK;
}

static void feed(struct child *child)
{
    const struct child_options *options = child->options;
    if (child->written < options->input_size) {
        ssize_t size = write(child->input, options->input + child->written, options->input_size - child->written);
        if (size > 0)
            child->written += (size_t)size;
        else if (size < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        else
            child->written = options->input_size; /* it reads no more, which is its right */
    }
    if (child->written == options->input_size)
        close_one(&child->input);
}

static void end_line(struct child *child)
{
    child->line[child->line_size] = '\0';
    child->line_size = 0;
    if (child->options->line != NULL && child->lines < CHILD_LINES_MAX)
        child->options->line(child->options->context, child->line);
    child->lines++;
}

/* False when nothing more is there at the moment, or ever. */
static bool listen_once(struct child *child)
{
    char bytes[4096];
    ssize_t size = read(child->output, bytes, sizeof bytes);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (size <= 0) {
        close_one(&child->output);
        return false;
    }
    for (ssize_t i = 0; i < size; i++) {
        if (bytes[i] == '\n')
            end_line(child);
        else if (child->line_size < CHILD_LINE_MAX)
            child->line[child->line_size++] = bytes[i];
    }
    return true;
}

static void end_it_in_time(struct child *child)
{
    int64_t now = clock_monotonic_ms(&child->clock);
    if (child->next_signal == 0 || now < child->end_ms)
        return;
    kill(-child->pid, child->next_signal);
    child->next_signal = child->next_signal == SIGTERM ? SIGKILL : 0;
    child->end_ms = now + CHILD_GRACE_MS;
}

/* Until it ended; *ret_state is that of waitpid. False when nobody can tell how. */
static bool attend(struct child *child, int *ret_state)
{
    pid_t ended;
    while ((ended = waitpid(child->pid, ret_state, WNOHANG)) == 0) {
        struct pollfd fds[] = {{child->input, POLLOUT, 0}, {child->output, POLLIN, 0}}; /* -1 is passed over */
        (void)poll(fds, 2, LOOK_EVERY_MS);
        if (fds[0].revents != 0)
            feed(child);
        if (fds[1].revents != 0)
            (void)listen_once(child);
        end_it_in_time(child);
    }
    for (int i = 0; i < LAST_READS && child->output >= 0 && listen_once(child); i++) {
    }
    if (child->line_size > 0)
        end_line(child);
    return ended == child->pid;
}

enum status child_run(const struct child_options *options, int *ret_code, struct err *err)
{
    struct child child = {.options = options, .clock = clock_system(), .next_signal = SIGTERM};
    child.end_ms = clock_monotonic_ms(&child.clock) + options->limit_ms;
    enum status status = start(&child, err);
    if (status != STATUS_OK)
        return status;
    int state = 0;
    bool is_known = attend(&child, &state);
    close_one(&child.input);
    close_one(&child.output);
    if (child.next_signal != SIGTERM)
        return err_set(err, STATUS_TIMEOUT, "%s was ended, it took longer than %lld s", options->arguments[0],
                       (long long)options->limit_ms / 1000);
    if (!is_known)
        return err_set(err, STATUS_IO, "%s: how it ended cannot be told", options->arguments[0]);
    *ret_code = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    return STATUS_OK;
}
