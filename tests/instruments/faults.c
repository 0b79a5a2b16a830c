/*
 * Faults on purpose, which the instruments must see: faults KIND. Ends with 0
 * when nothing looks on.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int count;
static int takes_lock;

static void *add(void *unused)
{
    (void)unused;
    for (int i = 0; i < 1000; i++) {
        if (takes_lock)
            pthread_mutex_lock(&lock);
        count++;
        if (takes_lock)
            pthread_mutex_unlock(&lock);
    }
    return NULL;
}

/* Two threads add to one number. */
static void add_twice(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, add, NULL) != 0)
        abort();
    add(NULL);
    pthread_join(thread, NULL);
}

/* Through a volatile pointer that is overwritten, so that neither compiler nor stack keeps the memory reachable. */
static void leak(void)
{
    void *volatile memory = malloc(32);
    memory = NULL;
    if (memory != NULL)
        abort();
}

static void decide_on_chance(void)
{
    volatile char *memory = malloc(32);
    if (memory == NULL)
        abort();
    if (memory[7] == 'x')
        puts("x");
    free((void *)memory);
}

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "";
    takes_lock = strcmp(kind, "race") != 0;
    if (strcmp(kind, "race") == 0 || strcmp(kind, "none") == 0)
        add_twice();
    else if (strcmp(kind, "leak") == 0)
        leak();
    else if (strcmp(kind, "uninitialised") == 0)
        decide_on_chance();
    else
        return 64;
    return 0;
}
