/*
 * A row of any table while a query is answered, perhaps known only in part, and the values of its columns.
 *
 * While a scan narrows down (building, then day, ...) only some parts of the key are known; a column that depends on
 * an unknown part reads as CELL_UNKNOWN, and where.h draws what conclusions it can.
 */
#ifndef SIM_ROW_H
#define SIM_ROW_H

#include "metrics.h"
#include "tables.h"

/* What is known of a row; the bits of the slice stand in the order of scan.h, enum scan_part. */
enum row_part {
    ROW_BUILDING = 1,
    ROW_SITE = 2, /* for FLOOR: the floor */
    ROW_GROUP = 4,
    ROW_GRANULARITY = 8,
    ROW_DAY = 16,
    ROW_START = 32,
    ROW_ZONE = 64 /* only the tables of zones */
};

struct row {
    const struct world *world;
    enum table_id table;
    unsigned known; /* of enum row_part */
    struct slice slice;
    int64_t start;   /* instant; with ROW_START */
    int64_t written; /* what DATE_TIME_START compares by; with ROW_START */
    int zone;        /* its number in the site, or that of the type; with ROW_ZONE */
    bool has_metrics;
    struct metrics metrics; /* worked out on first use */
    uint64_t shuffle;       /* orders rows that are equal otherwise */
};

enum cell_kind {
    CELL_UNKNOWN, /* the row is not known that far */
    CELL_NULL,
    CELL_INTEGER,
    CELL_DECIMAL, /* low: millionths */
    CELL_TEXT,
    CELL_TIME,  /* low: microseconds as written */
    CELL_SPAN,  /* a time somewhere in [low, high] */
    CELL_OBJECT /* not null; its text is made by the output */
};

struct cell {
    enum cell_kind kind;
    int64_t low;
    int64_t high;
    const char *text; /* of CELL_TEXT; lives as long as the row's world, or as the row */
    size_t size;
    char own[24]; /* where a text that the world does not hold is kept */
};

/* The value of a column. */
void row_read(struct row *row, int column, struct cell *ret_cell);

/* The values of a row with ROW_START. */
const struct metrics *row_metrics(struct row *row);

/* How many floors a building has, and the floor that a site lies on, from 0. */
int row_floor_count(const struct world *world);
int row_floor_of_site(int site_number);

#endif
