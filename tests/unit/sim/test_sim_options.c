#include "options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char program[] = "innerspace-sim";

/* Parses up to three words. */
static enum status parse(struct sim_options *options, const char *a, const char *b, const char *c, struct err *err)
{
    static char words[3][128];
    char *argv[4] = {program, NULL, NULL, NULL};
    const char *given[3] = {a, b, c};
    int argc = 1;
    for (int i = 0; i < 3 && given[i] != NULL; i++) {
        snprintf(words[i], sizeof words[i], "%s", given[i]);
        argv[argc++] = words[i];
    }
    return sim_options_parse(options, argc, argv, err);
}

static civil_day day(int year, int month, int of_month)
{
    return civil_day_from_date((struct civil_date){year, month, of_month});
}

Test(sim_options, without_switches_the_documented_defaults_hold)
{
    struct sim_options options;
    struct err err = {0};
    cr_assert_eq(parse(&options, NULL, NULL, NULL, &err), STATUS_OK, "%s", err.message);
    cr_assert_str_eq(options.listen, "127.0.0.1");
    cr_assert_str_eq(options.client_id, "demo");
    cr_assert_str_eq(options.client_secret, "demo-secret");
    cr_assert_str_eq(options.granularities, "PT1H,P1D");
    cr_assert_str_eq(options.zones, "America/Toronto,Europe/London,Australia/Sydney");
    cr_assert_eq(options.buildings, 3);
    cr_assert_eq(options.from, day(2024, 1, 1));
    cr_assert_not(options.has_to);
    cr_assert_eq(options.spelling, SPELLING_ISO_Z);
    cr_assert_eq(options.expiry, EXPIRY_401);
    cr_assert_eq(options.gzip, GZIP_ON);
    cr_assert_null(options.port_file);
    cr_assert_not(options.log);
}

Test(sim_options, every_kind_of_value_is_taken_in_both_forms)
{
    struct sim_options options;
    struct err err = {0};
    cr_assert_eq(parse(&options, "--sites=7", "--to", "2025-02-28", &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(options.sites, 7);
    cr_assert(options.has_to);
    cr_assert_eq(options.to, day(2025, 2, 28));
    cr_assert_eq(parse(&options, "--timestamps", "snowflake-tz", "--log", &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(options.spelling, SPELLING_SNOWFLAKE_TZ);
    cr_assert(options.log);
    cr_assert_eq(parse(&options, "--client-secret=a=b", "--dump", "csv", &err), STATUS_OK, "%s", err.message);
    cr_assert_str_eq(options.client_secret, "a=b");
    cr_assert_eq(options.dump, DUMP_CSV);
}

Test(sim_options, the_choices_stand_in_the_order_of_their_enums)
{
    struct sim_options options;
    cr_assert_eq(parse(&options, "--expiry-style=200", "--partitions=utc", "--numbers=exponent", NULL), STATUS_OK);
    cr_assert_eq(options.expiry, EXPIRY_200);
    cr_assert_eq(options.partitions, PARTITIONS_UTC);
    cr_assert_eq(options.numbers, NUMBERS_EXPONENT);
    cr_assert_eq(parse(&options, "--dialect=documented", "--gzip=off", "--dump=job", NULL), STATUS_OK);
    cr_assert_eq(options.dialect, DIALECT_DOCUMENTED);
    cr_assert_eq(options.gzip, GZIP_OFF);
    cr_assert_eq(options.dump, DUMP_JOB);
    cr_assert_eq(parse(&options, "--timestamps=epoch", "--numbers=string", NULL, NULL), STATUS_OK);
    cr_assert_eq(options.spelling, SPELLING_EPOCH);
    cr_assert_eq(options.numbers, NUMBERS_STRING);
}

Test(sim_options, the_switches_of_history_reach_the_world)
{
    struct sim_options options;
    struct err err = {0};
    cr_assert_eq(parse(&options, "--late=36", "--restate=10", "--drop=5", &err), STATUS_OK, "%s", err.message);
    struct world_options described = sim_options_world(&options, 77);
    cr_assert_eq(described.history.late_hours, 36);
    cr_assert_eq(described.history.restate_percent, 10);
    cr_assert_eq(described.history.restate_days, 2);
    cr_assert_eq(described.history.drop_percent, 5);
    cr_assert_eq(described.history.drop_days, 1);
    cr_assert_eq(described.now, 77);
    cr_assert_eq(parse(&options, "--restate-days=9", "--drop-after=0", "--fail=7", &err), STATUS_OK, "%s", err.message);
    described = sim_options_world(&options, 77);
    cr_assert_eq(described.history.restate_days, 9);
    cr_assert_eq(described.history.drop_days, 0);
    cr_assert_eq(described.history.late_hours + described.history.restate_percent + described.history.drop_percent, 0);
    cr_assert_eq(options.fail, 7);
}

struct mistake {
    const char *words[2];
    const char *part; /* of the message */
};

static const struct mistake mistakes[] = {
    {{"--bildings", "3"}, "did you mean --buildings?"},
    {{"--zzz", NULL}, "unknown option --zzz"},
    {{"buildings", NULL}, "unexpected argument 'buildings'"},
    {{"--", NULL}, "unexpected argument"},
    {{"--sites", NULL}, "needs a value"},
    {{"--sites", "0"}, "from 1 to 900"},
    {{"--sites", "901"}, "from 1 to 900"},
    {{"--sites", "2x"}, "'2x' is not a number"},
    {{"--port", "65536"}, "from 0 to 65535"},
    {{"--from", "2025-02-29"}, "is not a date"},
    {{"--gzip", "maybe"}, "is not one of on|off"},
    {{"--gzip", "o"}, "is not one of on|off"},
    {{"--restate", "101"}, "from 0 to 100"},
    {{"--fail", "-1"}, "from 0 to 100"},
    {{"--log=yes", NULL}, "takes no value"},
};

Test(sim_options, mistakes_are_named)
{
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct sim_options options;
        struct err err = {0};
        enum status status = parse(&options, mistakes[i].words[0], mistakes[i].words[1], NULL, &err);
        cr_assert_eq(status, STATUS_USAGE, "%s %s", mistakes[i].words[0], mistakes[i].words[1]);
        cr_assert_not_null(strstr(err.message, mistakes[i].part), "%s", err.message);
    }
}

static void expect_lines_of_80(const char *text)
{
    for (const char *at = text; *at != '\0';) {
        size_t size = strcspn(at, "\n");
        cr_expect(size < 80, "%.*s", (int)size, at);
        at += size + (at[size] == '\n');
    }
}

/* Each run of blanks and line breaks becomes one blank, so that what is wrapped can be looked for. */
static void join_lines(struct buf *text)
{
    size_t size = 0;
    for (size_t i = 0; i < text->size; i++) {
        bool is_blank = text->data[i] == ' ' || text->data[i] == '\n';
        if (!is_blank || (size > 0 && text->data[size - 1] != ' '))
            text->data[size++] = is_blank ? ' ' : text->data[i];
    }
    text->data[size] = '\0';
    text->size = size;
}

Test(sim_options, help_names_every_switch_with_its_default)
{
    struct buf text = {0};
    size_t count;
    const struct option_row *rows = sim_options_table(&count);
    sim_options_help(&text);
    expect_lines_of_80(buf_text(&text));
    join_lines(&text);
    for (size_t i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, " --%s", rows[i].name);
        cr_assert_not_null(strstr(buf_text(&text), name), "%s", rows[i].name);
        cr_assert_not_null(strstr(buf_text(&text), rows[i].help), "%s", rows[i].name);
    }
    cr_assert_not_null(strstr(buf_text(&text), "[demo-secret]"));
    buf_release(&text);
}
