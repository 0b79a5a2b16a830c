#include "run/writer.h"

#include "core/commit_point.h"
#include "core/cond.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/* A link of the queue; a parcel stands in the queues of several writers. */
struct link {
    struct link *next;
    struct parcel *parcel;
};

struct writer {
    const struct destination *destination;
    struct clock clock;
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t asked; /* a parcel, a flush or the end is there to be seen to */
    pthread_cond_t moved; /* something was written, flushed or failed */
    struct link *first;
    struct link *last;
    struct link *kept; /* parcels that a destination keeps until they are flushed, newest first */
    bool must_flush;
    bool must_stop;
    bool is_down;
    struct err err;
    uint64_t moves; /* counts what moved tells */
    size_t queued_bytes;
    size_t pending_bytes; /* of parcels written since a flush was tried: a destination may hold them in memory */
    uint64_t written;     /* number of the last parcel written */
    uint64_t durable;
    struct run_counts pending; /* written, not flushed */
    struct run_counts flushed;
    int64_t flushed_ms;
    int64_t turn_ms;     /* when it last left the destination alone for WRITER_GAP_MS */
    uint64_t flush_rows; /* pending rows from which the next flush is tried, when the destination put one off */
};

static void tell(struct writer *writer)
{
    writer->moves++;
    pthread_cond_broadcast(&writer->moved);
}

static bool has_pending(const struct writer *writer)
{
    return writer->written > writer->durable;
}

static uint64_t rows_of_flush(const struct writer *writer)
{
    bool keeps = writer->destination->keeps_outcomes;
    return TEST_LIMIT("writer.flush_rows", keeps ? WRITER_KEEP_ROWS : WRITER_FLUSH_ROWS);
}

/* Milliseconds until the next flush is due; -1: none is. */
static int64_t flush_due_ms(const struct writer *writer)
{
    if (!has_pending(writer) || writer->is_down)
        return -1;
    size_t most_bytes = writer->destination->keeps_outcomes ? WRITER_KEEP_BYTES : WRITER_FLUSH_BYTES;
    if (writer->pending.rows_received >= writer->flush_rows || writer->pending_bytes >= most_bytes ||
        (writer->must_flush && writer->first == NULL))
        return 0;
    /* Nothing else to do: what is there is enough to work on while more is fetched. */
    if (writer->destination->keeps_outcomes && writer->first == NULL &&
        writer->pending.rows_received >= WRITER_IDLE_ROWS)
        return 0;
    int64_t left = writer->flushed_ms + WRITER_FLUSH_MS - clock_monotonic_ms(&writer->clock);
    return left > 0 ? left : 0;
}

static void fail(struct writer *writer, const struct err *err)
{
    writer->is_down = true;
    writer->err = *err;
    writer->pending = (struct run_counts){0};
}

/* Takes the first link off the queue. */
static struct link *take(struct writer *writer)
{
    struct link *link = writer->first;
    writer->first = link->next;
    if (writer->first == NULL)
        writer->last = NULL;
    return link;
}

/* Gives up all parcels of a list. */
static void drop(struct link **list)
{
    while (*list != NULL) {
        struct link *link = *list;
        *list = link->next;
        parcel_drop(link->parcel);
        free(link);
    }
}

/* Called with the lock held, which is let go of while the destination works. */
static void write_next(struct writer *writer)
{
    struct link *link = take(writer);
    struct parcel *parcel = link->parcel;
    struct run_counts counts = writer->pending;
    struct err err = {0};
    bool is_first = !has_pending(writer);
    enum status status = STATUS_OK;
    if (!writer->is_down) {
        pthread_mutex_unlock(&writer->lock);
        status = writer->destination->write(writer->destination->context, &parcel->outcome, &counts, &err);
        pthread_mutex_lock(&writer->lock);
        writer->pending = counts;
    }
    if (is_first)
        writer->flushed_ms = clock_monotonic_ms(&writer->clock);
    writer->written = parcel->number;
    writer->queued_bytes -= parcel->bytes;
    writer->pending_bytes += parcel->bytes;
    if (status != STATUS_OK)
        fail(writer, &err);
    link->next = writer->kept;
    writer->kept = link;
    if (!writer->destination->keeps_outcomes || writer->is_down)
        drop(&writer->kept);
    tell(writer);
}

/* Likewise. */
static void flush(struct writer *writer)
{
    struct run_counts counts = writer->pending;
    struct err err = {0};
    bool flushed = false;
    bool must = writer->must_flush && writer->first == NULL;
    pthread_mutex_unlock(&writer->lock);
    enum status status = writer->destination->flush(writer->destination->context, must, &counts, &flushed, &err);
    pthread_mutex_lock(&writer->lock);
    writer->pending = counts;
    if (status != STATUS_OK) {
        if (writer->destination->keeps_outcomes)
            run_counts_add(&writer->flushed, &writer->pending);
        fail(writer, &err);
        drop(&writer->kept);
    } else if (flushed) {
        drop(&writer->kept);
        run_counts_add(&writer->flushed, &writer->pending);
        writer->pending = (struct run_counts){0};
        writer->durable = writer->written;
    }
    writer->flush_rows = writer->pending.rows_received + rows_of_flush(writer);
    writer->pending_bytes = 0;
    writer->flushed_ms = clock_monotonic_ms(&writer->clock);
    tell(writer);
}

/* Waits for what is asked, or until the deadline; NULL: none. Left alone so long, the destination was free for others.
 */
static void wait_asked(struct writer *writer, const struct timespec *until)
{
    int64_t begun_ms = clock_monotonic_ms(&writer->clock);
    if (until != NULL)
        pthread_cond_timedwait(&writer->asked, &writer->lock, until);
    else
        pthread_cond_wait(&writer->asked, &writer->lock);
    int64_t now_ms = clock_monotonic_ms(&writer->clock);
    if (!has_pending(writer) && now_ms - begun_ms >= WRITER_GAP_MS)
        writer->turn_ms = now_ms;
}

/*
 * Another run may want to write to the same destination. SQLite lets nobody queue for its lock: who waits looks ten
 * times a second, and would miss the moment between two transactions for ever.
 */
static void let_others_in(struct writer *writer)
{
    if (has_pending(writer) || writer->first == NULL ||
        clock_monotonic_ms(&writer->clock) - writer->turn_ms < WRITER_TURN_MS)
        return;
    struct timespec until = cond_deadline(WRITER_GAP_MS);
    while (!writer->must_stop && pthread_cond_timedwait(&writer->asked, &writer->lock, &until) != ETIMEDOUT) {
    }
    writer->turn_ms = clock_monotonic_ms(&writer->clock);
}

static void *work(void *context)
{
    struct writer *writer = context;
    pthread_mutex_lock(&writer->lock);
    while (!writer->must_stop) {
        int64_t due_ms = flush_due_ms(writer);
        if (due_ms == 0) {
            flush(writer);
            let_others_in(writer);
        } else if (writer->first != NULL) {
            write_next(writer);
        } else if (due_ms > 0) {
            struct timespec until = cond_deadline(due_ms);
            wait_asked(writer, &until);
        } else {
            wait_asked(writer, NULL);
        }
    }
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

/* Signals are for the main thread, whose waiting they end. */
static int create_deaf(struct writer *writer)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&writer->thread, NULL, work, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure == 0)
        (void)pthread_setname_np(writer->thread, "writer"); /* for ps -L and debuggers */
    return failure;
}

static void destroy(struct writer *writer)
{
    drop(&writer->first);
    drop(&writer->kept);
    pthread_cond_destroy(&writer->asked);
    pthread_cond_destroy(&writer->moved);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}

enum status writer_start(const struct destination *destination, const struct clock *clock, struct writer **ret_writer,
                         struct err *err)
{
    struct writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return err_nomem(err);
    writer->destination = destination;
    writer->clock = *clock;
    writer->flush_rows = rows_of_flush(writer);
    writer->turn_ms = clock_monotonic_ms(clock);
    cond_init(&writer->asked);
    cond_init(&writer->moved);
    pthread_mutex_init(&writer->lock, NULL);
    int failure = create_deaf(writer);
    if (failure != 0) {
        destroy(writer);
        return err_set_errno(err, STATUS_BUG, failure, "cannot start a thread");
    }
    *ret_writer = writer;
    return STATUS_OK;
}

void writer_put(struct writer *writer, struct parcel *parcel)
{
    struct link *link = calloc(1, sizeof *link);
    struct err err;
    pthread_mutex_lock(&writer->lock);
    if (link == NULL) { /* a parcel that is left out must not be followed by others */
        err_nomem(&err);
        fail(writer, &err);
        parcel_drop(parcel);
    } else {
        link->parcel = parcel;
        *(writer->last != NULL ? &writer->last->next : &writer->first) = link;
        writer->last = link;
        writer->queued_bytes += parcel->bytes;
    }
    pthread_cond_signal(&writer->asked);
    pthread_mutex_unlock(&writer->lock);
}

void writer_flush_begin(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    writer->must_flush = true;
    pthread_cond_signal(&writer->asked);
    pthread_mutex_unlock(&writer->lock);
}

void writer_wait(struct writer *writer, int timeout_ms)
{
    struct timespec until = cond_deadline(timeout_ms);
    pthread_mutex_lock(&writer->lock);
    uint64_t moves = writer->moves;
    while (writer->moves == moves && pthread_cond_timedwait(&writer->moved, &writer->lock, &until) != ETIMEDOUT) {
    }
    pthread_mutex_unlock(&writer->lock);
}

void writer_look(struct writer *writer, struct writer_state *ret_state)
{
    pthread_mutex_lock(&writer->lock);
    *ret_state = (struct writer_state){
        .is_down = writer->is_down,
        .err = writer->err,
        .counts = writer->flushed,
        .queued_bytes = writer->queued_bytes,
        .is_full = writer->queued_bytes >
                   (size_t)(writer->destination->keeps_outcomes ? WRITER_KEEP_QUEUE_BYTES : WRITER_QUEUE_BYTES),
        .durable = writer->durable,
        .is_flushed = writer->first == NULL && writer->queued_bytes == 0 && (writer->is_down || !has_pending(writer)),
    };
    run_counts_add(&ret_state->counts, &writer->pending);
    if (ret_state->is_flushed)
        writer->must_flush = false;
    pthread_mutex_unlock(&writer->lock);
}

void writer_stop(struct writer *writer)
{
    if (writer == NULL)
        return;
    pthread_mutex_lock(&writer->lock);
    writer->must_stop = true;
    pthread_cond_signal(&writer->asked);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    destroy(writer);
}
