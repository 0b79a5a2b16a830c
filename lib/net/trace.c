#include "net/trace.h"

#include "core/log.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

enum { TRACE_LINE_MAX = 4096, NUMBER_DIGITS_MAX = 15 };

/* What may be shown of the value of a header. */
enum shown {
    SHOWN_OURS,   /* as it is: only in requests */
    SHOWN_NUMBER, /* when it is one */
    SHOWN_WORD,   /* when it is one of the known words */
    SHOWN_NOT     /* *** */
};

struct header_rule {
    const char *name;
    enum shown shown;
};

static const struct header_rule sent_rules[] = {
    {"Host", SHOWN_OURS},
    {"User-Agent", SHOWN_OURS},
    {"Accept", SHOWN_OURS},
    {"Accept-Encoding", SHOWN_OURS},
    {"Content-Type", SHOWN_OURS},
    {"Content-Length", SHOWN_NUMBER},
    {"X-Session-Id", SHOWN_NOT},
    {"Authorization", SHOWN_NOT},
    {"Proxy-Authorization", SHOWN_NOT},
    {"Cookie", SHOWN_NOT},
};

static const struct header_rule received_rules[] = {
    {"Content-Type", SHOWN_WORD},      {"Content-Length", SHOWN_NUMBER}, {"Content-Encoding", SHOWN_WORD},
    {"Transfer-Encoding", SHOWN_WORD}, {"Connection", SHOWN_WORD},       {"Retry-After", SHOWN_NUMBER},
    {"Location", SHOWN_NOT},           {"Set-Cookie", SHOWN_NOT},        {"WWW-Authenticate", SHOWN_NOT},
};

/* Values that a server may send and that cannot be anything else. */
static const char *const words[] = {"application/json",
                                    "application/graphql-response+json",
                                    "text/html",
                                    "text/plain",
                                    "gzip",
                                    "deflate",
                                    "br",
                                    "identity",
                                    "chunked",
                                    "close",
                                    "keep-alive"};

struct line {
    const char *text;
    size_t size;
};

/* The next line of a head, without its end; false when there is none. */
static bool next_line(struct line *rest, struct line *ret_line)
{
    if (rest->size == 0)
        return false;
    const char *end = memchr(rest->text, '\n', rest->size);
    size_t used = end != NULL ? (size_t)(end - rest->text) + 1 : rest->size;
    *ret_line = (struct line){rest->text, used};
    while (ret_line->size > 0 && strchr("\r\n", ret_line->text[ret_line->size - 1]) != NULL)
        ret_line->size--;
    rest->text += used;
    rest->size -= used;
    return true;
}

static const struct header_rule *rule_of(struct line line, const struct header_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(rules[i].name);
        if (line.size > size && line.text[size] == ':' && strncasecmp(line.text, rules[i].name, size) == 0)
            return &rules[i];
    }
    return NULL;
}

static void append_number(struct buf *out, struct line value)
{
    size_t digits = 0;
    while (digits < value.size && isdigit((unsigned char)value.text[digits]))
        digits++;
    if (digits > 0 && digits == value.size && digits <= NUMBER_DIGITS_MAX)
        buf_append(out, value.text, digits);
    else
        buf_append_text(out, "***");
}

/* The word alone: what stands behind it, such as a charset, is left out. */
static void append_word(struct buf *out, struct line value)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t size = strlen(words[i]);
        bool is_whole = value.size == size || (value.size > size && strchr("; ,", value.text[size]) != NULL);
        if (is_whole && strncasecmp(value.text, words[i], size) == 0) {
            buf_append_text(out, words[i]);
            return;
        }
    }
    buf_append_text(out, "***");
}

static void append_header(struct buf *out, const struct header_rule *rule, struct line line)
{
    size_t name_size = strlen(rule->name);
    struct line value = {line.text + name_size + 1, line.size - name_size - 1};
    while (value.size > 0 && value.text[0] == ' ') {
        value.text++;
        value.size--;
    }
    buf_appendf(out, "; %s: ", rule->name);
    switch (rule->shown) {
    case SHOWN_OURS: buf_append(out, value.text, value.size); break;
    case SHOWN_NUMBER: append_number(out, value); break;
    case SHOWN_WORD: append_word(out, value); break;
    case SHOWN_NOT:
    default: buf_append_text(out, "***"); break;
    }
}

/*
 * "POST /v2/api HTTP/1.1", without a query. A head that is sent in pieces has it in the first; what is no request line
 * is a piece of a header, and not shown.
 */
static void append_request_line(struct buf *out, struct line line, bool hides_path)
{
    static const char *const methods[] = {"GET ", "POST ", "CONNECT "};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        size_t size = strlen(methods[i]);
        const char *end = memrchr(line.text, ' ', line.size);
        if (end == NULL || line.size <= size || memcmp(line.text, methods[i], size) != 0)
            continue;
        const char *query = memchr(line.text, '?', line.size);
        size_t path_size = (size_t)((query != NULL && query < end ? query : end) - line.text);
        buf_append(out, line.text, hides_path ? size : path_size);
        buf_append_text(out, hides_path ? "***" : "");
        buf_append(out, end, (size_t)(line.text + line.size - end));
        return;
    }
    buf_append_text(out, "...");
}

static void show_sent(const struct trace *trace, struct line head)
{
    struct buf out = {.max = TRACE_LINE_MAX};
    struct line line;
    if (next_line(&head, &line))
        append_request_line(&out, line, trace->hides_path);
    while (next_line(&head, &line)) {
        const struct header_rule *rule = rule_of(line, sent_rules, sizeof sent_rules / sizeof sent_rules[0]);
        if (rule != NULL)
            append_header(&out, rule, line);
    }
    log_trace("#%" PRIu64 " > %s", trace->number, buf_text(&out));
    buf_release(&out);
}

/* "HTTP/1.1 200": version and code, of the form that they must have. */
static bool append_status_line(struct buf *out, struct line line)
{
    static const char form[] = "HTTP/";
    size_t at = sizeof form - 1;
    if (line.size < at || memcmp(line.text, form, at) != 0)
        return false;
    while (at < line.size && at < sizeof form + 2 && (isdigit((unsigned char)line.text[at]) || line.text[at] == '.'))
        at++;
    size_t code = at + 1;
    bool has_code = code + 3 <= line.size && line.text[at] == ' ';
    for (size_t i = code; has_code && i < code + 3; i++)
        has_code = isdigit((unsigned char)line.text[i]) != 0;
    buf_append(out, line.text, has_code ? code + 3 : sizeof form - 1);
    return true;
}

/* Called once a line; an empty one ends a head, of which there may be several (100 Continue, a proxy). */
static void take_received(struct trace *trace, struct line piece)
{
    struct line line;
    if (!next_line(&piece, &line))
        return;
    if (line.size == 0) {
        if (trace->more > 0)
            buf_appendf(&trace->line, "; %u more", trace->more);
        log_trace("#%" PRIu64 " < %s", trace->number, buf_text(&trace->line));
        buf_reset(&trace->line);
        trace->more = 0;
        return;
    }
    if (append_status_line(&trace->line, line))
        return;
    const struct header_rule *rule = rule_of(line, received_rules, sizeof received_rules / sizeof received_rules[0]);
    if (rule != NULL)
        append_header(&trace->line, rule, line);
    else
        trace->more++;
}

/* As libcurl wants it. NOLINTNEXTLINE(readability-non-const-parameter) */
static int on_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *context)
{
    (void)easy;
    struct trace *trace = context;
    if (type == CURLINFO_HEADER_OUT)
        show_sent(trace, (struct line){data, size});
    else if (type == CURLINFO_HEADER_IN)
        take_received(trace, (struct line){data, size});
    return 0;
}

bool trace_begin(struct trace *trace, uint64_t number, bool hides_path, CURL *easy)
{
    if (!log_enabled(LOG_TRACE))
        return true;
    trace->number = number;
    trace->hides_path = hides_path;
    trace->line.max = TRACE_LINE_MAX;
    return curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_DEBUGDATA, trace) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L) == CURLE_OK;
}

void trace_end(struct trace *trace, CURL *easy, CURLcode code)
{
    if (trace->number == 0)
        return;
    char *address = NULL;
    long port = 0;
    long connects = 0;
    curl_off_t body_bytes = 0;
    curl_off_t elapsed_us = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &body_bytes);
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &elapsed_us);
    log_trace("#%" PRIu64 " = %" PRId64 " bytes of body in %" PRId64 " ms, on %s connection to %s:%ld%s%s",
              trace->number, (int64_t)body_bytes, (int64_t)elapsed_us / 1000, connects > 0 ? "a new" : "an open",
              address != NULL ? address : "", port, code != CURLE_OK ? "; " : "",
              code != CURLE_OK ? curl_easy_strerror(code) : "");
}

void trace_reset(struct trace *trace)
{
    buf_reset(&trace->line);
    trace->number = 0;
    trace->more = 0;
}

void trace_release(struct trace *trace)
{
    buf_release(&trace->line);
}
