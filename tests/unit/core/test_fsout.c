#include "core/fsout.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char directory[] = P_tmpdir "/fsout-XXXXXX";

/* Every test has an empty directory of its own as its working directory. */
static void enter_directory(void)
{
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(chdir(directory), 0);
}

static size_t each_entry(bool remove_it)
{
    DIR *entries = opendir(directory);
    cr_assert_not_null(entries);
    size_t count = 0;
    for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (remove_it && unlinkat(dirfd(entries), entry->d_name, 0) != 0)
            (void)unlinkat(dirfd(entries), entry->d_name, AT_REMOVEDIR);
    }
    closedir(entries);
    return count;
}

static void leave_directory(void)
{
    each_entry(true);
    rmdir(directory);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert(fputs(text, file) >= 0);
    cr_assert_eq(fclose(file), 0);
}

static void assert_file(const char *path, const char *want)
{
    char got[256];
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s is not there", path);
    size_t size = fread(got, 1, sizeof got - 1, file);
    fclose(file);
    got[size] = '\0';
    cr_assert_str_eq(got, want);
}

TestSuite(fsout, .init = enter_directory, .fini = leave_directory);

Test(fsout, file_appears_only_when_committed)
{
    struct fsout out = {0};
    cr_assert_eq(fsout_open(&out, "new.txt", 0644, NULL), STATUS_OK);
    fsout_write(&out, "hello ", 6);
    fsout_write(&out, "", 0);
    fsout_write(&out, "world", 5);
    cr_assert_eq(access("new.txt", F_OK), -1);
    cr_assert_eq(fsout_commit(&out, NULL), STATUS_OK);
    assert_file("new.txt", "hello world");
    cr_assert_eq(each_entry(false), 1, "no temporary file is left");
}

Test(fsout, old_file_is_there_until_the_new_one_replaces_it)
{
    write_file("a", "old");
    struct fsout out = {0};
    cr_assert_eq(fsout_open(&out, "a", 0644, NULL), STATUS_OK);
    fsout_write(&out, "new", 3);
    assert_file("a", "old");
    cr_assert_eq(fsout_commit(&out, NULL), STATUS_OK);
    assert_file("a", "new");
}

Test(fsout, discard_leaves_everything_as_it_was)
{
    write_file("a", "old");
    struct fsout out = {0};
    cr_assert_eq(fsout_open(&out, "a", 0644, NULL), STATUS_OK);
    fsout_write(&out, "new", 3);
    fsout_discard(&out);
    fsout_discard(&out);
    assert_file("a", "old");
    cr_assert_eq(each_entry(false), 1);
}

Test(fsout, empty_file_can_be_written)
{
    struct fsout out = {0};
    cr_assert_eq(fsout_open(&out, "a", 0644, NULL), STATUS_OK);
    cr_assert_eq(fsout_commit(&out, NULL), STATUS_OK);
    assert_file("a", "");
}

Test(fsout, mode_is_the_one_that_was_asked_for)
{
    umask(0);
    struct fsout out = {0};
    cr_assert_eq(fsout_open(&out, "secret", 0600, NULL), STATUS_OK);
    cr_assert_eq(fsout_commit(&out, NULL), STATUS_OK);
    struct stat about;
    cr_assert_eq(stat("secret", &about), 0);
    cr_assert_eq(about.st_mode & 07777, 0600);
}

Test(fsout, absolute_path_works_from_anywhere)
{
    char path[256];
    snprintf(path, sizeof path, "%s/a", directory);
    cr_assert_eq(chdir("/"), 0);
    struct fsout out = {0};
    cr_assert_eq(fsout_open(&out, path, 0644, NULL), STATUS_OK);
    fsout_write(&out, "x", 1);
    cr_assert_eq(fsout_commit(&out, NULL), STATUS_OK);
    assert_file(path, "x");
}

Test(fsout, path_in_a_missing_directory_cannot_be_created)
{
    struct fsout out = {0};
    struct err err = {0};
    cr_assert_eq(fsout_open(&out, "missing/a", 0644, &err), STATUS_CANTCREATE);
    cr_assert_str_eq(err.message, "cannot create missing/a: No such file or directory");
    fsout_discard(&out);
    write_file("file", "");
    cr_assert_eq(fsout_open(&out, "file/a", 0644, &err), STATUS_CANTCREATE);
    cr_assert_eq(each_entry(false), 1);
}

Test(fsout, path_that_is_too_long_is_refused)
{
    static char path[PATH_MAX + 10];
    struct fsout out = {0};
    memset(path, 'a', sizeof path - 1);
    cr_assert_eq(fsout_open(&out, path, 0644, NULL), STATUS_CANTCREATE);
    path[PATH_MAX - 3] = '\0'; /* the path fits, the temporary name does not */
    cr_assert_eq(fsout_open(&out, path, 0644, NULL), STATUS_CANTCREATE);
    fsout_discard(&out);
}

Test(fsout, directory_in_the_place_of_the_file_is_an_error_at_commit)
{
    cr_assert_eq(mkdir("a", 0755), 0);
    struct fsout out = {0};
    struct err err = {0};
    cr_assert_eq(fsout_open(&out, "a", 0644, NULL), STATUS_OK);
    cr_assert_eq(fsout_commit(&out, &err), STATUS_IO);
    cr_assert(strstr(err.message, "cannot write a: ") == err.message, "%s", err.message);
    cr_assert_eq(each_entry(false), 1, "the temporary file is gone");
}

Test(fsout, link_in_the_place_of_the_temporary_file_is_not_followed)
{
    write_file("victim", "precious");
    struct fsout out = {0};
    cr_assert_eq(fsout_open(&out, "a", 0644, NULL), STATUS_OK);
    fsout_discard(&out);
    cr_assert_eq(symlink("victim", out.temporary), 0);
    cr_assert_eq(fsout_open(&out, "a", 0644, NULL), STATUS_OK);
    fsout_write(&out, "new", 3);
    cr_assert_eq(fsout_commit(&out, NULL), STATUS_OK);
    assert_file("victim", "precious");
    assert_file("a", "new");
}

/* Files cannot grow beyond size from here on; writes fail with EFBIG. */
static void limit_file_size(rlim_t size)
{
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {size, size};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Whose pid it was tells nothing: a process of another container may have the same. */
Test(fsout, what_a_killed_process_left_is_removed_and_that_of_a_living_one_is_not)
{
    struct fsout living = {0};
    struct fsout out = {0};
    struct err err;
    cr_assert_eq(fsout_open(&living, "file", 0644, &err), STATUS_OK);
    fsout_write(&living, "first", 5);
    write_file("file.occuport-4000000", "half");
    write_file("file.occuport-1", "half"); /* a process of that pid lives, but does not write it */
    write_file("file.occuport-", "no number");
    write_file("other.occuport-1", "of another");
    cr_assert_eq(fsout_open(&out, "file", 0644, &err), STATUS_OK);
    fsout_write(&out, "second", 6);
    cr_assert_str_neq(living.temporary, out.temporary);
    cr_assert_eq(access("file.occuport-4000000", F_OK), -1);
    cr_assert_eq(access("file.occuport-1", F_OK), -1);
    cr_assert_eq(fsout_commit(&out, &err), STATUS_OK);
    assert_file("file", "second");
    cr_assert_eq(fsout_commit(&living, &err), STATUS_OK);
    assert_file("file", "first");
    cr_assert_eq(each_entry(false), 3);
}

Test(fsout, failed_write_is_reported_at_commit_and_keeps_the_old_file)
{
    static char block[100000];
    write_file("a", "old");
    limit_file_size(50000);
    struct fsout out = {0};
    struct err err = {0};
    cr_assert_eq(fsout_open(&out, "a", 0644, NULL), STATUS_OK);
    fsout_write(&out, block, sizeof block);
    cr_assert_eq(out.failed_errno, EFBIG);
    fsout_write(&out, "x", 1);
    cr_assert_eq(fsout_commit(&out, &err), STATUS_IO);
    cr_assert_str_eq(err.message, "cannot write a: File too large");
    assert_file("a", "old");
    cr_assert_eq(each_entry(false), 1);
}

Test(fsout, write_that_fails_only_when_flushed_is_reported)
{
    write_file("a", "old");
    limit_file_size(3);
    struct fsout out = {0};
    cr_assert_eq(fsout_open(&out, "a", 0644, NULL), STATUS_OK);
    fsout_write(&out, "buffered", 8);
    cr_assert_eq(out.failed_errno, 0);
    cr_assert_eq(fsout_commit(&out, NULL), STATUS_IO);
    assert_file("a", "old");
    cr_assert_eq(each_entry(false), 1);
}

Test(fsout, zeroed_or_finished_fsout_can_be_committed_and_discarded)
{
    struct fsout out = {0};
    fsout_discard(&out);
    cr_assert_eq(fsout_commit(&out, NULL), STATUS_OK);
    cr_assert_eq(fsout_open(&out, "a", 0644, NULL), STATUS_OK);
    cr_assert_eq(fsout_commit(&out, NULL), STATUS_OK);
    cr_assert_eq(fsout_commit(&out, NULL), STATUS_OK);
    fsout_discard(&out);
    assert_file("a", "");
}

Test(fsout, fsout_can_be_used_again)
{
    struct fsout out = {0};
    for (int i = 0; i < 3; i++) {
        char name[2] = {(char)('a' + i), '\0'};
        cr_assert_eq(fsout_open(&out, name, 0644, NULL), STATUS_OK);
        fsout_write(&out, name, 1);
        cr_assert_eq(fsout_commit(&out, NULL), STATUS_OK);
        assert_file(name, name);
    }
    cr_assert_eq(each_entry(false), 3);
}

static void write_into(struct fsout_group *group, const char *path, const char *text)
{
    struct fsout out = {0};
    struct err err = {0};
    cr_assert_eq(fsout_open_in(&out, path, directory, 0600, &err), STATUS_OK, "%s", err.message);
    fsout_write(&out, text, strlen(text));
    cr_assert_eq(fsout_group_add(group, &out, &err), STATUS_OK, "%s", err.message);
}

Test(fsout, files_of_a_group_appear_together)
{
    struct fsout_group group = {0};
    struct err err = {0};
    char path[PATH_MAX];
    for (int i = 0; i < 100; i++) { /* names that differ in their folder alone are no trouble */
        snprintf(path, sizeof path, "%s/folder-%d", directory, i);
        cr_assert_eq(mkdir(path, 0700), 0);
        snprintf(path, sizeof path, "%s/folder-%d/rows.csv", directory, i);
        write_into(&group, path, "new");
        cr_assert_neq(access(path, F_OK), 0);
    }
    cr_assert_eq(fsout_group_commit(&group, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(each_entry(false), 100, "nothing but the folders is left");
    for (int i = 0; i < 100; i++) {
        struct stat info;
        snprintf(path, sizeof path, "%s/folder-%d/rows.csv", directory, i);
        cr_assert(stat(path, &info) == 0 && info.st_size == 3);
        unlink(path);
    }
    cr_assert_eq(fsout_group_commit(&group, &err), STATUS_OK, "an empty group has nothing to do");
}

Test(fsout, a_group_that_is_given_up_leaves_nothing)
{
    struct fsout_group group = {0};
    write_into(&group, "a", "1");
    write_into(&group, "b", "2");
    fsout_group_discard(&group);
    cr_assert_eq(each_entry(false), 0);
}

Test(fsout, a_group_that_cannot_be_renamed_says_which_file)
{
    struct fsout_group group = {0};
    struct err err = {0};
    write_into(&group, "a", "1");
    write_into(&group, "missing/b", "2");
    write_into(&group, "c", "3");
    cr_assert_eq(fsout_group_commit(&group, &err), STATUS_IO);
    cr_assert_not_null(strstr(err.message, "cannot write missing/b"), "%s", err.message);
    cr_assert_eq(each_entry(false), 1, "the one before it is there, and no temporary file");
}

Test(fsout, many_pieces_are_written_in_order)
{
    enum { PIECES = 3000 };
    static struct iovec pieces[PIECES];
    static char want[PIECES * 4];
    struct fsout out = {0};
    struct err err = {0};
    size_t size = 0;
    cr_assert_eq(fsout_open(&out, "pieces", 0600, &err), STATUS_OK);
    fsout_write(&out, "", 0);
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = (struct iovec){want + size, i % 5};
        for (size_t j = 0; j < i % 5; j++)
            want[size++] = (char)('a' + i % 26);
    }
    fsout_write_pieces(&out, pieces, PIECES);
    cr_assert_eq(fsout_commit(&out, &err), STATUS_OK, "%s", err.message);
    static char got[sizeof want];
    int fd = open("pieces", O_RDONLY);
    cr_assert_eq(read(fd, got, sizeof got), (ssize_t)size);
    close(fd);
    cr_assert_arr_eq(got, want, size);
}
