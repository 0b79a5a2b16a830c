#include "sink/postgres_internal.h"

/* The rows of the slices that must be merged, or of the others, go to one COPY each. */

static void copy_row(struct sink_postgres *sink, struct pg_copy *copy, size_t at, size_t number)
{
    const struct sink_slice *slice = &sink->slices[at].slice;
    const struct slice_place *state = &sink->states[at];
    const struct stored_start *stored = &sink->starts[state->first_row + number];
    const struct row *row = &slice->rows[number];
    pg_copy_int8(copy, slice->key.building_id);
    pg_copy_int8(copy, stored->start);
    pg_copy_int4(copy, state->partition);
    pg_copy_int4(copy, (int32_t)slice->series_id);
    postgres_copy_keys(sink, copy, row);
    pg_copy_int4(copy, stored->spelling_id);
    pg_copy_int2(copy, stored->local_offset);
    postgres_copy_values(sink, copy, row);
}

static enum status copy_rows(struct sink_postgres *sink, struct err *err)
{
    struct pg_copy *copy;
    struct buf sql = {0};
    postgres_append_template(&sql, sink,
                             "COPY $T_rows (building_id, start, date_partition, series_id$K., spelling_id, local_offset"
                             "$V., more) FROM STDIN (FORMAT binary)");
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = pg_copy_begin(sink->db, buf_text(&sql), &copy, err);
    buf_release(&sql);
    if (status != STATUS_OK)
        return status;
    int fields = 6 + (int)sink->options->dataset->key_count + postgres_value_fields(sink);
    for (size_t n = 0; n < sink->count; n++) { /* in the order of the key, in which they cost the server least */
        size_t i = sink->by_series[n];
        size_t count = sink->states[i].must_merge ? 0 : sink->slices[i].slice.row_count;
        for (size_t r = 0; r < count; r++) {
            pg_copy_row(copy, fields);
            copy_row(sink, copy, i, r);
        }
        sink->slices[i].changes.inserted += count;
    }
    return pg_copy_end(copy, NULL, err);
}

/* Mean and greatest value of a column of a slice; false: one of its values is no number, or there is none. */
static bool digest(const struct sink_slice *slice, size_t column, double *ret_mean, double *ret_greatest)
{
    double sum = 0;
    double greatest = 0;
    size_t count = 0;
    for (size_t i = 0; i < slice->row_count; i++) {
        const struct value *value = &slice->rows[i].values[column];
        if (value->kind == VALUE_NULL)
            continue;
        if (value->kind != VALUE_INTEGER && value->kind != VALUE_REAL)
            return false;
        double number = value->kind == VALUE_INTEGER ? (double)value->integer : value->real;
        greatest = count == 0 || number > greatest ? number : greatest;
        sum += number;
        count++;
    }
    *ret_mean = sum / (double)count;
    *ret_greatest = greatest;
    return count > 0;
}

static void copy_day(struct sink_postgres *sink, struct pg_copy *copy, size_t at)
{
    const struct sink_slice *slice = &sink->slices[at].slice;
    pg_copy_int8(copy, slice->key.building_id);
    pg_copy_int4(copy, sink->states[at].partition);
    pg_copy_int4(copy, (int32_t)slice->series_id);
    pg_copy_int4(copy, (int32_t)slice->row_count);
    for (size_t i = 0; i < sink->options->column_count; i++) {
        double mean;
        double greatest;
        if (!postgres_has_days(&sink->columns.items[sink->column_at[i]]))
            continue;
        if (digest(slice, i, &mean, &greatest)) {
            pg_copy_float8(copy, mean);
            pg_copy_float8(copy, greatest);
        } else {
            pg_copy_null(copy);
            pg_copy_null(copy);
        }
    }
}

static int append_days_copy(struct buf *sql, const struct sink_postgres *sink)
{
    int fields = 4;
    buf_appendf(sql, "COPY %s_days (building_id, date_partition, series_id, row_count", sink->options->dataset->name);
    for (size_t i = 0; i < sink->options->column_count; i++) {
        const struct row_column *column = &sink->columns.items[sink->column_at[i]];
        if (!postgres_has_days(column))
            continue;
        buf_append_text(sql, ", ");
        postgres_append_name(sql, POSTGRES_MEAN, column->name);
        buf_append_text(sql, ", ");
        postgres_append_name(sql, POSTGRES_GREATEST, column->name);
        fields += 2;
    }
    buf_append_text(sql, ") FROM STDIN (FORMAT binary)");
    return fields;
}

static enum status copy_days(struct sink_postgres *sink, struct err *err)
{
    struct pg_copy *copy;
    struct buf sql = {0};
    int fields = append_days_copy(&sql, sink);
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = pg_copy_begin(sink->db, buf_text(&sql), &copy, err);
    buf_release(&sql);
    if (status != STATUS_OK)
        return status;
    for (size_t n = 0; n < sink->count; n++) {
        size_t i = sink->by_series[n];
        if (sink->states[i].must_merge || sink->slices[i].slice.row_count == 0)
            continue;
        pg_copy_row(copy, fields);
        copy_day(sink, copy, i);
    }
    return pg_copy_end(copy, NULL, err);
}

enum status postgres_copy_new(struct sink_postgres *sink, struct err *err)
{
    size_t rows = 0;
    for (size_t i = 0; i < sink->count; i++)
        rows += sink->states[i].must_merge ? 0 : sink->slices[i].slice.row_count;
    if (rows == 0)
        return STATUS_OK;
    enum status status = copy_rows(sink, err);
    return status == STATUS_OK ? copy_days(sink, err) : status;
}

static enum status stage_slices(struct sink_postgres *sink, struct err *err)
{
    struct pg_copy *copy;
    struct buf sql = {0};
    postgres_append_template(&sql, sink, "COPY $S_slices FROM STDIN (FORMAT binary)");
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = pg_copy_begin(sink->db, buf_text(&sql), &copy, err);
    buf_release(&sql);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < sink->count; i++) {
        const struct sink_slice *slice = &sink->slices[i].slice;
        if (!sink->states[i].must_merge)
            continue;
        pg_copy_row(copy, 6);
        pg_copy_int4(copy, (int32_t)i);
        pg_copy_int4(copy, sink->states[i].round);
        pg_copy_int8(copy, slice->key.building_id);
        pg_copy_int4(copy, (int32_t)slice->series_id);
        pg_copy_int4(copy, sink->states[i].partition);
        pg_copy_bool(copy, slice->keep_rows);
    }
    return pg_copy_end(copy, NULL, err);
}

static void stage_row(struct sink_postgres *sink, struct pg_copy *copy, size_t at, size_t number)
{
    const struct slice_place *state = &sink->states[at];
    const struct stored_start *stored = &sink->starts[state->first_row + number];
    const struct row *row = &sink->slices[at].slice.rows[number];
    pg_copy_int4(copy, (int32_t)at);
    pg_copy_int4(copy, state->round);
    pg_copy_int4(copy, stored->home);
    pg_copy_int8(copy, stored->start);
    postgres_copy_keys(sink, copy, row);
    pg_copy_int4(copy, stored->spelling_id);
    pg_copy_int2(copy, stored->local_offset);
    postgres_copy_values(sink, copy, row);
}

enum status postgres_copy_stage(struct sink_postgres *sink, struct err *err)
{
    struct pg_copy *copy;
    struct buf sql = {0};
    enum status status = stage_slices(sink, err);
    postgres_append_template(&sql, sink, "COPY $S_rows FROM STDIN (FORMAT binary)");
    if (status == STATUS_OK)
        status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = pg_copy_begin(sink->db, buf_text(&sql), &copy, err);
    buf_release(&sql);
    if (status != STATUS_OK)
        return status;
    int fields = 6 + (int)sink->options->dataset->key_count + postgres_value_fields(sink);
    for (size_t i = 0; i < sink->count; i++) {
        size_t count = sink->states[i].must_merge ? sink->slices[i].slice.row_count : 0;
        for (size_t r = 0; r < count; r++) {
            pg_copy_row(copy, fields);
            stage_row(sink, copy, i, r);
        }
    }
    return pg_copy_end(copy, NULL, err);
}
