/* replay FOLDER...: gives every file of the folders to the fuzz target; fails when there is none. */
#include "fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

enum { INPUT_MAX = 1 << 20 };

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    static uint8_t data[INPUT_MAX];
    size_t size = fread(data, 1, sizeof data, file);
    bool whole = feof(file) && !ferror(file);
    fclose(file);
    if (!whole) {
        fprintf(stderr, "%s: cannot be read whole\n", path);
        return 1;
    }
    uint8_t *input = malloc(size > 0 ? size : 1); /* of exactly this size: a read behind the end is seen */
    if (input == NULL)
        return 1;
    memcpy(input, data, size);
    int failed = LLVMFuzzerTestOneInput(input, size);
    free(input);
    return failed;
}

static int replay_folder(const char *folder, size_t *count)
{
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        perror(folder);
        return 1;
    }
    int failed = 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        failed |= replay_file(path);
        (*count)++;
    }
    closedir(directory);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    size_t count = 0;
    for (int i = 1; i < argc; i++)
        failed |= replay_folder(argv[i], &count);
    printf("%zu inputs replayed\n", count);
    return failed != 0 || count == 0;
}
