#include "net/failure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum detail {
    DETAIL_NONE, /* the library's words would repeat ours, or may show the password of a proxy */
    DETAIL_TEXT,
    DETAIL_ERRNO
};

struct failure_row {
    CURLcode code;
    enum status kind;
    enum detail detail;
    const char *what; /* followed by the peer */
    const char *hint; /* NULL: none */
};

static const char TLS[] = "no secure connection to";
static const char TLS_HINT[] = "check ca_file (or the package ca-certificates), the clock of this machine, and "
                               "whether a proxy opens the connection";

/*
 * A certificate that is wrong now will be wrong in a second, yet it is UNREACHABLE like a name that does not
 * resolve: retries are few, and gateways do change certificates while we wait.
 */
static const struct failure_row rows[] = {
    {CURLE_COULDNT_RESOLVE_HOST, STATUS_UNREACHABLE, DETAIL_NONE, "no address is known for",
     "check the spelling of the host, the network and the proxy settings"},
    {CURLE_COULDNT_RESOLVE_PROXY, STATUS_UNREACHABLE, DETAIL_NONE, "no address is known for the proxy on the way to",
     "check https_proxy in the environment"},
    {CURLE_PROXY, STATUS_UNREACHABLE, DETAIL_NONE, "the proxy does not lead to",
     "check https_proxy in the environment"},
    {CURLE_COULDNT_CONNECT, STATUS_UNREACHABLE, DETAIL_ERRNO, "no connection to",
     "check the address, the network and the proxy settings"},
    {CURLE_SSL_CONNECT_ERROR, STATUS_UNREACHABLE, DETAIL_TEXT, TLS, TLS_HINT},
    {CURLE_PEER_FAILED_VERIFICATION, STATUS_UNREACHABLE, DETAIL_TEXT, TLS, TLS_HINT},
    {CURLE_SSL_CACERT_BADFILE, STATUS_UNREACHABLE, DETAIL_TEXT, TLS, TLS_HINT},
    {CURLE_SSL_CERTPROBLEM, STATUS_UNREACHABLE, DETAIL_TEXT, TLS, TLS_HINT},
    {CURLE_SSL_CLIENTCERT, STATUS_UNREACHABLE, DETAIL_TEXT, TLS, TLS_HINT},
    {CURLE_SSL_CIPHER, STATUS_UNREACHABLE, DETAIL_TEXT, TLS, TLS_HINT},
    {CURLE_SSL_ISSUER_ERROR, STATUS_UNREACHABLE, DETAIL_TEXT, TLS, TLS_HINT},
    {CURLE_SSL_INVALIDCERTSTATUS, STATUS_UNREACHABLE, DETAIL_TEXT, TLS, TLS_HINT},
    {CURLE_SEND_ERROR, STATUS_UNREACHABLE, DETAIL_TEXT, "the connection broke while sending to", NULL},
    {CURLE_OPERATION_TIMEDOUT, STATUS_TIMEOUT, DETAIL_TEXT, "no whole answer in time from", NULL},
    {CURLE_GOT_NOTHING, STATUS_BAD_ANSWER, DETAIL_NONE, "the connection was closed before an answer by", NULL},
    {CURLE_RECV_ERROR, STATUS_BAD_ANSWER, DETAIL_TEXT, "the answer broke off from", NULL},
    {CURLE_PARTIAL_FILE, STATUS_BAD_ANSWER, DETAIL_TEXT, "the answer was cut short by", NULL},
    {CURLE_HTTP2, STATUS_BAD_ANSWER, DETAIL_TEXT, "broken HTTP/2 from", NULL},
    {CURLE_HTTP2_STREAM, STATUS_BAD_ANSWER, DETAIL_TEXT, "broken HTTP/2 from", NULL},
    {CURLE_WEIRD_SERVER_REPLY, STATUS_BAD_ANSWER, DETAIL_TEXT, "no valid HTTP from", NULL},
    {CURLE_UNSUPPORTED_PROTOCOL, STATUS_BAD_ANSWER, DETAIL_NONE, "no HTTP from", "check the address and the port"},
    {CURLE_BAD_CONTENT_ENCODING, STATUS_BAD_ANSWER, DETAIL_TEXT, "broken compression from", NULL},
};

static const struct failure_row other = {CURLE_OK, STATUS_UNREACHABLE, DETAIL_NONE, "the request failed to", NULL};

static const struct failure_row *row_of(CURLcode code)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].code == code)
            return &rows[i];
    }
    return &other;
}

/* Then nothing is wrong with the address or the network. */
static bool lacks_descriptors(const struct failure *failure)
{
    return failure->os_errno == EMFILE || failure->os_errno == ENFILE;
}

/* Writes ": WORDS", or nothing. */
static void format_detail(const struct failure *failure, const struct failure_row *row, char *out, size_t size)
{
    char reason[128];
    out[0] = '\0';
    if (lacks_descriptors(failure))
        snprintf(out, size, ": %s", strerror_r((int)failure->os_errno, reason, sizeof reason));
    else if (row == &other)
        snprintf(out, size, ": %s", curl_easy_strerror(failure->code));
    else if (row->detail == DETAIL_TEXT && failure->detail[0] != '\0')
        snprintf(out, size, ": %s", failure->detail);
    else if (row->detail == DETAIL_ERRNO && failure->os_errno != 0)
        snprintf(out, size, ": %s", strerror_r((int)failure->os_errno, reason, sizeof reason));
}

enum status failure_describe(const struct failure *failure, struct err *err)
{
    /* The library calls one header line beyond its maximum "out of memory". */
    bool long_line = failure->code == CURLE_OUT_OF_MEMORY && failure->request_was_sent && !failure->headers_whole;
    if (failure->headers_too_long || long_line)
        return err_set(err, STATUS_BAD_ANSWER, "too many header bytes from %s", failure->peer);
    if (failure->code == CURLE_OUT_OF_MEMORY || failure->body_failed == STATUS_NOMEM)
        return err_nomem(err);
    if (failure->body_failed == STATUS_TOO_LARGE)
        return err_set(err, STATUS_TOO_LARGE, "the answer from %s is larger than %zu bytes", failure->peer,
                       failure->body_max);
    if (failure->proxy_code != 0 && failure->proxy_code / 100 != 2)
        return err_set(err, STATUS_UNREACHABLE,
                       "the proxy on the way to %s answered HTTP %ld; check https_proxy in "
                       "the environment",
                       failure->peer, failure->proxy_code);
    const struct failure_row *row = row_of(failure->code);
    char detail[CURL_ERROR_SIZE + 2];
    format_detail(failure, row, detail, sizeof detail);
    /* A timeout or a broken answer before a request left is a matter of the way there, not of what was asked. */
    bool way = !failure->request_was_sent && row->kind != STATUS_UNREACHABLE;
    const char *hint = lacks_descriptors(failure) ? NULL : row->hint;
    return err_set(err, way ? STATUS_UNREACHABLE : row->kind, "%s %s%s%s%s", way ? "no connection to" : row->what,
                   failure->peer, detail, hint != NULL ? "; " : "", hint != NULL ? hint : "");
}
