/*
 * Occupancy gathered for pictures: the mean by hour of week of each site, and mean and peak by day of each building.
 * Pure: whoever reads rows (sink/sqlite_occupancy.h, sink/csv_occupancy.h) adds them one by one.
 *
 * Nothing is ever added up over sites or groups, since their people overlap: a number of a building is the mean of the
 * means of its sites, or the greatest of their peaks, and always of one group.
 *
 * Life cycle: occupancy_make, occupancy_add for each row, then read; occupancy_release. Borrows the coverage.
 */
#ifndef OCCUPORT_MODEL_OCCUPANCY_H
#define OCCUPORT_MODEL_OCCUPANCY_H

#include "core/arena.h"
#include "model/coverage.h"

enum {
    OCCUPANCY_HOURS = 7 * 24, /* Monday 0:00 is 0 */
    OCCUPANCY_DAYS_MAX = 366  /* the latest days of the coverage; older ones are in no picture */
};

/* The group that stands for everyone, where a job has it. */
#define OCCUPANCY_EVERYONE "00000000-0000-0000-0000-000000000000"

struct occupancy_mean {
    double sum;
    uint64_t count; /* 0: no value, which is not zero */
};

struct occupancy_site {
    int64_t id;
    const char *name; /* NULL: not known; set by the caller, who owns it */
    struct occupancy_mean hours[OCCUPANCY_HOURS];
};

/* One DATE_PARTITION of all sites of a building. */
struct occupancy_day {
    struct occupancy_mean mean;
    bool has_peak;
    double peak;
    int64_t peak_site;
};

struct occupancy_building {
    const struct coverage_building *building;
    const char *group;            /* the one group whose rows these are */
    struct day_range days;        /* the latest of the coverage, OCCUPANCY_DAYS_MAX at most */
    struct occupancy_site *sites; /* one a site of the building */
    struct occupancy_day *daily;  /* one a day of days */
};

struct occupancy {
    struct arena arena;
    const char *granularity; /* NULL: the coverage has none that is a day or shorter, so there is no picture */
    bool has_hours;          /* it is shorter than a day */
    const char *mean_column;
    const char *peak_column; /* the same as mean_column where no greatest value is fetched */
    size_t building_count;
    struct occupancy_building *buildings;
    uint64_t rows;        /* that were added */
    uint64_t not_numbers; /* values among them that are no number: in no picture */
};

/* A value of a row; a text counts when it is a number from its first byte to its last. */
struct occupancy_value {
    bool is_null;
    bool is_number;
    double number;
};

struct occupancy_row {
    civil_day partition;
    civil_day local_day;
    int local_hour; /* 0 to 23 */
    struct occupancy_value mean;
    struct occupancy_value peak;
};

/* Makes an empty one for the coverage; columns are those of the job. The caller releases it, also after a failure. */
enum status occupancy_make(const struct coverage *coverage, size_t column_count, const char *const *columns,
                           struct occupancy *ret_occupancy, struct err *err) MUST_CHECK;
void occupancy_release(struct occupancy *occupancy);

/* The place of a building or of a site in it; false: not in the pictures. */
bool occupancy_find_building(const struct occupancy *occupancy, int64_t building_id, size_t *ret_at);
bool occupancy_find_site(const struct occupancy_building *building, int64_t site_id, size_t *ret_at);

/* A row of the group and granularity of that building; one of another day than its days is left out. */
void occupancy_add(struct occupancy *occupancy, size_t building, size_t site, const struct occupancy_row *row);

/* Reads a text as a value. */
struct occupancy_value occupancy_value_of_text(const char *text, size_t size);

#endif
