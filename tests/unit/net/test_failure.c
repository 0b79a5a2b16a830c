/* What is said of a request that failed, for causes that no server on this machine can give. */
#include "net/failure.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

struct expected {
    struct failure failure;
    enum status status;
    const char *words;
};

static const struct expected rows[] = {
    {{.code = CURLE_RECV_ERROR, .proxy_code = 407},
     STATUS_UNREACHABLE,
     "the proxy on the way to api.example answered HTTP 407"},
    {{.code = CURLE_PEER_FAILED_VERIFICATION, .proxy_code = 200, .detail = "self-signed certificate"},
     STATUS_UNREACHABLE,
     "no secure connection to api.example: self-signed certificate; check ca_file"},
    {{.code = CURLE_COULDNT_RESOLVE_PROXY}, STATUS_UNREACHABLE, "no address is known for the proxy"},
    {{.code = CURLE_COULDNT_CONNECT, .os_errno = ENETUNREACH}, STATUS_UNREACHABLE, "Network is unreachable"},
    {{.code = CURLE_COULDNT_CONNECT}, STATUS_UNREACHABLE, "no connection to api.example; check the address"},
    {{.code = CURLE_OPERATION_TIMEDOUT, .detail = "slow"}, STATUS_UNREACHABLE, "no connection to api.example: slow"},
    {{.code = CURLE_OPERATION_TIMEDOUT, .request_was_sent = true}, STATUS_TIMEOUT, "no whole answer in time from"},
    {{.code = CURLE_OUT_OF_MEMORY}, STATUS_NOMEM, "memory"},
    {{.code = CURLE_OUT_OF_MEMORY, .request_was_sent = true}, STATUS_BAD_ANSWER, "too many header bytes"},
    {{.code = CURLE_OUT_OF_MEMORY, .request_was_sent = true, .headers_whole = true}, STATUS_NOMEM, "memory"},
    {{.code = CURLE_WRITE_ERROR, .body_failed = STATUS_NOMEM}, STATUS_NOMEM, "memory"},
    {{.code = CURLE_WRITE_ERROR, .body_failed = STATUS_TOO_LARGE, .body_max = 7},
     STATUS_TOO_LARGE,
     "larger than 7 bytes"},
    {{.code = CURLE_TOO_MANY_REDIRECTS, .detail = "not shown"},
     STATUS_UNREACHABLE,
     "the request failed to api.example: Number of redirects hit maximum amount"},
};

Test(failure, each_cause_has_its_kind_and_its_words)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct failure failure = rows[i].failure;
        struct err err = {0};
        failure.peer = "api.example";
        failure.detail = failure.detail != NULL ? failure.detail : "";
        cr_expect_eq(failure_describe(&failure, &err), rows[i].status, "row %zu: %s", i, err.message);
        cr_expect(strstr(err.message, rows[i].words) != NULL, "row %zu: %s", i, err.message);
        cr_expect_null(strstr(err.message, "not shown"), "row %zu: %s", i, err.message);
    }
}
