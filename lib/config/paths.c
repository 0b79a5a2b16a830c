#include "config/paths.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool fits(int size)
{
    return size >= 0 && size < PATHS_TEXT_MAX;
}

bool paths_resolve(const char *directory, const char *path, size_t size, char out[PATHS_TEXT_MAX])
{
    if (size > 0 && path[0] == '/')
        return fits(snprintf(out, PATHS_TEXT_MAX, "%.*s", (int)size, path));
    while (size >= 2 && path[0] == '.' && path[1] == '/') {
        path += 2;
        size -= 2;
        while (size > 0 && path[0] == '/') {
            path++;
            size--;
        }
    }
    const char *separator = strcmp(directory, "/") == 0 ? "" : "/";
    return fits(snprintf(out, PATHS_TEXT_MAX, "%s%s%.*s", directory, separator, (int)size, path));
}

bool paths_directory(const char *file, char out[PATHS_TEXT_MAX])
{
    const char *slash = strrchr(file, '/');
    if (file[0] == '/') {
        size_t size = slash == file ? 1 : (size_t)(slash - file);
        return fits(snprintf(out, PATHS_TEXT_MAX, "%.*s", (int)size, file));
    }
    char here[PATHS_TEXT_MAX];
    if (getcwd(here, sizeof here) == NULL)
        return false;
    if (slash == NULL)
        return fits(snprintf(out, PATHS_TEXT_MAX, "%s", here));
    return paths_resolve(here, file, (size_t)(slash - file), out);
}

/* Moves over slashes and over parts that are only a dot. */
static const char *next_part(const char *at)
{
    for (;;) {
        while (*at == '/')
            at++;
        if (at[0] != '.' || (at[1] != '/' && at[1] != '\0'))
            return at;
        at++;
    }
}

bool paths_same(const char *a, const char *b)
{
    for (;;) {
        a = next_part(a);
        b = next_part(b);
        size_t size = strcspn(a, "/");
        if (size != strcspn(b, "/") || memcmp(a, b, size) != 0)
            return false;
        if (size == 0)
            return true;
        a += size;
        b += size;
    }
}

bool paths_has_tilde(const char *path, size_t size)
{
    return size > 0 && path[0] == '~' && (size == 1 || path[1] == '/');
}

const char *paths_name(const char *file, size_t *ret_size)
{
    static const char *const endings[] = {".yaml", ".yml"};
    const char *slash = strrchr(file, '/');
    const char *name = slash != NULL ? slash + 1 : file;
    size_t size = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t ending = strlen(endings[i]);
        if (size > ending && strcmp(name + size - ending, endings[i]) == 0) {
            size -= ending;
            break;
        }
    }
    *ret_size = size;
    return name;
}
