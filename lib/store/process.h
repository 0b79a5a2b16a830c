/*
 * Who a process is, beyond its pid: pids are used again, also after a reboot.
 * Read from /proc (proc(5): stat field 22, sys/kernel/random/boot_id).
 */
#ifndef OCCUPORT_STORE_PROCESS_H
#define OCCUPORT_STORE_PROCESS_H

#include "core/err.h"

#include <stdint.h>

enum { PROCESS_BOOT_ID_SIZE = 40 };

struct process {
    int64_t pid;
    int64_t start_ticks; /* when it started, in clock ticks since boot */
    char boot_id[PROCESS_BOOT_ID_SIZE];
};

/* This process. Where /proc is not there, start_ticks is 0 and boot_id empty, and only the pid counts. */
void process_self(struct process *ret_process);

/* True while exactly that process lives. */
bool process_is_alive(const struct process *process);

#endif
