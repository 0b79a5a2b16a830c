/*
 * A thread that writes to one destination, so that fetching goes on meanwhile: parcels in a queue, in the order of
 * their numbers, flushed now and then.
 *
 * Life cycle: writer_start, writer_put any number of parcels, writer_flush_begin and writer_wait until
 * writer_is_flushed, writer_stop. All calls come from the thread of the engine; between start and stop the destination
 * belongs to the writer's thread.
 *
 * A flush comes when there is something to flush and FLUSH_MS went by, or FLUSH_ROWS rows or FLUSH_BYTES of parcels
 * gathered, or it was asked for. A failure ends the destination: what comes later is dropped unwritten, and stays due.
 */
#ifndef OCCUPORT_RUN_WRITER_H
#define OCCUPORT_RUN_WRITER_H

#include "core/clock.h"
#include "run/parcel.h"

enum { WRITER_FLUSH_MS = 1000, WRITER_FLUSH_ROWS = 50000, WRITER_FLUSH_BYTES = 16 << 20 };

/*
 * The same for a destination that keeps outcomes and does its work in the flush: it works on one while the next is
 * fetched. WRITER_IDLE_ROWS are enough when nothing is queued.
 */
enum { WRITER_KEEP_ROWS = 40000, WRITER_KEEP_BYTES = 15 << 20, WRITER_IDLE_ROWS = 16000 };

/* After so long without a rest between two flushes, it leaves the destination alone for a moment, for other runs. */
enum { WRITER_TURN_MS = 5000, WRITER_GAP_MS = 150 };

/*
 * Parcels of so many bytes in a queue, and nothing more is fetched until it is shorter. What is queued while one flush
 * goes on is the next one.
 */
enum { WRITER_QUEUE_BYTES = 3 << 20, WRITER_KEEP_QUEUE_BYTES = 7 << 20 };

struct writer;

/* What can be seen of it from outside, at one moment. */
struct writer_state {
    bool is_down; /* the destination failed, why is in err */
    struct err err;
    struct run_counts counts; /* flushed and not flushed */
    size_t queued_bytes;      /* with the parcel that is being written */
    bool is_full;             /* nothing more should be put */
    uint64_t durable;         /* number of the last parcel that is flushed */
    bool is_flushed;          /* nothing queued and nothing unflushed */
};

/* Borrows destination for its life. STATUS_NOMEM; STATUS_BUG: no thread can be made. */
enum status writer_start(const struct destination *destination, const struct clock *clock, struct writer **ret_writer,
                         struct err *err) MUST_CHECK;

/* Queues a parcel, of which the writer is a holder from now on. */
void writer_put(struct writer *writer, struct parcel *parcel);

/* From now on what is queued is written and flushed, whatever it costs, until all is done. */
void writer_flush_begin(struct writer *writer);

/* Waits until it did something, at most timeout_ms. */
void writer_wait(struct writer *writer, int timeout_ms);

void writer_look(struct writer *writer, struct writer_state *ret_state);

/* Ends the thread, after the parcel at hand; what is queued is dropped, what is not flushed stays so. Accepts NULL. */
void writer_stop(struct writer *writer);

#endif
