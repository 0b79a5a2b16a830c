#include "core/zone.h"

#include "core/zone_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ZONE_NAME_MAX = 64,
    ZONE_CHANGES_MAX = 512, /* twice a year for 61 years is 122; Morocco makes four a year */
    PROBE_STEP = 24 * 3600  /* no zone ever changed and changed back within a day: since 2000, six at least */
};

struct change {
    int64_t at;     /* first instant of the new offset */
    int32_t offset; /* seconds east of UTC */
};

struct zone {
    char name[ZONE_NAME_MAX];
    int32_t first_offset; /* before the first change */
    size_t change_count;
    struct change changes[ZONE_CHANGES_MAX];
};

static int32_t offset_by_libc(int64_t utc_seconds)
{
    time_t time = (time_t)utc_seconds;
    struct tm tm;
    if (localtime_r(&time, &tm) == NULL)
        return 0;
    return (int32_t)tm.tm_gmtoff;
}

/* Only names that are files of the tz database; libc itself takes anything and silently answers UTC. */
static bool may_be_name(const char *name)
{
    size_t size = strlen(name);
    return size > 0 && size < ZONE_NAME_MAX && name[0] != '/' && strstr(name, "..") == NULL;
}

/* The first instant in (low, high] with the offset of high; the two differ. */
static int64_t bisect(int64_t low, int64_t high)
{
    int32_t wanted = offset_by_libc(high);
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (offset_by_libc(middle) == wanted)
            high = middle;
        else
            low = middle;
    }
    return high;
}

static bool read_changes(struct zone *zone, const struct zone_file *file)
{
    int64_t from = (int64_t)civil_day_from_date((struct civil_date){ZONE_YEAR_FIRST, 1, 1}) * 86400;
    if (!zone_file_agrees(file, from, offset_by_libc))
        return false;
    int64_t to = (int64_t)civil_day_from_date((struct civil_date){ZONE_YEAR_LAST + 1, 1, 1}) * 86400;
    int32_t offset = offset_by_libc(from);
    zone->first_offset = offset;
    for (int64_t at = from; at < to; at += PROBE_STEP) {
        int32_t next = offset_by_libc(at + PROBE_STEP);
        if (next == offset)
            continue;
        if (zone->change_count == ZONE_CHANGES_MAX)
            return false;
        zone->changes[zone->change_count++] = (struct change){bisect(at, at + PROBE_STEP), next};
        offset = next;
    }
    return true;
}

/* Runs read_changes with TZ set to the zone's file, then puts TZ back. */
static bool read_under_tz(struct zone *zone, const struct zone_file *file)
{
    const char *before = getenv("TZ");
    char *saved = before != NULL ? strdup(before) : NULL;
    if (before != NULL && saved == NULL)
        return false;
    char value[ZONE_NAME_MAX + 1];
    snprintf(value, sizeof value, ":%s", zone->name);
    bool done = setenv("TZ", value, 1) == 0;
    if (done) {
        tzset();
        done = read_changes(zone, file);
    }
    if (saved != NULL)
        setenv("TZ", saved, 1);
    else
        unsetenv("TZ");
    tzset();
    free(saved);
    return done;
}

enum status zone_load(const char *name, struct zone **ret_zone, struct err *err)
{
    struct zone_file file = {0};
    bool is_utc = strcmp(name, "UTC") == 0;
    enum status status = may_be_name(name) ? STATUS_OK : STATUS_CONFIG;
    if (status == STATUS_OK && !is_utc)
        status = zone_file_read(name, &file, err);
    if (status == STATUS_CONFIG)
        return err_set(err, STATUS_CONFIG,
                       "'%s' is not a time zone of this system (an IANA name such as America/Toronto)", name);
    if (status != STATUS_OK)
        return status;
    struct zone *zone = calloc(1, sizeof *zone);
    if (zone == NULL)
        return err_nomem(err);
    snprintf(zone->name, sizeof zone->name, "%s", name);
    if (!is_utc && !read_under_tz(zone, &file)) {
        free(zone);
        return err_set(err, STATUS_NOMEM, "time zone '%s' could not be read", name);
    }
    *ret_zone = zone;
    return STATUS_OK;
}

void zone_free(struct zone *zone)
{
    free(zone);
}

const char *zone_name(const struct zone *zone)
{
    return zone->name;
}

/* How many changes lie at or before the instant. */
static size_t changes_until(const struct zone *zone, int64_t utc_seconds)
{
    size_t low = 0;
    size_t high = zone->change_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].at <= utc_seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t zone_offset_at(const struct zone *zone, int64_t utc_seconds)
{
    size_t count = changes_until(zone, utc_seconds);
    return count == 0 ? zone->first_offset : zone->changes[count - 1].offset;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t quotient = a / b;
    return a % b < 0 ? quotient - 1 : quotient;
}

civil_day zone_day_at(const struct zone *zone, int64_t utc_seconds)
{
    return (civil_day)floor_div(utc_seconds + zone_offset_at(zone, utc_seconds), 86400);
}

/*
 * Candidates for the start of a day are local midnight under each offset in
 * force within a day and a half of it, and every change nearby; the smallest
 * instant whose date is not before the wanted one, while the second before it
 * is, is the answer.
 */
int64_t zone_day_start(const struct zone *zone, civil_day day)
{
    int64_t midnight_utc = (int64_t)day * 86400;
    int64_t best = INT64_MAX;
    int64_t at = midnight_utc - 36 * 3600;
    while (at <= midnight_utc + 36 * 3600) {
        int64_t next;
        zone_next_change(zone, at, &next);
        int64_t midnight = midnight_utc - zone_offset_at(zone, at);
        int64_t candidate = midnight < at ? at : midnight;
        bool starts = candidate < next && zone_day_at(zone, candidate) >= day && zone_day_at(zone, candidate - 1) < day;
        if (starts && candidate < best)
            best = candidate;
        if (next == INT64_MAX)
            break;
        at = next;
    }
    return best;
}

void zone_next_change(const struct zone *zone, int64_t utc_seconds, int64_t *ret_next)
{
    size_t count = changes_until(zone, utc_seconds);
    *ret_next = count < zone->change_count ? zone->changes[count].at : INT64_MAX;
}
