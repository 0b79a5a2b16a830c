/*
 * The log: lines on stderr, as text or as JSON objects.
 *
 * Libraries log at DEBUG only; lib/run and cmd say the rest. A line is written
 * with one write(2), so lines of threads do not mix. Control characters in
 * messages are replaced: what a server sends cannot drive the terminal.
 * Never pass a secret: nothing here can recognise one.
 */
#ifndef OCCUPORT_CORE_LOG_H
#define OCCUPORT_CORE_LOG_H

#include "core/clock.h"
#include "core/status.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log_options {
    enum log_level level;
    enum log_format format;
    bool color;                    /* text only */
    int fd;                        /* usually STDERR_FILENO */
    void (*before)(void *context); /* called before a line is written, e.g. to clear a progress display; may be NULL */
    void (*after)(void *context);  /* called after it */
    void *context;
    struct clock clock; /* for the time stamp of JSON lines */
};

/* All functions may be called by several threads at once. */

/*
 * Whoever writes on the terminal of the log, or touches what the hooks before and after touch, holds the log meanwhile:
 * no other thread is in its hooks, nor writes a line. May be nested, and called by the hooks themselves.
 */
void log_hold(void);
void log_let_go(void);

/* Sets how this process logs. Before it, the level is WARN, as text, on stderr. */
void log_configure(const struct log_options *options);

/* A copy of the options in force. */
struct log_options log_options_current(void);

/* Every later JSON line carries this run id (copied, cut at 63 bytes); NULL or "" takes it away. */
void log_set_run_id(const char *run_id);

bool log_enabled(enum log_level level);

void log_write(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
#define log_trace(...) log_write(LOG_TRACE, __VA_ARGS__)

#endif
