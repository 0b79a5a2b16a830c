#include "opt_table.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FOR(command) (1u << (command))
#define FIELD(name)  offsetof(struct opt_result, name)

/* Nobody means more; and sums with the clock stay far from the limits of the type. */
#define TEN_YEARS (INT64_C(3650) * 86400)

static const char *const log_formats[] = {[LOG_FORMAT_TEXT] = "text", [LOG_FORMAT_JSON] = "json", NULL};
static const char *const color_words[] = {
    [OPT_COLOR_AUTO] = "auto", [OPT_COLOR_ALWAYS] = "always", [OPT_COLOR_NEVER] = "never", NULL};

static const char *const reprocess_words[] = {
    [OPT_DUE] = "due", [OPT_MISSING] = "missing", [OPT_FAILED] = "failed", [OPT_ALL] = "all", NULL};

static const char *const schedule_words[] = {[OPT_SYSTEMD] = "systemd", [OPT_CRON] = "cron", [OPT_K8S] = "k8s", NULL};

#define RUNS    (FOR(COMMAND_RUN) | FOR(COMMAND_BACKFILL) | FOR(COMMAND_RETRY))
#define SELECTS (FOR(COMMAND_BACKFILL) | FOR(COMMAND_PLAN))

const struct opt_option opt_options[] = {
    {.name = "from",
     .type = OPT_DAY,
     .word = "DATE",
     .commands = SELECTS,
     .offset = FIELD(from),
     .help = "from this day on; may lie before the coverage"},
    {.name = "to",
     .type = OPT_DAY,
     .word = "DATE",
     .commands = SELECTS,
     .offset = FIELD(to),
     .help = "to this day, included"},
    {.name = "reprocess",
     .type = OPT_CHOICE,
     .word = "WHAT",
     .commands = SELECTS,
     .offset = FIELD(reprocess),
     .choices = reprocess_words,
     .help = "due (default), missing, failed, all (settled too)"},
    {.name = "newest-first",
     .type = OPT_FLAG,
     .commands = FOR(COMMAND_BACKFILL),
     .offset = FIELD(newest_first),
     .help = "begin with the newest days instead of the oldest"},
    {.name = "building",
     .type = OPT_ID,
     .word = "ID",
     .commands = SELECTS,
     .offset = FIELD(buildings),
     .repeatable = true,
     .help = "only this building; may be given several times"},
    {.name = "site",
     .type = OPT_ID,
     .word = "ID",
     .commands = SELECTS,
     .offset = FIELD(sites),
     .repeatable = true,
     .help = "only this site; may be given several times"},
    {.name = "group",
     .type = OPT_TEXT,
     .word = "ID",
     .commands = SELECTS,
     .offset = FIELD(groups),
     .repeatable = true,
     .help = "only this group; may be given several times"},
    {.name = "json",
     .type = OPT_FLAG,
     .commands = RUNS | FOR(COMMAND_PLAN) | FOR(COMMAND_STATUS),
     .offset = FIELD(json),
     .help = "print the result as one JSON object on stdout"},
    {.name = "max-runtime",
     .type = OPT_DURATION,
     .word = "DURATION",
     .commands = RUNS,
     .offset = FIELD(max_runtime),
     .minimum = 1,
     .maximum = TEN_YEARS,
     .help = "stop after DURATION (90s, 30m, 2h) and exit 75"},
    {.name = "worker",
     .type = OPT_FLAG,
     .commands = RUNS,
     .offset = FIELD(worker),
     .help = "share the work of many machines (PostgreSQL)"},
    {.name = "max-age",
     .type = OPT_DURATION,
     .word = "DURATION",
     .commands = FOR(COMMAND_STATUS),
     .offset = FIELD(max_age),
     .minimum = 1,
     .maximum = TEN_YEARS,
     .help = "exit 75 when the newest stored slice is older than DURATION (36h, 3d)"},
    {.name = "online",
     .type = OPT_FLAG,
     .commands = FOR(COMMAND_CHECK),
     .offset = FIELD(online),
     .help = "also log in, check every column against the server and fetch one slice as a try; nothing is stored"},
    {.name = "format",
     .type = OPT_CHOICE,
     .word = "FORMAT",
     .commands = FOR(COMMAND_SCHEDULE),
     .offset = FIELD(schedule),
     .choices = schedule_words,
     .help = "systemd (a service and a timer; the default), cron or k8s"},
    {.name = "workers",
     .type = OPT_NUMBER,
     .word = "N",
     .commands = FOR(COMMAND_SCHEDULE),
     .offset = FIELD(workers),
     .minimum = 1,
     .maximum = 1000,
     .help = "with --format k8s: an Indexed Job of N pods that share the work through PostgreSQL"},
    {.name = "output",
     .letter = 'o',
     .type = OPT_FILE,
     .word = "FILE",
     .commands = FOR(COMMAND_INIT) | FOR(COMMAND_REPORT),
     .offset = FIELD(output),
     .help = "write to FILE; of init it must not exist yet, of report it is replaced, and - is stdout"},
    {.name = "quiet",
     .letter = 'q',
     .type = OPT_FLAG,
     .commands = OPT_GLOBAL,
     .offset = FIELD(quiet),
     .help = "log only warnings and errors"},
    {.name = "verbose",
     .letter = 'v',
     .type = OPT_COUNT,
     .commands = OPT_GLOBAL,
     .offset = FIELD(verbosity),
     .repeatable = true,
     .help = "log more; -vv logs more still"},
    {.name = "log-format",
     .type = OPT_CHOICE,
     .word = "FORMAT",
     .commands = OPT_GLOBAL,
     .offset = FIELD(log_format),
     .choices = log_formats,
     .help = "log lines as text or as json"},
    {.name = "color",
     .type = OPT_CHOICE,
     .word = "WHEN",
     .commands = OPT_GLOBAL,
     .offset = FIELD(color),
     .choices = color_words,
     .help = "use color: auto, always or never"},
    {.name = "help",
     .letter = 'h',
     .type = OPT_FLAG,
     .commands = OPT_GLOBAL,
     .offset = FIELD(help),
     .help = "show the help of the program or of a command"},
    {.name = "version",
     .letter = 'V',
     .type = OPT_FLAG,
     .commands = OPT_GLOBAL,
     .offset = FIELD(version),
     .help = "show the version"},
};
const size_t opt_option_count = COUNT(opt_options);
_Static_assert(COUNT(opt_options) <= OPT_OPTIONS_MAX, "the parser marks the options it has seen");

const struct opt_command_row opt_commands[COMMAND_COUNT] = {
    [COMMAND_NONE] = {.examples = {{"occuport init job.yaml", "Write a starter job to edit."},
                                   {"occuport run job.yaml", "Fetch what is missing."}}},
    [COMMAND_RUN] = {.name = "run",
                     .summary = "fetch every due slice that is missing, failed or not yet settled",
                     .description = "Compares what each job promises with what is stored, fetches the difference and "
                                    "commits rows and bookkeeping together. Several jobs run in order; the worst exit "
                                    "code counts. Running again continues where the last run ended.",
                     .operands = "JOB.yaml...",
                     .operands_min = 1,
                     .operands_max = OPT_JOBS_MAX,
                     .examples = {{"occuport run job.yaml", "Fetch what is missing."},
                                  {"occuport run --json --max-runtime 2h job.yaml",
                                   "The same for two hours at most, with a summary for a program."}}},
    [COMMAND_BACKFILL] =
        {.name = "backfill",
         .summary = "fetch a range of history, or fetch it again",
         .description = "Fetches a range of days, oldest first, or chosen buildings, sites and groups; --reprocess all "
                        "also fetches settled days. A nightly run comes first.",
         .operands = "JOB.yaml...",
         .operands_min = 1,
         .operands_max = OPT_JOBS_MAX,
         .examples = {{"occuport backfill --from 2024-01-01 --to 2024-12-31 job.yaml", "Fetch what is due of a year."},
                      {"occuport backfill --reprocess all --building 71 job.yaml",
                       "Fetch one building again, settled days too."}}},
    [COMMAND_RETRY] = {.name = "retry",
                       .summary = "fetch only the slices whose last attempt failed",
                       .description = "Does what run does, but only for failed slices.",
                       .operands = "JOB.yaml...",
                       .operands_min = 1,
                       .operands_max = OPT_JOBS_MAX,
                       .examples = {{"occuport retry job.yaml", "Try again what failed last night."}}},
    [COMMAND_PLAN] = {.name = "plan",
                      .summary = "show what run would fetch and why; sends nothing",
                      .description =
                          "Shows the slices that are due by reason, how many requests they need and how long "
                          "these take under the rate limit. Nothing is sent and nothing is written.",
                      .operands = "JOB.yaml...",
                      .operands_min = 1,
                      .operands_max = OPT_JOBS_MAX,
                      .examples = {{"occuport plan job.yaml", "See what the next run will do."}}},
    [COMMAND_STATUS] = {.name = "status",
                        .summary = "show coverage, failures, freshness and the last runs",
                        .description =
                            "Shows from the bookkeeping of the destinations what is covered, what failed and "
                            "how fresh it is. Nothing is sent.",
                        .operands = "JOB.yaml...",
                        .operands_min = 1,
                        .operands_max = OPT_JOBS_MAX,
                        .examples = {{"occuport status job.yaml", "Look at the coverage."},
                                     {"occuport status --max-age 36h job.yaml",
                                      "For a monitor: exit 75 when the data is older than that."}}},
    [COMMAND_CHECK] = {.name = "check",
                       .summary = "validate a job, with --online also against the server",
                       .description =
                           "Reads each job file and reports everything that is wrong with it, with line and "
                           "column. Nothing is sent and nothing is written. With --online it logs in, and "
                           "says which dialect works, what the server offers, which columns it has and how "
                           "many rows one slice has; a column that it does not have is exit 78. Of a PostgreSQL "
                           "destination it tells versions, encryption and rights.",
                       .operands = "JOB.yaml...",
                       .operands_min = 1,
                       .operands_max = OPT_JOBS_MAX,
                       .examples = {{"occuport check job.yaml", "Validate a job after editing it."},
                                    {"occuport check --online job.yaml", "Ask the server as well."}}},
    [COMMAND_DISCOVER] = {.name = "discover",
                          .summary = "show sites, buildings, groups and columns as a block for a job",
                          .description =
                              "Asks the API what it shows to this login and prints a buildings: block that can be "
                              "pasted into a job, with codes, floors and names as comments. Groups and granularities "
                              "are those of the newest rows. The job file needs nothing but the credentials to be "
                              "right; one made by init will do.",
                          .operands = "JOB.yaml...",
                          .operands_min = 1,
                          .operands_max = OPT_JOBS_MAX,
                          .examples = {{"occuport discover job.yaml", "See what there is to fetch."}}},
    [COMMAND_REPORT] =
        {.name = "report",
         .summary = "write coverage, occupancy and runs as one HTML page",
         .description = "Writes one HTML file that needs no network: what is covered and what failed, mean occupancy "
                        "by hour of week of each site, mean and peak of each day, corrections and runs. Without -o "
                        "it lies beside the job and is named like it. Nothing is sent.",
         .operands = "JOB.yaml...",
         .operands_min = 1,
         .operands_max = OPT_JOBS_MAX,
         .examples = {{"occuport report job.yaml", "Write job.html, to be opened in a browser."},
                      {"occuport report -o /var/www/occupancy.html job.yaml",
                       "The same for a web server, replaced at once."}}},
    [COMMAND_SCHEDULE] = {.name = "schedule",
                          .summary = "print what starts a job every night: systemd, cron or Kubernetes",
                          .description =
                              "Prints a systemd service and timer, a crontab line or a Kubernetes CronJob for the job: "
                              "once at a time, spread over the hour, credentials kept apart; but for cron, tried again "
                              "where another try can help. Nothing is installed.",
                          .operands = "JOB.yaml...",
                          .operands_min = 1,
                          .operands_max = OPT_JOBS_MAX,
                          .examples = {{"occuport schedule job.yaml", "See the systemd units."},
                                       {"occuport schedule --format cron job.yaml", "A line for crontab -e."},
                                       {"occuport schedule --format k8s --workers 8 job.yaml",
                                        "Eight pods a night, all writing to one PostgreSQL."}}},
    [COMMAND_INIT] =
        {.name = "init",
         .summary = "write a commented starter job",
         .description = "Writes a starter job with a comment for every key, to FILE or, without one, to "
                        "stdout. With FILE and on a terminal it asks for building, sites, group, time zone, first day "
                        "and database; an empty answer keeps the example. A file that exists is never "
                        "overwritten.",
         .operands = "[FILE]",
         .operands_min = 0,
         .operands_max = 1,
         .examples = {{"occuport init job.yaml", "Write a starter job to edit."}}},
};

const struct opt_fact opt_exit_codes[] = {
    {"0", "All covered. A quiet day without rows is no error."},
    {"64", "The command line is wrong."},
    {"65", "Rows were quarantined; everything else is stored."},
    {"69", "The API could not be reached; nothing was fetched."},
    {"70", "A bug in occuport, or out of memory."},
    {"73", "A destination cannot be created."},
    {"74", "A destination cannot be read or written."},
    {"75", "Some slices failed, or the run was interrupted, was out of time or found another run of the job: run again "
           "to continue."},
    {"77", "The credentials were refused."},
    {"78", "The job file is wrong."},
};
const size_t opt_exit_code_count = COUNT(opt_exit_codes);

const struct opt_fact opt_environment[] = {
    {"INNERSPACE_CLIENT_ID",
     "The client id, where the job file says ${INNERSPACE_CLIENT_ID}, as the starter job does."},
    {"INNERSPACE_CLIENT_SECRET", "The client secret, likewise."},
    {"HTTPS_PROXY, ALL_PROXY, NO_PROXY",
     "The proxy for requests to the API and the hosts that are reached without it; also in lower case."},
    {"NO_COLOR", "When set and not empty, no color is used unless --color=always is given."},
    {"OCCUPORT_NOW", "Seconds since the epoch, taken as the present time: for a rehearsal on another day."},
};
const size_t opt_environment_count = COUNT(opt_environment);

const struct opt_fact opt_files[] = {
    {"JOB.yaml", "What must be covered and where the rows go; relative paths in it are relative to it."},
    {OCCUPORT_DOC_DIR "/examples/example.yaml", "An example of a job with every key."},
    {OCCUPORT_DATA_DIR "/occuport/schema.json", "The JSON Schema of a job file, for editors."},
};
const size_t opt_file_count = COUNT(opt_files);

bool opt_belongs(const struct opt_option *option, enum opt_command command)
{
    if (command == COMMAND_NONE)
        return option->commands == OPT_GLOBAL;
    return (option->commands & FOR(command)) != 0;
}

enum opt_command opt_command_named(const char *name)
{
    for (unsigned i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
        if (strcmp(opt_commands[i].name, name) == 0)
            return (enum opt_command)i;
    }
    return COMMAND_NONE;
}
