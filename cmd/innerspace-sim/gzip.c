#include "service.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16 }; /* zlib: 16 asks for the gzip frame */

bool gzip_accepted(const char *accept_encoding)
{
    while (accept_encoding != NULL) {
        accept_encoding += strspn(accept_encoding, " \t,");
        size_t size = strcspn(accept_encoding, " \t,;");
        bool named = size == 4 && strncasecmp(accept_encoding, "gzip", 4) == 0;
        const char *parameters = accept_encoding + size;
        const char *quality = strstr(parameters, "q=");
        const char *end = strchr(parameters, ',');
        if (named)
            return quality == NULL || (end != NULL && quality > end) || strtod(quality + 2, NULL) > 0;
        accept_encoding = end;
    }
    return false;
}

enum status gzip_compress(struct buf *body, struct err *err)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return err_nomem(err);
    size_t bound = deflateBound(&stream, body->size);
    unsigned char *compressed = malloc(bound);
    unsigned char *plain = (unsigned char *)body->data;
    if (compressed == NULL) {
        deflateEnd(&stream);
        return err_nomem(err);
    }
    stream.next_in = plain;
    stream.avail_in = (unsigned)body->size; /* EXECUTE_BYTES_MAX fits */
    stream.next_out = compressed;
    stream.avail_out = (unsigned)bound;
    int result = deflate(&stream, Z_FINISH);
    size_t size = stream.total_out;
    deflateEnd(&stream);
    if (result != Z_STREAM_END) {
        free(compressed);
        return err_nomem(err);
    }
    free(body->data);
    *body = (struct buf){.data = (char *)compressed, .size = size, .capacity = bound, .max = body->max};
    return STATUS_OK;
}
