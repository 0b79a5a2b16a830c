#include "api/session.h"

#include "core/text.h"

#include <json-c/json.h>
#include <string.h>

/* The answer to a login is small: whatever is larger is something else, and is not worth parsing. */
enum { LOGIN_ANSWER_MAX = 1 << 20, LOGIN_ANSWER_DEPTH = 32 };

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

static void free_tokener(struct json_tokener **tokener)
{
    if (*tokener != NULL)
        json_tokener_free(*tokener);
}

static void free_json(struct json_object **object)
{
    json_object_put(*object);
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

/* Keeps the id of a login answer as the header line. No server text goes into err: it may repeat what we sent. */
static enum status read_session_id(struct session *session, const char *body, size_t size, struct err *err)
{
    CLEANUP(free_tokener) struct json_tokener *tokener = json_tokener_new_ex(LOGIN_ANSWER_DEPTH);
    CLEANUP(free_json) struct json_object *answer = NULL;
    struct json_object *id = NULL;
    if (tokener == NULL)
        return err_nomem(err);
    if (size >= strlen(BYTE_ORDER_MARK) && memcmp(body, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0) {
        body += strlen(BYTE_ORDER_MARK);
        size -= strlen(BYTE_ORDER_MARK);
    }
    if (size <= LOGIN_ANSWER_MAX)
        answer = json_tokener_parse_ex(tokener, body, (int)size);
    if (!json_object_is_type(answer, json_type_object))
        return err_set(err, STATUS_UNREACHABLE, "login: the answer is not a JSON object; %s", CHECK_URL);
    if (!json_object_object_get_ex(answer, "session_id", &id) || !json_object_is_type(id, json_type_string))
        return err_set(err, STATUS_AUTH, "login refused: the answer holds no session_id; %s", CHECK_LOGIN);
    const char *text = json_object_get_string(id);
    size_t length = (size_t)json_object_get_string_len(id);
    if (!is_usable_id(text, length))
        return err_set(err, STATUS_AUTH,
                       "login: the session_id in the answer is empty, longer than %d bytes, or has blanks around it or "
                       "control characters; %s",
                       SESSION_ID_MAX, CHECK_LOGIN);
    /* In one piece: growing would leave a copy of the id behind in freed memory. */
    buf_appendf(&session->header, "%s%s", HEADER, text);
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
    buf_wipe(&session->header);
    struct err failure = {0};
    enum status status = read_login(session, http_code, is_html, body, size, &failure);
    if (status == STATUS_OK) {
        session->state = SESSION_VALID;
        session->generation++;
        session->used = false;
        session->tried = false;
        return STATUS_OK;
    }
    buf_wipe(&session->header);
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
    buf_wipe(&session->header);
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

static void strike(const char *secret, char *message)
{
    size_t size = strlen(secret);
    if (size == 0)
        return;
    for (char *at = strstr(message, secret); at != NULL; at = strstr(at + size, secret))
        memset(at, '*', size);
}

void session_redact(const struct session *session, const char *client_secret, struct err *err)
{
    strike(client_secret, err->message);
    if (session->header.size > strlen(HEADER))
        strike(buf_text(&session->header) + strlen(HEADER), err->message);
}

void session_release(struct session *session)
{
    buf_wipe(&session->header);
    *session = (struct session){0};
}
