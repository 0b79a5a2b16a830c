/* In place of the rest of this folder where libpq was not there when the program was built. */
#include "pg/copy.h"
#include "pg/pg.h"

static enum status refuse(struct err *err)
{
    return err_set(err, STATUS_CANTCREATE,
                   "this occuport was built without PostgreSQL: use the Debian package, or install libpq-dev and"
                   " build it again");
}

enum status pg_open(const struct pg_options *options, struct db **ret_db, struct err *err)
{
    (void)options;
    (void)ret_db;
    return refuse(err);
}

enum pg_trouble pg_trouble(const struct db *db)
{
    (void)db;
    return PG_TROUBLE_OTHER;
}

enum status pg_reconnect(struct db *db, struct err *err)
{
    (void)db;
    return refuse(err);
}

enum status pg_open_or_tell(const struct pg_options *options, struct db **ret_db, enum pg_trouble *ret_trouble,
                            struct err *err)
{
    *ret_trouble = PG_TROUBLE_OTHER;
    return pg_open(options, ret_db, err);
}

void pg_give_up(struct db *db)
{
    (void)db;
}

enum status pg_copy_begin(struct db *db, const char *sql, struct pg_copy **ret_copy, struct err *err)
{
    (void)db;
    (void)sql;
    (void)ret_copy;
    return refuse(err);
}

/* Nobody has a struct pg_copy. */

void pg_copy_row(struct pg_copy *copy, int fields)
{
    (void)copy;
    (void)fields;
}

void pg_copy_null(struct pg_copy *copy)
{
    (void)copy;
}

void pg_copy_bool(struct pg_copy *copy, bool value)
{
    (void)copy;
    (void)value;
}

void pg_copy_int2(struct pg_copy *copy, int16_t value)
{
    (void)copy;
    (void)value;
}

void pg_copy_int4(struct pg_copy *copy, int32_t value)
{
    (void)copy;
    (void)value;
}

void pg_copy_int8(struct pg_copy *copy, int64_t value)
{
    (void)copy;
    (void)value;
}

void pg_copy_float8(struct pg_copy *copy, double value)
{
    (void)copy;
    (void)value;
}

void pg_copy_text(struct pg_copy *copy, const char *text, size_t size)
{
    (void)copy;
    (void)text;
    (void)size;
}

void pg_copy_jsonb(struct pg_copy *copy, const char *text, size_t size)
{
    (void)copy;
    (void)text;
    (void)size;
}

/* As it is declared. NOLINTNEXTLINE(readability-non-const-parameter) */
enum status pg_copy_end(struct pg_copy *copy, uint64_t *ret_rows, struct err *err)
{
    (void)copy;
    (void)ret_rows;
    return refuse(err);
}
