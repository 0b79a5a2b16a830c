#include "net/ca_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LINES_MAX = 100000 }; /* the bundle of all public authorities has 4,000 */

static void close_file(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

/* Asked before the first connection: later the message would speak of TLS and come from another library. */
enum status ca_file_check(const char *path, struct err *err)
{
    CLEANUP(close_file) FILE *file = fopen(path, "re");
    if (file == NULL)
        return err_set_errno(err, STATUS_CONFIG, errno, "ca_file %s cannot be read", path);
    char line[1024];
    for (int i = 0; i < LINES_MAX && fgets(line, sizeof line, file) != NULL; i++) {
        if (strncmp(line, "-----BEGIN ", strlen("-----BEGIN ")) == 0)
            return STATUS_OK;
    }
    if (ferror(file))
        return err_set_errno(err, STATUS_CONFIG, errno, "ca_file %s cannot be read", path);
    return err_set(err, STATUS_CONFIG, "ca_file %s holds no certificate in PEM form", path);
}
