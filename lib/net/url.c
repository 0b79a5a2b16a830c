#include "net/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static void free_parser(CURLU **parser)
{
    curl_url_cleanup(*parser);
}

static void free_part(char **part)
{
    curl_free(*part);
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

static bool has_part(CURLU *parser, CURLUPart which)
{
    CLEANUP(free_part) char *part = NULL;
    return curl_url_get(parser, which, &part, 0) == CURLUE_OK;
}

/*
 * The parser of the library that will connect is asked, so that both read the same host out of a strange URL. No
 * message repeats the URL: it may hold a password.
 */
enum status url_parse(const char *url, struct url_target *ret_target, struct err *err)
{
    CLEANUP(free_parser) CURLU *parser = curl_url();
    CLEANUP(free_part) char *scheme = NULL;
    CLEANUP(free_part) char *host = NULL;
    CLEANUP(free_part) char *port = NULL;
    if (parser == NULL)
        return err_nomem(err);
    CURLUcode code = curl_url_set(parser, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
    if (code == CURLUE_OUT_OF_MEMORY)
        return err_nomem(err);
    if (code != CURLUE_OK)
        return err_set(err, STATUS_CONFIG, "not a URL: %s", curl_url_strerror(code));
    if (has_part(parser, CURLUPART_USER) || has_part(parser, CURLUPART_PASSWORD))
        return err_set(err, STATUS_CONFIG, "a user name or password in the URL is not allowed");
    CURLUcode scheme_code = curl_url_get(parser, CURLUPART_SCHEME, &scheme, 0);
    CURLUcode host_code = curl_url_get(parser, CURLUPART_HOST, &host, 0);
    if (scheme_code == CURLUE_OUT_OF_MEMORY || host_code == CURLUE_OUT_OF_MEMORY)
        return err_nomem(err);
    if (scheme_code != CURLUE_OK || host_code != CURLUE_OK || host[0] == '\0')
        return err_set(err, STATUS_CONFIG, "the URL has no host");
    struct url_target target = {.is_https = strcmp(scheme, "https") == 0, .is_loopback = is_loopback(host)};
    if (!target.is_https && strcmp(scheme, "http") != 0)
        return err_set(err, STATUS_CONFIG, "the URL begins with %s:, expected https:", scheme);
    if (!target.is_https && !target.is_loopback)
        return err_set(err, STATUS_CONFIG, "plain http to %s would show the credentials to the network: use https",
                       host);
    if (curl_url_get(parser, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return err_nomem(err);
    snprintf(target.peer, sizeof target.peer, "%s:%s", host, port);
    *ret_target = target;
    return STATUS_OK;
}
