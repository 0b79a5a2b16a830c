#include "api/session.h"

#include "api/json_scan.h"
#include "core/text.h"

#include <string.h>

static const char HEADER[] = "X-Session-Id: ";
static const char BYTE_ORDER_MARK[] = "\xEF\xBB\xBF";
static const char CHECK_LOGIN[] = "check api.client_id, api.client_secret, api.audience and api.base_url";
static const char CHECK_URL[] = "is api.base_url right?";

static void append_pair(struct buf *out, const char *key, const char *value)
{
    buf_append_json_string(out, key, strlen(key));
    buf_append_char(out, ':');
    buf_append_json_string(out, value, strlen(value));
}

void session_append_login(struct buf *out, const char *client_id, const char *client_secret, const char *audience)
{
    out->secret = true;
    buf_append_char(out, '{');
    append_pair(out, "client_id", client_id);
    buf_append_char(out, ',');
    append_pair(out, "client_secret", client_secret);
    buf_append_char(out, ',');
    append_pair(out, "audience", audience);
    buf_append_char(out, '}');
}

void session_login_sent(struct session *session)
{
    session->state = SESSION_LOGGING_IN;
}

/*
 * It becomes a header line, where a control character could add a header of its own and blanks at the ends are lost;
 * and it must be known again in a message, where what is not printable is replaced.
 */
static bool is_usable_id(const char *id, size_t size)
{
    char shown[SESSION_ID_MAX + 1];
    if (size == 0 || size > SESSION_ID_MAX || strlen(id) != size || id[0] == ' ' || id[size - 1] == ' ')
        return false;
    memcpy(shown, id, size + 1);
    text_make_printable(shown);
    bool is_printable = memcmp(shown, id, size) == 0;
    explicit_bzero(shown, sizeof shown);
    return is_printable;
}

/*
 * Keeps the id of a login answer as the header line. No server text goes into err: it may repeat what we sent. The
 * scanner copies nothing, so that the id is in no memory that we do not know.
 */
static enum status read_session_id(struct session *session, const char *body, size_t size, struct err *err)
{
    struct json_scan scan = {body, body + size};
    struct json_span answer;
    struct json_span id;
    char text[SESSION_ID_MAX + 2];
    if (size >= strlen(BYTE_ORDER_MARK) && memcmp(body, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
        scan.at += strlen(BYTE_ORDER_MARK);
    if (size > SESSION_ANSWER_MAX || !json_scan_value(&scan, &answer) || answer.text[0] != '{')
        return err_set(err, STATUS_UNREACHABLE, "login: the answer is not a JSON object; %s", CHECK_URL);
    if (json_find(answer, "session_id", &id) != JSON_ITEM || id.text[0] != '"')
        return err_set(err, STATUS_AUTH, "login refused: the answer holds no session_id; %s", CHECK_LOGIN);
    size_t length = json_string_decode(id, text, sizeof text);
    bool is_usable = json_string_flaw(id) == NULL && is_usable_id(text, length);
    if (is_usable)
        buf_appendf(&session->header, "%s%s", HEADER, text);
    explicit_bzero(text, sizeof text);
    if (!is_usable)
        return err_set(err, STATUS_AUTH,
                       "login: the session_id in the answer is empty, longer than %d bytes, or has blanks around it or "
                       "control characters; %s",
                       SESSION_ID_MAX, CHECK_LOGIN);
    return buf_status(&session->header, err);
}

static enum status read_login(struct session *session, long http_code, bool is_html, const char *body, size_t size,
                              struct err *err)
{
    if (http_code == 400 || http_code == 401 || http_code == 403)
        return err_set(err, STATUS_AUTH, "login refused with HTTP %ld%s; %s", http_code,
                       is_html ? " and a web page" : "", CHECK_LOGIN);
    if (http_code == 429)
        return err_set(err, STATUS_THROTTLED, "login: HTTP 429, asked to slow down");
    if (http_code >= 500)
        return err_set(err, STATUS_SERVER, "login: HTTP %ld", http_code);
    if (http_code / 100 != 2)
        return err_set(err, STATUS_UNREACHABLE, "login: HTTP %ld from the token address; %s", http_code, CHECK_URL);
    if (is_html)
        return err_set(err, STATUS_UNREACHABLE, "login: the answer is a web page; %s", CHECK_URL);
    return read_session_id(session, body, size, err);
}

enum status session_login_answered(struct session *session, long http_code, bool is_html, const char *body, size_t size,
                                   struct err *err)
{
    session->header.secret = true;
    buf_release(&session->header);
    struct err failure = {0};
    enum status status = read_login(session, http_code, is_html, body, size, &failure);
    if (status == STATUS_OK) {
        session->state = SESSION_VALID;
        session->generation++;
        session->used = false;
        session->tried = false;
        return STATUS_OK;
    }
    buf_release(&session->header);
    session->state = status == STATUS_AUTH ? SESSION_REFUSED : SESSION_NONE;
    session->refusal = failure;
    if (err != NULL)
        *err = failure;
    return status;
}

void session_login_failed(struct session *session)
{
    session->state = SESSION_NONE;
}

bool session_expired(struct session *session, uint64_t generation)
{
    if (session->state != SESSION_VALID || generation != session->generation)
        return false;
    session->state = SESSION_NONE;
    buf_release(&session->header);
    if (session->used)
        return true;
    if (session->tried) {
        session->doubtful++;
    } else {
        session->barren++;
        session->barren_generation = generation;
    }
    return true;
}

void session_accepted(struct session *session, uint64_t generation)
{
    session_acquitted(session);
    if (generation == session->generation)
        session->used = true;
}

void session_tried(struct session *session, uint64_t generation)
{
    if (generation == session->generation)
        session->tried = true;
    if (session->barren == 0 || generation != session->barren_generation)
        return;
    session->barren--; /* so it was not refused at once */
    session->barren_generation = 0;
    session->doubtful++;
}

void session_acquitted(struct session *session)
{
    session->barren = 0;
    session->doubtful = 0;
}

bool session_is_hopeless(const struct session *session)
{
    return session->barren >= SESSION_BARREN_MAX || session->doubtful >= SESSION_DOUBTFUL_MAX;
}

void session_refuse(struct session *session)
{
    session->state = SESSION_REFUSED;
    if (session->barren < SESSION_BARREN_MAX) {
        err_set(&session->refusal, STATUS_AUTH,
                "the API accepts the login but served no query in any of %d sessions, and each of them expired",
                session->doubtful);
        return;
    }
    err_set(&session->refusal, STATUS_AUTH,
            "the API accepts the login but refused each of %d new sessions at once; does another program log in with "
            "the same api.client_id, or does the client lack rights?",
            session->barren);
}

/* Long texts of servers are cut, so that the end of the secret may be missing: its beginning is enough. */
static void strike(const char *secret, char *message)
{
    enum { BEGINNING = 8 };
    char beginning[BEGINNING + 1] = "";
    strncat(beginning, secret, BEGINNING);
    if (beginning[0] == '\0')
        return;
    for (char *at = strstr(message, beginning); at != NULL; at = strstr(at, beginning)) {
        for (size_t i = 0; secret[i] != '\0' && at[0] == secret[i]; i++)
            *at++ = '*';
    }
    explicit_bzero(beginning, sizeof beginning);
}

void session_redact(const struct session *session, const char *client_secret, struct err *err)
{
    strike(client_secret, err->message);
    if (session->header.size > strlen(HEADER))
        strike(buf_text(&session->header) + strlen(HEADER), err->message);
    text_make_printable(err->message); /* the end of a beginning may lie within a character */
}

void session_release(struct session *session)
{
    buf_release(&session->header);
    *session = (struct session){0};
}
