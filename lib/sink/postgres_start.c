#include "sink/postgres_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The starts that no pattern gives back, until their ids are asked for. */
struct odd_list {
    size_t count;
    size_t capacity;
    size_t *rows; /* numbers among sink->starts */
    struct buf texts;
    struct buf seconds;
    struct buf zones;
};

/* Same spelling as the last one: same length, same separators, same zone, no fraction; only date and time differ. */
static bool is_spelled_as_last(const struct start_memory *memory, const struct row *row)
{
    return memory->has_last && row->start_size == memory->last_size && row->start_size > 19 && row->start.nanos == 0 &&
           row->start.offset == memory->last_moment.offset && row->start.zone_known == memory->last_moment.zone_known &&
           row->start_text[10] == memory->last_text[10] && row->start_text[16] == ':' &&
           memcmp(row->start_text + 19, memory->last_text + 19, row->start_size - 19) == 0;
}

/* The pattern as to_char has it; false: the text is the number of seconds and a suffix. */
static bool append_format(struct buf *format, const char *pattern)
{
    static const struct {
        char letter;
        const char *name;
    } names[] = {{'Y', "YYYY"}, {'m', "MM"}, {'d', "DD"}, {'H', "HH24"}, {'M', "MI"}, {'S', "SS"}};
    if (strncmp(pattern, "%s", 2) == 0)
        return false;
    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at != '%') {
            buf_appendf(format, *at == '"' || *at == '\\' ? "\"\\%c\"" : "\"%c\"", *at);
            continue;
        }
        at++;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            if (names[i].letter == *at)
                buf_append_text(format, names[i].name);
        }
    }
    return true;
}

/* Stores a spelling unless it is there; another program may do so at the same time. */
static enum status add_spelling(struct db *db, const struct spelling *spelling, struct err *err)
{
    struct db_statement *add;
    struct buf format = {0};
    bool has_format = append_format(&format, spelling->pattern);
    enum status status = buf_status(&format, err);
    if (status == STATUS_OK)
        status = db_prepare(db,
                            "INSERT INTO spellings (pattern, zone_known, utc_offset, format, suffix)"
                            " VALUES (?1, ?2::integer <> 0, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                            &add, err);
    if (status == STATUS_OK) {
        db_bind_string(add, 1, spelling->pattern);
        db_bind_integer(add, 2, spelling->zone_known);
        db_bind_integer(add, 3, spelling->offset);
        db_bind_string(add, 4, has_format ? buf_text(&format) : NULL);
        db_bind_string(add, 5, has_format ? "" : spelling->pattern + 2);
        status = db_run(add, err);
        db_finalize(add);
    }
    buf_release(&format);
    return status;
}

static enum status find_spelling(struct db *db, struct spelling *spelling, bool *ret_found, struct err *err)
{
    struct db_statement *find;
    enum status status = db_prepare(db,
                                    "SELECT spelling_id FROM spellings WHERE pattern = ?1"
                                    " AND zone_known = (?2::integer <> 0) AND utc_offset = ?3",
                                    &find, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(find, 1, spelling->pattern);
    db_bind_integer(find, 2, spelling->zone_known);
    db_bind_integer(find, 3, spelling->offset);
    status = db_step(find, ret_found, err);
    if (status == STATUS_OK && *ret_found)
        spelling->id = (int32_t)db_column_integer(find, 0);
    db_finalize(find);
    return status;
}

static enum status remember(struct start_memory *memory, const struct spelling *spelling, struct err *err)
{
    if (memory->count == memory->capacity) {
        size_t capacity = memory->capacity != 0 ? memory->capacity * 2 : 8;
        struct spelling *spellings = reallocarray(memory->spellings, capacity, sizeof *spellings);
        if (spellings == NULL)
            return err_nomem(err);
        memory->spellings = spellings;
        memory->capacity = capacity;
    }
    memory->spellings[memory->count++] = *spelling;
    return STATUS_OK;
}

/* Looked up before it is added, so that a reader's ids do not grow with every program that starts. */
static enum status learn_spelling(struct sink_postgres *sink, struct spelling *spelling, struct err *err)
{
    bool found = false;
    enum status status = find_spelling(sink->db, spelling, &found, err);
    if (status == STATUS_OK && !found) {
        status = add_spelling(sink->db, spelling, err);
        if (status == STATUS_OK)
            status = find_spelling(sink->db, spelling, &found, err);
    }
    if (status == STATUS_OK && !found)
        status = err_set(err, STATUS_BUG, "%s: a spelling of starts is not there", db_path(sink->db));
    return status == STATUS_OK ? remember(&sink->memory, spelling, err) : status;
}

static enum status spelling_of(struct sink_postgres *sink, const struct row *row, const char *pattern, int32_t *ret_id,
                               struct err *err)
{
    struct start_memory *memory = &sink->memory;
    struct spelling spelling = {.zone_known = row->start.zone_known, .offset = row->start.offset};
    size_t at = 0;
    while (at < memory->count &&
           (memory->spellings[at].zone_known != spelling.zone_known ||
            memory->spellings[at].offset != spelling.offset || strcmp(memory->spellings[at].pattern, pattern) != 0))
        at++;
    if (at == memory->count) {
        snprintf(spelling.pattern, sizeof spelling.pattern, "%s", pattern);
        enum status status = learn_spelling(sink, &spelling, err);
        if (status != STATUS_OK)
            return status;
    }
    *ret_id = memory->spellings[at].id;
    memory->has_last = row->start_size > 19 && row->start_text[16] == ':';
    if (memory->has_last) {
        memcpy(memory->last_text, row->start_text, row->start_size);
        memory->last_size = row->start_size;
        memory->last_moment = row->start;
        memory->last_id = *ret_id;
    }
    return STATUS_OK;
}

/* A text that is a start has neither quotes nor backslashes. */
static enum status note_odd(struct odd_list *odd, size_t at, const struct row *row, struct err *err)
{
    if (odd->count == odd->capacity) {
        size_t capacity = odd->capacity != 0 ? odd->capacity * 2 : 256;
        size_t *rows = reallocarray(odd->rows, capacity, sizeof *rows);
        if (rows == NULL)
            return err_nomem(err);
        odd->rows = rows;
        odd->capacity = capacity;
    }
    char comma = odd->count > 0 ? ',' : '{';
    odd->rows[odd->count++] = at;
    buf_appendf(&odd->texts, "%c\"%.*s\"", comma, (int)row->start_size, row->start_text);
    buf_appendf(&odd->seconds, "%c%" PRId64, comma, row->start.seconds);
    buf_appendf(&odd->zones, "%c%c", comma, row->start.zone_known ? 't' : 'f');
    return STATUS_OK;
}

static const char add_odd_sql[] =
    "INSERT INTO odd_starts (text, seconds, zone_known)"
    " SELECT DISTINCT u.* FROM unnest(?1::text[], ?2::bigint[], ?3::boolean[]) AS u (text, seconds, zone_known)"
    " WHERE NOT EXISTS (SELECT FROM odd_starts o WHERE o.text = u.text) ON CONFLICT DO NOTHING";

static const char find_odd_sql[] = "SELECT o.odd_id FROM unnest(?1::text[]) WITH ORDINALITY AS u (text, at)"
                                   " JOIN odd_starts o ON o.text = u.text ORDER BY u.at";

static enum status store_odd(struct db *db, const struct odd_list *odd, struct err *err)
{
    struct db_statement *add;
    enum status status = db_prepare(db, add_odd_sql, &add, err);
    if (status != STATUS_OK)
        return status;
    db_bind_text(add, 1, buf_text(&odd->texts), odd->texts.size);
    db_bind_text(add, 2, buf_text(&odd->seconds), odd->seconds.size);
    db_bind_text(add, 3, buf_text(&odd->zones), odd->zones.size);
    status = db_run(add, err);
    db_finalize(add);
    return status;
}

static enum status number_odd(struct sink_postgres *sink, const struct odd_list *odd, struct err *err)
{
    struct db_statement *find;
    enum status status = buf_status(&odd->texts, err);
    if (status == STATUS_OK)
        status = buf_status(&odd->seconds, err);
    if (status == STATUS_OK)
        status = store_odd(sink->db, odd, err);
    if (status == STATUS_OK)
        status = db_prepare(sink->db, find_odd_sql, &find, err);
    if (status != STATUS_OK)
        return status;
    db_bind_text(find, 1, buf_text(&odd->texts), odd->texts.size);
    size_t at = 0;
    bool row;
    while ((status = db_step(find, &row, err)) == STATUS_OK && row && at < odd->count)
        sink->starts[odd->rows[at++]].start = -db_column_integer(find, 0);
    db_finalize(find);
    if (status == STATUS_OK && at != odd->count)
        status = err_set(err, STATUS_BUG, "%s: odd starts are not there", db_path(sink->db));
    return status;
}

/* The partition of a day; rows come day by day. */
static int32_t home_of(struct start_memory *memory, int64_t local_day)
{
    if (memory->home == 0 || local_day != memory->home_day) {
        memory->home_day = local_day;
        memory->home = civil_day_to_partition((civil_day)local_day);
    }
    return memory->home;
}

static enum status encode(struct sink_postgres *sink, const struct row *row, const struct zone *zone, size_t at,
                          struct odd_list *odd, struct err *err)
{
    const struct moment *moment = &row->start;
    struct start_memory *memory = &sink->memory;
    int32_t offset = moment->zone_known ? zone_offset_at(zone, moment->seconds) : 0;
    int64_t local = moment->seconds + offset;
    int64_t local_day = local / 86400 - (local % 86400 < 0);
    struct stored_start *stored = &sink->starts[at];
    *stored = (struct stored_start){
        .start = moment->seconds,
        .local_offset = (int16_t)(offset / 900),
        .home = home_of(memory, local_day),
    };
    char pattern[MOMENT_PATTERN_SIZE];
    if (is_spelled_as_last(memory, row) && moment->seconds >= 0) {
        stored->spelling_id = memory->last_id;
        return STATUS_OK;
    }
    if (moment->seconds >= 0 && moment_pattern(row->start_text, row->start_size, moment, pattern))
        return spelling_of(sink, row, pattern, &stored->spelling_id, err);
    return note_odd(odd, at, row, err);
}

enum status postgres_starts_encode(struct sink_postgres *sink, struct err *err)
{
    enum { ODD_TEXT_MAX = 64 << 20 };
    struct odd_list odd = {
        .texts = {.max = ODD_TEXT_MAX}, .seconds = {.max = ODD_TEXT_MAX}, .zones = {.max = ODD_TEXT_MAX}};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < sink->count; i++) {
        const struct sink_slice *slice = &sink->slices[i].slice;
        for (size_t r = 0; status == STATUS_OK && r < slice->row_count; r++)
            status = encode(sink, &slice->rows[r], slice->zone, sink->states[i].first_row + r, &odd, err);
    }
    buf_append_char(&odd.texts, '}');
    buf_append_char(&odd.seconds, '}');
    buf_append_char(&odd.zones, '}');
    if (status == STATUS_OK && odd.count > 0)
        status = number_odd(sink, &odd, err);
    free(odd.rows);
    buf_release(&odd.texts);
    buf_release(&odd.seconds);
    buf_release(&odd.zones);
    return status;
}

void postgres_starts_release(struct start_memory *memory)
{
    free(memory->spellings);
    *memory = (struct start_memory){0};
}
