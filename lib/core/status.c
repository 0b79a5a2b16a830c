#include "core/status.h"

#include <stddef.h>
#include <sysexits.h>

struct status_row {
    const char *name;
    bool may_retry;
    bool may_halve;
    enum status_reach reach;
    int exit_code;
};

static const struct status_row rows[STATUS_COUNT] = {
    [STATUS_OK] = {"ok", false, false, REACH_SLICE, EX_OK},
    [STATUS_USAGE] = {"usage", false, false, REACH_RUN, EX_USAGE},
    [STATUS_CONFIG] = {"config", false, false, REACH_RUN, EX_CONFIG},
    [STATUS_AUTH] = {"auth", false, false, REACH_RUN, EX_NOPERM},
    [STATUS_SESSION] = {"session", true, false, REACH_RUN, EX_NOPERM},
    [STATUS_UNREACHABLE] = {"unreachable", true, false, REACH_SLICE, EX_UNAVAILABLE},
    [STATUS_TIMEOUT] = {"timeout", true, true, REACH_SLICE, EX_TEMPFAIL},
    [STATUS_THROTTLED] = {"throttled", true, false, REACH_SLICE, EX_TEMPFAIL},
    [STATUS_SERVER] = {"server", true, true, REACH_SLICE, EX_TEMPFAIL},
    [STATUS_UNCLEAR] = {"unclear", true, true, REACH_SLICE, EX_TEMPFAIL},
    [STATUS_TOO_LARGE] = {"too-large", false, true, REACH_SLICE, EX_TEMPFAIL},
    [STATUS_BAD_ANSWER] = {"bad-answer", true, true, REACH_SLICE, EX_TEMPFAIL},
    [STATUS_REFUSED] = {"refused", false, true, REACH_SLICE, EX_TEMPFAIL},
    [STATUS_UNSUPPORTED] = {"unsupported", false, true, REACH_SLICE, EX_TEMPFAIL},
    [STATUS_INCOMPLETE] = {"incomplete", true, true, REACH_SLICE, EX_TEMPFAIL},
    [STATUS_REJECTED] = {"rejected", false, true, REACH_SLICE, EX_DATAERR},
    [STATUS_CANTCREATE] = {"cannot-create", false, false, REACH_RUN, EX_CANTCREAT},
    [STATUS_IO] = {"io", false, false, REACH_RUN, EX_IOERR},
    [STATUS_BUSY] = {"busy", false, false, REACH_RUN, EX_TEMPFAIL},
    [STATUS_INTERRUPTED] = {"interrupted", false, false, REACH_RUN, EX_TEMPFAIL},
    [STATUS_NOMEM] = {"out-of-memory", false, false, REACH_RUN, EX_SOFTWARE},
    [STATUS_BUG] = {"bug", false, false, REACH_RUN, EX_SOFTWARE},
};

static const struct status_row *row_of(enum status kind)
{
    return (unsigned)kind < STATUS_COUNT ? &rows[kind] : &rows[STATUS_BUG];
}

const char *status_name(enum status kind)
{
    return row_of(kind)->name;
}

bool status_may_retry(enum status kind)
{
    return row_of(kind)->may_retry;
}

bool status_may_halve(enum status kind)
{
    return row_of(kind)->may_halve;
}

enum status_reach status_reach(enum status kind)
{
    return row_of(kind)->reach;
}

int status_exit_code(enum status kind)
{
    return row_of(kind)->exit_code;
}

int exit_code_worse(int a, int b)
{
    static const int order[] = {EX_SOFTWARE, EX_CONFIG,      EX_NOPERM,   EX_CANTCREAT,
                                EX_IOERR,    EX_UNAVAILABLE, EX_TEMPFAIL, EX_DATAERR};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (a == order[i] || b == order[i])
            return order[i];
    }
    return a != 0 ? a : b;
}
