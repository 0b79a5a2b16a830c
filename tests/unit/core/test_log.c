#include "core/log.h"
#include "core/text.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int sockets[2]; /* packets: one write is one packet, so a line in two writes would be seen */

static int64_t may_day(void *context)
{
    (void)context;
    return 1746072000;
}

static struct log_options options_of(enum log_level level, enum log_format format)
{
    return (struct log_options){.level = level,
                                .format = format,
                                .fd = sockets[1],
                                .clock = {.wall_seconds = may_day, .monotonic_ms = may_day}};
}

static void open_sockets(void)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sockets), 0);
}

static void close_sockets(void)
{
    close(sockets[0]);
    close(sockets[1]);
}

TestSuite(log, .init = open_sockets, .fini = close_sockets);

static const char *next_write(void)
{
    static char text[65536];
    ssize_t size = recv(sockets[0], text, sizeof text - 1, 0);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

static void configure(enum log_level level, enum log_format format)
{
    struct log_options options = options_of(level, format);
    log_configure(&options);
}

Test(log, text_lines_name_the_program_and_the_level)
{
    configure(LOG_TRACE, LOG_FORMAT_TEXT);
    log_error("no %s", "luck");
    cr_assert_str_eq(next_write(), "occuport: error: no luck\n");
    log_warn("careful");
    cr_assert_str_eq(next_write(), "occuport: warning: careful\n");
    log_info("12 rows");
    cr_assert_str_eq(next_write(), "occuport: 12 rows\n");
    log_debug("x=%d", 1);
    cr_assert_str_eq(next_write(), "occuport: debug: x=1\n");
    log_trace("y");
    cr_assert_str_eq(next_write(), "occuport: trace: y\n");
}

Test(log, lines_above_the_level_are_not_written)
{
    for (int level = LOG_ERROR; level <= LOG_TRACE; level++) {
        configure((enum log_level)level, LOG_FORMAT_TEXT);
        for (int line = LOG_ERROR; line <= LOG_TRACE; line++) {
            cr_assert_eq(log_enabled((enum log_level)line), line <= level);
            log_write((enum log_level)line, "x");
            cr_assert_eq(next_write()[0] != '\0', line <= level, "level %d, line %d", level, line);
        }
    }
}

Test(log, warnings_are_written_before_anything_is_configured)
{
    struct log_options options = log_options_current();
    cr_assert_eq(options.level, LOG_WARN);
    cr_assert_eq(options.format, LOG_FORMAT_TEXT);
    cr_assert_eq(options.fd, STDERR_FILENO);
    int saved = dup(STDERR_FILENO);
    cr_assert(dup2(sockets[1], STDERR_FILENO) >= 0);
    log_warn("early");
    log_info("not this");
    cr_assert(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    cr_assert_str_eq(next_write(), "occuport: warning: early\n");
    cr_assert_str_eq(next_write(), "");
}

Test(log, color_marks_the_level_only)
{
    struct log_options options = options_of(LOG_INFO, LOG_FORMAT_TEXT);
    options.color = true;
    log_configure(&options);
    log_error("red");
    cr_assert_str_eq(next_write(), "occuport: \033[31merror: \033[0mred\n");
    log_info("plain");
    cr_assert_str_eq(next_write(), "occuport: plain\n");
}

Test(log, json_lines_carry_time_level_and_message)
{
    configure(LOG_TRACE, LOG_FORMAT_JSON);
    log_warn("say \"%s\" \\ Z\xc3\xbcrich", "hi");
    cr_assert_str_eq(next_write(), "{\"time\":\"2025-05-01T04:00:00Z\",\"level\":\"warning\","
                                   "\"message\":\"say \\\"hi\\\" \\\\ Z\xc3\xbcrich\"}\n");
    static const char *const names[] = {"error", "warning", "info", "debug", "trace"};
    for (int level = LOG_ERROR; level <= LOG_TRACE; level++) {
        char want[32];
        snprintf(want, sizeof want, "\"level\":\"%s\"", names[level]);
        log_write((enum log_level)level, "x");
        cr_assert_not_null(strstr(next_write(), want), "%s", want);
    }
}

Test(log, color_does_not_touch_json)
{
    struct log_options options = options_of(LOG_INFO, LOG_FORMAT_JSON);
    options.color = true;
    log_configure(&options);
    log_error("x");
    cr_assert_null(strchr(next_write(), '\033'));
}

Test(log, run_id_is_in_every_json_line_until_it_is_taken_away)
{
    static const char with_id[] = "{\"time\":\"2025-05-01T04:00:00Z\",\"level\":\"error\",\"run_id\":\"r-1\","
                                  "\"message\":\"x\"}\n";
    configure(LOG_INFO, LOG_FORMAT_JSON);
    char id[] = "r-1";
    log_set_run_id(id);
    id[0] = 'z';
    log_error("x");
    cr_assert_str_eq(next_write(), with_id, "the id was copied");
    log_error("x");
    cr_assert_str_eq(next_write(), with_id);
    log_set_run_id(NULL);
    log_error("x");
    cr_assert_null(strstr(next_write(), "run_id"));
    log_set_run_id("r-2");
    log_set_run_id("");
    log_error("x");
    cr_assert_null(strstr(next_write(), "run_id"));
}

Test(log, long_run_id_is_cut)
{
    configure(LOG_INFO, LOG_FORMAT_JSON);
    char id[200];
    memset(id, 'i', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    log_set_run_id(id);
    log_error("x");
    const char *line = next_write();
    cr_assert_eq(strspn(strstr(line, ":\"iii") + 2, "i"), 63);
}

Test(log, control_characters_cannot_drive_the_terminal)
{
    configure(LOG_INFO, LOG_FORMAT_TEXT);
    log_error("a\033[2Jb\nc\rd\x7f%s%s", "\xc2\x9b", "\xff");
    cr_assert_str_eq(next_write(), "occuport: error: a?[2Jb?c?d????\n");
    configure(LOG_INFO, LOG_FORMAT_JSON);
    log_error("a\033b\nc");
    cr_assert_not_null(strstr(next_write(), "\"message\":\"a?b?c\""));
}

Test(log, long_message_is_cut_to_one_whole_line)
{
    static char message[20000];
    for (size_t i = 0; i + 3 < sizeof message; i += 3)
        memcpy(message + i, "\xe2\x82\xac", 3);
    for (int format = LOG_FORMAT_TEXT; format <= LOG_FORMAT_JSON; format++) {
        configure(LOG_INFO, (enum log_format)format);
        log_error("%s", message);
        const char *line = next_write();
        size_t size = strlen(line);
        cr_assert(size > 4000 && size < 5000, "%zu bytes", size);
        cr_assert_eq(line[size - 1], '\n');
        cr_assert(text_is_utf8(line, size));
        cr_assert_str_eq(next_write(), "");
    }
}

Test(log, message_of_quotes_only_still_makes_a_whole_json_line)
{
    static char message[20000];
    memset(message, '"', sizeof message - 1);
    configure(LOG_INFO, LOG_FORMAT_JSON);
    log_error("%s", message);
    const char *line = next_write();
    size_t size = strlen(line);
    cr_assert(size > 8000);
    cr_assert_str_eq(line + size - 5, "\\\"\"}\n", "%s", line + size - 5);
}

static void mark(void *context)
{
    const char *text = context;
    ssize_t written = write(sockets[1], text, 1);
    (void)written;
}

Test(log, progress_display_is_told_before_and_after_a_line)
{
    struct log_options options = options_of(LOG_INFO, LOG_FORMAT_TEXT);
    char context[] = "*";
    options.before = mark;
    options.after = mark;
    options.context = context;
    log_configure(&options);
    log_debug("not written, so nobody is told");
    log_info("x");
    cr_assert_str_eq(next_write(), "*");
    cr_assert_str_eq(next_write(), "occuport: x\n");
    cr_assert_str_eq(next_write(), "*");
    cr_assert_str_eq(next_write(), "");
}

Test(log, options_without_a_clock_get_the_system_clock)
{
    struct log_options options = options_of(LOG_INFO, LOG_FORMAT_JSON);
    options.clock = (struct clock){0};
    log_configure(&options);
    log_info("x");
    cr_assert(strncmp(next_write(), "{\"time\":\"20", 11) == 0);
    cr_assert_not_null(log_options_current().clock.wall_seconds);
}

Test(log, log_that_cannot_be_written_is_given_up_quietly)
{
    struct log_options options = options_of(LOG_INFO, LOG_FORMAT_TEXT);
    options.fd = -1;
    log_configure(&options);
    log_error("x");
    cr_assert_str_eq(next_write(), "");
}

static int inside; /* of the hooks */
static int crowded;

static void come(void *context)
{
    (void)context;
    log_hold(); /* as a display does that is also cleared by others */
    crowded += ++inside != 1;
    log_let_go();
    sched_yield();
}

static void go(void *context)
{
    (void)context;
    crowded += --inside != 0;
}

static void *say_much(void *context)
{
    for (int i = 0; i < 2000; i++)
        log_info("x");
    return context;
}

Test(log, threads_are_in_the_hooks_one_by_one)
{
    pthread_t threads[4];
    struct log_options options = options_of(LOG_INFO, LOG_FORMAT_TEXT);
    options.fd = -1;
    options.before = come;
    options.after = go;
    log_configure(&options);
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, say_much, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    cr_assert_eq(crowded, 0);
    cr_assert_eq(inside, 0);
}
