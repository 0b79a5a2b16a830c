/* Help, version and the two lines of an error, as a terminal shows them. */
#include <criterion/criterion.h>

#include "opt_table.h"
#include "typed.h"

enum { TEXT_MAX = 16384, COLUMNS = 80, ROWS = 23 };

static char text[TEXT_MAX];

static const char *help_of(enum opt_command command)
{
    FILE *out = fmemopen(text, sizeof text, "w");
    cr_assert_not_null(out);
    opt_print_help(out, command);
    fclose(out);
    return text;
}

static const char *error_of(const char *words)
{
    struct typed line;
    struct opt_result result;
    struct err err = {0};
    typed(&line, words);
    cr_assert_eq(opt_parse(line.argc, line.argv, &result, &err), STATUS_USAGE);
    FILE *out = fmemopen(text, sizeof text, "w");
    cr_assert_not_null(out);
    opt_print_error(out, line.argc, line.argv, &err);
    fclose(out);
    return text;
}

Test(opt_help, every_help_fits_the_screen)
{
    for (unsigned i = COMMAND_NONE; i < COMMAND_COUNT; i++) {
        size_t rows = 0;
        for (const char *at = help_of((enum opt_command)i); *at != '\0'; rows++) {
            size_t size = strcspn(at, "\n");
            cr_expect(size < COLUMNS, "help %u, line %zu: %.*s", i, rows + 1, (int)size, at);
            cr_expect(size == 0 || at[size - 1] != ' ', "help %u, line %zu ends with a blank", i, rows + 1);
            at += size + (at[size] == '\n');
        }
        cr_expect(rows <= ROWS, "help %u has %zu lines", i, rows);
    }
}

Test(opt_help, program_names_every_command_and_every_global_option)
{
    help_of(COMMAND_NONE);
    for (size_t i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
        cr_expect(strstr(text, opt_commands[i].summary) != NULL, "%s", opt_commands[i].name);
    cr_assert(strstr(text, "-q, --quiet") != NULL);
    cr_assert(strstr(text, "--color auto|always|never") != NULL);
    cr_assert(strstr(text, "Examples:\n  occuport ") != NULL);
    cr_assert_null(strstr(text, "--max-runtime"), "an option of one command stands only in its help");
}

Test(opt_help, command_shows_exactly_its_options)
{
    help_of(COMMAND_RUN);
    cr_assert(strstr(text, "Usage: occuport run [OPTION]... JOB.yaml...\n") != NULL);
    cr_assert(strstr(text, "--max-runtime DURATION") != NULL);
    cr_assert_null(strstr(text, "--max-age"));
    cr_assert(strstr(text, "Examples:\n  occuport run job.yaml\n") != NULL);
    help_of(COMMAND_CHECK);
    cr_assert(strstr(text, "\nOptions:\n") != NULL);
    cr_assert(strstr(text, "      --online") != NULL);
    cr_assert(strstr(text, "--log-format") != NULL);
    help_of(COMMAND_DISCOVER);
    cr_assert_null(strstr(text, "\nOptions:"), "no heading without options");
}

Test(opt_help, version_is_one_line)
{
    FILE *out = fmemopen(text, sizeof text, "w");
    cr_assert_not_null(out);
    opt_print_version(out);
    fclose(out);
    static const char name[] = "occuport ";
    cr_assert_eq(strncmp(text, name, strlen(name)), 0, "%s", text);
    const char *version = text + strlen(name);
    size_t size = strspn(version, "0123456789.");
    cr_assert(size >= strlen("0.0.0"), "%s", text);
    cr_assert_str_eq(version + size, "\n");
}

Test(opt_help, error_names_the_help_of_the_command)
{
    cr_assert_str_eq(error_of("occuport run --jsn a"),
                     "occuport: unknown option '--jsn'; did you mean '--json'?\nTry 'occuport run --help'.\n");
    cr_assert_str_eq(error_of("occuport"), "occuport: no command given\nTry 'occuport --help'.\n");
    cr_assert_str_eq(error_of("occuport rnu"),
                     "occuport: unknown command 'rnu'; did you mean 'run'?\nTry 'occuport --help'.\n");
}

/* The table itself. */
Test(opt_help, rows_of_the_table_are_whole)
{
    for (size_t i = 0; i < opt_option_count; i++) {
        const struct opt_option *option = &opt_options[i];
        cr_expect(option->help != NULL && option->help[0] != '\0', "--%s has no help", option->name);
        bool takes_argument = option->type != OPT_FLAG && option->type != OPT_COUNT;
        cr_expect_eq(option->word != NULL, takes_argument, "--%s: word and type", option->name);
        cr_expect_eq(option->choices != NULL, option->type == OPT_CHOICE, "--%s: choices and type", option->name);
        cr_expect(option->type != OPT_DURATION || option->minimum < option->maximum, "--%s: limits", option->name);
        for (size_t j = i + 1; j < opt_option_count; j++) {
            cr_expect_str_neq(option->name, opt_options[j].name);
            cr_expect(option->letter == 0 || option->letter != opt_options[j].letter, "-%c twice", option->letter);
        }
    }
}

Test(opt_help, commands_of_the_table_are_whole)
{
    for (unsigned i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
        const struct opt_command_row *row = &opt_commands[i];
        cr_assert_not_null(row->name);
        cr_expect_eq(opt_command_named(row->name), i);
        cr_expect(strlen(row->summary) <= 68, "%s: the summary is too long", row->name);
        cr_expect(row->description != NULL && row->operands != NULL, "%s", row->name);
        cr_expect(row->examples[0].line != NULL, "%s has no example", row->name);
    }
    cr_assert_eq(opt_command_named("backfil"), COMMAND_NONE);
}

/* An example that the parser refuses would teach a mistake. */
Test(opt_help, examples_are_command_lines_that_work)
{
    for (size_t i = COMMAND_NONE; i < COMMAND_COUNT; i++) {
        const struct opt_example *examples = opt_commands[i].examples;
        for (size_t j = 0; j < OPT_EXAMPLES_MAX && examples[j].line != NULL; j++) {
            struct typed line;
            struct opt_result result;
            struct err err = {0};
            typed(&line, examples[j].line);
            cr_expect_eq(opt_parse(line.argc, line.argv, &result, &err), STATUS_OK, "%s: %s", examples[j].line,
                         err.message);
            cr_expect_not_null(examples[j].says);
        }
    }
}

/* Design section 2 is a contract. */
Test(opt_help, exit_codes_are_those_of_the_status_table)
{
    for (unsigned i = 0; i < STATUS_COUNT; i++) {
        char code[8];
        snprintf(code, sizeof code, "%d", status_exit_code((enum status)i));
        bool found = false;
        for (size_t j = 0; j < opt_exit_code_count; j++)
            found = found || strcmp(opt_exit_codes[j].name, code) == 0;
        cr_expect(found, "exit code %s is not in the man page", code);
    }
}
