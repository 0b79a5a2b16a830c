#include "core/log.h"

#include "core/buf.h"
#include "core/text.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 };

static struct log_options current = {.level = LOG_WARN, .fd = STDERR_FILENO};
static char current_run_id[64];
/* Several threads of a worker log, and a line takes the progress off the terminal and puts it back. */
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

struct level_row {
    const char *name;
    const char *label; /* text form */
    const char *color;
};

static const struct level_row levels[] = {
    [LOG_ERROR] = {"error", "error: ", "\033[31m"},
    [LOG_WARN] = {"warning", "warning: ", "\033[33m"},
    [LOG_INFO] = {"info", "", ""},
    [LOG_DEBUG] = {"debug", "debug: ", "\033[2m"},
    [LOG_TRACE] = {"trace", "trace: ", "\033[2m"},
};

void log_hold(void)
{
    (void)pthread_mutex_lock(&lock);
}

void log_let_go(void)
{
    (void)pthread_mutex_unlock(&lock);
}

void log_configure(const struct log_options *options)
{
    log_hold();
    current = *options;
    if (current.clock.wall_seconds == NULL)
        current.clock = clock_system();
    log_let_go();
}

struct log_options log_options_current(void)
{
    log_hold();
    struct log_options copy = current;
    log_let_go();
    return copy;
}

void log_set_run_id(const char *run_id)
{
    log_hold();
    snprintf(current_run_id, sizeof current_run_id, "%s", run_id != NULL ? run_id : "");
    log_let_go();
}

bool log_enabled(enum log_level level)
{
    log_hold();
    bool enabled = level <= current.level;
    log_let_go();
    return enabled;
}

static void format_json(struct buf *line, enum log_level level, const char *message)
{
    char now[CLOCK_TEXT_SIZE];
    buf_appendf(line, "{\"time\":\"%s\",\"level\":\"%s\",", clock_format_utc(clock_wall(&current.clock), now),
                levels[level].name);
    if (current_run_id[0] != '\0') {
        buf_append_text(line, "\"run_id\":");
        buf_append_json_string(line, current_run_id, strlen(current_run_id));
        buf_append_char(line, ',');
    }
    buf_append_text(line, "\"message\":");
    buf_append_json_string(line, message, strlen(message));
    buf_append_text(line, "}\n");
}

static void format_text(struct buf *line, enum log_level level, const char *message)
{
    const struct level_row *row = &levels[level];
    bool color = current.color && row->color[0] != '\0';
    buf_appendf(line, "occuport: %s%s%s%s\n", color ? row->color : "", row->label, color ? "\033[0m" : "", message);
}

void log_write(enum log_level level, const char *format, ...)
{
    if (!log_enabled(level))
        return;
    char message[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    if (vsnprintf(message, sizeof message, format, args) < 0)
        message[0] = '\0';
    va_end(args);
    text_make_printable(message);
    struct buf line = {.max = (size_t)8 * LINE_MAX_BYTES};
    log_hold();
    if (current.format == LOG_FORMAT_JSON)
        format_json(&line, level, message);
    else
        format_text(&line, level, message);
    if (current.before != NULL)
        current.before(current.context);
    /* A log that cannot be written has nowhere to complain. */
    ssize_t written = write(current.fd, buf_text(&line), line.size);
    (void)written;
    if (current.after != NULL)
        current.after(current.context);
    log_let_go();
    buf_release(&line);
}
