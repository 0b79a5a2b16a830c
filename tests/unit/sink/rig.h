/*
 * A SQLite sink on a database of its own, short ways to put slices into it
 * and to look at what it stored. Series 1 to RIG_SERIES belong to building 71.
 *
 * Life cycle: rig_begin and rig_end as .init and .fini of a suite; rig_open as often as a test likes.
 */
#ifndef TEST_SINK_RIG_H
#define TEST_SINK_RIG_H

#include "sink/sqlite.h"

#include <criterion/criterion.h>

enum { RIG_SERIES = 100, RIG_ROWS_MAX = 512, RIG_COLUMNS = 2 };

/* What the calls under must() fill in. */
extern struct err problem;

/* Asserts that a call which was given &problem went well. */
#define must(call) cr_assert_eq((call), STATUS_OK, "%s", problem.message)

struct item {
    const char *start;
    struct value values[RIG_COLUMNS];
};

#define NIL        ((struct value){.kind = VALUE_NULL})
#define INT(n)     ((struct value){.kind = VALUE_INTEGER, .integer = (n)})
#define REAL(x)    ((struct value){.kind = VALUE_REAL, .real = (x)})
#define TEXT(text) rig_text(VALUE_TEXT, text, sizeof(text) - 1)
#define JSON(text) rig_text(VALUE_JSON, text, sizeof(text) - 1)

struct rig {
    struct db *db;
    struct zone *zone;
    struct coverage_building building;
    struct coverage coverage;
    struct sink_sqlite_options options; /* change them before rig_open */
    struct sink_sqlite *sink;
    bool keep_rows; /* of the next slices */
    unsigned asked; /* by rig_is_new */
};

extern struct rig rig;

/* A file in an empty directory, which is the working directory; columns MEAN and NOTE; on_vanished: keep; UTC. */
void rig_begin(void);
void rig_end(void);

/* Closes the sink when it is open, and opens it with the options and the zone as they are. */
void rig_open(void);

/* The zone of the building from the next rig_open on. */
void rig_set_zone(const char *name);

struct value rig_text(enum value_kind kind, const char *text, size_t size);

/* What a slice may be told to be: it holds no row. False every other time, since a slice that holds none need not be.
 */
bool rig_is_new(int64_t series_id, int32_t partition);

/* Puts a slice in a transaction and returns its changes. partition: such as 20250501. Items in any order. */
struct sink_changes rig_put(int64_t series_id, int32_t partition, const struct item *items, size_t count);

/* The same with one row, whose first value is a number. */
struct sink_changes rig_put_one(int64_t series_id, int32_t partition, const char *start, int64_t number);

/* Asserts the five counts, in the order inserted, updated, unchanged, vanished, kept. */
void rig_expect_changes(struct sink_changes got, uint64_t inserted, uint64_t updated, uint64_t unchanged,
                        uint64_t vanished, uint64_t kept);

void rig_exec(const char *sql);
int64_t rig_integer(const char *sql);

/* Asserts that the texts of a query of one column are these lines, each ended by a newline; null reads as "-". */
void rig_expect_lines(const char *sql, const char *want);

#endif
