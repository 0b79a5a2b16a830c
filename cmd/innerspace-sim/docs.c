/* innerspace-sim-docs: writes the man page to stdout. A tool of the build, not installed. */
#include "man.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    CLEANUP(buf_release) struct buf text = {0};
    struct err err = {0};
    sim_man_page(&text);
    if (buf_status(&text, &err) == STATUS_OK && fputs(buf_text(&text), stdout) != EOF && fflush(stdout) == 0)
        return EXIT_SUCCESS;
    fprintf(stderr, "innerspace-sim-docs: %s\n", err.kind != STATUS_OK ? err.message : "cannot write to stdout");
    return EXIT_FAILURE;
}
