#include "scene.h"
#include "store/process.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(sharing_process, .init = scene_begin, .fini = scene_end, .timeout = 30);

static struct process self(void)
{
    struct process process;
    process_self(&process);
    return process;
}

Test(sharing_process, this_process_lives)
{
    struct process process = self();
    cr_assert_eq(process.pid, getpid());
    cr_assert_gt(process.start_ticks, 0);
    cr_assert_eq(strlen(process.boot_id), 36);
    cr_assert(process_is_alive(&process));
}

Test(sharing_process, recycled_pid_is_another_process)
{
    struct process process = self();
    process.start_ticks--;
    cr_assert(!process_is_alive(&process));
}

Test(sharing_process, process_of_another_boot_is_dead)
{
    struct process process = self();
    process.boot_id[0] = process.boot_id[0] == '0' ? '1' : '0';
    cr_assert(!process_is_alive(&process));
    process.boot_id[0] = '\0';
    cr_assert(!process_is_alive(&process));
}

Test(sharing_process, numbers_that_are_no_pid_are_dead)
{
    struct process process = self();
    process.pid = 0;
    cr_assert(!process_is_alive(&process));
    process.pid = -1; /* would be every process */
    cr_assert(!process_is_alive(&process));
}

static void tell_self(void *context)
{
    const int *ends = context;
    char byte;
    struct process process = self();
    if (write(ends[1], &process, sizeof process) == sizeof process)
        (void)!read(ends[2], &byte, 1);
}

Test(sharing_process, child_lives_until_it_ends_even_as_a_zombie)
{
    int ends[4];
    siginfo_t info;
    struct process process;
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(pipe(ends + 2), 0);
    pid_t child = scene_fork(tell_self, ends);
    cr_assert_eq(read(ends[0], &process, sizeof process), (ssize_t)sizeof process);
    cr_assert_eq(process.pid, child);
    cr_assert(process_is_alive(&process));
    cr_assert_eq(write(ends[3], "x", 1), 1);
    cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    cr_assert(!process_is_alive(&process), "a zombie does nothing any more");
    scene_wait(child);
    cr_assert(!process_is_alive(&process));
    for (size_t i = 0; i < 4; i++)
        close(ends[i]);
}
