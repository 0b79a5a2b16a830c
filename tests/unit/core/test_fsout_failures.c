/* Each file operation and each allocation fails once: the file is the old one or the new one, and nothing else is left.
 */
#include "core/fsout.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "support/trip.h"

static char directory[] = P_tmpdir "/fsout-failures-XXXXXX";

static void begin(void)
{
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(chdir(directory), 0);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info, (void)kind, (void)at;
    return remove(path);
}

static void end(void)
{
    nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(fsout_failures, .init = begin, .fini = end);

static void set(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    cr_assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static bool holds(const char *path, const char *text)
{
    char found[64] = "";
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    found[fread(found, 1, sizeof found - 1, file)] = '\0';
    fclose(file);
    return strcmp(found, text) == 0;
}

/* Not by opendir, which is one of the calls that fail. */
static size_t entries(void)
{
    struct dirent **list = NULL;
    int count = scandir(".", &list, NULL, NULL);
    cr_assert_geq(count, 2);
    for (int i = 0; i < count; i++)
        free(list[i]);
    free(list);
    return (size_t)count - 2;
}

static void write_new(struct fsout *out)
{
    char first[] = "new";
    char last[] = " text";
    struct iovec pieces[] = {{first, 3}, {first, 0}, {last, 5}};
    fsout_write(out, "a ", 2);
    fsout_write_pieces(out, pieces, 3);
    fsout_write(out, "!", 1);
}

#define NEW "a new text!"

static enum status write_one(void *context, struct err *err)
{
    struct fsout out = {0};
    enum status status = fsout_open(&out, "one", 0666, err);
    if (status == STATUS_OK) {
        write_new(&out);
        const bool *syncs = context;
        status = *syncs ? fsout_commit(&out, err) : fsout_finish(&out, err);
    }
    fsout_discard(&out);
    cr_expect(holds("one", status == STATUS_OK ? NEW : "old") || (status == STATUS_IO && holds("one", NEW)));
    cr_expect_eq(entries(), 2);
    if (status != STATUS_OK || trip_was_optional())
        set("one", "old");
    return status;
}

Test(fsout_failures, one_file)
{
    bool syncs = true;
    set("one", "old");
    set("two", "old");
    cr_expect_geq(trip_sweep(TRIP_FILE, NULL, write_one, &syncs), 7);
    syncs = false;
    set("one", "old");
    cr_expect_geq(trip_sweep(TRIP_FILE, NULL, write_one, &syncs), 5);
}

static enum status write_two(void *context, struct err *err)
{
    static const char *const names[] = {"one", "two"};
    struct fsout_group group = {0};
    enum status status = STATUS_OK;
    (void)context;
    for (size_t i = 0; status == STATUS_OK && i < 2; i++) {
        struct fsout out = {0};
        status = fsout_open_in(&out, names[i], ".", 0666, err);
        if (status == STATUS_OK) {
            write_new(&out);
            status = fsout_group_add(&group, &out, err);
        }
        fsout_discard(&out);
    }
    if (status == STATUS_OK)
        status = fsout_group_commit(&group, err);
    else
        fsout_group_discard(&group);
    for (size_t i = 0; i < 2; i++)
        cr_expect(holds(names[i], NEW) || (status != STATUS_OK && holds(names[i], "old")));
    cr_expect_eq(entries(), 2);
    if (status != STATUS_OK) {
        set("one", "old");
        set("two", "old");
    }
    return status;
}

Test(fsout_failures, two_files_together)
{
    set("one", "old");
    set("two", "old");
    cr_expect_geq(trip_sweep(TRIP_FILE, NULL, write_two, NULL), 12);
    set("one", "old");
    set("two", "old");
    cr_expect_geq(trip_sweep(TRIP_MEMORY, NULL, write_two, NULL), 1);
}
