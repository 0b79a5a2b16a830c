/* What opt_parse refuses, and in which words. */
#include <criterion/criterion.h>

#include "typed.h"

struct refusal {
    const char *line;
    const char *says; /* a part of the message */
};

static const struct refusal refusals[] = {
    {"occuport", "no command given"},
    {"occuport -v", "no command given"},
    {"occuport --json", "no command given"},
    {"occuport --", "no command given"},
    {"occuport rnu job.yaml", "unknown command 'rnu'; did you mean 'run'?"},
    {"occuport stats job.yaml", "unknown command 'stats'; did you mean 'status'?"},
    {"occuport frobnicate", "unknown command 'frobnicate'"},
    {"occuport ''", "unknown command ''"},
    {"occuport -", "unknown command '-'"},
    {"occuport job.yaml", "did you mean 'occuport run job.yaml'?"},
    {"occuport night.yml", "did you mean 'occuport run night.yml'?"},
    {"occuport .yml", "unknown command '.yml'"},
    {"occuport run", "no job given: 'occuport run' needs a job file"},
    {"occuport check --", "no job given: 'occuport check' needs a job file"},
    {"occuport run --jsn a", "unknown option '--jsn'; did you mean '--json'?"},
    {"occuport run --max-runtim=2h a", "unknown option '--max-runtim'; did you mean '--max-runtime'?"},
    {"occuport run --colour never a", "unknown option '--colour'; did you mean '--color'?"},
    {"occuport run --frobnicate a", "unknown option '--frobnicate'"},
    {"occuport run --=x a", "unknown option '--'"},
    {"occuport run --jso a", "unknown option '--jso'; did you mean '--json'?"},
    {"occuport run --JSON a", "unknown option '--JSON'; did you mean '--json'?"},
    {"occuport run -x a", "unknown option '-x'"},
    {"occuport run -vx a", "unknown option '-x'"},
    {"occuport run --max-age 2h a", "'occuport run' has no option '--max-age'"},
    {"occuport --json check a", "'occuport check' has no option '--json'"},
    {"occuport check -o f a", "'occuport check' has no option '--output'"},
    {"occuport run a --max-runtime", "option '--max-runtime' needs an argument: DURATION"},
    {"occuport init -o", "option '--output' needs an argument: FILE"},
    {"occuport init -vo", "option '--output' needs an argument: FILE"},
    {"occuport run --json=yes a", "option '--json' takes no argument"},
    {"occuport run --quiet= a", "option '--quiet' takes no argument"},
    {"occuport run --max-runtime soon a", "option '--max-runtime': 'soon' is no duration such as 90s"},
    {"occuport run --max-runtime= a", "option '--max-runtime': '' is no duration"},
    {"occuport run --max-runtime 2 a", "'2' is no duration"},
    {"occuport run --max-runtime -2h a", "'-2h' is no duration"},
    {"occuport run --max-runtime 1.5h a", "'1.5h' is no duration"},
    {"occuport run --max-runtime 99999999999999999999d a", "is no duration"},
    {"occuport run --max-runtime 0s a", "'0s' is not between 1s and 3650d"},
    {"occuport run --max-runtime 3651d a", "'3651d' is not between 1s and 3650d"},
    {"occuport run --color alwys a",
     "option '--color' takes auto, always or never, not 'alwys'; did you mean 'always'?"},
    {"occuport run --color= a", "takes auto, always or never, not ''"},
    {"occuport run --log-format xml a", "option '--log-format' takes text or json, not 'xml'"},
    {"occuport schedule --workers many a", "option '--workers': 'many' is no whole number from 1 to 1000"},
    {"occuport schedule --workers 0 a", "'0' is no whole number from 1 to 1000"},
    {"occuport schedule --workers 1001 a", "'1001' is no whole number from 1 to 1000"},
    {"occuport run --workers 2 a", "'occuport run' has no option '--workers'"},
    {"occuport init a b", "'occuport init' takes at most 1 operand; 'b' is one too many"},
    {"occuport init -o a b", "writes one file, not both 'a' and 'b'"},
    {"occuport init ''", "needs the name of a file"},
    {"occuport init --output=", "option '--output' needs the name of a file"},
    {"occuport report -o x.html a b", "'occuport report' writes one file a job; leave '--output' out, or name one job"},
};

Test(opt_refuses, each_mistake_in_words)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct typed line;
        struct opt_result result = {.job_count = 77};
        struct err err = {0};
        typed(&line, refusals[i].line);
        enum status status = opt_parse(line.argc, line.argv, &result, &err);
        cr_expect_eq(status, STATUS_USAGE, "%s", refusals[i].line);
        cr_expect_eq(err.kind, STATUS_USAGE, "%s", refusals[i].line);
        cr_expect_eq(result.job_count, 77, "%s: the result is untouched", refusals[i].line);
        cr_expect(strstr(err.message, refusals[i].says) != NULL, "%s: says '%s'", refusals[i].line, err.message);
    }
}

Test(opt_refuses, far_words_are_not_suggested)
{
    struct typed line;
    struct opt_result result;
    struct err err = {0};
    typed(&line, "occuport run --frobnicate a");
    cr_assert_eq(opt_parse(line.argc, line.argv, &result, &err), STATUS_USAGE);
    cr_assert_null(strstr(err.message, "did you mean"), "%s", err.message);
}

Test(opt_refuses, options_of_other_commands_are_not_suggested)
{
    struct typed line;
    struct opt_result result;
    struct err err = {0};
    typed(&line, "occuport run --max-ag 1h a");
    cr_assert_eq(opt_parse(line.argc, line.argv, &result, &err), STATUS_USAGE);
    cr_assert_null(strstr(err.message, "did you mean"), "%s", err.message);
}

Test(opt_refuses, option_name_of_any_length_is_cut)
{
    char option[4096];
    memset(option, 'x', sizeof option);
    memcpy(option, "--", 2);
    option[sizeof option - 1] = '\0';
    char program[] = "occuport";
    char *argv[] = {program, option, NULL};
    struct opt_result result;
    struct err err = {0};
    cr_assert_eq(opt_parse(2, argv, &result, &err), STATUS_USAGE);
    cr_assert(strlen(err.message) < 200);
}

Test(opt_refuses, control_characters_do_not_reach_the_terminal)
{
    struct typed line;
    struct opt_result result;
    struct err err = {0};
    typed(&line, "occuport \x1b[31mred");
    cr_assert_eq(opt_parse(line.argc, line.argv, &result, &err), STATUS_USAGE);
    cr_assert_null(strchr(err.message, '\x1b'));
}

Test(opt_refuses, one_job_more_than_the_maximum)
{
    char job[] = "job.yaml";
    char program[] = "occuport";
    char command[] = "run";
    char *argv[OPT_JOBS_MAX + 3] = {program, command};
    for (size_t i = 0; i <= OPT_JOBS_MAX; i++)
        argv[i + 2] = job;
    struct opt_result result;
    struct err err = {0};
    cr_assert_eq(opt_parse(OPT_JOBS_MAX + 3, argv, &result, &err), STATUS_USAGE);
    cr_assert(strstr(err.message, "at most 256 operands") != NULL, "%s", err.message);
}

Test(opt_refuses, no_arguments_at_all_is_no_command)
{
    char *argv[] = {NULL};
    struct opt_result result;
    struct err err = {0};
    cr_assert_eq(opt_parse(0, argv, &result, &err), STATUS_USAGE);
    cr_assert(strstr(err.message, "no command given") != NULL);
}

Test(opt_refuses, err_may_be_null)
{
    struct typed line;
    struct opt_result result;
    typed(&line, "occuport run --color x a");
    cr_assert_eq(opt_parse(line.argc, line.argv, &result, NULL), STATUS_USAGE);
}
