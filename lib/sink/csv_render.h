/* A fetched row as a CSV record: values, key and derived columns as text. */
#ifndef OCCUPORT_SINK_CSV_RENDER_H
#define OCCUPORT_SINK_CSV_RENDER_H

#include "sink/csv_record.h"
#include "sink/sink.h"

/* Everything lives in arena afterwards. STATUS_NOMEM; STATUS_IO: longer than csv_reader reads. */
enum status csv_render(const struct sink_slice *slice, const struct row *row, const struct csv_columns *columns,
                       bool excel_safe, struct arena *arena, struct csv_record *ret_record, struct err *err) MUST_CHECK;

/* One value as text, in arena. False: no memory. */
bool csv_render_value(struct arena *arena, const struct value *value, bool excel_safe,
                      struct csv_text *ret_text) MUST_CHECK;

#endif
