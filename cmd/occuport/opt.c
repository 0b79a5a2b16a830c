#include "opt.h"

#include "core/text.h"
#include "opt_table.h"

#include <string.h>

enum { WORD_MAX = 64 };

/* What has been read so far. Options are checked against the command at the end, since they may come before it. */
struct parser {
    int argc;
    char *const *argv;
    int next; /* the argument to read next */
    bool options_ended;
    bool used[OPT_OPTIONS_MAX]; /* by row of opt_options */
    struct opt_result result;
};

static const char *take_argument(struct parser *parser)
{
    return parser->next < parser->argc ? parser->argv[parser->next++] : NULL;
}

static void *field_of(struct parser *parser, const struct opt_option *option)
{
    return (char *)&parser->result + option->offset;
}

/* The choices as a sentence shows them: "auto, always or never". */
static void list_choices(const char *const *choices, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; choices[i] != NULL && used < size; i++) {
        const char *glue = i == 0 ? "" : choices[i + 1] == NULL ? " or " : ", ";
        int length = snprintf(out + used, size - used, "%s%s", glue, choices[i]);
        used += length > 0 ? (size_t)length : 0;
    }
}

static enum status store_choice(struct parser *parser, const struct opt_option *option, const char *text,
                                struct err *err)
{
    size_t count = 0;
    for (; option->choices[count] != NULL; count++) {
        if (strcmp(option->choices[count], text) == 0) {
            unsigned value = (unsigned)count;
            _Static_assert(sizeof(enum opt_color) == sizeof value && sizeof(enum log_format) == sizeof value,
                           "an enum is stored as an unsigned");
            memcpy(field_of(parser, option), &value, sizeof value);
            return STATUS_OK;
        }
    }
    char words[WORD_MAX];
    list_choices(option->choices, words, sizeof words);
    const char *near = text_nearest(text, option->choices, count);
    if (near != NULL)
        return err_set(err, STATUS_USAGE, "option '--%s' takes %s, not '%s'; did you mean '%s'?", option->name, words,
                       text, near);
    return err_set(err, STATUS_USAGE, "option '--%s' takes %s, not '%s'", option->name, words, text);
}

static enum status store_duration(struct parser *parser, const struct opt_option *option, const char *text,
                                  struct err *err)
{
    struct opt_duration duration = {.given = true};
    if (!text_to_duration(text, &duration.seconds))
        return err_set(err, STATUS_USAGE, "option '--%s': '%s' is no duration such as 90s, 30m, 2h or 3d", option->name,
                       text);
    if (duration.seconds < option->minimum || duration.seconds > option->maximum)
        return err_set(err, STATUS_USAGE, "option '--%s': '%s' is not between %llds and %lldd", option->name, text,
                       (long long)option->minimum, (long long)(option->maximum / 86400));
    memcpy(field_of(parser, option), &duration, sizeof duration);
    return STATUS_OK;
}

static enum status store_number(struct parser *parser, const struct opt_option *option, const char *text,
                                struct err *err)
{
    int64_t number;
    if (!text_to_int64(text, strlen(text), &number) || number < option->minimum || number > option->maximum)
        return err_set(err, STATUS_USAGE, "option '--%s': '%s' is no whole number from %lld to %lld", option->name,
                       text, (long long)option->minimum, (long long)option->maximum);
    int value = (int)number;
    memcpy(field_of(parser, option), &value, sizeof value);
    return STATUS_OK;
}

static enum status store_file(struct parser *parser, const struct opt_option *option, const char *text, struct err *err)
{
    if (text[0] == '\0')
        return err_set(err, STATUS_USAGE, "option '--%s' needs the name of a file", option->name);
    memcpy(field_of(parser, option), &text, sizeof text);
    return STATUS_OK;
}

static enum status store_day(struct parser *parser, const struct opt_option *option, const char *text, struct err *err)
{
    struct opt_day day = {.given = true};
    if (!civil_day_parse(text, strlen(text), &day.day))
        return err_set(err, STATUS_USAGE, "option '--%s': '%s' is no date such as 2025-01-31", option->name, text);
    memcpy(field_of(parser, option), &day, sizeof day);
    return STATUS_OK;
}

static enum status too_many(const struct opt_option *option, struct err *err)
{
    return err_set(err, STATUS_USAGE, "option '--%s' is given more than %d times", option->name, OPT_IDS_MAX);
}

static enum status store_id(struct parser *parser, const struct opt_option *option, const char *text, struct err *err)
{
    struct opt_ids *ids = field_of(parser, option);
    int64_t id;
    if (!text_to_int64(text, strlen(text), &id))
        return err_set(err, STATUS_USAGE, "option '--%s': '%s' is no id: a whole number", option->name, text);
    if (ids->count == OPT_IDS_MAX)
        return too_many(option, err);
    ids->ids[ids->count++] = id;
    return STATUS_OK;
}

static enum status store_text(struct parser *parser, const struct opt_option *option, const char *text, struct err *err)
{
    struct opt_texts *texts = field_of(parser, option);
    if (text[0] == '\0')
        return err_set(err, STATUS_USAGE, "option '--%s' needs a text", option->name);
    if (texts->count == OPT_IDS_MAX)
        return too_many(option, err);
    texts->texts[texts->count++] = text;
    return STATUS_OK;
}

/* value is "" for an option that takes none. */
static enum status store(struct parser *parser, const struct opt_option *option, const char *value, struct err *err)
{
    parser->used[option - opt_options] = true;
    switch (option->type) {
    case OPT_FLAG: *(bool *)field_of(parser, option) = true; return STATUS_OK;
    case OPT_COUNT: *(unsigned *)field_of(parser, option) += 1; return STATUS_OK;
    case OPT_CHOICE: return store_choice(parser, option, value, err);
    case OPT_DURATION: return store_duration(parser, option, value, err);
    case OPT_NUMBER: return store_number(parser, option, value, err);
    case OPT_FILE: return store_file(parser, option, value, err);
    case OPT_DAY: return store_day(parser, option, value, err);
    case OPT_ID: return store_id(parser, option, value, err);
    case OPT_TEXT: return store_text(parser, option, value, err);
    }
    return err_set(err, STATUS_BUG, "option '--%s' has no type", option->name);
}

/* Stores an option whose argument, if it takes one, is inline_value or else the next word. */
static enum status store_with_argument(struct parser *parser, const struct opt_option *option, const char *inline_value,
                                       struct err *err)
{
    if (option->word == NULL)
        return store(parser, option, "", err);
    const char *value = inline_value != NULL ? inline_value : take_argument(parser);
    if (value == NULL)
        return err_set(err, STATUS_USAGE, "option '--%s' needs an argument: %s", option->name, option->word);
    return store(parser, option, value, err);
}

static enum status unknown_option(const struct parser *parser, const char *name, struct err *err)
{
    const char *names[OPT_OPTIONS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < opt_option_count; i++) {
        if (parser->result.command == COMMAND_NONE || opt_belongs(&opt_options[i], parser->result.command))
            names[count++] = opt_options[i].name;
    }
    const char *near = text_nearest(name, names, count);
    if (near != NULL)
        return err_set(err, STATUS_USAGE, "unknown option '--%s'; did you mean '--%s'?", name, near);
    return err_set(err, STATUS_USAGE, "unknown option '--%s'", name);
}

/* "--name", "--name=value" or "--name value"; text begins behind the dashes. */
static enum status parse_long(struct parser *parser, const char *text, struct err *err)
{
    const char *equals = strchr(text, '=');
    size_t size = equals != NULL ? (size_t)(equals - text) : strlen(text);
    for (size_t i = 0; i < opt_option_count; i++) {
        const struct opt_option *option = &opt_options[i];
        if (strlen(option->name) != size || memcmp(option->name, text, size) != 0)
            continue;
        if (equals != NULL && option->word == NULL)
            return err_set(err, STATUS_USAGE, "option '--%s' takes no argument", option->name);
        return store_with_argument(parser, option, equals != NULL ? equals + 1 : NULL, err);
    }
    char name[WORD_MAX];
    snprintf(name, sizeof name, "%.*s", (int)(size < sizeof name ? size : sizeof name - 1), text);
    return unknown_option(parser, name, err);
}

/* "-q", "-vvq", "-oFILE" or "-o FILE"; text begins behind the dash. */
static enum status parse_letters(struct parser *parser, const char *text, struct err *err)
{
    for (const char *at = text; *at != '\0'; at++) {
        const struct opt_option *option = NULL;
        for (size_t i = 0; i < opt_option_count && option == NULL; i++) {
            if (opt_options[i].letter == *at)
                option = &opt_options[i];
        }
        if (option == NULL)
            return err_set(err, STATUS_USAGE, "unknown option '-%c'", *at);
        bool takes_rest = option->word != NULL && at[1] != '\0';
        enum status status = store_with_argument(parser, option, takes_rest ? at + 1 : NULL, err);
        if (status != STATUS_OK || takes_rest)
            return status;
    }
    return STATUS_OK;
}

static enum status unknown_command(const char *word, struct err *err)
{
    const char *names[COMMAND_COUNT];
    size_t count = 0;
    for (size_t i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
        names[count++] = opt_commands[i].name;
    const char *near = text_nearest(word, names, count);
    if (near != NULL)
        return err_set(err, STATUS_USAGE, "unknown command '%s'; did you mean '%s'?", word, near);
    size_t size = strlen(word);
    if (size > 5 && (strcmp(word + size - 5, ".yaml") == 0 || strcmp(word + size - 4, ".yml") == 0))
        return err_set(err, STATUS_USAGE, "no command given before '%s'; did you mean '%s run %s'?", word, OPT_PROGRAM,
                       word);
    return err_set(err, STATUS_USAGE, "unknown command '%s'", word);
}

/* The first word that is no option names the command, the others are its operands. */
static enum status parse_word(struct parser *parser, const char *word, struct err *err)
{
    struct opt_result *result = &parser->result;
    if (result->command == COMMAND_NONE) {
        result->command = opt_command_named(word);
        return result->command != COMMAND_NONE ? STATUS_OK : unknown_command(word, err);
    }
    const struct opt_command_row *row = &opt_commands[result->command];
    if (result->job_count == row->operands_max)
        return err_set(err, STATUS_USAGE, "'%s %s' takes at most %zu operand%s; '%s' is one too many", OPT_PROGRAM,
                       row->name, row->operands_max, row->operands_max == 1 ? "" : "s", word);
    result->jobs[result->job_count++] = word;
    return STATUS_OK;
}

static enum status parse_argument(struct parser *parser, const char *argument, struct err *err)
{
    if (parser->options_ended || argument[0] != '-' || argument[1] == '\0')
        return parse_word(parser, argument, err);
    if (argument[1] != '-')
        return parse_letters(parser, argument + 1, err);
    if (argument[2] != '\0')
        return parse_long(parser, argument + 2, err);
    parser->options_ended = true;
    return STATUS_OK;
}

/* Of init the operand is the file to write, not a job to read. */
static enum status settle_output(struct opt_result *result, struct err *err)
{
    if (result->command != COMMAND_INIT || result->job_count == 0)
        return STATUS_OK;
    if (result->output != NULL)
        return err_set(err, STATUS_USAGE, "'%s init' writes one file, not both '%s' and '%s'", OPT_PROGRAM,
                       result->output, result->jobs[0]);
    if (result->jobs[0][0] == '\0')
        return err_set(err, STATUS_USAGE, "'%s init' needs the name of a file", OPT_PROGRAM);
    result->output = result->jobs[0];
    result->jobs[0] = NULL;
    result->job_count = 0;
    return STATUS_OK;
}

static enum status check_whole(struct parser *parser, struct err *err)
{
    struct opt_result *result = &parser->result;
    if (result->help || result->version)
        return STATUS_OK;
    if (result->command == COMMAND_NONE)
        return err_set(err, STATUS_USAGE, "no command given");
    const struct opt_command_row *row = &opt_commands[result->command];
    for (size_t i = 0; i < opt_option_count; i++) {
        if (parser->used[i] && !opt_belongs(&opt_options[i], result->command))
            return err_set(err, STATUS_USAGE, "'%s %s' has no option '--%s'", OPT_PROGRAM, row->name,
                           opt_options[i].name);
    }
    if (result->job_count < row->operands_min)
        return err_set(err, STATUS_USAGE, "no job given: '%s %s' needs a job file", OPT_PROGRAM, row->name);
    if (result->command == COMMAND_REPORT && result->output != NULL && result->job_count > 1)
        return err_set(err, STATUS_USAGE, "'%s report' writes one file a job; leave '--output' out, or name one job",
                       OPT_PROGRAM);
    return settle_output(result, err);
}

enum status opt_parse(int argc, char *const *argv, struct opt_result *ret_result, struct err *err)
{
    struct parser parser = {.argc = argc, .argv = argv, .next = 1};
    const char *argument;
    while ((argument = take_argument(&parser)) != NULL) {
        enum status status = parse_argument(&parser, argument, err);
        if (status != STATUS_OK)
            return status;
    }
    enum status status = check_whole(&parser, err);
    if (status == STATUS_OK)
        *ret_result = parser.result;
    return status;
}

enum log_level opt_log_level(const struct opt_result *result)
{
    if (result->quiet)
        return LOG_WARN;
    return result->verbosity == 0 ? LOG_INFO : result->verbosity == 1 ? LOG_DEBUG : LOG_TRACE;
}
