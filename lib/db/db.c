#include "db/db.h"

#include "core/commit_point.h"
#include "db/db_errno.h"
#include "db/db_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SETUP_RETRY_MS = 10 };

struct db_statement {
    struct db *db;
    sqlite3_stmt *handle;
    int bind_failure; /* the first failed bind since the last step, or SQLITE_OK */
};

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

enum status db_fail(const struct db *db, int code, struct err *err)
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
        return err_set(err, status, "%s: %s%s%s%s", db->path, words, open, hint, close);
    return err_set_errno(err, status, reason, "%s: %s%s%s%s", db->path, words, open, hint, close);
}

/*
 * SQLite says only "unable to open database file"; the reason is usually the directory or the permissions. A directory
 * opened for reading is found out by the first read.
 */
static enum status fail_open(const struct db *db, int code, struct err *err)
{
    struct stat info;
    bool is_directory = stat(db->path, &info) == 0 && S_ISDIR(info.st_mode);
    if ((code & 0xFF) != SQLITE_CANTOPEN && !is_directory)
        return db_fail(db, code, err);
    int reason = db_errno_met();
    if (is_directory)
        reason = EISDIR;
    if (reason == 0)
        return err_set(err, STATUS_CANTCREATE, "cannot open the database %s", db->path);
    return err_set_errno(err, STATUS_CANTCREATE, reason, "cannot open the database %s", db->path);
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

enum status db_open(const char *path, enum db_mode mode, struct db **ret_db, struct err *err)
{
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL || (db->path = strdup(path)) == NULL) {
        free(db);
        return err_nomem(err);
    }
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
        db_close(db);
        return status;
    }
    db->open_errno = db_errno_met() != ENOENT ? db_errno_met() : 0;
    COMMIT_POINT(db->is_scratch ? "scratch.opened" : "db.opened");
    *ret_db = db;
    return STATUS_OK;
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    COMMIT_POINT(db->is_scratch ? "scratch.closing" : "db.closing");
    sqlite3_close(db->handle);
    COMMIT_POINT(db->is_scratch ? "scratch.closed" : "db.closed");
    free(db->path);
    free(db);
}

const char *db_path(const struct db *db)
{
    return db->path;
}

enum status db_exec(struct db *db, const char *sql, struct err *err)
{
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? STATUS_OK : db_fail(db, code, err);
}

enum status db_prepare(struct db *db, const char *sql, struct db_statement **ret_statement, struct err *err)
{
    struct db_statement *statement = calloc(1, sizeof *statement);
    if (statement == NULL)
        return err_nomem(err);
    statement->db = db;
    int code = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement->handle, NULL);
    if (code != SQLITE_OK) {
        free(statement);
        return db_fail(db, code, err);
    }
    *ret_statement = statement;
    return STATUS_OK;
}

void db_finalize(struct db_statement *statement)
{
    if (statement == NULL)
        return;
    sqlite3_finalize(statement->handle);
    free(statement);
}

static void remember(struct db_statement *statement, int code)
{
    if (code != SQLITE_OK && statement->bind_failure == SQLITE_OK)
        statement->bind_failure = code;
}

void db_bind_null(struct db_statement *statement, int at)
{
    remember(statement, sqlite3_bind_null(statement->handle, at));
}

void db_bind_integer(struct db_statement *statement, int at, int64_t value)
{
    remember(statement, sqlite3_bind_int64(statement->handle, at, value));
}

void db_bind_real(struct db_statement *statement, int at, double value)
{
    remember(statement, sqlite3_bind_double(statement->handle, at, value));
}

void db_bind_text(struct db_statement *statement, int at, const char *text, size_t size)
{
    remember(statement, sqlite3_bind_text64(statement->handle, at, text, size, SQLITE_STATIC, SQLITE_UTF8));
}

void db_bind_string(struct db_statement *statement, int at, const char *text)
{
    if (text == NULL)
        db_bind_null(statement, at);
    else
        db_bind_text(statement, at, text, strlen(text));
}

void db_bind_blob(struct db_statement *statement, int at, const void *bytes, size_t size)
{
    if (bytes == NULL)
        db_bind_null(statement, at);
    else
        remember(statement, sqlite3_bind_blob64(statement->handle, at, bytes, size, SQLITE_STATIC));
}

enum status db_step(struct db_statement *statement, bool *ret_row, struct err *err)
{
    int code = statement->bind_failure;
    statement->bind_failure = SQLITE_OK;
    if (code == SQLITE_OK)
        code = sqlite3_step(statement->handle);
    if (code == SQLITE_ROW) {
        *ret_row = true;
        return STATUS_OK;
    }
    enum status status = code == SQLITE_DONE ? STATUS_OK : db_fail(statement->db, code, err);
    sqlite3_reset(statement->handle);
    if (status == STATUS_OK)
        *ret_row = false;
    return status;
}

enum status db_run(struct db_statement *statement, struct err *err)
{
    bool row;
    enum status status = db_step(statement, &row, err);
    if (status == STATUS_OK && row)
        sqlite3_reset(statement->handle);
    return status;
}

void db_reset(struct db_statement *statement)
{
    sqlite3_reset(statement->handle);
}

enum db_type db_column_type(struct db_statement *statement, int at)
{
    switch (sqlite3_column_type(statement->handle, at)) {
    case SQLITE_INTEGER: return DB_INTEGER;
    case SQLITE_FLOAT: return DB_REAL;
    case SQLITE_TEXT: return DB_TEXT;
    case SQLITE_BLOB: return DB_BLOB;
    default: return DB_NULL;
    }
}

int64_t db_column_integer(struct db_statement *statement, int at)
{
    return sqlite3_column_int64(statement->handle, at);
}

double db_column_real(struct db_statement *statement, int at)
{
    return sqlite3_column_double(statement->handle, at);
}

const char *db_column_text(struct db_statement *statement, int at)
{
    const unsigned char *text = sqlite3_column_text(statement->handle, at);
    return text != NULL ? (const char *)text : "";
}

const void *db_column_blob(struct db_statement *statement, int at)
{
    return sqlite3_column_blob(statement->handle, at);
}

size_t db_column_size(struct db_statement *statement, int at)
{
    return (size_t)sqlite3_column_bytes(statement->handle, at);
}

enum status db_query_integer(struct db *db, const char *sql, int64_t *ret_value, struct err *err)
{
    struct db_statement *statement;
    enum status status = db_prepare(db, sql, &statement, err);
    if (status != STATUS_OK)
        return status;
    bool row;
    status = db_step(statement, &row, err);
    if (status == STATUS_OK && !row)
        status = err_set(err, STATUS_BUG, "%s: no row from: %s", db->path, sql);
    if (status == STATUS_OK)
        *ret_value = db_column_integer(statement, 0);
    db_finalize(statement);
    return status;
}

enum status db_begin(struct db *db, struct err *err)
{
    if (db_in_transaction(db))
        return STATUS_OK;
    db_errno_forget();
    enum status status = db_exec(db, "BEGIN IMMEDIATE", err);
    COMMIT_POINT(db->is_scratch ? "scratch.begun" : "db.begun");
    return status;
}

enum status db_commit(struct db *db, struct err *err)
{
    if (!db_in_transaction(db))
        return STATUS_OK;
    COMMIT_POINT(db->is_scratch ? "scratch.committing" : "db.committing");
    enum status status = db_exec(db, "COMMIT", err);
    COMMIT_POINT(db->is_scratch ? "scratch.committed" : "db.committed");
    return status;
}

void db_rollback(struct db *db)
{
    /* Some failures (disk full) have rolled back already; then there is nothing to undo. */
    if (db_in_transaction(db))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

enum status db_end(struct db *db, enum status status, struct err *err)
{
    if (status == STATUS_OK)
        status = db_commit(db, err);
    if (status != STATUS_OK)
        db_rollback(db);
    return status;
}

bool db_in_transaction(const struct db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

int64_t db_last_insert_id(const struct db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

int64_t db_changes(const struct db *db)
{
    return sqlite3_changes64(db->handle);
}
