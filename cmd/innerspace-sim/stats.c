#include "stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const event_names[STATS_EVENT_COUNT] = {
    [STATS_REQUEST] = "requests", [STATS_LOGIN] = "logins",  [STATS_LOGIN_REFUSED] = "logins_refused",
    [STATS_EXPIRED] = "expired",  [STATS_QUERY] = "queries", [STATS_ERROR] = "errors",
    [STATS_FAULT] = "faults",
};

void stats_init(struct stats *stats)
{
    *stats = (struct stats){0};
    pthread_mutex_init(&stats->lock, NULL);
}

void stats_release(struct stats *stats)
{
    pthread_mutex_destroy(&stats->lock);
}

void stats_add(struct stats *stats, enum stats_event event)
{
    pthread_mutex_lock(&stats->lock);
    stats->events[event]++;
    pthread_mutex_unlock(&stats->lock);
}

void stats_add_answer(struct stats *stats, uint64_t rows, uint64_t bytes)
{
    pthread_mutex_lock(&stats->lock);
    stats->rows += rows;
    stats->bytes += bytes;
    pthread_mutex_unlock(&stats->lock);
}

void stats_set_break_seed(struct stats *stats, uint64_t seed)
{
    stats->has_breaks = true;
    stats->break_seed = seed;
}

void stats_add_break(struct stats *stats, enum break_kind kind, bool is_login)
{
    pthread_mutex_lock(&stats->lock);
    stats->breaks[is_login][kind]++;
    pthread_mutex_unlock(&stats->lock);
}

void stats_add_operation(struct stats *stats, const char *name)
{
    char wanted[STATS_NAME_SIZE];
    snprintf(wanted, sizeof wanted, "%s", name != NULL ? name : "(anonymous)");
    pthread_mutex_lock(&stats->lock);
    size_t i = 0;
    while (i < stats->operation_count && strcmp(stats->operations[i].name, wanted) != 0)
        i++;
    if (i == STATS_OPERATIONS_MAX)
        i = STATS_OPERATIONS_MAX - 1;
    if (i == stats->operation_count) {
        bool last = ++stats->operation_count == STATS_OPERATIONS_MAX;
        snprintf(stats->operations[i].name, STATS_NAME_SIZE, "%s", last ? "(others)" : wanted);
    }
    stats->operations[i].count++;
    pthread_mutex_unlock(&stats->lock);
}

static void format_breaks(const uint64_t breaks[BREAK_COUNT], const char *name, struct buf *out)
{
    const char *comma = "";
    buf_appendf(out, "\"%s\":{", name);
    for (size_t i = 0; i < BREAK_COUNT; i++) {
        if (breaks[i] == 0)
            continue;
        buf_appendf(out, "%s\"%s\":%" PRIu64, comma, break_name((enum break_kind)i), breaks[i]);
        comma = ",";
    }
    buf_append_text(out, "},");
}

void stats_format(struct stats *stats, struct buf *out)
{
    pthread_mutex_lock(&stats->lock);
    buf_append_char(out, '{');
    for (size_t i = 0; i < STATS_EVENT_COUNT; i++)
        buf_appendf(out, "\"%s\":%" PRIu64 ",", event_names[i], stats->events[i]);
    if (stats->has_breaks) {
        buf_appendf(out, "\"break_seed\":%" PRIu64 ",", stats->break_seed);
        format_breaks(stats->breaks[0], "broken", out);
        format_breaks(stats->breaks[1], "broken_logins", out);
    }
    buf_appendf(out, "\"rows\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"operations\":{", stats->rows, stats->bytes);
    for (size_t i = 0; i < stats->operation_count; i++) {
        const struct stats_operation *operation = &stats->operations[i];
        buf_append_text(out, i > 0 ? "," : "");
        buf_append_json_string(out, operation->name, strlen(operation->name));
        buf_appendf(out, ":%" PRIu64, operation->count);
    }
    buf_append_text(out, "}}\n");
    pthread_mutex_unlock(&stats->lock);
}
