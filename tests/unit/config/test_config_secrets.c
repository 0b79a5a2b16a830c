#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(secrets, .init = (void (*)(void))fixture_begin, .fini = fixture_end);

/* All that a person would see for a job file. */
static struct buf explain(const char *text)
{
    struct loaded loaded = fixture_load(text);
    struct buf out = {0};
    config_explain(fixture_path("job.yaml"), &loaded.diagnostics, &out);
    cr_expect_eq(loaded.status, STATUS_CONFIG, "for\n%s", text);
    loaded_release(&loaded);
    return out;
}

Test(secrets, a_literal_secret_is_shown_nowhere)
{
    static const char *const jobs[] = {
        "api:\n  client_secret: hunter2$x\n",
        "api:\n  client_secret: \"hunter2\n",
        "api:\n  client_secret: [hunter2, 5]\n",
        "api:\n  client_secret: {hunter2: hunter2}\n",
        "api:\n  client_secret:\n    hunter2$\n",
        "api:\n  client_secret: |\n    hunter2$\n    hunter2\n",
        "api:\n  client_secret: |\n    hunter2\n   x: y\n",
        "api:\n  client_secret: >\n    ok\n    ${hunter2 x}\n",
        "api:\n  client_secret: hunter2${UNSET}\n",
        "api:\n  client_secret: ${hunter2!}\n",
        "api:\n  client_secret: !!int hunter2\n",
        "api:\n  client_secret: &s hunter2\n  dialect: *s\n  client_id: a\n  client_id: b\n",
        "api:\n  client_secret: &s hunter2\nversion: *s\nfetch: {page_size: *s}\ncolumns: [*s, *s]\n",
        "api:\n  client_id: &s 1234hunter2\nfetch: {timeout: *s}\nbuildings: [{groups: [*s, *s]}]\n",
        "x: &s hunter2$x\napi:\n  client_secret: *s\n",
        "api: {client_id: hunter2, client_secret: hunter2, zzz: 1, }\n",
        "api: {'client_secret': 'hunter2', zzz: 1}\n",
        "api: {\"client_secret\": \"hunter2\" zzz: 1}\n",
        "api:\n  client_secrt: hunter2\n",
        "api:\n  clientsecret: hunter2\n",
        "client_secret: hunter2\n",
        "api:\n  password: hunter2\n",
        "api:\n  client_secret hunter2\n",
        "api:\n  client_secret: hunter2: x\n",
        "api:\n  client_secret: @hunter2\n",
        "api:\n  client_secret: \thunter2\n\tx: 1\n",
        "api:\n  client_secret: \"\\q hunter2\"\n",
        "api:\n  base_url: https://user:hunter2@example.com\n",
        "api:\n  client_secret: hunter2\n  client_secret: hunter2\n",
        "notify:\n  heartbeat_url: ftp://example.com/hunter2\n",
        "api:\n  client_secret: hunter2\x1b[31m\n",
    };
    unsetenv("UNSET");
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        struct buf out = explain(jobs[i]);
        cr_expect_null(strstr(buf_text(&out), "hunter2"), "the secret of\n%s\nis in\n%s", jobs[i], buf_text(&out));
        buf_release(&out);
    }
}

Test(secrets, the_value_of_a_variable_is_shown_nowhere)
{
    setenv("SECRET", "hunter2", 1);
    static const char *const lines[] = {"  page_size: ${SECRET}", "  timeout: ${SECRET}", "  verify: ${SECRET}",
                                        "  requests_per_second: ${SECRET}"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char line[128];
        snprintf(line, sizeof line, "fetch:\n%s", lines[i]);
        char *text = fixture_job(0, line);
        struct buf out = explain(text);
        cr_expect_null(strstr(buf_text(&out), "hunter2"), "%s", buf_text(&out));
        cr_expect_not_null(strstr(buf_text(&out), "${SECRET}"), "the reference itself is shown: %s", buf_text(&out));
        buf_release(&out);
        free(text);
    }
    static const char *const places[] = {"coverage: {from: \"${SECRET}\", time_zone: \"${SECRET}\"}\n",
                                         "granularities: [\"${SECRET}\"]\n", "dataset: ${SECRET}\n",
                                         "columns: [\"${SECRET}!\"]\n"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct buf out = explain(places[i]);
        cr_expect_null(strstr(buf_text(&out), "hunter2"), "%s", buf_text(&out));
        buf_release(&out);
    }
}

Test(secrets, a_value_that_stands_twice_through_a_variable_is_not_shown)
{
    setenv("SECRET", "hunter2", 1);
    char *text = fixture_job(10, "    groups: [\"${SECRET}\", \"${SECRET}\"]");
    struct buf out = explain(text);
    cr_expect_null(strstr(buf_text(&out), "hunter2"), "%s", buf_text(&out));
    buf_release(&out);
    free(text);
}

Test(secrets, a_bare_reference_stays_visible_with_its_caret)
{
    unsetenv("UNSET");
    char *text = fixture_job(4, "  client_secret: \"${UNSET}\" # from the vault");
    struct buf out = explain(text);
    cr_expect_not_null(strstr(buf_text(&out), ":4:19: environment variable 'UNSET' is not set\n"
                                              "    4 |   client_secret: \"${UNSET}\" # from the vault\n"
                                              "      |                   ^\n"),
                       "%s", buf_text(&out));
    buf_release(&out);
    free(text);
}

Test(secrets, a_hidden_value_keeps_the_caret_at_its_beginning)
{
    char *text = fixture_job(4, "  client_secret: ab$c");
    struct buf out = explain(text);
    cr_expect_not_null(strstr(buf_text(&out), ":4:20: write $$ for a dollar sign, or ${NAME} for an environment "
                                              "variable\n"
                                              "    4 |   client_secret: ***\n"
                                              "      |                  ^\n"),
                       "%s", buf_text(&out));
    buf_release(&out);
    free(text);
}

Test(secrets, more_hidden_places_than_are_kept_hide_every_excerpt)
{
    struct buf text = {0};
    for (int i = 0; i < 40; i++)
        buf_appendf(&text, "k%d_password: [hunter2,\n  hunter2]\n", i);
    struct buf out = explain(buf_text(&text));
    cr_expect_null(strstr(buf_text(&out), "hunter2"), "%s", buf_text(&out));
    cr_expect_null(strstr(buf_text(&out), " | "), "%s", buf_text(&out));
    buf_release(&out);
    buf_release(&text);
}

/* The warnings of a job whose file, and whose file `s`, have these modes. */
static struct buf warnings_of(const char *secret, mode_t job_mode, mode_t file_mode)
{
    char line[128];
    struct buf out = {0};
    snprintf(line, sizeof line, "  client_secret: %s", secret);
    char *text = fixture_job(4, line);
    chmod(fixture_write("s", "hunter2\n", 8), file_mode);
    chmod(fixture_write("job.yaml", text, strlen(text)), job_mode);
    struct loaded loaded = fixture_load_path(fixture_path("job.yaml"), NULL);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    for (size_t i = 0; i < loaded.config->warnings.count; i++) {
        const struct diagnostic *entry = &loaded.config->warnings.entries[i];
        buf_appendf(&out, "%zu:%zu: %s\n", entry->line, entry->column, entry->message);
    }
    loaded_release(&loaded);
    free(text);
    return out;
}

Test(secrets, a_secret_that_everybody_can_read_is_warned_about)
{
    static const struct {
        const char *secret;
        mode_t job_mode;
        mode_t file_mode;
        const char *words; /* of the warning; NULL: there is none */
    } rows[] = {
        {"hunter2", 0644, 0600, "4:18: 'api.client_secret' stands in the job file itself"},
        {"hunter2", 0604, 0600, "(mode 0604)"},
        {"hunter2", 0640, 0644, NULL},
        {"hunter2", 0600, 0644, NULL},
        {"hunter$$2", 0644, 0600, "in the job file itself"},
        {"${file:s}", 0600, 0644,
         "4:18: everybody on this machine can read the file of 'api.client_secret' (mode 0644)"},
        {"\"a${file:s}b\"", 0600, 0604, "can read the file of"},
        {"${file:s}", 0644, 0640, NULL},
        {"${file:s}", 0644, 0400, NULL},
        {"${SECRET}", 0644, 0644, NULL},
    };
    setenv("SECRET", "hunter2", 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out = warnings_of(rows[i].secret, rows[i].job_mode, rows[i].file_mode);
        if (rows[i].words == NULL)
            cr_expect_str_eq(buf_text(&out), "", "row %zu", i);
        else
            cr_expect_not_null(strstr(buf_text(&out), rows[i].words), "row %zu: %s", i, buf_text(&out));
        cr_expect_null(strstr(buf_text(&out), "hunter"), "row %zu: %s", i, buf_text(&out));
        buf_release(&out);
    }
}

Test(secrets, the_environment_forgets_the_credentials_and_nothing_else)
{
    setenv("SECRET", "hunter2", 1);
    setenv("NAME", "urn:everybody", 1);
    char *text = fixture_job(4, "  client_secret: \"${SECRET}\"\n  audience: ${NAME}");
    struct loaded loaded = fixture_load(text);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    config_forget_environment(loaded.config);
    cr_expect_str_eq(getenv("SECRET"), "");
    cr_expect_str_eq(getenv("NAME"), "urn:everybody");
    cr_expect_str_eq(loaded.config->api.client_secret, "hunter2", "the job keeps it");
    cr_expect_str_eq(loaded.config->api.audience, "urn:everybody");
    loaded_release(&loaded);
    free(text);
}
