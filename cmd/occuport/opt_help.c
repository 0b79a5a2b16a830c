/* The table as a person reads it on a terminal of 80 columns. */
#include "core/buf.h"
#include "opt_table.h"

#include <string.h>

enum { HELP_WIDTH = 79, LABEL_SIZE = 40, GAP = 2 };

/* Writes the words of text, the first at column `at`, later lines indented by `indent`; ends the line. */
static void print_wrapped(FILE *out, const char *text, size_t at, size_t indent)
{
    bool first = true;
    while (*text != '\0') {
        size_t size = strcspn(text, " ");
        if (!first && at + 1 + size > HELP_WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            fputc(' ', out);
            at++;
        }
        fwrite(text, 1, size, out);
        at += size;
        text += size + (text[size] == ' ');
        first = false;
    }
    fputc('\n', out);
}

/* "  -q, --quiet" or "      --color WHEN" */
static size_t format_label(const struct opt_option *option, char out[LABEL_SIZE])
{
    char letter[] = "    ";
    if (option->letter != '\0')
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    int length = snprintf(out, LABEL_SIZE, "  %-4s--%s%s%s", letter, option->name, option->word != NULL ? " " : "",
                          option->word != NULL ? option->word : "");
    return length > 0 ? (size_t)length : 0;
}

/* The options of the command alone, if there are any. */
static void print_options(FILE *out, enum opt_command command)
{
    char label[LABEL_SIZE];
    size_t widest = 0;
    for (size_t i = 0; i < opt_option_count; i++) {
        bool listed = opt_options[i].commands != OPT_GLOBAL && opt_belongs(&opt_options[i], command);
        size_t width = listed ? format_label(&opt_options[i], label) : 0;
        widest = width > widest ? width : widest;
    }
    if (widest == 0)
        return;
    fputs("\nOptions:\n", out);
    for (size_t i = 0; i < opt_option_count; i++) {
        if (opt_options[i].commands == OPT_GLOBAL || !opt_belongs(&opt_options[i], command))
            continue;
        format_label(&opt_options[i], label);
        fprintf(out, "%-*s", (int)(widest + GAP), label);
        print_wrapped(out, opt_options[i].help, widest + GAP, widest + GAP);
    }
}

/* "-q, --quiet" or "--color auto|always|never" */
static void append_global(struct buf *item, const struct opt_option *option)
{
    if (option->letter != '\0')
        buf_appendf(item, "-%c, ", option->letter);
    buf_appendf(item, "--%s", option->name);
    for (size_t i = 0; option->choices != NULL && option->choices[i] != NULL; i++)
        buf_appendf(item, "%s%s", i == 0 ? " " : "|", option->choices[i]);
}

/* What every command takes, in two lines, so that a screen holds all of a help; the man page says more. */
static void print_globals(FILE *out)
{
    size_t column = (size_t)fprintf(out, "\nGlobal options:") - 1;
    for (size_t i = 0; i < opt_option_count; i++) {
        struct buf item = {0};
        if (opt_options[i].commands != OPT_GLOBAL)
            continue;
        append_global(&item, &opt_options[i]);
        buf_append_text(&item, i + 1 < opt_option_count ? ";" : "");
        bool breaks = column + 1 + item.size > HELP_WIDTH;
        fprintf(out, "%s%s", breaks ? "\n  " : " ", buf_text(&item));
        column = (breaks ? 2 : column + 1) + item.size;
        buf_release(&item);
    }
    fputc('\n', out);
}

static void print_examples(FILE *out, const struct opt_command_row *row)
{
    fputs("\nExamples:\n", out);
    for (size_t i = 0; i < OPT_EXAMPLES_MAX && row->examples[i].line != NULL; i++)
        fprintf(out, "  %s\n", row->examples[i].line);
}

static void print_commands(FILE *out)
{
    size_t widest = 0;
    for (size_t i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
        size_t width = strlen(opt_commands[i].name);
        widest = width > widest ? width : widest;
    }
    fputs("\nCommands:\n", out);
    for (size_t i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-*s%s\n", (int)(widest + GAP), opt_commands[i].name, opt_commands[i].summary);
}

void opt_print_help(FILE *out, enum opt_command command)
{
    const struct opt_command_row *row = &opt_commands[command];
    if (command == COMMAND_NONE) {
        fprintf(out, "%s: %s\nUsage: %s COMMAND [OPTION]... JOB.yaml...\n", OPT_PROGRAM, OPT_SUMMARY, OPT_PROGRAM);
        print_commands(out);
    } else {
        fprintf(out, "Usage: %s %s [OPTION]... %s\n\n", OPT_PROGRAM, row->name, row->operands);
        print_wrapped(out, row->description, 0, 0);
        print_options(out, command);
    }
    print_globals(out);
    print_examples(out, row);
    if (command == COMMAND_NONE)
        fprintf(out, "\n'%s COMMAND --help' and 'man %s' say more.\n", OPT_PROGRAM, OPT_PROGRAM);
}

void opt_print_version(FILE *out)
{
    fprintf(out, "%s %s\n", OPT_PROGRAM, OCCUPORT_VERSION);
}

void opt_print_error(FILE *out, int argc, char *const *argv, const struct err *err)
{
    const char *command = NULL;
    for (int i = 1; i < argc && command == NULL; i++) {
        if (opt_command_named(argv[i]) != COMMAND_NONE)
            command = argv[i];
    }
    fprintf(out, "%s: %s\nTry '%s%s%s --help'.\n", OPT_PROGRAM, err->message, OPT_PROGRAM, command != NULL ? " " : "",
            command != NULL ? command : "");
}
