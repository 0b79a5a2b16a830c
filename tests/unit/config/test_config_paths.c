#include "config/paths.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

Test(paths, relative_paths_start_at_the_directory)
{
    static const struct {
        const char *path;
        const char *expected;
    } cases[] = {{"x.db", "/jobs/x.db"},       {"./x.db", "/jobs/x.db"}, {".//./x.db", "/jobs/x.db"},
                 {"../x.db", "/jobs/../x.db"}, {"/x.db", "/x.db"},       {"a/b/c", "/jobs/a/b/c"},
                 {".x", "/jobs/.x"},           {"~x", "/jobs/~x"},       {"a b", "/jobs/a b"}};
    char out[PATHS_TEXT_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert(paths_resolve("/jobs", cases[i].path, strlen(cases[i].path), out));
        cr_expect_str_eq(out, cases[i].expected);
    }
    cr_assert(paths_resolve("/", "x.db", 4, out));
    cr_expect_str_eq(out, "/x.db");
}

Test(paths, a_path_that_is_too_long_is_refused)
{
    static char path[2 * PATHS_TEXT_MAX];
    char out[PATHS_TEXT_MAX];
    memset(path, 'a', sizeof path);
    cr_expect(!paths_resolve("/jobs", path, sizeof path, out));
    path[0] = '/';
    cr_expect(!paths_resolve("/jobs", path, sizeof path, out));
}

Test(paths, the_directory_of_a_job_is_absolute)
{
    char here[PATHS_TEXT_MAX];
    char expected[PATHS_TEXT_MAX + 16];
    char out[PATHS_TEXT_MAX];
    cr_assert_not_null(getcwd(here, sizeof here));
    cr_assert(paths_directory("/etc/occuport/job.yaml", out));
    cr_expect_str_eq(out, "/etc/occuport");
    cr_assert(paths_directory("/job.yaml", out));
    cr_expect_str_eq(out, "/");
    cr_assert(paths_directory("job.yaml", out));
    cr_expect_str_eq(out, here);
    cr_assert(paths_directory("./jobs/job.yaml", out));
    snprintf(expected, sizeof expected, "%s/jobs", here);
    cr_expect_str_eq(out, expected);
}

Test(paths, the_name_of_a_job_is_its_file_without_ending)
{
    static const struct {
        const char *path;
        const char *expected;
    } cases[] = {{"job.yaml", "job"},          {"/etc/occuport/office.yml", "office"},
                 {"a.b.yaml", "a.b"},          {"job", "job"},
                 {"job.YAML", "job.YAML"},     {".yaml", ".yaml"},
                 {"x.yaml/job.txt", "job.txt"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size;
        const char *name = paths_name(cases[i].path, &size);
        cr_expect_eq(size, strlen(cases[i].expected), "size of the name of %s", cases[i].path);
        cr_expect_arr_eq(name, cases[i].expected, strlen(cases[i].expected));
    }
}

Test(paths, the_same_place_may_be_spelled_with_more_slashes_and_dots)
{
    static const struct {
        const char *a;
        const char *b;
        bool same;
    } cases[] = {{"/a/b", "/a/b", true},       {"/a/b", "/a//./b/.", true}, {"/a/b/", "/a/b", true},
                 {"/", "//./", true},          {"/a/b", "/a/bc", false},    {"/a/b", "/a", false},
                 {"/a/..", "/a", false},       {"/a/.b", "/a/b", false},    {"/a/../b", "/a/../b", true},
                 {"/a/x/../b", "/a/b", false}, {"/a/B", "/a/b", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(paths_same(cases[i].a, cases[i].b), cases[i].same, "%s and %s", cases[i].a, cases[i].b);
        cr_expect_eq(paths_same(cases[i].b, cases[i].a), cases[i].same, "%s and %s", cases[i].b, cases[i].a);
    }
}

Test(paths, only_a_leading_tilde_means_home)
{
    cr_expect(paths_has_tilde("~", 1));
    cr_expect(paths_has_tilde("~/x", 3));
    cr_expect(!paths_has_tilde("~x", 2));
    cr_expect(!paths_has_tilde("a~/x", 4));
    cr_expect(!paths_has_tilde("", 0));
}
