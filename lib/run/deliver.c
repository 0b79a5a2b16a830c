#include "core/log.h"
#include "run/engine_internal.h"

#include <stdlib.h>
#include <string.h>

enum status deliver_begin(struct engine *engine, struct err *err)
{
    enum status status = STATUS_OK;
    pthread_mutex_init(&engine->batches.lock, NULL);
    for (size_t i = 0; status == STATUS_OK && i < engine->options->destination_count; i++)
        status =
            writer_start(engine->options->destinations[i], &engine->options->clock, &engine->targets[i].writer, err);
    return status;
}

void deliver_end(struct engine *engine)
{
    for (size_t i = 0; i < engine->options->destination_count; i++)
        writer_stop(engine->targets[i].writer);
    batch_pool_release(&engine->batches);
    pthread_mutex_destroy(&engine->batches.lock);
    free(engine->written.units.units);
    free(engine->written.numbers);
}

/* A destination failed: the run goes on without it, unless it was the last. */
static void take_down(struct engine *engine, size_t at)
{
    struct target *target = &engine->targets[at];
    target->is_down = true;
    if (engine->options->ret_failed != NULL)
        engine->options->ret_failed[at] = true;
    err_prefix(&target->state.err, "%s", engine->options->destinations[at]->name);
    for (size_t i = 0; i < engine->options->destination_count; i++) {
        if (!engine->targets[i].is_down) {
            log_error("%s; the run goes on without it", target->state.err.message);
            return;
        }
    }
    engine_stop(engine, &target->state.err);
}

/* The claims of what every destination holds for good are given back. */
static void give_back_durable(struct engine *engine)
{
    uint64_t durable = UINT64_MAX;
    for (size_t i = 0; i < engine->options->destination_count; i++) {
        const struct target *target = &engine->targets[i];
        if (!target->is_down && target->state.durable < durable)
            durable = target->state.durable;
    }
    struct written_list *written = &engine->written;
    struct unit_list *units = &written->units;
    size_t done = 0;
    while (done < units->count && written->numbers[done] <= durable)
        done++;
    if (done == 0)
        return;
    engine_give_back(engine, units->units, done);
    units->count -= done;
    memmove(units->units, units->units + done, units->count * sizeof *units->units);
    memmove(written->numbers, written->numbers + done, units->count * sizeof *written->numbers);
}

void deliver_look(struct engine *engine)
{
    for (size_t i = 0; i < engine->options->destination_count; i++) {
        struct target *target = &engine->targets[i];
        if (target->is_down)
            continue;
        writer_look(target->writer, &target->state);
        if (target->state.is_down)
            take_down(engine, i);
    }
    give_back_durable(engine);
}

static enum status note_written(struct written_list *written, const struct parcel *parcel, struct err *err)
{
    if (written->units.count == written->capacity) {
        size_t capacity = written->capacity != 0 ? written->capacity * 2 : 64;
        uint64_t *numbers = reallocarray(written->numbers, capacity, sizeof *numbers);
        if (numbers == NULL)
            return err_nomem(err);
        written->numbers = numbers;
        written->capacity = capacity;
    }
    written->numbers[written->units.count] = parcel->number;
    return unit_list_add(&written->units, &parcel->unit, err);
}

void deliver(struct engine *engine, struct parcel *parcel)
{
    struct err err = {0};
    struct writer *writers[ENGINE_DESTINATIONS_MAX];
    int count = 0;
    for (size_t i = 0; i < engine->options->destination_count; i++) {
        if (!engine->targets[i].is_down)
            writers[count++] = engine->targets[i].writer;
    }
    parcel->number = ++engine->parcels;
    if (engine->options->sharing != NULL && note_written(&engine->written, parcel, &err) != STATUS_OK)
        engine_stop(engine, &err);
    parcel_seal(parcel, count + 1);
    for (int i = 0; i < count; i++)
        writer_put(writers[i], parcel);
    parcel_drop(parcel);
}

/* The destination that has most to do; NULL: none has too much. */
static struct target *most_behind(struct engine *engine)
{
    struct target *most = NULL;
    for (size_t i = 0; i < engine->options->destination_count; i++) {
        struct target *target = &engine->targets[i];
        if (!target->is_down && target->state.is_full &&
            (most == NULL || target->state.queued_bytes > most->state.queued_bytes))
            most = target;
    }
    return most;
}

bool deliver_must_wait(struct engine *engine)
{
    struct target *behind = most_behind(engine);
    if (behind == NULL)
        return false;
    writer_wait(behind->writer, DELIVER_WAIT_MS);
    engine->held_ms = clock_monotonic_ms(&engine->options->clock);
    return true;
}

bool deliver_flush(struct engine *engine)
{
    struct target *unfinished = NULL;
    for (size_t i = 0; i < engine->options->destination_count; i++) {
        struct target *target = &engine->targets[i];
        if (target->is_down)
            continue;
        writer_flush_begin(target->writer);
        writer_look(target->writer, &target->state);
        if (!target->state.is_flushed)
            unfinished = target;
    }
    if (unfinished != NULL)
        writer_wait(unfinished->writer, DELIVER_WAIT_MS);
    deliver_look(engine);
    return unfinished == NULL;
}

struct run_counts engine_counts(const struct engine *engine)
{
    const struct target *target = &engine->targets[0];
    for (size_t i = 0; i < engine->options->destination_count; i++) {
        if (!engine->targets[i].is_down) {
            target = &engine->targets[i];
            break;
        }
    }
    return target->state.counts;
}
