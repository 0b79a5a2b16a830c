/* What runs found on their way: rejects and corrections. */
#include "core/buf.h"
#include "core/clock.h"
#include "core/text.h"
#include "store/runs.h"

#include <stdint.h>
#include <string.h>

/* Binds the slice at parameters 3 to 7; nulls without a key. */
static void bind_slice(struct db_statement *insert, const struct series_key *key, civil_day day)
{
    if (key == NULL) {
        for (int at = 3; at <= 7; at++)
            db_bind_null(insert, at);
        return;
    }
    db_bind_integer(insert, 3, key->building_id);
    db_bind_integer(insert, 4, key->site_id);
    db_bind_string(insert, 5, key->group_id);
    db_bind_string(insert, 6, key->granularity);
    db_bind_integer(insert, 7, civil_day_to_partition(day));
}

/* What is no text is kept as near to it as the database can: PostgreSQL stores no NUL and no byte that is not UTF-8. */
static enum status bind_raw(const struct db *db, struct db_statement *insert, const struct run_reject *reject,
                            struct buf *raw, struct err *err)
{
    bool is_text = text_is_utf8(reject->raw, reject->raw_size) && memchr(reject->raw, '\0', reject->raw_size) == NULL;
    if (db_kind(db) != DB_POSTGRES || is_text) {
        db_bind_text(insert, 9, reject->raw, reject->raw_size);
        return STATUS_OK;
    }
    buf_append_printable(raw, reject->raw, reject->raw_size);
    db_bind_text(insert, 9, buf_text(raw), raw->size);
    return buf_status(raw, err);
}

enum status runs_add_reject(struct db *db, const struct run_reject *reject, struct err *err)
{
    struct db_statement *insert;
    enum status status = db_prepare(db,
                                    "INSERT INTO rejects (run_id, seen_at, building_id, site_id, group_id, granularity,"
                                    " date_partition, reason, raw, dataset) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
                                    " ?10)",
                                    &insert, err);
    if (status != STATUS_OK)
        return status;
    char seen_at[CLOCK_TEXT_SIZE];
    db_bind_string(insert, 1, reject->run_id);
    db_bind_string(insert, 2, clock_format_utc(reject->seen_at, seen_at));
    bind_slice(insert, reject->key, reject->day);
    db_bind_string(insert, 8, reject->reason);
    db_bind_string(insert, 10, reject->dataset);
    struct buf raw = {.max = SIZE_MAX};
    status = bind_raw(db, insert, reject, &raw, err);
    if (status == STATUS_OK)
        status = db_run(insert, err);
    db_finalize(insert);
    buf_release(&raw);
    return status;
}

enum status runs_add_correction(struct db *db, const struct run_correction *correction, struct err *err)
{
    struct db_statement *insert;
    enum status status =
        db_prepare(db,
                   "INSERT INTO corrections (run_id, seen_at, building_id, site_id, group_id, granularity,"
                   " date_partition, inserted, updated, vanished, dataset)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                   &insert, err);
    if (status != STATUS_OK)
        return status;
    char seen_at[CLOCK_TEXT_SIZE];
    db_bind_string(insert, 1, correction->run_id);
    db_bind_string(insert, 2, clock_format_utc(correction->seen_at, seen_at));
    bind_slice(insert, &correction->key, correction->day);
    db_bind_integer(insert, 8, (int64_t)correction->inserted);
    db_bind_integer(insert, 9, (int64_t)correction->updated);
    db_bind_integer(insert, 10, (int64_t)correction->vanished);
    db_bind_string(insert, 11, correction->dataset);
    status = db_run(insert, err);
    db_finalize(insert);
    return status;
}
