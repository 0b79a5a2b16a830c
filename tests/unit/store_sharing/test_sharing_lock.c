#include "scene.h"
#include "store/lock.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(sharing_lock, .init = scene_begin, .fini = scene_end, .timeout = 30);

enum { NOW = 1746057600 }; /* 2025-05-01T00:00:00Z */

static struct lock *take(const char *run_id)
{
    struct lock *lock;
    must(lock_take("job.lock", "backfill", run_id, NOW, &lock, &problem));
    return lock;
}

Test(sharing_lock, busy_lock_says_who_holds_it_since_when)
{
    char want[128];
    struct lock *second = NULL;
    struct lock *first = take("20250501T000000Z-7");
    cr_assert_eq(lock_take("job.lock", "run", "other", NOW + 60, &second, &problem), STATUS_BUSY);
    cr_assert_null(second);
    snprintf(want, sizeof want,
             "another run holds job.lock: backfill 20250501T000000Z-7, pid %ld, since 2025-05-01T00:00:00Z",
             (long)getpid());
    cr_assert_str_eq(problem.message, want);
    lock_release(first);
    lock_release(take("again"));
    lock_release(NULL);
}

Test(sharing_lock, new_holder_overwrites_the_words_of_the_old_one)
{
    struct lock *second = NULL;
    lock_release(take("a-very-much-longer-name-of-a-run"));
    struct lock *first = take("short");
    cr_assert_eq(lock_take("job.lock", "run", "other", NOW, &second, &problem), STATUS_BUSY);
    cr_assert_not_null(strstr(problem.message, ": backfill short, pid "));
    cr_assert_null(strstr(problem.message, "longer"));
    lock_release(first);
}

Test(sharing_lock, overlong_names_are_cut)
{
    char name[600];
    struct lock *first;
    struct lock *second = NULL;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    must(lock_take("job.lock", name, name, NOW, &first, &problem));
    cr_assert_eq(lock_take("job.lock", "run", "other", NOW, &second, &problem), STATUS_BUSY);
    cr_assert_not_null(strstr(problem.message, "nnnn"));
    lock_release(first);
}

static void hold_for_ever(void *context)
{
    const int *pipe_end = context;
    struct lock *lock = take("child");
    if (write(*pipe_end, "x", 1) == 1)
        pause();
    lock_release(lock);
}

Test(sharing_lock, lock_of_a_killed_process_is_free)
{
    int ends[2];
    char byte;
    char pid[32];
    struct lock *lock = NULL;
    cr_assert_eq(pipe(ends), 0);
    pid_t child = scene_fork(hold_for_ever, &ends[1]);
    cr_assert_eq(read(ends[0], &byte, 1), 1);
    cr_assert_eq(lock_take("job.lock", "run", "parent", NOW, &lock, &problem), STATUS_BUSY);
    snprintf(pid, sizeof pid, "pid %ld,", (long)child);
    cr_assert_not_null(strstr(problem.message, pid), "%s", problem.message);
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    lock_release(take("parent"));
    close(ends[0]);
    close(ends[1]);
}

Test(sharing_lock, lock_without_a_folder_cannot_be_made)
{
    struct lock *lock = NULL;
    cr_assert_eq(lock_take("no/where.lock", "run", "r", NOW, &lock, &problem), STATUS_CANTCREATE);
    cr_assert_not_null(strstr(problem.message, "no/where.lock"));
    cr_assert_null(lock);
}
