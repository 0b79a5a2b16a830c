/* A run in the history of its destinations. */
#include "converge_internal.h"
#include "core/log.h"

#include <string.h>

/* Slices and rows as the destination itself took them; what was due and what went over the network is the run's. */
static struct run_counts counts_of(const struct summary *summary, const struct opened_destination *destination)
{
    struct run_counts counts = summary->counts;
    const struct run_counts *own = &destination->counts;
    counts.slices_fetched = own->slices_fetched;
    counts.slices_failed = own->slices_failed;
    counts.slices_empty = own->slices_empty;
    counts.rows_received = own->rows_received;
    counts.rows_inserted = own->rows_inserted;
    counts.rows_updated = own->rows_updated;
    counts.rows_unchanged = own->rows_unchanged;
    counts.rows_vanished = own->rows_vanished;
    counts.rows_rejected = own->rows_rejected;
    return counts;
}

static struct run_record record_of(const struct run *run, const struct opened_destination *destination)
{
    const struct summary *summary = &run->summary;
    int64_t now = clock_wall(&run->clock); /* before the start, where the clock was set back */
    struct run_record record = {
        .job = run->job.config->name,
        .command = summary->command,
        .version = OCCUPORT_VERSION,
        .status = summary_status(summary),
        .exit_code = summary->exit_code,
        .started_at = run->job.now,
        .finished_at = now > run->job.now ? now : run->job.now,
        .seconds = summary->seconds,
        .dialect = summary->dialect,
        .learned = summary->learned[0] != '\0' ? summary->learned : NULL,
        .message = summary->reason != STATUS_OK ? summary->err.message : NULL,
        .counts = counts_of(summary, destination),
    };
    memcpy(record.run_id, summary->run_id, sizeof record.run_id);
    return record;
}

static enum status note_begin(struct db *db, const void *record, struct err *err)
{
    return runs_begin(db, record, err);
}

static enum status note_end(struct db *db, const void *record, struct err *err)
{
    return runs_finish(db, record, err);
}

/* Every ledger has the history of its own. */
enum status converge_note_begin(struct run *run, struct err *err)
{
    struct err failure;
    enum status status = STATUS_OK;
    size_t at = 0;
    while (status == STATUS_OK && at < run->destinations.count) {
        const struct opened_destination *destination = &run->destinations.items[at];
        struct run_record record = record_of(run, destination);
        if (destination_do(destination, run->job.interrupted, true, note_begin, &record, &failure) == STATUS_OK)
            at++;
        else
            status = destinations_drop(&run->destinations, at, &failure, err);
    }
    return status;
}

/* How it ended becomes worse by a destination in which that cannot be noted: it is told, and not tried there again. */
static void note_end_in_all(struct run *run, enum status ended, bool *gave_up)
{
    struct err failure;
    bool is_alone = run->destinations.count == 1;
    for (size_t i = 0; i < run->destinations.count; i++) {
        const struct opened_destination *destination = &run->destinations.items[i];
        if (gave_up[i])
            continue;
        struct run_record record = record_of(run, destination);
        enum status status =
            destination->has_failed || (is_alone && ended == STATUS_IO) /* it was waited for long enough */
                ? runs_finish(destination->db, &record, &failure)
                : destination_do(destination, run->job.interrupted, false, note_end, &record, &failure);
        if (status == STATUS_OK)
            continue;
        gave_up[i] = true;
        log_error("%s: its history does not say how the run ended", failure.message);
        summary_blame(&run->summary, &failure);
    }
}

/* What the good ones say must be what the program ends with, so they are told again when that became worse. */
void converge_note_end(struct run *run, enum status ended)
{
    bool gave_up[ENGINE_DESTINATIONS_MAX] = {false};
    int noted;
    do {
        noted = run->summary.exit_code;
        note_end_in_all(run, ended, gave_up);
    } while (run->summary.exit_code != noted);
}

/* A run that was killed behind its last slice did not come to the names of sites and floors: one more run has to. */
bool converge_last_died(const struct run *run)
{
    struct run_line lines[2]; /* the first is the run at hand */
    struct err err;
    bool died = false;
    for (size_t i = 0; i < run->destinations.count; i++) {
        size_t count = 0;
        if (runs_latest(run->destinations.items[i].db, run->job.config->name, lines, 2, &count, &err) == STATUS_OK)
            died = died || (count == 2 && strcmp(lines[1].status, "died") == 0);
    }
    return died;
}
