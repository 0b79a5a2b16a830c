#include "store/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void read_boot_id(char out[PROCESS_BOOT_ID_SIZE])
{
    out[0] = '\0';
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (file == NULL)
        return;
    if (fgets(out, PROCESS_BOOT_ID_SIZE, file) == NULL)
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    fclose(file);
}

/* -1 for a zombie, which only waits to be buried by its parent, and does nothing more. Field 22 of /proc/PID/stat; the
 * second field, the name, may hold blanks and parentheses, so count from its end. */
static int64_t read_start_ticks(int64_t pid)
{
    char path[64];
    char line[1024];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    size_t size = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[size] = '\0';
    const char *at = strrchr(line, ')');
    if (at != NULL && at[1] == ' ' && (at[2] == 'Z' || at[2] == 'X'))
        return -1;
    for (int field = 3; at != NULL && field <= 22; field++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoll(at, NULL, 10) : 0;
}

void process_self(struct process *ret_process)
{
    *ret_process = (struct process){.pid = getpid()};
    ret_process->start_ticks = read_start_ticks(ret_process->pid);
    read_boot_id(ret_process->boot_id);
}

bool process_is_alive(const struct process *process)
{
    char boot_id[PROCESS_BOOT_ID_SIZE];
    read_boot_id(boot_id);
    if (process->pid <= 0 || strcmp(boot_id, process->boot_id) != 0)
        return false;
    if (kill((pid_t)process->pid, 0) != 0 && errno != EPERM)
        return false;
    int64_t ticks = read_start_ticks(process->pid);
    return ticks == 0 || ticks == process->start_ticks; /* 0: it is there, and /proc does not show it (hidepid) */
}
