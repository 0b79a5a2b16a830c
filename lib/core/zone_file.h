/*
 * What a file of the tz database says by itself (TZif, RFC 8536): enough to see that libc has read it.
 *
 * libc takes a zone that it cannot read, for want of memory or of a file descriptor, for UTC, and says nothing.
 */
#ifndef OCCUPORT_CORE_ZONE_FILE_H
#define OCCUPORT_CORE_ZONE_FILE_H

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

enum { ZONE_FILE_MAX = 32 * 1024 }; /* the largest of tzdata 2024 has 3.6 KB */

struct zone_file {
    size_t size;
    unsigned char bytes[ZONE_FILE_MAX];
};

/*
 * Reads the file of an IANA name. STATUS_CONFIG: there is no such zone; STATUS_IO: the system does not let it be read.
 */
enum status zone_file_read(const char *name, struct zone_file *ret_file, struct err *err) MUST_CHECK;

/* True when offset_at, seconds east of UTC at an instant, is what the file says of each of its changes since `from`. */
bool zone_file_agrees(const struct zone_file *file, int64_t from, int32_t (*offset_at)(int64_t utc_seconds));

#endif
