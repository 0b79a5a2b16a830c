#include "sink/sqlite_internal.h"

#include <string.h>

enum status start_encoder_open(struct start_encoder *encoder, struct db *db, struct err *err)
{
    *encoder = (struct start_encoder){.db = db};
    enum status status =
        db_prepare(db, "SELECT spelling_id FROM spellings WHERE pattern = ?1 AND zone_known = ?2 AND utc_offset = ?3",
                   &encoder->find_spelling, err);
    if (status == STATUS_OK)
        status = db_prepare(db, "INSERT INTO spellings (pattern, zone_known, utc_offset) VALUES (?1, ?2, ?3)",
                            &encoder->add_spelling, err);
    if (status == STATUS_OK)
        status = db_prepare(db, "SELECT odd_id FROM odd_starts WHERE text = ?1", &encoder->find_odd, err);
    if (status == STATUS_OK)
        status = db_prepare(db, "INSERT INTO odd_starts (text, seconds, zone_known) VALUES (?1, ?2, ?3)",
                            &encoder->add_odd, err);
    return status;
}

void start_encoder_close(struct start_encoder *encoder)
{
    db_finalize(encoder->find_spelling);
    db_finalize(encoder->add_spelling);
    db_finalize(encoder->find_odd);
    db_finalize(encoder->add_odd);
    *encoder = (struct start_encoder){0};
}

/* The id that `find` gives, or that of a new row made by `add`; both have the same parameters bound. */
static enum status find_or_add(struct start_encoder *encoder, struct db_statement *find, struct db_statement *add,
                               int64_t *ret_id, struct err *err)
{
    bool row;
    enum status status = db_step(find, &row, err);
    if (status != STATUS_OK)
        return status;
    if (row) {
        *ret_id = db_column_integer(find, 0);
        db_reset(find);
        return STATUS_OK;
    }
    status = db_run(add, err);
    if (status == STATUS_OK)
        *ret_id = db_last_insert_id(encoder->db);
    return status;
}

/* Same spelling as the last one: same length, same separators, same zone, no fraction; only date and time differ. */
static bool is_spelled_as_last(const struct start_encoder *encoder, const struct row *row)
{
    return encoder->has_last && row->start_size == encoder->last_size && row->start_size > 19 &&
           row->start.nanos == 0 && row->start.offset == encoder->last_moment.offset &&
           row->start.zone_known == encoder->last_moment.zone_known && row->start_text[10] == encoder->last_text[10] &&
           row->start_text[16] == ':' &&
           memcmp(row->start_text + 19, encoder->last_text + 19, row->start_size - 19) == 0;
}

static enum status spelling_of(struct start_encoder *encoder, const struct row *row, const char *pattern,
                               int64_t *ret_id, struct err *err)
{
    struct db_statement *both[] = {encoder->find_spelling, encoder->add_spelling};
    for (size_t i = 0; i < 2; i++) {
        db_bind_string(both[i], 1, pattern);
        db_bind_integer(both[i], 2, row->start.zone_known);
        db_bind_integer(both[i], 3, row->start.offset);
    }
    enum status status = find_or_add(encoder, both[0], both[1], ret_id, err);
    if (status != STATUS_OK)
        return status;
    encoder->has_last = row->start_size > 19 && row->start_text[16] == ':';
    if (encoder->has_last) {
        memcpy(encoder->last_text, row->start_text, row->start_size);
        encoder->last_size = row->start_size;
        encoder->last_moment = row->start;
        encoder->last_spelling_id = *ret_id;
    }
    return STATUS_OK;
}

static enum status odd_start_of(struct start_encoder *encoder, const struct row *row, int64_t *ret_start,
                                struct err *err)
{
    db_bind_text(encoder->find_odd, 1, row->start_text, row->start_size);
    db_bind_text(encoder->add_odd, 1, row->start_text, row->start_size);
    db_bind_integer(encoder->add_odd, 2, row->start.seconds);
    db_bind_integer(encoder->add_odd, 3, row->start.zone_known);
    int64_t id;
    enum status status = find_or_add(encoder, encoder->find_odd, encoder->add_odd, &id, err);
    if (status == STATUS_OK)
        *ret_start = -id;
    return status;
}

/* The partition of a day; rows come day by day. */
static int32_t home_of(struct start_encoder *encoder, int64_t local_day)
{
    if (encoder->home == 0 || local_day != encoder->home_day) {
        encoder->home_day = local_day;
        encoder->home = civil_day_to_partition((civil_day)local_day);
    }
    return encoder->home;
}

enum status start_encode(struct start_encoder *encoder, const struct row *row, const struct zone *zone,
                         struct stored_start *ret_start, struct err *err)
{
    const struct moment *moment = &row->start;
    int32_t offset = moment->zone_known ? zone_offset_at(zone, moment->seconds) : 0;
    int64_t local = moment->seconds + offset;
    int64_t local_day = local / 86400 - (local % 86400 < 0);
    struct stored_start stored = {
        .start = moment->seconds,
        .local_offset = offset / 900,
        .home = home_of(encoder, local_day),
    };
    enum status status = STATUS_OK;
    char pattern[MOMENT_PATTERN_SIZE];
    if (is_spelled_as_last(encoder, row) && moment->seconds >= 0) {
        stored.spelling_id = encoder->last_spelling_id;
    } else if (moment->seconds >= 0 && moment_pattern(row->start_text, row->start_size, moment, pattern)) {
        status = spelling_of(encoder, row, pattern, &stored.spelling_id, err);
    } else {
        status = odd_start_of(encoder, row, &stored.start, err);
    }
    if (status == STATUS_OK)
        *ret_start = stored;
    return status;
}
