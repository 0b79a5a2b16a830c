/*
 * The CSV destination: RFC 4180, UTF-8, header, LF, rows in key order.
 *
 *   partitioned   DIR/building_insights/DATE_PARTITION=20250501/BUILDING_ID=71/rows.csv
 *   single        DIR/building_insights.csv
 *
 * with the name of the dataset in place of building_insights.
 *
 * Slices are gathered and then merged into the files they belong to: a file is
 * read and written side by side, row by row, and appears by rename only.
 * Temporary files live in DIR/.occuport/tmp, which is emptied when the sink opens; one process at a time
 * may have it open (the caller's lock). Memory is bounded by what is gathered between two merges; in the single layout
 * that is spooled to sorted files, so that a large file is rewritten rarely.
 *
 * A file that was edited or damaged (not our header, rows out of order, a
 * field that is no number) is reported as PATH:LINE:COLUMN and left as it is.
 */
#ifndef OCCUPORT_SINK_CSV_H
#define OCCUPORT_SINK_CSV_H

#include "sink/sink.h"

struct sink_csv;

enum sink_csv_layout { SINK_CSV_PARTITIONED, SINK_CSV_SINGLE };

/* What a new file changes in one of its slices. */
struct sink_csv_change {
    const struct sink_slice *slice;
    size_t order;                       /* of sink_csv_put since the last merge, from 0 */
    const struct sink_changes *changes; /* some are inserted, updated or vanished */
    uint64_t inode;                     /* of the new file, which a rename does not change */
};

struct sink_csv_options {
    const char *directory; /* made when its parent is there */
    enum sink_csv_layout layout;
    const struct dataset *dataset;
    size_t column_count;
    const char *const *columns;
    bool excel_safe;      /* texts that a spreadsheet would run as a formula get a leading apostrophe */
    bool delete_vanished; /* rows that the API no longer returns are dropped; else they stay */
    /*
     * A row that stays although it is gone: true when it was not known to be. row names it in its slice: its start, and
     * its extra keys. Called during a merge; may be NULL with delete_vanished.
     */
    bool (*first_missed)(void *context, int64_t series_id, civil_day day, const char *row, size_t row_size);
    /*
     * A row as for first_missed that is replaced by one of an earlier day: true when it was known to be gone, which may
     * be forgotten then. Called in the single layout. May be NULL with delete_vanished.
     */
    bool (*was_missed)(void *context, int64_t series_id, civil_day day, const char *row, size_t row_size);
    /*
     * New files are complete beside their places, and none is in its place yet: what they will change, so that it can
     * be written down before. May be NULL. What fails here fails the merge.
     */
    enum status (*will_change)(void *context, const struct sink_csv_change *changes, size_t count, struct err *err);
    void *context;
};

/* Called for each merged slice with what changed. */
typedef enum status sink_csv_merged(void *context, const struct sink_slice *slice, const struct sink_changes *changes,
                                    struct err *err);

/* Makes DIR and DIR/.occuport where they are missing. STATUS_CANTCREATE. */
enum status sink_csv_make_directory(const char *directory, struct err *err) MUST_CHECK;

/* Borrows options for its life. STATUS_CANTCREATE, STATUS_IO. */
enum status sink_csv_open(const struct sink_csv_options *options, struct sink_csv **ret_sink,
                          struct err *err) MUST_CHECK;
void sink_csv_close(struct sink_csv *sink);

/* Gathers a slice: everything of it is copied, its zone pointer borrowed. */
enum status sink_csv_put(struct sink_csv *sink, const struct sink_slice *slice, struct err *err) MUST_CHECK;

/* Single layout: true when so much is gathered that it should be merged now. */
bool sink_csv_is_full(const struct sink_csv *sink);

/*
 * Merges all that was gathered; then visit is called once a slice, in the order of sink_csv_put (rows and row_count of
 * the slice are not set). All files appear together at its end; on a failure they are as they were, or, when it was the
 * disk that failed, each is whole, old or new. Everything gathered is forgotten then.
 */
enum status sink_csv_merge(struct sink_csv *sink, sink_csv_merged *visit, void *context, struct err *err) MUST_CHECK;

/* Forgets what was gathered. */
void sink_csv_discard(struct sink_csv *sink);

#endif
