/*
 * One question, one answer: for what asks little beside the engine. Each call queues a query and polls the client until
 * it called back, so nothing else may be pending in the client. A signal ends it with STATUS_INTERRUPTED.
 */
#ifndef OCCUPORT_CMD_WIRE_ASK_H
#define OCCUPORT_CMD_WIRE_ASK_H

#include "api/schema.h"
#include "wire.h"

struct asker {
    struct client *client;                    /* borrowed */
    const volatile sig_atomic_t *interrupted; /* NULL: never */
};

/* Sends a JSON body; the body of an answer that answer_classify called STATUS_OK is appended to answer. */
enum status ask(const struct asker *asker, const struct buf *question, struct buf *answer, struct err *err) MUST_CHECK;

/* Learns the schema of one table (root_field NULL: the root fields). The caller frees *ret_probe. */
enum status ask_schema(const struct asker *asker, const char *root_field, struct schema_probe **ret_probe,
                       struct err *err) MUST_CHECK;

/* True for a failure of a question that says nothing of the next one: a server without this feature, or this answer. */
bool ask_may_go_on(enum status kind);

#endif
