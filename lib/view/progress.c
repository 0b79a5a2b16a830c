#include "view/progress.h"

#include "core/log.h"
#include "view/terminal.h"

#include <inttypes.h>
#include <unistd.h>

enum { DRAW_EVERY_MS = 100, LOG_EVERY_MS = 60000, BAR_WIDTH = 20 };

void progress_init(struct progress *progress, int fd, bool is_terminal, uint64_t slices_due)
{
    *progress = (struct progress){.fd = fd, .is_terminal = is_terminal, .slices_due = slices_due};
}

static uint64_t slices_done(const struct run_counts *counts)
{
    return counts->slices_fetched + counts->slices_failed;
}

/* After a whole word: half of a number would be another one. */
static void cut(struct buf *line, int width)
{
    size_t most = width > 0 ? (size_t)width : 0;
    if (line->size <= most)
        return;
    while (most > 0 && line->data[most] != ' ')
        most--;
    line->size = most;
    line->data[line->size] = '\0';
}

static void append_bar(struct buf *out, uint64_t done, uint64_t due)
{
    uint64_t filled = due > 0 ? done * BAR_WIDTH / due : BAR_WIDTH;
    buf_append_char(out, '[');
    for (uint64_t i = 0; i < BAR_WIDTH; i++)
        buf_append_char(out, i < filled ? '#' : '.');
    buf_append_char(out, ']');
}

void progress_format(const struct progress *progress, const struct engine_progress *state, int width, struct buf *first,
                     struct buf *second)
{
    const struct run_counts *counts = state->counts;
    uint64_t done = slices_done(counts);
    double seconds = (double)state->elapsed_ms / 1000;
    char span[32];
    append_bar(first, done, progress->slices_due);
    buf_appendf(first, " %" PRIu64 "/%" PRIu64 " slices", done, progress->slices_due);
    if (counts->slices_failed > 0)
        buf_appendf(first, ", %" PRIu64 " failed", counts->slices_failed);
    buf_appendf(first, ", %" PRIu64 " rows", counts->rows_received);
    if (done > 0 && done < progress->slices_due && seconds > 1)
        buf_appendf(
            first, ", %s left",
            clock_format_span(seconds * (double)(progress->slices_due - done) / (double)done, span, sizeof span));
    buf_appendf(second, "  %.0f rows/s, %.1f requests/s", seconds > 0 ? (double)counts->rows_received / seconds : 0,
                seconds > 0 ? (double)counts->requests / seconds : 0);
    if (counts->retries > 0)
        buf_appendf(second, ", %" PRIu64 " retries", counts->retries);
    if (state->current != NULL) {
        char day[CIVIL_TEXT_SIZE];
        buf_appendf(second, "; %zu in flight: building %" PRId64 " %s %s", state->units_in_flight,
                    state->current->building->id, state->current->granularity,
                    civil_day_format(state->current->days.first, day));
    }
    cut(first, width);
    cut(second, width);
}

static void write_all(int fd, const struct buf *text)
{
    /* A display that cannot be drawn is no reason to stop a run. */
    ssize_t written = write(fd, buf_text(text), text->size);
    (void)written;
}

/* Back to where what is drawn begins on a screen of that width; what was wrapped is taken off. */
static void append_return(const struct progress *progress, int width, struct buf *frame)
{
    size_t columns = width > 0 ? (size_t)width : 1;
    size_t rows = progress->is_drawn;
    for (size_t i = 0; progress->is_drawn && i < 2; i++)
        rows += progress->drawn[i] > 0 ? (progress->drawn[i] - 1) / columns : 0;
    buf_append_char(frame, '\r');
    if (rows > 0)
        buf_appendf(frame, "\033[%zuA", rows);
    if (rows > 1)
        buf_append_text(frame, "\033[J");
}

static void draw(struct progress *progress, const struct engine_progress *state)
{
    struct buf first = {0};
    struct buf second = {0};
    struct buf frame = {0};
    int width = terminal_width(progress->fd);
    progress_format(progress, state, width - 1, &first, &second);
    append_return(progress, width, &frame);
    /* What is there is written over, and only what is left of it cleared: nothing flickers. */
    buf_appendf(&frame, "%s\033[K\n%s\033[K", buf_text(&first), buf_text(&second));
    progress->drawn[0] = first.size;
    progress->drawn[1] = second.size;
    write_all(progress->fd, &frame);
    progress->is_drawn = true;
    buf_release(&first);
    buf_release(&second);
    buf_release(&frame);
}

void progress_update(struct progress *progress, const struct engine_progress *state)
{
    int64_t every = progress->is_terminal ? DRAW_EVERY_MS : LOG_EVERY_MS;
    if (state->elapsed_ms - progress->shown_ms < every)
        return;
    progress->shown_ms = state->elapsed_ms;
    if (progress->is_terminal) {
        log_hold();
        draw(progress, state);
        log_let_go();
        return;
    }
    const struct run_counts *counts = state->counts;
    log_info("%" PRIu64 " of %" PRIu64 " slices, %" PRIu64 " rows, %" PRIu64 " requests, %" PRIu64 " retries",
             slices_done(counts), progress->slices_due, counts->rows_received, counts->requests, counts->retries);
}

static void take_off(struct progress *progress)
{
    struct buf frame = {0};
    append_return(progress, terminal_width(progress->fd), &frame);
    buf_append_text(&frame, "\033[J");
    write_all(progress->fd, &frame);
    progress->is_drawn = false;
    buf_release(&frame);
}

void progress_clear(struct progress *progress)
{
    log_hold();
    if (progress->is_drawn)
        take_off(progress);
    log_let_go();
}
