/*
 * What a person sees while a run goes on: two lines on a terminal, drawn over
 * each other; a log line a minute where there is none.
 *
 * Life cycle: progress_init, progress_update from the engine's callback, progress_clear at the end and before
 * anything else is printed on the same terminal (core/log.h has hooks for it).
 */
#ifndef OCCUPORT_VIEW_PROGRESS_H
#define OCCUPORT_VIEW_PROGRESS_H

#include "run/engine.h"

struct progress {
    int fd;
    bool is_terminal; /* draw; else log */
    bool is_drawn;
    size_t drawn[2]; /* columns of the two lines on the screen, which wraps them when it becomes narrower */
    uint64_t slices_due;
    int64_t shown_ms; /* elapsed time at the last display */
};

void progress_init(struct progress *progress, int fd, bool is_terminal, uint64_t slices_due);

/* Draws at most ten times a second, logs at most once a minute. */
void progress_update(struct progress *progress, const struct engine_progress *state);

/* Takes the lines off the terminal. */
void progress_clear(struct progress *progress);

/* The two lines, each cut to width columns, for the display and its tests. */
void progress_format(const struct progress *progress, const struct engine_progress *state, int width, struct buf *first,
                     struct buf *second);

#endif
