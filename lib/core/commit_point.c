#include "core/commit_point.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char kill_name[64]; /* empty: nowhere */
static unsigned long kill_pass;
static unsigned long passes; /* of that point */
static int log_fd = -1;

/* A test that asks for what cannot be understood must not pass for want of a kill. */
static void refuse(const char *name, const char *value)
{
    fprintf(stderr, "%s=%s cannot be obeyed\n", name, value);
    abort();
}

static void set_up(void)
{
    const char *at = getenv("OCCUPORT_KILL_AT");
    const char *log = getenv("OCCUPORT_COMMIT_LOG");
    if (at != NULL) {
        const char *colon = strrchr(at, ':');
        char *end = NULL;
        kill_pass = colon != NULL ? strtoul(colon + 1, &end, 10) : 0;
        if (kill_pass == 0 || *end != '\0' || (size_t)(colon - at) >= sizeof kill_name)
            refuse("OCCUPORT_KILL_AT", at);
        memcpy(kill_name, at, (size_t)(colon - at));
    }
    if (log != NULL && (log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) < 0)
        refuse("OCCUPORT_COMMIT_LOG", log);
}

static void note(const char *name)
{
    char line[80];
    int size = snprintf(line, sizeof line, "%s\n", name);
    if (size <= 0 || (size_t)size >= sizeof line || write(log_fd, line, (size_t)size) != size)
        refuse("OCCUPORT_COMMIT_LOG", strerror(errno));
}

void commit_point(const char *name)
{
    pthread_once(&once, set_up);
    if (log_fd < 0 && kill_name[0] == '\0')
        return;
    pthread_mutex_lock(&lock);
    if (log_fd >= 0)
        note(name);
    if (strcmp(name, kill_name) == 0 && ++passes == kill_pass) {
        /* With the lock held: no other thread passes a point any more. The signal is there when kill returns. */
        kill(getpid(), SIGKILL);
    }
    pthread_mutex_unlock(&lock);
}

size_t test_limit(const char *name, size_t limit)
{
    const char *at = getenv("OCCUPORT_LIMITS");
    size_t size = strlen(name);
    while (at != NULL && *at != '\0') {
        if (strncmp(at, name, size) == 0 && at[size] == '=') {
            char *end;
            unsigned long lower = strtoul(at + size + 1, &end, 10);
            if (lower == 0 || lower > limit || (*end != '\0' && *end != ','))
                refuse("OCCUPORT_LIMITS", at);
            return lower;
        }
        at = strchr(at, ',');
        at += at != NULL;
    }
    return limit;
}
