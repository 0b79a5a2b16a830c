#include "job_world.h"

#include "config/source.h"
#include "core/zone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the linker puts in front, and what it leaves behind. */
enum status __wrap_source_read(const char *path, size_t max, struct source *ret_source, struct err *err);
enum status __wrap_zone_load(const char *name, struct zone **ret_zone, struct err *err);
char *__wrap_getenv(const char *name);
char *__real_getenv(const char *name);
int __wrap_stat(const char *path, struct stat *ret_stat);
int __real_stat(const char *path, struct stat *ret_stat);
int __wrap_access(const char *path, int mode);
int __real_access(const char *path, int mode);
char *__wrap_getcwd(char *out, size_t size);
char *__real_getcwd(char *out, size_t size);

struct entry {
    const char *name;
    const char *contents[2]; /* in each form of the mark */
};

static const char *const marks[2] = {"qq-Zq9", "yy-Xy4"};

static struct entry variables[] = {
    {"SECRET", {"pass qq-Zq9", "pass yy-Xy4"}},
    {"EMPTY", {"", ""}},
    {"DOLLAR", {"${SECRET}$$", "${SECRET}$$"}},
    {"LINES", {"a\nqq-Zq9: b", "a\nyy-Xy4: b"}},
    {"BROKEN", {"\xC3\x28qq-Zq9", "\xC3\x28yy-Xy4"}},
    {"NUMBER", {"7109", "7109"}},
    {"WORD", {"QQ_ZQ9", "YY_XY4"}},  /* the mark as the name of a column */
    {"SMALL", {"qq_zq9", "yy_xy4"}}, /* and of a dataset */
    {"DAY", {"2033-11-17", "2033-11-18"}},
    {"USER", {"https://qq-Zq9@host", "https://yy-Xy4@host"}},
    {"HTTP", {"http://qq-zq9", "http://yy-xy4"}},
};

static const struct entry files[] = {
    {"/job/secret", {"file qq-Zq9\n", "file yy-Xy4\n"}},
    {"/job/ca.pem", {"", ""}},
    {"/job/nul", {"a", "a"}},
};

static const char *const zones[] = {"UTC", "America/Toronto", "Europe/Berlin", "Asia/Kathmandu"};

static struct {
    bool is_in;
    int form;
    const char *text;
    size_t size;
} world;

void job_world_enter(const char *text, size_t size, int form)
{
    world.is_in = true;
    world.form = form;
    world.text = text;
    world.size = size;
}

void job_world_leave(void)
{
    world.is_in = false;
}

const char *job_world_mark(int form)
{
    return marks[form];
}

static const char *find(const struct entry *entries, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(entries[i].name, name) == 0)
            return entries[i].contents[world.form];
    }
    return NULL;
}

static enum status give(const char *bytes, size_t size, size_t max, struct source *ret_source, struct err *err)
{
    if (size > max)
        return err_set(err, STATUS_CONFIG, "it is larger than %zu bytes", max);
    struct source source = {.memory = calloc(1, size + 1), .capacity = size + 1};
    if (source.memory == NULL)
        return err_nomem(err);
    memcpy(source.memory, bytes, size);
    bool marked = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0;
    source.text = source.memory + (marked ? 3 : 0);
    source.size = size - (marked ? 3 : 0);
    *ret_source = source;
    return STATUS_OK;
}

enum status __wrap_source_read(const char *path, size_t max, struct source *ret_source, struct err *err)
{
    if (strcmp(path, JOB_PATH) == 0)
        return give(world.text, world.size, max, ret_source, err);
    if (strcmp(path, "/job/nul") == 0)
        return give("a\0b", 3, max, ret_source, err);
    const char *contents = find(files, sizeof files / sizeof files[0], path);
    if (contents == NULL)
        return err_set(err, STATUS_CONFIG, "%s", strerror(ENOENT));
    return give(contents, strlen(contents), max, ret_source, err);
}

/* Nothing asks a zone of a job anything while it is checked: any memory will do. */
enum status __wrap_zone_load(const char *name, struct zone **ret_zone, struct err *err)
{
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        if (strcmp(zones[i], name) != 0)
            continue;
        *ret_zone = malloc(1); /* zone_free frees it */
        return *ret_zone != NULL ? STATUS_OK : err_nomem(err);
    }
    return err_set(err, STATUS_CONFIG, "no time zone");
}

char *__wrap_getenv(const char *name)
{
    if (!world.is_in)
        return __real_getenv(name);
    static char copy[64];
    const char *value = find(variables, sizeof variables / sizeof variables[0], name);
    if (value == NULL)
        return NULL;
    memcpy(copy, value, strlen(value) + 1);
    return copy;
}

int __wrap_stat(const char *path, struct stat *ret_stat)
{
    if (!world.is_in)
        return __real_stat(path, ret_stat);
    if (find(files, sizeof files / sizeof files[0], path) == NULL) {
        errno = ENOENT;
        return -1;
    }
    *ret_stat = (struct stat){.st_mode = S_IFREG | 0600};
    return 0;
}

int __wrap_access(const char *path, int mode)
{
    return world.is_in ? 0 : __real_access(path, mode);
}

/* A path of a job is absolute, so that the working directory is not asked for. */
char *__wrap_getcwd(char *out, size_t size)
{
    if (world.is_in)
        abort();
    return __real_getcwd(out, size);
}
