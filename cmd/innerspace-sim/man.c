#include "man.h"

#include "core/roff.h"
#include "options.h"

/* The day on which the text of the page last changed. */
#define MAN_DATE "November 28, 2026"

static void append_line(struct buf *out, const char *prose)
{
    roff_append_prose(out, prose);
    buf_append_char(out, '\n');
}

static void append_option(struct buf *out, const struct option_row *row)
{
    buf_append_text(out, ".It Fl \\-");
    roff_append_literal(out, row->name);
    if (row->metavar != NULL) {
        buf_append_text(out, " Ar ");
        for (const char *at = row->metavar; *at != '\0'; at++)
            buf_appendf(out, *at == '|' ? " | " : "%c", *at);
    }
    buf_append_char(out, '\n');
    append_line(out, row->help);
    if (row->fallback != NULL) {
        buf_append_text(out, "The default is\n.Ql ");
        roff_append_literal(out, row->fallback);
        buf_append_text(out, " .\n");
    }
}

static void append_head(struct buf *out)
{
    buf_append_text(out, ".\\\" Made from the table of switches; edit that, not this.\n"
                         ".Dd " MAN_DATE "\n.Dt INNERSPACE\\-SIM 1\n.Os\n"
                         ".Sh NAME\n.Nm innerspace\\-sim\n.Nd stand\\-in for the InnerSpace API\n"
                         ".Sh SYNOPSIS\n.Nm\n.Op Ar OPTION ...\n.Sh DESCRIPTION\n");
    append_line(out,
                "A server for tests, demonstrations and users without credentials. It answers as the InnerSpace API v2 "
                "does, with generated data: a login at /v2/oauth/token, GraphQL queries at /v2/api. It listens until "
                "SIGINT or SIGTERM, on the local machine unless told otherwise.");
    buf_append_text(out, ".Pp\n");
    append_line(out,
                "Every row is a function of the seed, its key and the time at which the program was started, so that "
                "two starts with the same switches on the same day give the same data. With --dump it prints the data "
                "or the buildings of a job file and ends.");
}

void sim_man_page(struct buf *out)
{
    size_t count;
    const struct option_row *rows = sim_options_table(&count);
    append_head(out);
    buf_append_text(out, ".Sh OPTIONS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; i < count; i++)
        append_option(out, &rows[i]);
    buf_append_text(out, ".El\n.Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev OCCUPORT_NOW\n");
    append_line(out, "Seconds since the epoch: the time that the simulator believes in.");
    buf_append_text(out, ".El\n.Sh EXIT STATUS\n.Ex -std\n");
    append_line(out, "A switch that is wrong is 64.");
    buf_append_text(out, ".Sh EXAMPLES\n");
    append_line(out, "A server with rows since the beginning of 2025, whose port is written to a file:");
    buf_append_text(out, ".Dl innerspace\\-sim \\-\\-port 0 \\-\\-port\\-file port \\-\\-from 2025\\-01\\-01\n.Pp\n");
    append_line(out, "The block of a job file that asks for all of it:");
    buf_append_text(out, ".Dl innerspace\\-sim \\-\\-from 2025\\-01\\-01 \\-\\-dump job\n"
                         ".Sh SEE ALSO\n.Xr occuport 1\n");
}
