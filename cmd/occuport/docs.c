/*
 * occuport-docs DIRECTORY: writes the man page and the completion files there.
 * A tool of the build, not installed.
 */
#include "core/fsout.h"
#include "man.h"

#include <stdlib.h>

struct document {
    const char *name;
    void (*make)(struct buf *out);
};

static const struct document documents[] = {
    {"occuport.1", man_page},
    {"occuport.bash", completion_bash},
    {"_occuport", completion_zsh},
    {"occuport.fish", completion_fish},
};

static enum status write_document(const char *directory, const struct document *document, struct err *err)
{
    CLEANUP(buf_release) struct buf text = {0};
    document->make(&text);
    enum status status = buf_status(&text, err);
    if (status != STATUS_OK)
        return status;
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s", directory, document->name);
    if (length < 0 || (size_t)length >= sizeof path)
        return err_set(err, STATUS_CANTCREATE, "the path of %s is too long", document->name);
    CLEANUP(fsout_discard) struct fsout out = {0};
    status = fsout_open(&out, path, 0644, err);
    if (status != STATUS_OK)
        return status;
    fsout_write(&out, text.data, text.size);
    return fsout_commit(&out, err);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("Usage: occuport-docs DIRECTORY\n", stderr);
        return status_exit_code(STATUS_USAGE);
    }
    struct err err = {0};
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        enum status status = write_document(argv[1], &documents[i], &err);
        if (status != STATUS_OK) {
            fprintf(stderr, "occuport-docs: %s\n", err.message);
            return status_exit_code(status);
        }
    }
    return EXIT_SUCCESS;
}
