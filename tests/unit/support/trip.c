#include "support/trip.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static _Thread_local struct { /* a server on another thread works on */
    bool armed;
    enum trip_kind kind;
    int left;
    bool tripped;
    bool tolerant;
    bool optional; /* what failed is a call whose failure does no harm */
} trip;

void trip_arm(enum trip_kind kind, int nth)
{
    trip.armed = true;
    trip.tripped = false;
    trip.optional = false;
    trip.kind = kind;
    trip.left = nth;
}

bool trip_disarm(void)
{
    trip.armed = false;
    return trip.tripped;
}

void trip_tolerate(void)
{
    trip.tolerant = true;
}

bool trip_was_optional(void)
{
    return trip.optional || trip.tolerant;
}

static bool trips(enum trip_kind kind)
{
    if (!trip.armed || trip.kind != kind || --trip.left != 0)
        return false;
    trip.tripped = true;
    return true;
}

static enum status fall(struct err *err)
{
    return err_set(err, STATUS_IO, TRIP_MESSAGE);
}

/* The names that the linker makes of a wrapped function begin with two underscores. */
#define WRAP(result, name, parameters, failure, call)                                                                  \
    result __real_##name parameters;                                                                                   \
    result __wrap_##name parameters;                                                                                   \
    result __wrap_##name parameters                                                                                    \
    {                                                                                                                  \
        return trips(KIND) ? (failure) : __real_##name call;                                                           \
    }

#define KIND TRIP_DB
WRAP(enum status, db_open, (const char *path, enum db_mode mode, struct db **ret_db, struct err *err), fall(err),
     (path, mode, ret_db, err))
WRAP(enum status, db_exec, (struct db * db, const char *sql, struct err *err), fall(err), (db, sql, err))
WRAP(enum status, db_prepare, (struct db * db, const char *sql, struct db_statement **ret_statement, struct err *err),
     fall(err), (db, sql, ret_statement, err))
WRAP(enum status, db_query_integer, (struct db * db, const char *sql, int64_t *ret_value, struct err *err), fall(err),
     (db, sql, ret_value, err))
WRAP(enum status, db_begin, (struct db * db, struct err *err), fall(err), (db, err))
WRAP(enum status, db_commit, (struct db * db, struct err *err), fall(err), (db, err))

/* A statement that fails is reset, as after a failure of its own. */
static enum status fall_statement(struct db_statement *statement, struct err *err)
{
    db_reset(statement);
    return fall(err);
}

WRAP(enum status, db_step, (struct db_statement * statement, bool *ret_row, struct err *err),
     fall_statement(statement, err), (statement, ret_row, err))
WRAP(enum status, db_run, (struct db_statement * statement, struct err *err), fall_statement(statement, err),
     (statement, err))

/* Only a commit can fail: an undone transaction stays undone. */
enum status __real_db_end(struct db *db, enum status status, struct err *err);
enum status __wrap_db_end(struct db *db, enum status status, struct err *err);
enum status __wrap_db_end(struct db *db, enum status status, struct err *err)
{
    if (status == STATUS_OK && trips(TRIP_DB))
        status = fall(err);
    return __real_db_end(db, status, err);
}
#undef KIND

#define KIND TRIP_MEMORY
WRAP(void *, malloc, (size_t size), NULL, (size))
WRAP(void *, calloc, (size_t count, size_t size), NULL, (count, size))
WRAP(void *, realloc, (void *memory, size_t size), NULL, (memory, size))
WRAP(void *, reallocarray, (void *memory, size_t count, size_t size), NULL, (memory, count, size))
WRAP(char *, strdup, (const char *text), NULL, (text))
#undef KIND

#define KIND TRIP_FILE
static int full(void)
{
    errno = ENOSPC;
    return -1;
}

static void *full_null(void)
{
    errno = ENOSPC;
    return NULL;
}

WRAP(FILE *, fdopen, (int fd, const char *mode), full_null(), (fd, mode))
WRAP(int, fflush, (FILE * file), full(), (file))
WRAP(size_t, fwrite, (const void *bytes, size_t size, size_t count, FILE *file), (size_t)(full() + 1),
     (bytes, size, count, file))
WRAP(ssize_t, writev, (int fd, const struct iovec *pieces, int count), full(), (fd, pieces, count))
WRAP(ssize_t, read, (int fd, void *bytes, size_t size), full(), (fd, bytes, size))
WRAP(int, fsync, (int fd), full(), (fd))
WRAP(int, syncfs, (int fd), full(), (fd))
WRAP(int, rename, (const char *from, const char *to), full(), (from, to))
WRAP(int, mkdir, (const char *path, mode_t mode), full(), (path, mode))

/* A folder that is looked into for what a dead process left. */
static void *full_folder(void)
{
    trip.optional = true;
    return full_null();
}

WRAP(DIR *, opendir, (const char *path), full_folder(), (path))

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return trips(KIND) ? full() : __real_open(path, flags, mode);
}

/* What was only read is closed without a care. */
int __real_fclose(FILE *file);
int __wrap_fclose(FILE *file);
int __wrap_fclose(FILE *file)
{
    bool fails = __fwritable(file) && trips(KIND);
    int result = __real_fclose(file);
    return fails ? full() : result;
}
#undef KIND

static bool is_expected(enum trip_kind kind, enum status status)
{
    switch (kind) {
    case TRIP_DB: return status == STATUS_IO;
    case TRIP_MEMORY: return status == STATUS_NOMEM;
    case TRIP_FILE: return status == STATUS_IO || status == STATUS_CANTCREATE;
    default: return false;
    }
}

int trip_sweep(enum trip_kind kind, struct db *db, trip_work *work, void *context)
{
    struct buf before = {.max = 16 << 20};
    struct buf after = {.max = 16 << 20};
    struct err err = {0};
    int nth = 1;
    if (db != NULL)
        trip_dump(db, &before);
    for (;; nth++) {
        buf_reset(&after);
        trip_arm(kind, nth);
        enum status status = work(context, &err);
        if (!trip_disarm()) {
            cr_assert_eq(status, STATUS_OK, "undisturbed: %s", err.message);
            break;
        }
        if (trip.tolerant || (status == STATUS_OK && trip_was_optional()))
            continue;
        cr_assert(is_expected(kind, status), "call %d failed, and the work says: %s", nth,
                  status == STATUS_OK ? "all is well" : err.message);
        cr_assert(kind != TRIP_DB || strstr(err.message, TRIP_MESSAGE) != NULL, "call %d: %s", nth, err.message);
        if (db == NULL)
            continue;
        cr_assert(!db_in_transaction(db), "call %d failed, and its transaction is still open", nth);
        trip_dump(db, &after);
        cr_assert_str_eq(buf_text(&after), buf_text(&before), "call %d failed, and left something behind", nth);
    }
    buf_release(&before);
    buf_release(&after);
    return nth - 1;
}

static void append_lines(struct db *db, const char *sql, struct buf *out)
{
    struct db_statement *query = NULL;
    struct err err;
    bool row = false;
    cr_assert_eq(db_prepare(db, sql, &query, &err), STATUS_OK, "%s", err.message);
    while (db_step(query, &row, &err) == STATUS_OK && row)
        buf_appendf(out, "%s\n", db_column_text(query, 0));
    db_finalize(query);
}

void trip_dump(struct db *db, struct buf *out)
{
    struct db_statement *query = NULL;
    struct err err;
    bool row = false;
    append_lines(db, "SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY type, name", out);
    cr_assert_eq(db_prepare(db,
                            "SELECT 'SELECT ''' || m.name || ': '' || ' || (SELECT group_concat('quote(\"' || p.name ||"
                            " '\")', ' || '','' || ') FROM pragma_table_info(m.name) p) || ' FROM \"' || m.name ||"
                            " '\" ORDER BY 1' FROM sqlite_schema m WHERE m.type = 'table' ORDER BY m.name",
                            &query, &err),
                 STATUS_OK, "%s", err.message);
    while (db_step(query, &row, &err) == STATUS_OK && row)
        append_lines(db, db_column_text(query, 0), out);
    db_finalize(query);
    cr_assert_eq(buf_status(out, &err), STATUS_OK, "%s", err.message);
}
