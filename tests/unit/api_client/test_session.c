#include "api/session.h"

#include <criterion/criterion.h>
#include <string.h>

static enum status answered(struct session *session, long code, bool is_html, const char *body, struct err *err)
{
    session_login_sent(session);
    return session_login_answered(session, code, is_html, body, strlen(body), err);
}

Test(session, login_body_is_json_with_its_texts_escaped)
{
    struct buf body = {0};
    session_append_login(&body, "id \"71\"", "se\\cret\n", "https://a");
    cr_assert_str_eq(
        buf_text(&body),
        "{\"client_id\":\"id \\\"71\\\"\",\"client_secret\":\"se\\\\cret\\n\",\"audience\":\"https://a\"}");
    buf_wipe(&body);
}

Test(session, good_answer_makes_a_valid_session)
{
    static const char *const bodies[] = {
        "{\"session_id\":\"abc\"}",
        " {\"expires\": 7, \"session_id\" : \"abc\", \"more\":[{}]}\r\n",
        "\xEF\xBB\xBF{\"session_id\":\"abc\"}",
        "{\"session_id\":\"\\u0061bc\"}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct session session = {0};
        struct err err = {0};
        cr_expect_eq(answered(&session, 200, false, bodies[i], &err), STATUS_OK, "%s", err.message);
        cr_expect_eq(session.state, SESSION_VALID);
        cr_expect_eq(session.generation, 1);
        cr_expect_str_eq(buf_text(&session.header), "X-Session-Id: abc");
        session_release(&session);
        cr_expect_null(session.header.data);
    }
}

Test(session, each_answer_has_its_kind)
{
    static const struct {
        long code;
        bool is_html;
        const char *body;
        enum status kind;
        const char *word; /* the message has it */
    } rows[] = {
        {400, false, "{}", STATUS_AUTH, "client_secret"},
        {401, false, "{}", STATUS_AUTH, "client_secret"},
        {403, true, "<html>", STATUS_AUTH, "web page"},
        {200, false, "{}", STATUS_AUTH, "session_id"},
        {201, false, "{\"session_id\":null}", STATUS_AUTH, "session_id"},
        {200, false, "{\"session_id\":71}", STATUS_AUTH, "session_id"},
        {200, false, "{\"session_id\":\"\"}", STATUS_AUTH, "session_id"},
        {200, false, "{\"session_id\":\"a\\r\\nX-Evil: 1\"}", STATUS_AUTH, "control"},
        {200, false, "{\"session_id\":\"a\\u0000b\"}", STATUS_AUTH, "control"},
        {200, false, "{\"Session_Id\":\"abc\"}", STATUS_AUTH, "session_id"},
        {200, true, "<html>welcome</html>", STATUS_UNREACHABLE, "base_url"},
        {200, false, "", STATUS_UNREACHABLE, "base_url"},
        {200, false, "{\"session_id\":\"ab", STATUS_UNREACHABLE, "base_url"},
        {200, false, "[{\"session_id\":\"abc\"}]", STATUS_UNREACHABLE, "base_url"},
        {200, false, "null", STATUS_UNREACHABLE, "base_url"},
        {404, false, "{\"session_id\":\"abc\"}", STATUS_UNREACHABLE, "base_url"},
        {302, true, "", STATUS_UNREACHABLE, "base_url"},
        {405, false, "", STATUS_UNREACHABLE, "base_url"},
        {429, false, "", STATUS_THROTTLED, "429"},
        {500, false, "", STATUS_SERVER, "500"},
        {503, true, "<html>", STATUS_SERVER, "503"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct session session = {0};
        struct err err = {0};
        enum status got = answered(&session, rows[i].code, rows[i].is_html, rows[i].body, &err);
        cr_expect_eq(got, rows[i].kind, "row %zu: %s", i, err.message);
        cr_expect_eq(err.kind, got);
        cr_expect(strstr(err.message, rows[i].word) != NULL, "row %zu: %s", i, err.message);
        cr_expect(strstr(err.message, "abc") == NULL, "row %zu: %s", i, err.message);
        cr_expect_eq(session.state, got == STATUS_AUTH ? SESSION_REFUSED : SESSION_NONE, "row %zu", i);
        cr_expect_eq(session.header.size, 0);
        session_release(&session);
    }
}

Test(session, id_has_a_longest_size)
{
    for (int extra = 0; extra <= 1; extra++) {
        struct session session = {0};
        struct err err = {0};
        struct buf body = {0};
        buf_append_text(&body, "{\"session_id\":\"");
        for (int i = 0; i < SESSION_ID_MAX + extra; i++)
            buf_append_char(&body, 'x');
        buf_append_text(&body, "\"}");
        cr_assert_eq(answered(&session, 200, false, buf_text(&body), &err), extra == 0 ? STATUS_OK : STATUS_AUTH);
        cr_assert(strstr(err.message, "xxx") == NULL);
        buf_release(&body);
        session_release(&session);
    }
}

Test(session, deep_nesting_and_huge_answers_are_not_parsed)
{
    struct session session = {0};
    struct err err = {0};
    struct buf body = {.max = (size_t)8 << 20};
    for (int i = 0; i < 100000; i++)
        buf_append_char(&body, '[');
    cr_assert_eq(answered(&session, 200, false, buf_text(&body), &err), STATUS_UNREACHABLE);
    buf_reset(&body);
    for (int i = 0; i < 2000000; i++)
        buf_append_char(&body, ' ');
    buf_append_text(&body, "{\"session_id\":\"abc\"}");
    cr_assert_eq(answered(&session, 200, false, buf_text(&body), &err), STATUS_UNREACHABLE);
    buf_release(&body);
    session_release(&session);
}

Test(session, only_the_current_generation_ends_it)
{
    struct session session = {0};
    struct err err = {0};
    cr_assert_eq(answered(&session, 200, false, "{\"session_id\":\"a\"}", &err), STATUS_OK);
    cr_assert(session_expired(&session, 1));
    cr_assert_eq(session.state, SESSION_NONE);
    cr_assert_not(session_expired(&session, 1), "known already");
    cr_assert_eq(answered(&session, 200, false, "{\"session_id\":\"b\"}", &err), STATUS_OK);
    cr_assert_not(session_expired(&session, 1), "a late answer of the burst");
    cr_assert_eq(session.state, SESSION_VALID);
    cr_assert_str_eq(buf_text(&session.header), "X-Session-Id: b");
    session_release(&session);
}

Test(session, three_barren_sessions_in_a_row_are_hopeless)
{
    struct session session = {0};
    struct err err = {0};
    for (uint64_t i = 1; i <= 6; i++) {
        cr_assert_not(session_is_hopeless(&session), "session %d", (int)i);
        cr_assert_eq(answered(&session, 200, false, "{\"session_id\":\"a\"}", &err), STATUS_OK);
        if (i == 2)
            session_accepted(&session, 2);
        if (i == 4)
            session_accepted(&session, 2); /* late, but it shows that sessions work */
        cr_assert(session_expired(&session, i));
    }
    cr_assert(session_is_hopeless(&session));
    session_refuse(&session);
    cr_assert_eq(session.state, SESSION_REFUSED);
    cr_assert_eq(session.refusal.kind, STATUS_AUTH);
    cr_assert(strstr(session.refusal.message, "accepts the login") != NULL, "%s", session.refusal.message);
    session_release(&session);
}

Test(session, sessions_that_met_failures_which_say_nothing_are_hopeless_much_later)
{
    struct session session = {0};
    struct err err = {0};
    for (uint64_t i = 1; i <= SESSION_DOUBTFUL_MAX; i++) {
        cr_assert_not(session_is_hopeless(&session), "session %d", (int)i);
        cr_assert_eq(answered(&session, 200, false, "{\"session_id\":\"a\"}", &err), STATUS_OK);
        if (i % 2 == 0)
            session_tried(&session, i);
        cr_assert(session_expired(&session, i));
        if (i % 2 != 0)
            session_tried(&session, i); /* its answer was overtaken */
    }
    cr_assert(session_is_hopeless(&session));
    session_refuse(&session);
    cr_assert(strstr(session.refusal.message, "served no query") != NULL, "%s", session.refusal.message);
    session_accepted(&session, 1);
    cr_assert_not(session_is_hopeless(&session));
    session_release(&session);
}

Test(session, secrets_are_struck_out_wherever_they_stand)
{
    struct session session = {0};
    struct err err = {0};
    cr_assert_eq(answered(&session, 200, false, "{\"session_id\":\"abc\"}", &err), STATUS_OK);
    err_set(&err, STATUS_SERVER, "abc: no session abcabc of secret");
    session_redact(&session, "secret", &err);
    cr_assert_str_eq(err.message, "***: no session ****** of ******");
    session_redact(&session, "", &err);
    session_release(&session);
    session_redact(&session, "no", &err);
    cr_assert_str_eq(err.message, "***: ** session ****** of ******");
}

Test(session, the_beginning_of_a_secret_is_struck_out_as_far_as_it_goes)
{
    static const struct {
        const char *message;
        const char *struck;
    } rows[] = {
        {"no luck with my-client-secret today", "no luck with **************** today"},
        {"my-client-secretmy-client-secret", "********************************"},
        {"cut my-client-", "cut **********"},
        {"cut my-clien (code)", "cut ******** (code)"},
        {"my-clie is too short to be told from other words", "my-clie is too short to be told from other words"},
        {"my-client-side", "***********ide"},
    };
    struct session session = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err err = {0};
        err_set(&err, STATUS_SERVER, "%s", rows[i].message);
        session_redact(&session, "my-client-secret", &err);
        cr_expect_str_eq(err.message, rows[i].struck);
    }
}

Test(session, the_body_of_a_login_never_moves_without_a_trace_being_removed)
{
    struct buf body = {0};
    session_append_login(&body, "id", "secret", "audience");
    cr_expect(body.secret);
    buf_release(&body);
}
