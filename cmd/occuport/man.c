#include "man.h"

#include "core/roff.h"
#include "opt_table.h"

#include <string.h>

/* The day on which the text of the page last changed. */
#define MAN_DATE "November 24, 2026"

static void append_line(struct buf *out, const char *macro, const char *prose)
{
    buf_append_text(out, macro);
    roff_append_prose(out, prose);
    buf_append_char(out, '\n');
}

static void append_option(struct buf *out, const struct opt_option *option)
{
    buf_append_text(out, ".It ");
    if (option->letter != '\0')
        buf_appendf(out, "Fl %c , ", option->letter);
    buf_append_text(out, "Fl \\-");
    roff_append_literal(out, option->name);
    if (option->word != NULL)
        buf_appendf(out, " Ar %s", option->word);
    buf_append_char(out, '\n');
    append_line(out, "", option->help);
}

static void append_options(struct buf *out, enum opt_command command, bool global)
{
    bool any = false;
    for (size_t i = 0; i < opt_option_count; i++) {
        if ((opt_options[i].commands == OPT_GLOBAL) != global || !opt_belongs(&opt_options[i], command))
            continue;
        if (!any)
            buf_append_text(out, ".Bl -tag -width Ds\n");
        any = true;
        append_option(out, &opt_options[i]);
    }
    if (any)
        buf_append_text(out, ".El\n");
}

static void append_head(struct buf *out)
{
    buf_append_text(out, ".\\\" Made from the table of commands and options; edit that, not this.\n");
    buf_append_text(out, ".Dd " MAN_DATE "\n.Dt OCCUPORT 1\n.Os\n");
    buf_append_text(out, ".Sh NAME\n.Nm " OPT_PROGRAM "\n");
    append_line(out, ".Nd ", OPT_SUMMARY);
    buf_append_text(out, ".Sh SYNOPSIS\n.Nm\n.Ar COMMAND\n.Op Ar OPTION ...\n.Ar JOB.yaml ...\n");
    buf_append_text(out, ".Sh DESCRIPTION\n");
    append_line(out, "",
                "A job file says which buildings, sites, groups, granularities and dates of InnerSpace occupancy data "
                "must be covered, and where the rows go.");
    buf_append_text(out, "Every\n.Nm\n");
    append_line(out, "",
                "run compares that with what is already stored, fetches what is missing, failed or not yet settled, "
                "and commits rows and bookkeeping together.");
    append_line(
        out, "",
        "A run that ended early, a night without a run and data that came late are all cured by running again.");
    buf_append_text(out, ".Pp\n");
    append_line(out, "", "Results go to stdout, log lines and progress to stderr.");
}

static void append_commands(struct buf *out)
{
    buf_append_text(out, ".Sh COMMANDS\n.Bl -tag -width Ds\n");
    for (unsigned i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
        const struct opt_command_row *row = &opt_commands[i];
        buf_appendf(out, ".It Nm %s Oo Ar OPTION ... Oc Ar %s\n", row->name, row->operands);
        append_line(out, "", row->description);
        append_options(out, (enum opt_command)i, false);
    }
    buf_append_text(out, ".El\n.Sh OPTIONS\n");
    append_line(out, "", "Every command takes these; options may stand anywhere, and \"--\" ends them.");
    append_options(out, COMMAND_NONE, true);
}

static void append_facts(struct buf *out, const char *title, const char *macro, const struct opt_fact *facts,
                         size_t count)
{
    buf_appendf(out, ".Sh %s\n.Bl -tag -width Ds\n", title);
    for (size_t i = 0; i < count; i++) {
        buf_appendf(out, ".It %s ", macro);
        roff_append_literal(out, facts[i].name);
        buf_append_char(out, '\n');
        append_line(out, "", facts[i].says);
    }
    buf_append_text(out, ".El\n");
}

static void append_examples(struct buf *out)
{
    buf_append_text(out, ".Sh EXAMPLES\n");
    for (unsigned i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
        const struct opt_example *examples = opt_commands[i].examples;
        for (size_t j = 0; j < OPT_EXAMPLES_MAX && examples[j].line != NULL; j++) {
            append_line(out, "", examples[j].says);
            buf_append_text(out, ".Dl ");
            roff_append_literal(out, examples[j].line);
            buf_append_text(out, "\n.Pp\n");
        }
    }
    append_line(out, "", "Every night at four, from a crontab:");
    buf_append_text(out, ".Dl 0 4 * * * " OPT_PROGRAM " run /etc/" OPT_PROGRAM "/job.yaml\n");
}

void man_page(struct buf *out)
{
    append_head(out);
    append_commands(out);
    append_facts(out, "ENVIRONMENT", "Ev", opt_environment, opt_environment_count);
    append_facts(out, "FILES", "Pa", opt_files, opt_file_count);
    append_facts(out, "EXIT STATUS", "", opt_exit_codes, opt_exit_code_count);
    buf_append_text(out, ".Pp\n");
    append_line(out, "",
                "When several things happened, the worst is returned, in the order 70, 78, 77, 73, 74, 69, 75, 65.");
    append_examples(out);
}
