/*
 * The rows of a slice as the lines of a CSV file, ready to be written: what csv_render and csv_record_append make of
 * them, byte for byte, without a record for each row. For datasets without extra keys.
 */
#ifndef OCCUPORT_SINK_CSV_BLOCK_H
#define OCCUPORT_SINK_CSV_BLOCK_H

#include "core/buf.h"
#include "sink/csv_record.h"
#include "sink/sink.h"

/* Appends one line a row. STATUS_NOMEM, STATUS_TOO_LARGE: out is full; STATUS_IO: a row is longer than csv_reader
 * reads. */
enum status csv_block_append(struct buf *out, const struct sink_slice *slice, const struct csv_columns *columns,
                             bool excel_safe, struct err *err) MUST_CHECK;

#endif
