/* Inside of boolean expressions: the compiled form, shared by where_compile.c and where.c. */
#ifndef SIM_WHERE_INTERNAL_H
#define SIM_WHERE_INTERNAL_H

#include "where.h"

enum where_kind { WHERE_AND, WHERE_OR, WHERE_NOT, WHERE_COMPARE, WHERE_IN, WHERE_IS_NULL };

/* How two values may stand to each other. */
enum { RELATION_LESS = 1, RELATION_EQUAL = 2, RELATION_GREATER = 4, RELATION_ANY = 7 };

struct literal {
    int64_t number; /* integer, or microseconds */
    double real;    /* of a Float */
    const char *text;
    size_t size;
};

struct where {
    enum where_kind kind;
    struct where *first; /* AND, OR, NOT */
    struct where *next;
    int column;
    enum column_kind column_kind;
    unsigned wanted; /* COMPARE: relations that make it true */
    bool negated;    /* IN: _nin; IS_NULL: _is_null: false */
    size_t literal_count;
    struct literal *literals; /* IN: sorted */
};

/* Order of two literals of one kind of column. */
int literal_compare(enum column_kind kind, const struct literal *a, const struct literal *b);

#endif
