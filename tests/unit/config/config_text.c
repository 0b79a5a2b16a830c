/* Prints the texts that are made from the table of keys: config_text schema|reference|starter. */
#include "config/config.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct buf out = {0};
    const char *what = argc == 2 ? argv[1] : "";
    if (strcmp(what, "schema") == 0)
        config_schema(&out);
    else if (strcmp(what, "reference") == 0)
        config_reference(&out);
    else if (strcmp(what, "starter") == 0)
        buf_append_text(&out, config_starter());
    else
        fputs("usage: config_text schema|reference|starter\n", stderr);
    bool printed = out.size > 0 && buf_status(&out, NULL) == STATUS_OK && fputs(buf_text(&out), stdout) >= 0;
    buf_release(&out);
    return printed && fflush(stdout) == 0 ? 0 : 1;
}
