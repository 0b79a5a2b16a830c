/* Which URLs may be used, and where they lead. Private to lib/net. */
#ifndef OCCUPORT_NET_URL_H
#define OCCUPORT_NET_URL_H

#include "core/err.h"

enum { URL_PEER_SIZE = 272 }; /* the longest DNS name, a port and NUL; longer names are cut in messages */

struct url_target {
    bool is_https;
    bool is_loopback;
    char peer[URL_PEER_SIZE]; /* "api.innerspace.io:443", for messages */
};

/* STATUS_CONFIG: not https, nor http to a loopback address, or with a user name or password in it; STATUS_NOMEM. */
enum status url_parse(const char *url, struct url_target *ret_target, struct err *err) MUST_CHECK;

#endif
