/*
 * The answer to a login from anywhere: a session id that is taken is one that a header can carry and a message can be
 * cleaned of, and is what the answer says; no message holds text of the answer.
 *
 * Input: a byte for the HTTP code, a byte of switches (1: a web page), the body.
 */
#include "api/json_scan.h"
#include "api/session.h"
#include "core/text.h"
#include "fuzz.h"

#include <string.h>

static const long codes[] = {200, 201, 204, 299, 100, 0,   301, 302, 400, 401, 403,
                             404, 408, 418, 429, 500, 502, 503, 504, 599, 999, -1};
static const char header_name[] = "X-Session-Id: ";
static const char client_secret[] = "client-secret-5731";

static bool is_kind(enum status status)
{
    return status == STATUS_OK || status == STATUS_AUTH || status == STATUS_THROTTLED || status == STATUS_SERVER ||
           status == STATUS_UNREACHABLE;
}

/* One line that a header can carry as it is: nothing in it is stripped, folded or taken for its end. */
static void check_header(const struct buf *header)
{
    size_t name = strlen(header_name);
    PROMISE(header->size > name && header->size <= name + SESSION_ID_MAX);
    PROMISE(memcmp(header->data, header_name, name) == 0);
    PROMISE(strlen(header->data) == header->size);
    for (size_t i = name; i < header->size; i++) {
        unsigned char c = (unsigned char)header->data[i];
        PROMISE(c >= 0x20 && c != 0x7F);
    }
    PROMISE(header->data[name] != ' ' && header->data[header->size - 1] != ' ');
    PROMISE(text_is_utf8(header->data, header->size));
}

/* Where the body is JSON by the letter, with one session_id, it is what was taken, escapes resolved. */
static void check_meaning(const char *body, size_t size, enum status status, const struct session *session)
{
    struct json_scan scan = {body, body + size};
    struct json_span whole;
    struct json_span id = {0};
    if (size >= 3 && memcmp(body, "\xEF\xBB\xBF", 3) == 0)
        scan.at += 3;
    if (!json_scan_value(&scan, &whole) || whole.text[0] != '{' || whole.size > 1 << 20)
        return;
    enum json_step step = json_find(whole, "session_id", &id);
    if (step == JSON_END) {
        PROMISE(status != STATUS_OK);
        return;
    }
    if (step != JSON_ITEM || status != STATUS_OK)
        return;
    PROMISE(id.text[0] == '"');
    PROMISE(json_string_flaw(id) == NULL);
    static char decoded[SESSION_ID_MAX + 2];
    size_t length = json_string_decode(id, decoded, sizeof decoded);
    PROMISE(length == session->header.size - strlen(header_name));
    PROMISE(memcmp(decoded, session->header.data + strlen(header_name), length) == 0);
}

/* A server may repeat the id and the secret wherever it likes in what it says. (A star hides nothing by a star.) */
static void check_redaction(const struct session *session, const char *body, size_t size)
{
    const char *id = session->header.data + strlen(header_name);
    struct err err;
    (void)err_set(&err, STATUS_SERVER, "%s of %s: %.*s", id, client_secret, (int)(size < 300 ? size : 300), body);
    session_redact(session, client_secret, &err);
    if (strchr(id, '*') == NULL) {
        PROMISE(strstr(err.message, client_secret) == NULL);
        PROMISE(strstr(err.message, id) == NULL);
    }
    PROMISE(text_is_utf8(err.message, strlen(err.message)));
}

/* What was said depends on the kind of the answer alone: another text of that kind is told the same. */
static void check_message(const struct err *err, long code, bool is_html)
{
    static const char *const bodies[] = {"{\"session_id\": \"\"}", "{}", ""};
    bool told = false;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct session session = {0};
        struct err other = {0};
        enum status status = session_login_answered(&session, code, is_html, bodies[i], strlen(bodies[i]), &other);
        told = told || (status == err->kind && strcmp(err->message, other.message) == 0);
        session_release(&session);
    }
    PROMISE(told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    long code = codes[data[0] % (sizeof codes / sizeof codes[0])];
    bool is_html = (data[1] & 1) != 0;
    size -= 2;
    char *body = malloc(size > 0 ? size : 1); /* of exactly this size: a read behind the end is seen */
    PROMISE(body != NULL);
    memcpy(body, data + 2, size);
    struct session session = {0};
    struct err err = {0};
    session_login_sent(&session);
    enum status status = session_login_answered(&session, code, is_html, body, size, &err);
    PROMISE(is_kind(status) && (err.kind == status || status == STATUS_OK));
    PROMISE((status == STATUS_OK) == (session.state == SESSION_VALID));
    PROMISE((status == STATUS_AUTH) == (session.state == SESSION_REFUSED));
    PROMISE((status == STATUS_OK) == (session.header.size > 0));
    PROMISE(status != STATUS_OK || (code / 100 == 2 && !is_html));
    check_meaning(body, size, status, &session);
    if (status == STATUS_OK) {
        check_header(&session.header);
        check_redaction(&session, body, size);
    } else {
        check_message(&err, code, is_html);
    }
    session_release(&session);
    free(body);
    return 0;
}
