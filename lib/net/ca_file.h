/* Whether a file can serve as the certificates to trust. Private to lib/net. */
#ifndef OCCUPORT_NET_CA_FILE_H
#define OCCUPORT_NET_CA_FILE_H

#include "core/err.h"

/* STATUS_CONFIG: it cannot be read, or holds no certificate in PEM form. */
enum status ca_file_check(const char *path, struct err *err) MUST_CHECK;

#endif
