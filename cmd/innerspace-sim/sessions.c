#include "sessions.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

void sessions_init(struct sessions *sessions, int64_t requests, int64_t seconds, struct clock clock)
{
    *sessions = (struct sessions){.clock = clock, .requests = requests, .seconds = seconds};
    pthread_mutex_init(&sessions->lock, NULL);
}

void sessions_release(struct sessions *sessions)
{
    pthread_mutex_destroy(&sessions->lock);
}

/* In one piece, so that ids of several threads stand apart. */
static bool write_down(const char *file, const char *id)
{
    char line[SESSION_ID_SIZE + 1];
    int size = snprintf(line, sizeof line, "%s\n", id);
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    bool done = fd >= 0 && write(fd, line, (size_t)size) == size;
    if (fd >= 0)
        close(fd);
    return done;
}

bool sessions_open(struct sessions *sessions, char ret_id[SESSION_ID_SIZE])
{
    unsigned char random[(SESSION_ID_SIZE - 1) / 2];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    struct session made = {
        .requests_left = sessions->requests > 0 ? sessions->requests : -1,
        .ends_ms = sessions->seconds > 0 ? clock_monotonic_ms(&sessions->clock) + sessions->seconds * 1000 : INT64_MAX,
    };
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(made.id + 2 * i, 3, "%02x", random[i]);
    if (sessions->file != NULL && !write_down(sessions->file, made.id))
        return false;
    pthread_mutex_lock(&sessions->lock);
    sessions->slots[sessions->next] = made;
    sessions->next = (sessions->next + 1) % SESSIONS_MAX;
    pthread_mutex_unlock(&sessions->lock);
    memcpy(ret_id, made.id, SESSION_ID_SIZE);
    return true;
}

bool sessions_use(struct sessions *sessions, const char *id)
{
    if (id == NULL || strlen(id) != SESSION_ID_SIZE - 1)
        return false;
    bool alive = false;
    pthread_mutex_lock(&sessions->lock);
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &sessions->slots[i];
        if (strcmp(session->id, id) != 0)
            continue;
        alive = session->requests_left != 0 && clock_monotonic_ms(&sessions->clock) < session->ends_ms;
        if (alive && session->requests_left > 0)
            session->requests_left--;
        if (!alive)
            session->id[0] = '\0';
        break;
    }
    pthread_mutex_unlock(&sessions->lock);
    return alive;
}
