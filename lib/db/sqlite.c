#include "db/sqlite_internal.h"

#include "core/commit_point.h"
#include "db/db_errno.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SETUP_RETRY_MS = 10 };

struct failure_row {
    int code; /* primary SQLite result code */
    enum status status;
    const char *hint; /* NULL: SQLite's own words are enough */
};

static const struct failure_row failures[] = {
    {SQLITE_CANTOPEN, STATUS_CANTCREATE, NULL},
    {SQLITE_NOTADB, STATUS_IO, "the file is not a SQLite database; name another path"},
    {SQLITE_BUSY, STATUS_IO, "another program holds a lock on it"},
    {SQLITE_LOCKED, STATUS_IO, "another program holds a lock on it"},
    {SQLITE_FULL, STATUS_IO, "no space is left"},
    {SQLITE_READONLY, STATUS_IO, "it may not be written"},
    {SQLITE_PERM, STATUS_CANTCREATE, NULL},
    {SQLITE_NOMEM, STATUS_NOMEM, NULL},
    {SQLITE_MISUSE, STATUS_BUG, NULL},
    {SQLITE_RANGE, STATUS_BUG, NULL},
};

/* Codes that leave open why: the system knows whether the disk broke, is full or may not be written. */
static bool leaves_reason_open(int code)
{
    int primary = code & 0xFF;
    return primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY;
}

enum status sqlite_fail(const struct sqlite_db *db, int code, struct err *err)
{
    enum status status = STATUS_IO;
    const char *hint = NULL;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (failures[i].code == (code & 0xFF)) {
            status = failures[i].status;
            hint = failures[i].hint;
        }
    }
    if (code == SQLITE_IOERR_NOMEM)
        return err_nomem(err);
    const char *words = db->handle != NULL ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code);
    int reason = leaves_reason_open(code) ? db_errno_met() : 0;
    if (reason == 0 && (code & 0xFF) == SQLITE_READONLY)
        reason = db->open_errno;
    const char *open = hint != NULL ? " (" : "";
    const char *close = hint != NULL ? ")" : "";
    if (hint == NULL)
        hint = "";
    if (reason == 0)
        return err_set(err, status, "%s: %s%s%s%s", db->base.path, words, open, hint, close);
    return err_set_errno(err, status, reason, "%s: %s%s%s%s", db->base.path, words, open, hint, close);
}

/*
 * SQLite says only "unable to open database file"; the reason is usually the directory or the permissions. A directory
 * opened for reading is found out by the first read.
 */
static enum status fail_open(const struct sqlite_db *db, int code, struct err *err)
{
    struct stat info;
    bool is_directory = stat(db->base.path, &info) == 0 && S_ISDIR(info.st_mode);
    if ((code & 0xFF) != SQLITE_CANTOPEN && !is_directory)
        return sqlite_fail(db, code, err);
    int reason = db_errno_met();
    if (is_directory)
        reason = EISDIR;
    if (reason == 0)
        return err_set(err, STATUS_CANTCREATE, "cannot open the database %s", db->base.path);
    return err_set_errno(err, STATUS_CANTCREATE, reason, "cannot open the database %s", db->base.path);
}

/* Opening is lazy: only a read shows a file that is no database. */
#define FIRST_READ "SELECT count(*) FROM sqlite_schema;"

static const char setup_scratch[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" FIRST_READ;
static const char setup_read_only[] = "PRAGMA query_only=1; PRAGMA foreign_keys=0;" FIRST_READ;
static const char setup_write[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=0;"
                                  "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192;" FIRST_READ;

static const char *const setups[] = {
    [DB_CREATE] = setup_write, [DB_SCRATCH] = setup_scratch, [DB_READ_ONLY] = setup_read_only};

/*
 * Where two programs make one database at the same time, SQLite tells one of them at once, whatever the busy timeout,
 * that it is locked while the other switches it to WAL.
 */
static int set_up(sqlite3 *handle, const char *sql)
{
    int code = sqlite3_exec(handle, sql, NULL, NULL, NULL);
    for (int waited = 0; (code & 0xFF) == SQLITE_BUSY && waited < DB_BUSY_TIMEOUT_MS; waited += SETUP_RETRY_MS) {
        sqlite3_sleep(SETUP_RETRY_MS);
        code = sqlite3_exec(handle, sql, NULL, NULL, NULL);
    }
    sqlite3_busy_timeout(handle, DB_BUSY_TIMEOUT_MS);
    return code;
}

/*
 * SQLite would make it with 0644, so that its group could never write. An empty file is an empty database. What cannot
 * be made is left to SQLite, which says why.
 */
static void make_file(const char *path)
{
    int fd = path[0] != ':' && path[0] != '\0' ? open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666) : -1;
    if (fd >= 0)
        close(fd); /* it is new: nobody of this process can hold a lock on it that would be lost */
}

static pthread_once_t configured = PTHREAD_ONCE_INIT;

/* The library's count of its own memory costs a lock at each allocation, and nobody asks for it. */
static void configure(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    db_errno_watch();
}

static void close_db(struct db *base)
{
    struct sqlite_db *db = sqlite_of(base);
    COMMIT_POINT(db->is_scratch ? "scratch.closing" : "db.closing");
    sqlite3_close(db->handle);
    COMMIT_POINT(db->is_scratch ? "scratch.closed" : "db.closed");
    free(base->path);
    free(db);
}

static enum status exec(struct db *base, const char *sql, struct err *err)
{
    struct sqlite_db *db = sqlite_of(base);
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? STATUS_OK : sqlite_fail(db, code, err);
}

static enum status begin(struct db *base, struct err *err)
{
    db_errno_forget();
    enum status status = exec(base, "BEGIN IMMEDIATE", err);
    COMMIT_POINT(sqlite_of(base)->is_scratch ? "scratch.begun" : "db.begun");
    return status;
}

static enum status commit(struct db *base, struct err *err)
{
    COMMIT_POINT(sqlite_of(base)->is_scratch ? "scratch.committing" : "db.committing");
    enum status status = exec(base, "COMMIT", err);
    COMMIT_POINT(sqlite_of(base)->is_scratch ? "scratch.committed" : "db.committed");
    return status;
}

static void rollback(struct db *base)
{
    sqlite3_exec(sqlite_of(base)->handle, "ROLLBACK", NULL, NULL, NULL);
}

static bool in_transaction(const struct db *base)
{
    return sqlite3_get_autocommit(((const struct sqlite_db *)base)->handle) == 0;
}

static int64_t last_insert_id(const struct db *base)
{
    return sqlite3_last_insert_rowid(((const struct sqlite_db *)base)->handle);
}

static int64_t changes(struct db *base)
{
    return sqlite3_changes64(sqlite_of(base)->handle);
}

static const struct db_driver driver = {
    .kind = DB_SQLITE,
    .close = close_db,
    .exec = exec,
    .prepare = sqlite_prepare,
    .finalize = sqlite_finalize,
    .bind_null = sqlite_bind_null,
    .bind_integer = sqlite_bind_integer,
    .bind_real = sqlite_bind_real,
    .bind_text = sqlite_bind_text,
    .bind_blob = sqlite_bind_blob,
    .step = sqlite_step,
    .run = sqlite_run,
    .reset = sqlite_reset,
    .column_type = sqlite_column_type,
    .column_integer = sqlite_column_integer,
    .column_real = sqlite_column_real,
    .column_text = sqlite_column_text,
    .column_blob = sqlite_column_blob,
    .column_size = sqlite_column_size,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .in_transaction = in_transaction,
    .last_insert_id = last_insert_id,
    .changes = changes,
};

enum status db_open(const char *path, enum db_mode mode, struct db **ret_db, struct err *err)
{
    struct sqlite_db *db = calloc(1, sizeof *db);
    if (db == NULL || (db->base.path = strdup(path)) == NULL) {
        free(db);
        return err_nomem(err);
    }
    db->base.driver = &driver;
    db->is_scratch = mode == DB_SCRATCH;
    pthread_once(&configured, configure);
    if (mode != DB_READ_ONLY)
        make_file(path);
    db_errno_forget();
    int flags = mode == DB_READ_ONLY ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int code = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code == SQLITE_OK)
        code = set_up(db->handle, setups[mode]);
    if (code != SQLITE_OK) {
        enum status status = fail_open(db, code, err);
        db_close(&db->base);
        return status;
    }
    db->open_errno = db_errno_met() != ENOENT ? db_errno_met() : 0;
    COMMIT_POINT(db->is_scratch ? "scratch.opened" : "db.opened");
    *ret_db = &db->base;
    return STATUS_OK;
}
