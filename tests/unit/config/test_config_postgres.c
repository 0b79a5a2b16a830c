#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(postgres, .init = (void (*)(void))fixture_begin, .fini = fixture_end);

static struct loaded load_with(const char *destination, const struct config_options *options)
{
    char line[512];
    snprintf(line, sizeof line, "  - %s", destination);
    char *text = fixture_job(12, line);
    struct loaded loaded = fixture_load_with(text, options);
    free(text);
    return loaded;
}

static void expect(const char *destination, const char *expected)
{
    struct loaded loaded = load_with(destination, NULL);
    cr_expect_eq(loaded.status, *expected != '\0' ? STATUS_CONFIG : STATUS_OK, "'%s'", destination);
    cr_expect_str_eq(buf_text(&loaded.problems), expected, "for '%s'", destination);
    loaded_release(&loaded);
}

Test(postgres, a_destination_has_a_connection_string_and_a_schema)
{
    struct loaded loaded = load_with("postgres: {dsn: 'host=db user=writer', schema: _o2}", NULL);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    const struct config_destination *destination = &loaded.config->destinations[0];
    cr_expect_eq(destination->kind, CONFIG_DESTINATION_POSTGRES);
    cr_expect_str_eq(destination->dsn, "host=db user=writer");
    cr_expect_str_eq(destination->schema, "_o2");
    cr_expect_null(destination->path);
    loaded_release(&loaded);
}

Test(postgres, the_schema_is_occuport_unless_it_is_said)
{
    struct loaded loaded = load_with("postgres: {dsn: service=x}", NULL);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect_str_eq(loaded.config->destinations[0].schema, "occuport");
    loaded_release(&loaded);
}

Test(postgres, the_schema_is_an_identifier_that_needs_no_quotes)
{
    static const char *const fine[] = {"a", "p", "pg", "pgx_1", "p_g", "_pg_", "public"};
    static const char *const wrong[] = {"1a", "A", "a-b", "a b", "a\\\"b", "pg_occuport", "pg_", "\xC3\xA9"};
    char text[256];
    char expected[256];
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        snprintf(text, sizeof text, "postgres: {dsn: service=x, schema: %s}", fine[i]);
        expect(text, "");
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(text, sizeof text, "postgres: {dsn: service=x, schema: \"%s\"}", wrong[i]);
        snprintf(expected, sizeof expected,
                 "12:40: 'destinations[].postgres.schema' must be small letters, digits and '_', no digit first and "
                 "not pg_ at the beginning, not '%s'\n",
                 i == 4 ? "a\"b" : wrong[i]);
        expect(text, expected);
    }
    char name[65];
    memset(name, 'x', 64);
    name[64] = '\0';
    snprintf(text, sizeof text, "postgres: {dsn: service=x, schema: %s}", name + 1);
    expect(text, "");
    snprintf(text, sizeof text, "postgres: {dsn: service=x, schema: %s}", name);
    expect(text, "12:40: 'destinations[].postgres.schema' is longer than 63 bytes\n");
}

Test(postgres, a_dataset_may_not_be_named_as_a_table_of_it)
{
    static const char datasets[] = "{path: a.db}\ndatasets: [{name: flushes, root_field: FLUSHES}]";
    char text[256];
    snprintf(text, sizeof text, "sqlite: %s", datasets);
    expect(text, "");
    snprintf(text, sizeof text, "postgres: {dsn: service=x}%s", strchr(datasets, '\n'));
    expect(text, "13:19: no dataset can be named 'flushes': tables of the database are named so\n");
}

Test(postgres, what_is_wrong_is_said_with_what_was_meant)
{
    expect("postgres: {schema: x}", "12:15: missing required key 'dsn'\n");
    expect("postgres: {}", "12:15: missing required key 'dsn'\n");
    expect("postgres: {dns: service=x}",
           "12:15: missing required key 'dsn'\n12:16: unknown key 'dns'; did you mean 'dsn'?\n");
    expect("postgres: {dsn: service=x, shema: y}", "12:32: unknown key 'shema'; did you mean 'schema'?\n");
    expect("postgre: {dsn: service=x}", "12:5: unknown key 'postgre'; did you mean 'postgres'?\n");
    expect("postgres: {dsn: ''}", "12:21: 'destinations[].postgres.dsn' must not be empty\n");
    expect("postgres: {dsn: 5432}", "12:21: 'destinations[].postgres.dsn' must be text, not a number: put quotes "
                                    "around it\n");
    expect("postgres: {dsn: [a]}", "12:21: 'destinations[].postgres.dsn' must be a connection string of PostgreSQL\n");
}

/* All that a person would see. */
static struct buf explain(const char *destination)
{
    struct loaded loaded = load_with(destination, NULL);
    struct buf out = {0};
    cr_expect_eq(loaded.status, STATUS_CONFIG, "for %s", destination);
    config_explain(fixture_path("job.yaml"), &loaded.diagnostics, &out);
    loaded_release(&loaded);
    return out;
}

Test(postgres, a_password_is_shown_nowhere)
{
    setenv("PASSWORD", "hunter2 hunter2", 1);
    setenv("DSN", "postgresql://w:hunter@hunter2@db/x", 1);
    static const char *const wrong[] = {
        "postgres: {dsn: 'host=db password=hunter2 x'}",
        "postgres: {dsn: \"host=db password=${PASSWORD}\"}",
        "postgres: {dsn: \"${DSN}\"}",
        "postgres: {dsn: 'postgresql://w:hunter/2hunter2@db/x', zzz: 1}",
        "postgres: {dsn: host=db password='hunter2, zzz: 1}",
        "postgres: {dsn: postgresql://w:hunter2@db/x, zzz: 1}",
        "postgres: postgresql://w:hunter2@db/x",
        "postgres: {url: 'postgresql://w:hunter2@db/x'}",
        "postgres: {dns: 'host=db password=hunter2'}",
        "postgres: {dsn: service=x, password: hunter2}",
        "postgres: {dsn:\n      host=db password=hunter2, zzz: 1}",
        "sqlite: {path: postgres://w:hunter2@db/x, zzz: 1}",
        "postgres: {dsn: 'host=db password=hunter2', schema: 'A'}",
        "postgres: {dsn: &d 'host=db password=hunter2', schema: *d}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct buf out = explain(wrong[i]);
        cr_expect_null(strstr(buf_text(&out), "hunter2"), "the password of\n%s\nis in\n%s", wrong[i], buf_text(&out));
        buf_release(&out);
    }
}

/* The warnings of a job whose file, and whose file `s`, have these modes; *ret_literal: has_literal_secret. */
static struct buf warnings_of(const char *dsn, mode_t job_mode, mode_t file_mode, bool *ret_literal)
{
    char line[256];
    struct buf out = {0};
    snprintf(line, sizeof line, "  - postgres: {dsn: \"%s\"}", dsn);
    char *text = fixture_job(12, line);
    char *with_secret = strstr(text, "a-secret");
    memcpy(with_secret, "\"${ID}\"\n", 8);
    chmod(fixture_write("s", "host=db password=hunter2\n", 25), file_mode);
    chmod(fixture_write("t", "service=x\n", 10), file_mode);
    chmod(fixture_write("job.yaml", text, strlen(text)), job_mode);
    struct loaded loaded = fixture_load_path(fixture_path("job.yaml"), NULL);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    for (size_t i = 0; i < loaded.config->warnings.count; i++)
        buf_appendf(&out, "%s\n", loaded.config->warnings.entries[i].message);
    *ret_literal = loaded.config->has_literal_secret;
    loaded_release(&loaded);
    free(text);
    return out;
}

Test(postgres, a_password_that_everybody_can_read_is_warned_about)
{
    static const struct {
        const char *dsn;
        mode_t job_mode;
        mode_t file_mode;
        bool literal;
        const char *words; /* of the warning; NULL: there is none */
    } rows[] = {
        {"host=db password=hunter2", 0644, 0600, true, "'destinations[].postgres.dsn' stands in the job file itself"},
        {"host=${HOST_OF_DB} password=hunter2", 0604, 0600, true, "stands in the job file itself"},
        {"host=db password=hunter2", 0640, 0600, true, NULL},
        {"host=db user=writer sslmode=verify-full", 0644, 0600, false, NULL},
        {"host=db password=${PASSWORD}", 0644, 0600, false, NULL},
        {"${file:s}", 0644, 0644, false, "can read the file of 'destinations[].postgres.dsn' (mode 0644)"},
        {"${file:s}", 0644, 0640, false, NULL},
        {"${file:t}", 0644, 0644, false, NULL},
    };
    setenv("PASSWORD", "hunter2", 1);
    setenv("HOST_OF_DB", "db", 1);
    setenv("ID", "x", 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool literal;
        struct buf out = warnings_of(rows[i].dsn, rows[i].job_mode, rows[i].file_mode, &literal);
        cr_expect_eq(literal, rows[i].literal, "row %zu", i);
        if (rows[i].words == NULL)
            cr_expect_str_eq(buf_text(&out), "", "row %zu", i);
        else
            cr_expect_not_null(strstr(buf_text(&out), rows[i].words), "row %zu: %s", i, buf_text(&out));
        cr_expect_null(strstr(buf_text(&out), "hunter"), "row %zu: %s", i, buf_text(&out));
        buf_release(&out);
    }
}

Test(postgres, a_variable_that_is_not_set_is_no_error_for_commands_that_send_nothing)
{
    unsetenv("UNSET");
    expect("postgres: {dsn: \"${UNSET}\"}", "12:22: environment variable 'UNSET' is not set\n");
    struct loaded loaded = load_with("postgres: {dsn: \"${UNSET}\"}", &(struct config_options){true});
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect_null(loaded.config->destinations[0].dsn);
    loaded_release(&loaded);
}

Test(postgres, the_environment_forgets_the_connection_string)
{
    setenv("DSN", "host=db password=hunter2", 1);
    struct loaded loaded = load_with("postgres: {dsn: \"${DSN}\"}", NULL);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    config_forget_environment(loaded.config);
    cr_expect_str_eq(getenv("DSN"), "");
    cr_expect_str_eq(loaded.config->destinations[0].dsn, "host=db password=hunter2", "the job keeps it");
    loaded_release(&loaded);
}

Test(postgres, a_schema_of_a_database_is_one_destination)
{
    expect("postgres: {dsn: service=x}\n  - postgres: {schema: other, dsn: service=x}\n  - postgres: {dsn: service=y}",
           "");
    expect("postgres: {dsn: service=x}\n  - postgres: {schema: occuport, dsn: 'service=x'}",
           "13:39: duplicate destination: dsn and schema are those at line 12\n");
    expect("postgres: {dsn: service=x, schema: 1}\n  - postgres: {dsn: service=x, schema: 1}",
           "12:40: 'destinations[].postgres.schema' must be text, not a number: put quotes around 1\n"
           "13:40: 'destinations[].postgres.schema' must be text, not a number: put quotes around 1\n");
}
