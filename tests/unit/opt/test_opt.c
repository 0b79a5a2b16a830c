/* What opt_parse understands. */
#include <criterion/criterion.h>

#include "typed.h"

static struct typed line;

static struct opt_result parsed(const char *text)
{
    struct opt_result result = {0};
    struct err err = {0};
    typed(&line, text);
    enum status status = opt_parse(line.argc, line.argv, &result, &err);
    cr_assert_eq(status, STATUS_OK, "%s: %s", text, err.message);
    return result;
}

Test(opt, run_takes_a_job_and_defaults)
{
    struct opt_result result = parsed("occuport run job.yaml");
    cr_assert_eq(result.command, COMMAND_RUN);
    cr_assert_eq(result.job_count, 1);
    cr_assert_str_eq(result.jobs[0], "job.yaml");
    cr_assert(!result.json && !result.quiet && !result.help && !result.version);
    cr_assert(!result.max_runtime.given && !result.max_age.given);
    cr_assert_eq(result.verbosity, 0);
    cr_assert_eq(result.log_format, LOG_FORMAT_TEXT);
    cr_assert_eq(result.color, OPT_COLOR_AUTO);
    cr_assert_null(result.output);
}

Test(opt, every_command_is_known_by_its_name)
{
    cr_assert_eq(parsed("occuport plan a").command, COMMAND_PLAN);
    cr_assert_eq(parsed("occuport status a").command, COMMAND_STATUS);
    cr_assert_eq(parsed("occuport check a").command, COMMAND_CHECK);
    cr_assert_eq(parsed("occuport init").command, COMMAND_INIT);
}

Test(opt, jobs_keep_their_order)
{
    struct opt_result result = parsed("occuport check b.yaml a.yaml b.yaml");
    cr_assert_eq(result.job_count, 3);
    cr_assert_str_eq(result.jobs[0], "b.yaml");
    cr_assert_str_eq(result.jobs[1], "a.yaml");
    cr_assert_str_eq(result.jobs[2], "b.yaml");
}

Test(opt, options_may_stand_anywhere)
{
    struct opt_result result = parsed("occuport --json -q run a.yaml --max-runtime 2h b.yaml --color never");
    cr_assert_eq(result.command, COMMAND_RUN);
    cr_assert(result.json && result.quiet);
    cr_assert(result.max_runtime.given);
    cr_assert_eq(result.max_runtime.seconds, 7200);
    cr_assert_eq(result.color, OPT_COLOR_NEVER);
    cr_assert_eq(result.job_count, 2);
    cr_assert_str_eq(result.jobs[1], "b.yaml");
}

Test(opt, argument_behind_an_equals_sign)
{
    struct opt_result result = parsed("occuport status --max-age=36h --log-format=json --color=always job.yaml");
    cr_assert_eq(result.max_age.seconds, 36 * 3600);
    cr_assert_eq(result.log_format, LOG_FORMAT_JSON);
    cr_assert_eq(result.color, OPT_COLOR_ALWAYS);
}

Test(opt, argument_may_hold_an_equals_sign)
{
    cr_assert_str_eq(parsed("occuport init --output=a=b.yaml").output, "a=b.yaml");
}

Test(opt, letters_may_be_clustered)
{
    struct opt_result result = parsed("occuport run -vqv job.yaml");
    cr_assert(result.quiet);
    cr_assert_eq(result.verbosity, 2);
    cr_assert_eq(result.job_count, 1);
}

Test(opt, last_letter_of_a_cluster_may_take_the_rest_or_the_next_word)
{
    cr_assert_str_eq(parsed("occuport init -voFILE.yaml").output, "FILE.yaml");
    cr_assert_str_eq(parsed("occuport init -vo FILE.yaml").output, "FILE.yaml");
    cr_assert_str_eq(parsed("occuport init -o -").output, "-");
}

Test(opt, double_dash_ends_options)
{
    struct opt_result result = parsed("occuport run -- --json -v --");
    cr_assert(!result.json);
    cr_assert_eq(result.verbosity, 0);
    cr_assert_eq(result.job_count, 3);
    cr_assert_str_eq(result.jobs[0], "--json");
    cr_assert_str_eq(result.jobs[1], "-v");
    cr_assert_str_eq(result.jobs[2], "--");
}

Test(opt, double_dash_may_stand_before_the_command)
{
    struct opt_result result = parsed("occuport -- run job.yaml");
    cr_assert_eq(result.command, COMMAND_RUN);
    cr_assert_str_eq(result.jobs[0], "job.yaml");
}

Test(opt, single_dash_is_a_word)
{
    cr_assert_str_eq(parsed("occuport check -").jobs[0], "-");
}

Test(opt, job_named_like_a_command_is_a_job)
{
    struct opt_result result = parsed("occuport run plan");
    cr_assert_eq(result.command, COMMAND_RUN);
    cr_assert_str_eq(result.jobs[0], "plan");
}

Test(opt, last_of_two_equal_options_counts)
{
    struct opt_result result = parsed("occuport run --max-runtime 1h --color always --color auto --max-runtime 5m a");
    cr_assert_eq(result.max_runtime.seconds, 300);
    cr_assert_eq(result.color, OPT_COLOR_AUTO);
}

Test(opt, limits_of_a_duration_are_allowed)
{
    cr_assert_eq(parsed("occuport run --max-runtime 1s a").max_runtime.seconds, 1);
    cr_assert_eq(parsed("occuport run --max-runtime 3650d a").max_runtime.seconds, INT64_C(3650) * 86400);
}

Test(opt, help_demands_nothing_else)
{
    struct opt_result result = parsed("occuport --help");
    cr_assert(result.help);
    cr_assert_eq(result.command, COMMAND_NONE);
    result = parsed("occuport run --help");
    cr_assert(result.help);
    cr_assert_eq(result.command, COMMAND_RUN);
    cr_assert_eq(parsed("occuport -h status").command, COMMAND_STATUS);
}

Test(opt, version_demands_nothing_else)
{
    cr_assert(parsed("occuport --version").version);
    cr_assert(parsed("occuport -V").version);
    cr_assert(parsed("occuport run --version").version);
}

Test(opt, init_writes_to_stdout_without_a_file)
{
    struct opt_result result = parsed("occuport init");
    cr_assert_null(result.output);
    cr_assert_eq(result.job_count, 0);
}

Test(opt, init_takes_its_file_as_operand_or_option)
{
    struct opt_result result = parsed("occuport init job.yaml");
    cr_assert_str_eq(result.output, "job.yaml");
    cr_assert_eq(result.job_count, 0);
    cr_assert_str_eq(parsed("occuport init --output job.yaml").output, "job.yaml");
}

Test(opt, as_many_jobs_as_the_maximum)
{
    char *argv[OPT_JOBS_MAX + 2] = {(char[]){"occuport"}, (char[]){"run"}};
    char job[] = "job.yaml";
    for (size_t i = 0; i < OPT_JOBS_MAX; i++)
        argv[i + 2] = job;
    struct opt_result result = {0};
    struct err err = {0};
    cr_assert_eq(opt_parse(OPT_JOBS_MAX + 2, argv, &result, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(result.job_count, OPT_JOBS_MAX);
    cr_assert_str_eq(result.jobs[OPT_JOBS_MAX - 1], "job.yaml");
}

Test(opt, log_level_follows_quiet_and_verbose)
{
    struct opt_result result = parsed("occuport run a");
    cr_assert_eq(opt_log_level(&result), LOG_INFO);
    result = parsed("occuport run -v a");
    cr_assert_eq(opt_log_level(&result), LOG_DEBUG);
    result = parsed("occuport run -vv a");
    cr_assert_eq(opt_log_level(&result), LOG_TRACE);
    result = parsed("occuport run -vvvvv a");
    cr_assert_eq(opt_log_level(&result), LOG_TRACE);
    result = parsed("occuport run -vv -q a");
    cr_assert_eq(opt_log_level(&result), LOG_WARN, "quiet wins");
}

Test(opt, report_writes_one_file_a_job)
{
    struct opt_result result = parsed("occuport report a.yaml b.yaml");
    cr_assert_eq(result.command, COMMAND_REPORT);
    cr_assert_null(result.output);
    cr_assert_str_eq(parsed("occuport report -o - a.yaml").output, "-");
}
