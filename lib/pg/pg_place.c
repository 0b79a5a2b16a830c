#include "pg/pg_internal.h"

#include "core/buf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const refusal = "postgres: the dsn cannot be read (it is not shown, since it may hold a password)";

static bool is_uri(const char *dsn)
{
    return strncmp(dsn, "postgresql://", strlen("postgresql://")) == 0 ||
           strncmp(dsn, "postgres://", strlen("postgres://")) == 0;
}

/*
 * A password with an @ or a / that is not written as %40 or %2F would be taken apart, and its end be looked up as the
 * name of a host and shown.
 */
static bool is_torn(const char *dsn)
{
    const char *at = strstr(dsn, "://") + 3;
    at += strcspn(at, "@/");
    if (*at == '@')
        at++;
    size_t rest = strcspn(at, "?");
    return memchr(at, '@', rest) != NULL;
}

/* "5432" or "5432,5433"; libpq would show what is none. */
static bool is_port(const char *text)
{
    return text[strspn(text, "0123456789,")] == '\0';
}

static PQconninfoOption *option_of(PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword != NULL; options++) {
        if (strcmp(options->keyword, keyword) == 0)
            return options;
    }
    return NULL;
}

static bool is_given(PQconninfoOption *options, const char *keyword)
{
    const PQconninfoOption *option = option_of(options, keyword);
    return option != NULL && option->val != NULL && option->val[0] != '\0';
}

struct setting {
    const char *keyword;
    const char *value;
    const char *variable; /* of the environment, which may say otherwise; NULL: none */
};

/* A network that is dead is noticed within a minute; who connects to a list of hosts wants the one that takes writes.
 */
static const struct setting ours[] = {
    {"connect_timeout", "10", "PGCONNECT_TIMEOUT"},
    {"keepalives_idle", "15", NULL},
    {"keepalives_interval", "5", NULL},
    {"keepalives_count", "4", NULL},
    {"tcp_user_timeout", "40000", NULL},
    {"client_encoding", "UTF8", NULL},
};

static void add(struct pg_settings *settings, size_t *count, const char *keyword, const char *value)
{
    if (*count + 1 < sizeof settings->keywords / sizeof settings->keywords[0]) {
        settings->keywords[*count] = keyword;
        settings->values[*count] = value;
        ++*count;
    }
}

static enum status check(const char *dsn, PQconninfoOption *options, struct err *err)
{
    const PQconninfoOption *port = option_of(options, "port");
    if (is_uri(dsn) && is_torn(dsn))
        return err_set(err, STATUS_CONFIG, "%s: write an @ in the user or the password as %%40, a / as %%2F", refusal);
    if (port != NULL && port->val != NULL && !is_port(port->val))
        return err_set(err, STATUS_CONFIG, "%s: the port is no number", refusal);
    return STATUS_OK;
}

enum status pg_settings_read(const struct pg_options *options, struct pg_settings *ret_settings, struct err *err)
{
    char *ignored = NULL; /* libpq's words quote the dsn */
    struct pg_settings settings = {.options = PQconninfoParse(options->dsn, &ignored)};
    PQfreemem(ignored);
    if (settings.options == NULL)
        return err_set(err, STATUS_CONFIG,
                       "%s: it is \"host=... port=... dbname=... user=...\" or"
                       " postgresql://user@host:port/database",
                       refusal);
    enum status status = check(options->dsn, settings.options, err);
    if (status != STATUS_OK) {
        PQconninfoFree(settings.options);
        return status;
    }
    size_t count = 0;
    for (const PQconninfoOption *option = settings.options; option->keyword != NULL; option++) {
        if (option->val != NULL && option->val[0] != '\0')
            add(&settings, &count, option->keyword, option->val);
    }
    bool by_service = is_given(settings.options, "service") || getenv("PGSERVICE") != NULL;
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        bool by_variable = ours[i].variable != NULL && getenv(ours[i].variable) != NULL;
        if (!is_given(settings.options, ours[i].keyword) && !by_variable)
            add(&settings, &count, ours[i].keyword, ours[i].value);
    }
    if (!options->read_only && !by_service && !is_given(settings.options, "target_session_attrs") &&
        getenv("PGTARGETSESSIONATTRS") == NULL)
        add(&settings, &count, "target_session_attrs", "read-write");
    add(&settings, &count, "fallback_application_name",
        options->application != NULL ? options->application : "occuport");
    *ret_settings = settings;
    return STATUS_OK;
}

char *pg_place(const PGconn *connection, const char *schema)
{
    struct buf text = {0};
    struct err err;
    const char *host = PQhost(connection);
    const char *port = PQport(connection);
    const char *database = PQdb(connection);
    if (host != NULL && host[0] == '/')
        buf_appendf(&text, "postgresql (socket in %s, port %s)/", host, port != NULL ? port : "");
    else
        buf_appendf(&text, "postgresql://%s%s%s/", host != NULL ? host : "", port != NULL && *port != '\0' ? ":" : "",
                    port != NULL ? port : "");
    buf_appendf(&text, "%s, schema %s", database != NULL ? database : "", schema);
    if (buf_status(&text, &err) != STATUS_OK) {
        buf_release(&text);
        return NULL;
    }
    return text.data; /* its memory is the caller's now */
}
