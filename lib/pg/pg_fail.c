#include "pg/pg_internal.h"

#include <stdio.h>
#include <string.h>

struct failure_row {
    const char *state; /* SQLSTATE, or its class: the longest that fits counts */
    enum status status;
    enum pg_trouble trouble;
    const char *hint; /* NULL: the server's own words are enough */
};

/* What each state means: appendix A of PostgreSQL's manual. */
static const struct failure_row failures[] = {
    {"", STATUS_IO, PG_TROUBLE_OTHER, NULL},
    {"08", STATUS_IO, PG_TROUBLE_LOST, NULL},
    {"25006", STATUS_IO, PG_TROUBLE_LOST, "it may only be read: a standby, or opened for looking"},
    {"25P03", STATUS_IO, PG_TROUBLE_LOST, NULL},
    {"25P04", STATUS_IO, PG_TROUBLE_LOST, NULL},
    {"28", STATUS_CANTCREATE, PG_TROUBLE_OTHER, "see the user, the password and the server's pg_hba.conf"},
    {"3D000", STATUS_CANTCREATE, PG_TROUBLE_OTHER, "create the database, or name another in the dsn"},
    {"3F000", STATUS_CANTCREATE, PG_TROUBLE_OTHER, NULL},
    {"40001", STATUS_IO, PG_TROUBLE_AGAIN, NULL},
    {"40P01", STATUS_IO, PG_TROUBLE_AGAIN, NULL},
    {"42501", STATUS_IO, PG_TROUBLE_OTHER,
     "the user lacks a right: roles.sql (in /usr/share/occuport) shows what is needed"},
    {"42601", STATUS_BUG, PG_TROUBLE_OTHER, NULL},
    {"53100", STATUS_IO, PG_TROUBLE_OTHER, "no space is left on the server"},
    {"53200", STATUS_IO, PG_TROUBLE_OTHER, "the server is out of memory"},
    {"53300", STATUS_IO, PG_TROUBLE_LOST, "the server has no connection free: see its max_connections"},
    {"55P03", STATUS_IO, PG_TROUBLE_AGAIN,
     "another session holds what is needed: docs/operations.md shows how to find it"},
    {"57014", STATUS_IO, PG_TROUBLE_AGAIN, NULL}, /* by a limit of our own, or by an administrator */
    {"57P", STATUS_IO, PG_TROUBLE_LOST, NULL},
    {"57P04", STATUS_CANTCREATE, PG_TROUBLE_OTHER, NULL},
};

static const struct failure_row *find(const char *state)
{
    const struct failure_row *best = &failures[0];
    for (size_t i = 1; i < sizeof failures / sizeof failures[0]; i++) {
        if (strncmp(state, failures[i].state, strlen(failures[i].state)) == 0)
            best = &failures[i]; /* sorted: what is longer comes later */
    }
    return best;
}

/* libpq's words of several lines as one line; "FATAL:  " and the like stay. */
static void one_line(const char *words, char *out, size_t size)
{
    size_t used = 0;
    for (; *words != '\0' && used + 3 < size; words++) {
        if (*words == '\t')
            continue;
        if (*words != '\n') {
            out[used++] = *words;
        } else if (words[1] != '\0') {
            out[used++] = ';';
            out[used++] = ' ';
        }
    }
    out[used] = '\0';
}

static void remember(struct pg_db *pg, const struct err *err)
{
    if (pg->in_transaction && pg->failure.kind == STATUS_OK)
        pg->failure = *err;
}

static enum status say(const char *place, const struct failure_row *row, const char *words, const char *detail,
                       struct err *err)
{
    char line[ERR_MESSAGE_MAX];
    one_line(words, line, sizeof line);
    bool hint = row->hint != NULL;
    return err_set(err, row->status, "%s: %s%s%s%s%s%s", place, line, detail != NULL ? ": " : "",
                   detail != NULL ? detail : "", hint ? " (" : "", hint ? row->hint : "", hint ? ")" : "");
}

/* libpq closes the socket of a connection that is lost; its number may soon be another's. */
static void forget_socket(struct pg_db *pg)
{
    pthread_mutex_lock(&pg->socket_lock);
    pg->socket = -1;
    pthread_mutex_unlock(&pg->socket_lock);
}

enum status pg_fail(struct pg_db *pg, const PGresult *result, struct err *err)
{
    struct err own;
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *words = result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const char *detail = result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL) : NULL;
    /* A failure without a state is not the server's: libpq could not write, and may not have noticed the end yet. */
    bool unsaid = result != NULL && state == NULL && PQresultStatus(result) == PGRES_FATAL_ERROR;
    bool lost = unsaid || PQstatus(pg->connection) == CONNECTION_BAD;
    if (lost)
        forget_socket(pg);
    if (state == NULL)
        state = lost ? "08006" : "";
    if (words == NULL)
        words = result != NULL && PQresultErrorMessage(result)[0] != '\0' ? PQresultErrorMessage(result)
                                                                          : PQerrorMessage(pg->connection);
    if (words[0] == '\0')
        words = lost ? "the connection is gone" : "the server's answer is none that was asked for";
    const struct failure_row *row = find(state);
    enum status status = say(pg->base.path, row, words, detail, &own);
    if (pg->failure.kind == STATUS_OK || !pg->in_transaction)
        pg->trouble = lost ? PG_TROUBLE_LOST : row->trouble;
    if (lost) /* whatever was the first failure: nothing goes on without a new connection */
        pg->trouble = PG_TROUBLE_LOST;
    if (pg->read_only && pg->trouble == PG_TROUBLE_LOST && strcmp(state, "25006") == 0)
        pg->trouble = PG_TROUBLE_OTHER;
    remember(pg, &own);
    if (err != NULL)
        *err = own;
    return status;
}

enum status pg_fail_words(struct pg_db *pg, enum status status, const char *words, struct err *err)
{
    struct err own;
    (void)err_set(&own, status, "%s: %s", pg->base.path, words);
    pg->trouble = PG_TROUBLE_OTHER;
    remember(pg, &own);
    if (err != NULL)
        *err = own;
    return status;
}

/*
 * libpq keeps the state of a failed connection for itself: the words are all there is. Those of a server that speaks
 * another language only lead to another attempt.
 */
static bool needs_a_person(const char *words)
{
    static const char *const known[] = {
        "authentication failed",    "no password supplied",       "no pg_hba.conf entry", "does not exist",
        "not permitted to",         "is not currently accepting", "permission denied",    "certificate verify failed",
        "does not match host name", "does not support SSL"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strstr(words, known[i]) != NULL)
            return true;
    }
    return false;
}

enum status pg_fail_connect(const PGconn *connection, const char *place, struct err *err)
{
    char line[ERR_MESSAGE_MAX];
    one_line(PQerrorMessage(connection), line, sizeof line);
    enum status status = needs_a_person(line) ? STATUS_CANTCREATE : STATUS_IO;
    return err_set(err, status, "%s: %s", place, line[0] != '\0' ? line : "no connection");
}
