#include "options.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

enum { OPTIONS_MAX = 96, HELP_COLUMN = 30 };

static const struct option_row *find_row(const char *name, size_t size)
{
    size_t count;
    const struct option_row *rows = sim_options_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (strlen(rows[i].name) == size && memcmp(rows[i].name, name, size) == 0)
            return &rows[i];
    }
    return NULL;
}

static enum status unknown(const char *word, size_t size, struct err *err)
{
    const char *names[OPTIONS_MAX];
    size_t count;
    const struct option_row *rows = sim_options_table(&count);
    for (size_t i = 0; i < count; i++)
        names[i] = rows[i].name;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(size < 63 ? size : 63), word);
    const char *nearest = text_nearest(name, names, count);
    if (nearest != NULL)
        return err_set(err, STATUS_USAGE, "unknown option --%s; did you mean --%s?", name, nearest);
    return err_set(err, STATUS_USAGE, "unknown option --%s; see --help", name);
}

/* The place of the value among "a|b|c", or -1. */
static int find_choice(const char *choices, const char *value)
{
    size_t size = strlen(value);
    for (int i = 0; choices != NULL; i++) {
        const char *stop = strchr(choices, '|');
        size_t length = stop != NULL ? (size_t)(stop - choices) : strlen(choices);
        if (length == size && memcmp(choices, value, size) == 0)
            return i;
        choices = stop != NULL ? stop + 1 : NULL;
    }
    return -1;
}

static enum status set_date(struct sim_options *options, const struct option_row *row, const char *value,
                            struct err *err)
{
    civil_day day;
    if (!civil_day_parse(value, strlen(value), &day))
        return err_set(err, STATUS_USAGE, "--%s: '%s' is not a date (YYYY-MM-DD)", row->name, value);
    memcpy((char *)options + row->offset, &day, sizeof day);
    if (row->offset == offsetof(struct sim_options, to))
        options->has_to = true;
    return STATUS_OK;
}

static enum status set_value(struct sim_options *options, const struct option_row *row, const char *value,
                             struct err *err)
{
    char *place = (char *)options + row->offset;
    switch (row->kind) {
    case OPTION_FLAG: memcpy(place, &(bool){true}, sizeof(bool)); return STATUS_OK;
    case OPTION_TEXT: memcpy(place, &value, sizeof value); return STATUS_OK;
    case OPTION_DATE: return set_date(options, row, value, err);
    case OPTION_INTEGER: {
        int64_t number;
        if (!text_to_int64(value, strlen(value), &number) || number < row->min || number > row->max)
            return err_set(err, STATUS_USAGE, "--%s: '%s' is not a number from %lld to %lld", row->name, value,
                           (long long)row->min, (long long)row->max);
        memcpy(place, &number, sizeof number);
        return STATUS_OK;
    }
    case OPTION_CHOICE: {
        int choice = find_choice(row->metavar, value);
        if (choice < 0)
            return err_set(err, STATUS_USAGE, "--%s: '%s' is not one of %s", row->name, value, row->metavar);
        memcpy(place, &choice, sizeof choice);
        return STATUS_OK;
    }
    }
    return err_set(err, STATUS_BUG, "--%s has no kind", row->name);
}

static enum status set_defaults(struct sim_options *options, struct err *err)
{
    *options = (struct sim_options){0};
    size_t count;
    const struct option_row *rows = sim_options_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].fallback == NULL)
            continue;
        enum status status = set_value(options, &rows[i], rows[i].fallback, err);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status sim_options_parse(struct sim_options *options, int argc, char **argv, struct err *err)
{
    enum status status = set_defaults(options, err);
    for (int i = 1; i < argc && status == STATUS_OK; i++) {
        const char *word = argv[i];
        if (strncmp(word, "--", 2) != 0 || word[2] == '\0')
            return err_set(err, STATUS_USAGE, "unexpected argument '%s'; see --help", word);
        word += 2;
        const char *value = strchr(word, '=');
        size_t size = value != NULL ? (size_t)(value - word) : strlen(word);
        const struct option_row *row = find_row(word, size);
        if (row == NULL)
            return unknown(word, size, err);
        if (row->kind == OPTION_FLAG && value != NULL)
            return err_set(err, STATUS_USAGE, "--%s takes no value", row->name);
        if (value != NULL)
            value++;
        else if (row->kind != OPTION_FLAG)
            value = ++i < argc ? argv[i] : NULL;
        if (row->kind != OPTION_FLAG && value == NULL)
            return err_set(err, STATUS_USAGE, "--%s needs a value (%s)", row->name, row->metavar);
        status = set_value(options, row, value, err);
    }
    return status;
}

void sim_options_help(struct buf *out)
{
    buf_append_text(out, "Usage: innerspace-sim [OPTIONS]\n\n"
                         "A stand-in for the InnerSpace API v2 with generated data. It listens on\n"
                         "127.0.0.1 until SIGINT or SIGTERM. Log in at /v2/oauth/token with the client\n"
                         "id and secret below, query /v2/api.\n\n"
                         "Options:\n");
    size_t count;
    const struct option_row *rows = sim_options_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct option_row *row = &rows[i];
        char left[160];
        int width = snprintf(left, sizeof left, "  --%s%s%s", row->name, row->metavar != NULL ? " " : "",
                             row->metavar != NULL ? row->metavar : "");
        if (width >= HELP_COLUMN)
            buf_appendf(out, "%s\n%*s", left, HELP_COLUMN, "");
        else
            buf_appendf(out, "%-*s", HELP_COLUMN, left);
        buf_append_wrapped(out, HELP_COLUMN, row->help);
        if (row->fallback != NULL) {
            char fallback[96];
            snprintf(fallback, sizeof fallback, " [%s]", row->fallback);
            buf_append_wrapped(out, HELP_COLUMN, fallback);
        }
        buf_append_char(out, '\n');
    }
    buf_append_text(out, "\nOCCUPORT_NOW=SECONDS in the environment sets the time of day it believes in.\n");
}

struct world_options sim_options_world(const struct sim_options *options, int64_t now)
{
    return (struct world_options){
        .seed = (uint64_t)options->seed,
        .buildings = (int)options->buildings,
        .sites = (int)options->sites,
        .groups = (int)options->groups,
        .gap_percent = (int)options->gaps,
        .history = {.late_hours = (int)options->late,
                    .restate_percent = (int)options->restate,
                    .restate_days = (int)options->restate_days,
                    .drop_percent = (int)options->drop,
                    .drop_days = (int)options->drop_after},
        .granularities = options->granularities,
        .zones = options->zones,
        .from = options->from,
        .has_to = options->has_to,
        .to = options->to,
        .partitions = (enum world_partitions)options->partitions,
        .spelling = (enum spelling)options->spelling,
        .now = now,
    };
}
