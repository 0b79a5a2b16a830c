/*
 * What -vv shows of the traffic: one line a request, one an answer, one for how it ended. Private to lib/net.
 *
 *   #3 > POST /v2/api HTTP/1.1; Host: api.innerspace.io; X-Session-Id: ***; Content-Length: 512
 *   #3 < HTTP/1.1 200; Content-Type: application/json; Content-Length: 812; 2 more
 *   #3 = 812 bytes of body in 31 ms, on a new connection to 192.0.2.7:443
 *
 * A server may repeat what it was sent, in any place. So no byte of its own choice is shown: header names and values
 * come from lists of known ones, numbers are written anew, and bodies are counted. Of requests the values are shown
 * that are no secret. The words of the library are not shown: it prints whole headers among them.
 */
#ifndef OCCUPORT_NET_TRACE_H
#define OCCUPORT_NET_TRACE_H

#include "core/buf.h"

#include <curl/curl.h>
#include <stdint.h>

struct trace {
    uint64_t number; /* of the request; 0: nothing is shown */
    bool hides_path; /* it is a secret */
    struct buf line; /* of the answer, while its headers come */
    unsigned more;   /* headers that are not on the lists */
};

/* Begins to trace the request of a handle, when the log shows traces. False: no memory. */
bool trace_begin(struct trace *trace, uint64_t number, bool hides_path, CURL *easy);

/* The transfer ended. */
void trace_end(struct trace *trace, CURL *easy, CURLcode code);

/* Ready for the next request. */
void trace_reset(struct trace *trace);
void trace_release(struct trace *trace);

#endif
