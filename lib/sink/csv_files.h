/* The folders of the CSV destination: where files lie, how they come to be. */
#ifndef OCCUPORT_SINK_CSV_FILES_H
#define OCCUPORT_SINK_CSV_FILES_H

#include "core/err.h"

#include <limits.h>
#include <stdint.h>

/* DIR (if its parent is there), DIR/.occuport and DIR/.occuport/tmp are made. STATUS_CANTCREATE. */
enum status csv_files_prepare(const char *directory, char ret_temporary[PATH_MAX], struct err *err) MUST_CHECK;

/* Removes every file in the temporary directory. */
enum status csv_files_empty(const char *temporary, struct err *err) MUST_CHECK;

/* DIR/DATASET.csv. STATUS_CANTCREATE: too long. */
enum status csv_files_single(const char *directory, const char *dataset, char ret_path[PATH_MAX],
                             struct err *err) MUST_CHECK;

/* DIR/DATASET/DATE_PARTITION=N/BUILDING_ID=N/rows.csv. STATUS_CANTCREATE: too long. */
enum status csv_files_partition(const char *directory, const char *dataset, int32_t partition, int64_t building_id,
                                char ret_path[PATH_MAX], struct err *err) MUST_CHECK;

/* Makes the folders of such a path below directory. They are not synced: the fsout_group that their files are in is. */
enum status csv_files_make_folders(const char *directory, const char *path, struct err *err) MUST_CHECK;

#endif
