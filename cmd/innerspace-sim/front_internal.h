/* Shared by the files of the front (front.c, front_connection.c, front_fault.c) and nobody else. */
#ifndef SIM_FRONT_INTERNAL_H
#define SIM_FRONT_INTERNAL_H

#include "front.h"
#include "http_message.h"

#include <pthread.h>

struct front_connection {
    struct front *front;
    struct front_connection *next;
    pthread_t thread;
    int fd;    /* -1 when it is closed; changed under the lock of the front */
    bool done; /* the thread is about to end; likewise */
};

/* The thread of a connection. */
void *front_connection_serve(void *context);

/*
 * Counts a request and says which fault it meets, or BREAK_NONE. While connections are refused, each meets BREAK_RESET,
 * uncounted: the server is away.
 */
int front_next_fault(struct front *front, bool is_login);

/* From now on, and for as long as the options say, nobody can connect. */
void front_refuse(struct front *front);

/* Closes the connection's socket, for which front_stop may look, and says that its thread ends. */
void front_connection_end(struct front_connection *connection);

const struct front_options *front_options(const struct front *front);

/* True when the server has to be asked before front_fault_send. */
bool front_fault_asks(int kind);

/* Sends the answer as the fault (or BREAK_NONE) has it. True: the connection goes on; else it is to be closed. */
bool front_fault_send(int kind, int fd, struct http_message *answer);

/* Sends all of it; false: the other end left. */
bool front_send(int fd, const void *bytes, size_t size);

#endif
