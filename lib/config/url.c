#include "config/url.h"

#include "core/text.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum { HOST_MAX = 255, PORT_MAX = 65535 };

static bool holds_odd_character(const char *url)
{
    for (const char *at = url; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~' || strchr("\"<>\\^`{|}", *at) != NULL)
            return true;
    }
    return false;
}

/* 127.0.0.0/8, [::1] and localhost; inet_pton takes no short forms, so nothing else looks like one of them. */
static bool is_loopback(const char *host)
{
    struct in_addr address;
    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

/* Cuts "host:port" or "[address]:port"; false when one of them is not well formed. */
static bool split_authority(const char *authority, size_t size, char host[HOST_MAX + 1])
{
    size_t host_size = size;
    const char *bracket = authority[0] == '[' ? memchr(authority, ']', size) : NULL;
    if (authority[0] == '[' && bracket == NULL)
        return false;
    size_t from = bracket != NULL ? (size_t)(bracket - authority) + 1 : 0;
    const char *colon = memchr(authority + from, ':', size - from);
    if (bracket != NULL)
        host_size = from;
    if (colon != NULL) {
        size_t before = (size_t)(colon - authority);
        int64_t port;
        if (!text_to_int64(colon + 1, size - before - 1, &port) || port < 1 || port > PORT_MAX)
            return false;
        host_size = before;
    }
    bool rest = bracket != NULL && host_size != from;
    bool cut = bracket != NULL && colon == NULL && size != from;
    if (host_size == 0 || host_size > HOST_MAX || rest || cut)
        return false;
    memcpy(host, authority, host_size);
    host[host_size] = '\0';
    return true;
}

enum url_fault url_check(const char *url, bool may_have_query)
{
    bool tls = strncasecmp(url, "https://", 8) == 0;
    bool plain = strncasecmp(url, "http://", 7) == 0;
    if (!tls && !plain)
        return URL_NO_ADDRESS;
    const char *authority = url + (tls ? 8 : 7);
    size_t size = strcspn(authority, "/?#\\");
    /* Asked first: whatever else is wrong, the place of a password must be known as one. */
    if (memchr(authority, '@', size) != NULL)
        return URL_CREDENTIALS;
    char host[HOST_MAX + 1];
    if (holds_odd_character(url) || size == 0 || !split_authority(authority, size, host))
        return URL_NO_ADDRESS;
    if (plain && !is_loopback(host))
        return URL_PLAIN_HTTP;
    bool query = authority[size + strcspn(authority + size, "?#")] != '\0';
    return query && !may_have_query ? URL_QUERY : URL_FINE;
}
