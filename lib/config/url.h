/* Addresses as a job file may hold them. */
#ifndef OCCUPORT_CONFIG_URL_H
#define OCCUPORT_CONFIG_URL_H

#include "core/status.h"

#include <stddef.h>

enum url_fault {
    URL_FINE,
    URL_NO_ADDRESS,  /* not http or https, no host, a character that no address holds, a port out of range */
    URL_PLAIN_HTTP,  /* http to a host that is not a loopback address: the secret would travel in clear */
    URL_CREDENTIALS, /* user:password@ */
    URL_QUERY        /* a query or a fragment, where none may be */
};

/* What is wrong with an address, for one that may have a query and for one that may not. */
enum url_fault url_check(const char *url, bool may_have_query);

#endif
