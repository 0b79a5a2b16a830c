#include "sink/csv_merge.h"

#include "sink/csv_cursor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OUTPUT_CHUNK = 64 * 1024 };

static int compare_series(const struct series_key *a, const struct series_key *b)
{
    if (a->building_id != b->building_id)
        return a->building_id < b->building_id ? -1 : 1;
    if (a->site_id != b->site_id)
        return a->site_id < b->site_id ? -1 : 1;
    int order = strcmp(a->group_id, b->group_id);
    return order != 0 ? order : strcmp(a->granularity, b->granularity);
}

int csv_slice_compare(const void *a, const void *b)
{
    const struct csv_slice *left = a;
    const struct csv_slice *right = b;
    if (left->slice.day != right->slice.day)
        return left->slice.day < right->slice.day ? -1 : 1;
    return compare_series(&left->slice.key, &right->slice.key);
}

void csv_slices_set_file(struct csv_slice *slices, size_t count, const struct fsout *out)
{
    struct stat info;
    if (fstat(fileno(out->file), &info) != 0)
        return;
    for (size_t i = 0; i < count; i++)
        slices[i].inode = info.st_ino;
}

static bool is_changed(const struct csv_slice *slice)
{
    return slice->inode != 0 && slice->changes.inserted + slice->changes.updated + slice->changes.vanished > 0;
}

enum status csv_slices_announce(const struct sink_csv_options *options, const struct csv_slice *slices, size_t count,
                                struct err *err)
{
    size_t changed = 0;
    for (size_t i = 0; i < count; i++)
        changed += is_changed(&slices[i]);
    if (changed == 0 || options->will_change == NULL)
        return STATUS_OK;
    struct sink_csv_change *changes = calloc(changed, sizeof *changes);
    if (changes == NULL)
        return err_nomem(err);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const struct csv_slice *slice = &slices[i];
        if (is_changed(slice))
            changes[at++] = (struct sink_csv_change){&slice->slice, slice->order, &slice->changes, slice->inode};
    }
    enum status status = options->will_change(options->context, changes, changed, err);
    free(changes);
    return status;
}

void csv_slices_trim_earlier(struct csv_slice *slices, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct day_range *days = &slices[i].changes.earlier;
        struct csv_slice wanted = slices[i];
        for (; days->first < days->end; days->end--) {
            wanted.slice.day = days->end - 1;
            if (bsearch(&wanted, slices, count, sizeof wanted, csv_slice_compare) == NULL)
                break;
        }
    }
}

/* What a merge has open. */
struct state {
    const struct csv_merge *merge;
    struct csv_columns columns;
    struct arena arena; /* names of columns that only the old file has */
    struct csv_cursor old;
    struct csv_cursor *fresh; /* spools, then memory */
    size_t fresh_count;
    struct csv_text *mixed; /* fields of a replaced row */
    struct fsout out;
    struct buf text;
    bool changed;
};

static void state_release(struct state *state)
{
    csv_cursor_close(&state->old);
    for (size_t i = 0; i < state->fresh_count; i++)
        csv_cursor_close(&state->fresh[i]);
    free(state->fresh);
    free(state->mixed);
    fsout_discard(&state->out);
    buf_release(&state->text);
    arena_release(&state->arena);
}

/* The gathered slice that a record belongs to, or NULL. */
static struct csv_slice *slice_of(const struct csv_merge *merge, const struct csv_record *record)
{
    char group[256 + 8];
    char granularity[64];
    const struct csv_text *texts[] = {&record->fields[CSV_GROUP_ID], &record->fields[CSV_GRANULARITY]};
    if (texts[0]->size >= sizeof group || texts[1]->size >= sizeof granularity)
        return NULL;
    memcpy(group, texts[0]->text, texts[0]->size);
    group[texts[0]->size] = '\0';
    memcpy(granularity, texts[1]->text, texts[1]->size);
    granularity[texts[1]->size] = '\0';
    struct csv_slice wanted = {
        .slice.key = {record->building_id, record->site_id, group, granularity},
    };
    if (!civil_day_from_partition(record->partition, &wanted.slice.day))
        return NULL;
    return bsearch(&wanted, merge->slices, merge->slice_count, sizeof wanted, csv_slice_compare);
}

static void write_text(struct state *state, size_t at_least)
{
    if (state->text.size < at_least || state->text.size == 0)
        return;
    fsout_write(&state->out, buf_text(&state->text), state->text.size);
    buf_reset(&state->text);
}

static enum status emit(struct state *state, const struct csv_record *record, struct err *err)
{
    csv_record_append(&state->text, record);
    if (state->text.failed != STATUS_OK)
        return buf_status(&state->text, err);
    write_text(state, OUTPUT_CHUNK);
    return STATUS_OK;
}

/* What names a row inside its slice: the start as it came, and each extra key behind its length, so that no two rows
 * have the same. */
static void append_row_key(struct buf *out, const struct csv_record *record)
{
    buf_append(out, record->fields[CSV_DATE_TIME_START].text, record->fields[CSV_DATE_TIME_START].size);
    for (size_t i = CSV_KEY_COUNT; i < record->key_count; i++) {
        buf_appendf(out, " %zu:", record->fields[i].size);
        buf_append(out, record->fields[i].text, record->fields[i].size);
    }
}

typedef bool ask_missed(void *context, int64_t series_id, civil_day day, const char *row, size_t row_size);

/* Asks of an old row of the series on the day; NULL: false. */
static enum status ask(const struct state *state, ask_missed *question, int64_t series_id, civil_day day,
                       bool *ret_answer, struct err *err)
{
    struct buf key = {0};
    *ret_answer = false;
    if (question == NULL)
        return STATUS_OK;
    append_row_key(&key, &state->old.record);
    enum status status = buf_status(&key, err);
    if (status == STATUS_OK)
        *ret_answer = question(state->merge->options->context, series_id, day, key.data, key.size);
    buf_release(&key);
    return status;
}

/* One file a partition has no row twice: nothing was refused there. */
static void note_vanished(struct state *state, struct csv_slice *slice)
{
    slice->changes.vanished++;
    if (state->merge->options->layout == SINK_CSV_SINGLE)
        sink_note_vanished(&slice->changes, slice->slice.day, state->old.record.start.seconds);
}

/* An old row that no new one replaces. */
static enum status pass_old(struct state *state, struct err *err)
{
    const struct sink_csv_options *options = state->merge->options;
    const struct csv_record *record = &state->old.record;
    struct csv_slice *slice = slice_of(state->merge, record);
    if (slice == NULL)
        return emit(state, record, err);
    bool drop = options->delete_vanished && !slice->slice.keep_rows;
    if (drop) {
        note_vanished(state, slice);
        state->changed = true;
        return STATUS_OK;
    }
    if (!slice->slice.keep_rows) {
        bool first;
        enum status status = ask(state, options->first_missed, slice->slice.series_id, slice->slice.day, &first, err);
        if (status != STATUS_OK)
            return status;
        if (first)
            note_vanished(state, slice);
    }
    slice->changes.kept++;
    return emit(state, record, err);
}

static enum status add_new(struct state *state, const struct csv_record *record, struct err *err)
{
    struct csv_slice *slice = slice_of(state->merge, record);
    if (slice == NULL)
        return err_set(err, STATUS_BUG, "%s: a row without its slice", state->merge->path);
    slice->changes.inserted++;
    state->changed = true;
    return emit(state, record, err);
}

/*
 * The old row is of a later partition than the new one with its key: it has the last word, unless it is known to be
 * gone, from this merge or from an earlier one. *ret_gives_way: then it is as in the other destinations, where it
 * vanishes and the new one takes its place.
 */
static enum status later_gives_way(struct state *state, struct csv_slice *slice, bool *ret_gives_way, struct err *err)
{
    const struct sink_csv_options *options = state->merge->options;
    struct csv_slice *later = slice_of(state->merge, &state->old.record);
    civil_day day;
    bool missed = false;
    *ret_gives_way = false;
    if (!civil_day_from_partition(state->old.record.partition, &day))
        return STATUS_OK;
    enum status status = ask(state, options->was_missed, slice->slice.series_id, day, &missed, err);
    if (status != STATUS_OK)
        return status;
    bool is_gone = later != NULL && !later->slice.keep_rows;
    if (is_gone && !missed)
        later->changes.vanished++;
    *ret_gives_way = is_gone || missed;
    return STATUS_OK;
}

/* The old row and the new one have the same key. */
static enum status replace(struct state *state, const struct csv_record *record, struct err *err)
{
    const struct csv_record *old = &state->old.record;
    struct csv_slice *slice = slice_of(state->merge, record);
    if (slice == NULL)
        return err_set(err, STATUS_BUG, "%s: a row without its slice", state->merge->path);
    struct csv_record mixed = *record;
    mixed.fields = state->mixed;
    size_t own = state->columns.key_count + state->columns.job_count;
    memcpy(state->mixed, record->fields, state->columns.count * sizeof *state->mixed);
    for (size_t i = own; i < state->columns.count - CSV_DERIVED_COUNT; i++)
        state->mixed[i] = old->fields[i]; /* a column that this job does not fetch */
    bool stays = csv_record_same(old, &mixed, state->columns.count);
    if (old->partition > record->partition) {
        bool gives_way;
        enum status status = later_gives_way(state, slice, &gives_way, err);
        if (status != STATUS_OK)
            return status;
        stays = !gives_way;
    }
    if (stays) {
        slice->changes.unchanged++;
        return emit(state, old, err);
    }
    slice->changes.updated++;
    state->changed = true;
    return emit(state, &mixed, err);
}

/*
 * The smallest new row, or NULL at the end. Of equal keys the later partition stays, then the later source; the
 * others are skipped.
 */
static enum status choose_new(struct state *state, struct csv_cursor **ret_cursor, struct err *err)
{
    struct csv_cursor *best = NULL;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < state->fresh_count; i++) {
        struct csv_cursor *cursor = &state->fresh[i];
        if (cursor->at_end)
            continue;
        int order = best == NULL ? -1 : csv_record_compare(&cursor->record, &best->record);
        if (order == 0) {
            bool wins = cursor->record.partition >= best->record.partition;
            status = csv_cursor_next(wins ? best : cursor, err);
            if (wins)
                best = cursor;
            else
                i--; /* look at this source again */
            continue;
        }
        if (order < 0)
            best = cursor;
    }
    *ret_cursor = best;
    return status;
}

static enum status step(struct state *state, struct csv_cursor *fresh, struct err *err)
{
    int order = fresh == NULL ? -1 : state->old.at_end ? 1 : csv_record_compare(&state->old.record, &fresh->record);
    enum status status;
    if (order < 0) {
        status = pass_old(state, err);
        return status == STATUS_OK ? csv_cursor_next(&state->old, err) : status;
    }
    status = order > 0 ? add_new(state, &fresh->record, err) : replace(state, &fresh->record, err);
    if (status == STATUS_OK && order == 0)
        status = csv_cursor_next(&state->old, err);
    return status == STATUS_OK ? csv_cursor_next(fresh, err) : status;
}

static enum status open_sources(struct state *state, struct err *err)
{
    const struct csv_merge *merge = state->merge;
    enum status status = csv_columns_init(&state->columns, merge->options->dataset, merge->options->column_count,
                                          merge->options->columns, err);
    if (status == STATUS_OK)
        status = csv_cursor_open_file(&state->old, merge->path, merge->partition, merge->building_id, &state->columns,
                                      &state->arena, err);
    state->fresh = calloc(merge->spool_count + 1, sizeof *state->fresh);
    state->mixed = calloc(CSV_FIELDS_MAX, sizeof *state->mixed);
    if (status == STATUS_OK && (state->fresh == NULL || state->mixed == NULL))
        status = err_nomem(err);
    for (size_t i = 0; status == STATUS_OK && i < merge->spool_count; i++) {
        state->fresh_count++;
        status = csv_cursor_open_file(&state->fresh[i], merge->spools[i], 0, 0, &state->columns, &state->arena, err);
    }
    if (status == STATUS_OK)
        status = csv_cursor_open_memory(&state->fresh[state->fresh_count++], merge->records, merge->record_count,
                                        &state->columns, err);
    return status;
}

static enum status put_in_place(struct state *state, struct err *err)
{
    const struct csv_merge *merge = state->merge;
    csv_slices_set_file(merge->slices, merge->slice_count, &state->out);
    if (merge->group != NULL)
        return fsout_group_add(merge->group, &state->out, err);
    enum status status = csv_slices_announce(merge->options, merge->slices, merge->slice_count, err);
    return status == STATUS_OK ? fsout_commit(&state->out, err) : status;
}

enum status csv_merge_run(const struct csv_merge *merge, struct err *err)
{
    struct state state = {.merge = merge, .text = {.max = (size_t)16 << 20}};
    enum status status = open_sources(&state, err);
    state.changed = status == STATUS_OK && state.old.header_differs;
    if (status == STATUS_OK)
        status = fsout_open_in(&state.out, merge->path, merge->temporary_directory, 0666, err);
    if (status == STATUS_OK)
        csv_header_append(&state.text, &state.columns);
    struct csv_cursor *fresh = NULL;
    while (status == STATUS_OK) {
        status = choose_new(&state, &fresh, err);
        if (status != STATUS_OK || (fresh == NULL && state.old.at_end))
            break;
        status = step(&state, fresh, err);
    }
    if (status == STATUS_OK)
        status = buf_status(&state.text, err);
    write_text(&state, 0);
    if (status == STATUS_OK && state.changed)
        status = put_in_place(&state, err);
    state_release(&state);
    return status;
}
