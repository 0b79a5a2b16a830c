/*
 * A CSV sink on an empty directory, which is the working directory of the
 * test, and short ways to put slices into it and to look at its files.
 *
 * Life cycle: bench_begin and bench_end as .init and .fini of a suite; bench_open as often as a test likes.
 */
#ifndef TEST_SINK_CSV_BENCH_H
#define TEST_SINK_CSV_BENCH_H

#include "sink/csv.h"

#include <criterion/criterion.h>
#include <sys/stat.h>

enum { DAY = 20209, BENCH_SLICES_MAX = 256 }; /* DAY: 2025-05-01 */

#define PART_71 "out/rows/DATE_PARTITION=20250501/BUILDING_ID=71/rows.csv"
#define SINGLE  "out/rows.csv"
#define HEADER                                                                                                         \
    "BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START,NOTE,AMOUNT,START_UTC,LOCAL_DATE,"        \
    "LOCAL_HOUR\n"

/* What the calls under must() fill in. */
extern struct err problem;

/* Asserts that a call which was given &problem went well. */
#define must(call) cr_assert_eq((call), STATUS_OK, "%s", problem.message)

struct item {
    int64_t second;         /* of the day */
    struct value values[3]; /* NOTE, AMOUNT, and the extra key of a dataset that has one */
};

#define NIL         ((struct value){.kind = VALUE_NULL})
#define INT(n)      ((struct value){.kind = VALUE_INTEGER, .integer = (n)})
#define REAL(x)     ((struct value){.kind = VALUE_REAL, .real = (x)})
#define TEXT(chars) ((struct value){.kind = VALUE_TEXT, .text = (chars), .size = sizeof(chars) - 1})

struct bench {
    struct zone *zone;
    struct sink_csv_options options; /* change them before bench_open */
    const char *columns[2];
    struct sink_csv *sink;
    civil_day start_day; /* of the starts, when it is not the day of the slice; 0: it is */
    bool keep_rows;      /* of the next slice */
    bool known_missed;   /* what first_missed answers is the opposite */
    bool was_missed;     /* what was_missed answers */
    size_t missed_count;
    char last_missed[128]; /* what names the last of them */
    size_t visited;
    struct sink_changes changes[BENCH_SLICES_MAX]; /* of the last merge, in the order of the puts */
};

extern struct bench bench;

void bench_begin(void);
void bench_end(void);

/* Closes the sink when it is open, and opens it with the options as they are. */
void bench_open(void);

struct value bench_text(const char *text, size_t size);

/* Gathers a slice of site 1, PT1H. */
void bench_put(int64_t building, const char *group, civil_day day, const struct item *items, size_t count);

enum status bench_merge(void);

/* The five counts of one slice of the last merge. */
void bench_expect(size_t at, struct sink_changes want);

/* A file of the test as text, valid until the next call; NULL when it is not there. */
const char *bench_read(const char *path);

/* Writes a file, with its folders. */
void bench_write(const char *path, const char *text);

void bench_expect_file(const char *path, const char *want);

/* The number of entries of a folder. */
size_t bench_entries(const char *path);

/* Whether a text is part of the message of problem. */
bool bench_says(const char *part);

#endif
