#include "where_internal.h"

#include <string.h>

/* The literal of a known cell, so that cells and literals compare by one function. */
static struct literal literal_of(const struct cell *cell)
{
    return (struct literal){
        .number = cell->low,
        .real = (double)cell->low / METRICS_UNIT,
        .text = cell->text,
        .size = cell->size,
    };
}

/* How the cell may stand to the literal. */
static unsigned relations(const struct cell *cell, enum column_kind kind, const struct literal *literal)
{
    if (cell->kind == CELL_SPAN) {
        unsigned possible = 0;
        possible |= cell->low < literal->number ? (unsigned)RELATION_LESS : 0U;
        possible |= cell->low <= literal->number && literal->number <= cell->high ? (unsigned)RELATION_EQUAL : 0U;
        possible |= cell->high > literal->number ? (unsigned)RELATION_GREATER : 0U;
        return possible;
    }
    struct literal own = literal_of(cell);
    int order = literal_compare(kind, &own, literal);
    return order < 0 ? RELATION_LESS : order > 0 ? RELATION_GREATER : RELATION_EQUAL;
}

static unsigned negate(unsigned truths)
{
    return (truths & TRUTH_NULL) | (truths & TRUTH_TRUE ? (unsigned)TRUTH_FALSE : 0U) |
           (truths & TRUTH_FALSE ? (unsigned)TRUTH_TRUE : 0U);
}

/* a AND b over every pair of possible truths: false wins, then null. */
static unsigned both(unsigned a, unsigned b)
{
    unsigned truths = (a | b) & TRUTH_FALSE;
    truths |= a & b & TRUTH_TRUE;
    if ((a & TRUTH_NULL && b & (TRUTH_NULL | TRUTH_TRUE)) || (b & TRUTH_NULL && a & (TRUTH_NULL | TRUTH_TRUE)))
        truths |= TRUTH_NULL;
    return truths;
}

static unsigned compare(const struct where *where, const struct cell *cell)
{
    if (cell->kind == CELL_NULL)
        return TRUTH_NULL;
    if (cell->kind == CELL_UNKNOWN)
        return TRUTH_ANY;
    unsigned possible = relations(cell, where->column_kind, &where->literals[0]);
    return (possible & where->wanted ? (unsigned)TRUTH_TRUE : 0U) |
           (possible & ~where->wanted ? (unsigned)TRUTH_FALSE : 0U);
}

/* Is the cell in the sorted list: for a span, might it be? */
static unsigned among(const struct where *where, const struct cell *cell)
{
    if (cell->kind == CELL_NULL)
        return TRUTH_NULL;
    if (cell->kind == CELL_UNKNOWN)
        return TRUTH_ANY;
    size_t low = 0;
    size_t high = where->literal_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        unsigned relation = relations(cell, where->column_kind, &where->literals[middle]);
        if (relation & RELATION_EQUAL)
            return cell->kind == CELL_SPAN ? TRUTH_TRUE | TRUTH_FALSE : TRUTH_TRUE;
        if (relation & RELATION_GREATER)
            low = middle + 1;
        else
            high = middle;
    }
    return TRUTH_FALSE;
}

static unsigned is_null(const struct where *where, const struct cell *cell)
{
    unsigned truths = cell->kind == CELL_UNKNOWN ? TRUTH_TRUE | TRUTH_FALSE
                      : cell->kind == CELL_NULL  ? TRUTH_TRUE
                                                 : TRUTH_FALSE;
    return where->negated ? negate(truths) : truths;
}

static unsigned evaluate_leaf(const struct where *where, struct row *row)
{
    struct cell cell;
    row_read(row, where->column, &cell);
    if (where->kind == WHERE_COMPARE)
        return compare(where, &cell);
    if (where->kind == WHERE_IS_NULL)
        return is_null(where, &cell);
    if (where->literal_count == 0)
        return where->negated ? TRUTH_TRUE : TRUTH_FALSE;
    unsigned truths = among(where, &cell);
    return where->negated ? negate(truths) : truths;
}

unsigned where_evaluate(const struct where *where, struct row *row)
{
    if (where == NULL)
        return TRUTH_TRUE;
    if (where->kind == WHERE_NOT)
        return negate(where_evaluate(where->first, row));
    if (where->kind != WHERE_AND && where->kind != WHERE_OR)
        return evaluate_leaf(where, row);
    /* a OR b is NOT (NOT a AND NOT b). */
    bool is_or = where->kind == WHERE_OR;
    unsigned truths = TRUTH_TRUE;
    for (const struct where *part = where->first; part != NULL && truths != TRUTH_FALSE; part = part->next) {
        unsigned own = where_evaluate(part, row);
        truths = both(truths, is_or ? negate(own) : own);
    }
    return is_or ? negate(truths) : truths;
}

int cell_compare(const struct cell *a, const struct cell *b)
{
    if (a->kind == CELL_NULL || b->kind == CELL_NULL)
        return (a->kind == CELL_NULL) - (b->kind == CELL_NULL);
    struct literal left = literal_of(a);
    struct literal right = literal_of(b);
    return literal_compare(a->kind == CELL_TEXT ? COLUMN_TEXT : COLUMN_INT, &left, &right);
}
