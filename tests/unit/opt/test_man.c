/* The man page and the completion files name everything that the table names. */
#include <criterion/criterion.h>

#include "man.h"
#include "opt_table.h"

#include <string.h>

static struct buf text;

static void make(void (*maker)(struct buf *out))
{
    buf_reset(&text);
    maker(&text);
    struct err err = {0};
    cr_assert_eq(buf_status(&text, &err), STATUS_OK, "%s", err.message);
}

static void release(void)
{
    buf_release(&text);
}

static bool says(const char *part)
{
    return strstr(buf_text(&text), part) != NULL;
}

TestSuite(man, .fini = release);

Test(man, page_has_the_sections_in_their_order)
{
    static const char *const sections[] = {"NAME",        "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS",
                                           "ENVIRONMENT", "FILES",    "EXIT STATUS", "EXAMPLES"};
    make(man_page);
    const char *at = buf_text(&text);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        char heading[32];
        snprintf(heading, sizeof heading, ".Sh %s\n", sections[i]);
        at = strstr(at, heading);
        cr_assert_not_null(at, "%s", sections[i]);
    }
}

Test(man, page_names_every_exit_code_and_variable)
{
    make(man_page);
    for (size_t i = 0; i < opt_exit_code_count; i++) {
        char item[32];
        snprintf(item, sizeof item, ".It  %s\n", opt_exit_codes[i].name);
        cr_expect(says(item), "%s", opt_exit_codes[i].name);
    }
    for (size_t i = 0; i < opt_environment_count; i++)
        cr_expect(says(opt_environment[i].name), "%s", opt_environment[i].name);
}

Test(man, options_keep_ascii_hyphens)
{
    make(man_page);
    cr_assert(says(".It Fl \\-max\\-runtime Ar DURATION\n"));
    cr_assert(says("occuport run \\-\\-json \\-\\-max\\-runtime 2h job.yaml"));
    cr_assert(says("\\-\\-color=always"));
}

Test(man, prose_never_begins_a_line_with_a_control_character)
{
    make(man_page);
    for (const char *at = buf_text(&text); *at != '\0';) {
        cr_expect(at[0] != '\'', "%.40s", at);
        cr_expect(at[0] != '.' || (at[1] >= 'A' && at[1] <= 'Z') || at[1] == '\\', "%.40s", at);
        size_t size = strcspn(at, "\n");
        cr_expect(size <= 80, "%.*s", (int)size, at);
        at += size + (at[size] == '\n');
    }
}

Test(man, completions_name_every_command_and_option)
{
    static void (*const makers[])(struct buf * out) = {completion_bash, completion_zsh, completion_fish};
    for (size_t m = 0; m < sizeof makers / sizeof makers[0]; m++) {
        make(makers[m]);
        for (size_t i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
            cr_expect(says(opt_commands[i].name), "maker %zu: %s", m, opt_commands[i].name);
        for (size_t i = 0; i < opt_option_count; i++)
            cr_expect(says(opt_options[i].name), "maker %zu: %s", m, opt_options[i].name);
    }
}

Test(man, completions_offer_the_choices)
{
    make(completion_bash);
    cr_assert(says("compgen -W 'auto always never'"));
    make(completion_zsh);
    cr_assert(says(":WHEN:(auto always never)"));
    make(completion_fish);
    cr_assert(says("-l color -x -a 'auto always never'"));
}
