#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files that cannot be a job: each is told clearly, and none makes the program wait. */

TestSuite(files, .init = (void (*)(void))fixture_begin, .fini = fixture_end, .timeout = 10);

static void expect(const char *path, const char *expected)
{
    struct loaded loaded = fixture_load_path(path, NULL);
    cr_expect_eq(loaded.status, STATUS_CONFIG, "%s", path);
    cr_expect_str_eq(buf_text(&loaded.problems), expected, "for %s", path);
    loaded_release(&loaded);
}

Test(files, a_missing_file)
{
    expect(fixture_path("nothing.yaml"), "cannot read the job file: No such file or directory\n");
    expect("", "cannot read the job file: No such file or directory\n");
    expect("/dev/null/x", "cannot read the job file: Not a directory\n");
}

Test(files, a_directory)
{
    expect(fixture_path("."), "cannot read the job file: it is a directory\n");
}

Test(files, an_empty_file)
{
    expect(fixture_write("empty.yaml", "", 0), "1:1: the file is empty: it holds no keys\n");
    expect(fixture_write("bom.yaml", "\xEF\xBB\xBF", 3), "1:1: the file is empty: it holds no keys\n");
}

Test(files, a_fifo_or_a_device_does_not_make_us_wait)
{
    cr_assert_eq(mkfifo(fixture_path("pipe.yaml"), 0600), 0);
    expect(fixture_path("pipe.yaml"), "cannot read the job file: it is not a regular file\n");
    expect("/dev/zero", "cannot read the job file: it is not a regular file\n");
}

Test(files, a_loop_of_links)
{
    cr_assert_eq(symlink("loop.yaml", fixture_path("loop.yaml")), 0);
    expect(fixture_path("loop.yaml"), "cannot read the job file: Too many levels of symbolic links\n");
}

Test(files, a_file_without_permission)
{
    const char *path = fixture_write("closed.yaml", minimal_job, strlen(minimal_job));
    cr_assert_eq(chmod(path, 0), 0);
    /* root reads everything: become somebody else. The directory lets everybody in. */
    cr_assert_eq(chmod(fixture_path("."), 0755), 0);
    bool root = geteuid() == 0;
    if (root)
        cr_assert_eq(seteuid(65534), 0);
    expect(fixture_path("closed.yaml"), "cannot read the job file: Permission denied\n");
    if (root)
        cr_assert_eq(seteuid(0), 0);
}

Test(files, binary_files)
{
    static const char database[] = "SQLite format 3\0\x10\x00\x01\x01";
    expect(fixture_write("x.db", database, sizeof database), "1:16: a NUL byte: this is not a text file\n");
    expect(fixture_write("x.png", "\x89PNG\r\n", 6), "1:1: a byte that is not UTF-8: a job file is UTF-8 text\n");
    expect(fixture_write("utf16.yaml", "\xFF\xFEv\0e\0", 6),
           "1:1: a byte that is not UTF-8: a job file is UTF-8 text\n");
    expect(fixture_write("latin1.yaml", "a: 1\nname: B\xE2timent\n", 20),
           "2:8: a byte that is not UTF-8: a job file is UTF-8 text\n");
    expect(fixture_write("escape.yaml", "a: \x1B[31m\n", 9), "1:4: a control character: a job file is plain text\n");
}

Test(files, a_file_that_is_too_large)
{
    static char large[(1 << 20) + 1];
    memset(large, '#', sizeof large);
    expect(fixture_write("large.yaml", large, sizeof large),
           "cannot read the job file: it is larger than 1048576 bytes\n");
    expect(fixture_write("fits.yaml", large, sizeof large - 1), "1:1: the file is empty: it holds no keys\n");
}

Test(files, files_of_other_systems_are_read)
{
    struct buf text = {0};
    buf_append_text(&text, "\xEF\xBB\xBF");
    for (const char *at = minimal_job; *at != '\0'; at++) {
        if (*at == '\n')
            buf_append_char(&text, '\r');
        buf_append_char(&text, *at);
    }
    struct loaded loaded = fixture_load(buf_text(&text));
    cr_expect_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    loaded_release(&loaded);
    buf_append_text(&text, "zzz: 1\r\n");
    loaded = fixture_load(buf_text(&text));
    cr_expect_str_eq(buf_text(&loaded.problems), "13:1: unknown key 'zzz'\n");
    struct buf out = {0};
    config_explain(fixture_path("job.yaml"), &loaded.diagnostics, &out);
    cr_expect_not_null(strstr(buf_text(&out), "   13 | zzz: 1\n      | ^\n"), "%s", buf_text(&out));
    buf_release(&out);
    loaded_release(&loaded);
    buf_release(&text);
}

Test(files, an_explanation_of_a_file_that_is_gone_has_no_excerpts)
{
    struct loaded loaded = fixture_load("zzz: 1\n");
    cr_assert_eq(unlink(fixture_path("job.yaml")), 0);
    struct buf out = {0};
    config_explain("job.yaml", &loaded.diagnostics, &out);
    cr_expect_null(strchr(buf_text(&out), '|'), "%s", buf_text(&out));
    cr_expect_not_null(strstr(buf_text(&out), "job.yaml:1:1: unknown key 'zzz'\n"));
    buf_release(&out);
    loaded_release(&loaded);
}
