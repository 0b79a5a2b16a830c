#include "config/dsn.h"

#include <criterion/criterion.h>

static const struct {
    const char *dsn;
    bool is_fine;
} texts[] = {
    {"host=db dbname=occupancy user=writer", true},
    {"  host = db\tdbname =x\n", true},
    {"service=occuport", true},
    {"password=", true},
    {"password='with space \\' and quote' host=db", true},
    {"password=with\\ space host=db", true},
    {"host=/var/run/postgresql", true},
    {"host=a,b port=5432,5433 target_session_attrs=read-write", true},
    {"options='-c statement_timeout=5s'", true},
    {"host", false},
    {"host=db hunter2", false},
    {"password=hunter 2", false},
    {"=db", false},
    {"password='hunter2", false},
    {"password='hunter2\\'", false},
    {"ho-st=db", false},
    {"https://db.example.com/x", false},
    {"postgresql://", true},
    {"postgresql:///occupancy?host=/run/postgresql", true},
    {"postgres://writer@db.example.com:5432/occupancy", true},
    {"postgresql://writer:hunter2@a:1,b:2/occupancy?sslmode=verify-full", true},
    {"postgresql://writer:hunter%402%2F%25@db/x", true},
    {"postgresql://[::1]:5432/x", true},
    {"postgresql://db/x?user=a@b", true},
    {"postgresql://writer:hunter@2@db/x", false},
    {"postgresql://writer:hunter/2@db/x", false},
    {"postgresql://writer:hunter%2@db/x", false},
    {"postgresql://writer:hunter%zz@db/x", false},
    {"postgresql://writer:hunter%00@db/x", false},
    {"postgresql://writer:hunter 2@db/x", false},
    {"postgresql://db/x?password=100%", false},
};

Test(dsn, a_text_that_libpq_would_read_otherwise_than_it_was_meant_is_refused)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect_eq(dsn_fault(texts[i].dsn) == NULL, texts[i].is_fine, "%s", texts[i].dsn);
}

static const struct {
    const char *written;
    bool has_password;
} written[] = {
    {"host=db user=writer", false},
    {"host=db password=hunter2", true},
    {"host=db password = 'hunter2'", true},
    {"host=db pasword=hunter2", true},
    {"host=db Password=hunter2", true},
    {"sslpassword=hunter2", true},
    {"passfile=/etc/occuport/pgpass", false},
    {"host=db password=", false},
    {"host=db password=''", false},
    {"host=db password=${PASSWORD}", false},
    {"host=db password='${file:my file}' user=x", false},
    {"host=db password=${A}${B}", false},
    {"host=db password=x${A}", true},
    {"host=db password=${A}x", true},
    {"host=db password=${A", true},
    {"${DSN}", false},
    {"${DSN} sslmode=verify-full", false},
    {"${DSN} password=hunter2", true},
    {"nothing password=hunter2", true},
    {"user=password host=pwd", false},
    {"postgresql://writer@db/x", false},
    {"postgresql://writer:@db/x", false},
    {"postgresql://writer:hunter2@db/x", true},
    {"postgresql://:hunter2@db/x", true},
    {"postgres://writer:hunter2@db", true},
    {"postgresql://writer:${PASSWORD}@db/x", false},
    {"postgresql://writer:${file:/run/secrets/pw}@db/x", false},
    {"postgresql://${USER}:hunter2@db/x", true},
    {"postgresql://${file:a:b}@db/x", false},
    {"postgresql://db:5432/x", false},
    {"postgresql://db/x?password=hunter2", true},
    {"postgresql://db/x?a&sslmode=require&password=${P}", false},
    {"postgresql://db/x?passfile=/p&sslpassword=hunter2&x=y", true},
};

Test(dsn, a_password_that_stands_there_itself_is_seen)
{
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++)
        cr_expect_eq(dsn_has_password(written[i].written), written[i].has_password, "%s", written[i].written);
}
