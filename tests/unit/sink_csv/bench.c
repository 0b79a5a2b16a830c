#include "bench.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct err problem;
struct bench bench;

static char directory[] = P_tmpdir "/csv-XXXXXX";
static char *read_text;
static const struct dataset plain = {"rows", "ROWS", "DATE_PARTITION", "DATE_TIME_START", 0, NULL};

static bool first_missed(void *context, int64_t series_id, civil_day day, const char *start, size_t start_size)
{
    (void)context, (void)day;
    cr_assert_eq(series_id, 7);
    cr_assert(start_size > 0 && start_size < sizeof bench.last_missed && start[19] == 'Z');
    memcpy(bench.last_missed, start, start_size);
    bench.last_missed[start_size] = '\0';
    bench.missed_count++;
    return !bench.known_missed;
}

static bool was_missed(void *context, int64_t series_id, civil_day day, const char *start, size_t start_size)
{
    (void)context;
    cr_assert(series_id == 7 && day == DAY + 1 && start_size > 0 && start[19] == 'Z');
    return bench.was_missed;
}

void bench_begin(void)
{
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(chdir(directory), 0);
    bench = (struct bench){
        .columns = {"NOTE", "AMOUNT"},
        .options =
            {
                .directory = "out",
                .dataset = &plain,
                .column_count = 2,
                .columns = bench.columns,
                .first_missed = first_missed,
                .was_missed = was_missed,
            },
    };
    must(zone_load("UTC", &bench.zone, &problem));
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info, (void)kind, (void)at;
    return remove(path);
}

void bench_end(void)
{
    sink_csv_close(bench.sink);
    zone_free(bench.zone);
    free(read_text);
    read_text = NULL;
    nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void bench_open(void)
{
    sink_csv_close(bench.sink);
    bench.sink = NULL;
    must(sink_csv_open(&bench.options, &bench.sink, &problem));
}

struct value bench_text(const char *text, size_t size)
{
    return value_of_text(VALUE_TEXT, text, size);
}

void bench_put(int64_t building, const char *group, civil_day day, const struct item *items, size_t count)
{
    struct row *rows = calloc(count + 1, sizeof *rows);
    char(*starts)[32] = calloc(count + 1, sizeof *starts);
    cr_assert(rows != NULL && starts != NULL);
    for (size_t i = 0; i < count; i++) {
        char date[CIVIL_TEXT_SIZE];
        int second = (int)items[i].second;
        civil_day_format(bench.start_day != 0 ? bench.start_day : day, date);
        snprintf(starts[i], sizeof starts[i], "%sT%02d:%02d:%02dZ", date, second / 3600, second / 60 % 60, second % 60);
        rows[i].start_text = starts[i];
        rows[i].start_size = strlen(starts[i]);
        cr_assert(moment_parse(starts[i], strlen(starts[i]), &rows[i].start));
        rows[i].values = items[i].values;
        rows[i].keys = &items[i].values[2];
    }
    struct sink_slice slice = {
        .series_id = 7,
        .key = {building, 1, group, "PT1H"},
        .zone = bench.zone,
        .day = day,
        .rows = rows,
        .row_count = count,
        .keep_rows = bench.keep_rows,
    };
    must(sink_csv_put(bench.sink, &slice, &problem));
    free(rows);
    free(starts);
}

static enum status visit(void *context, const struct sink_slice *slice, const struct sink_changes *changes,
                         struct err *err)
{
    (void)context, (void)err;
    cr_assert_null(slice->rows);
    cr_assert_lt(bench.visited, BENCH_SLICES_MAX);
    bench.changes[bench.visited++] = *changes;
    return STATUS_OK;
}

enum status bench_merge(void)
{
    bench.visited = 0;
    bench.missed_count = 0;
    return sink_csv_merge(bench.sink, visit, NULL, &problem);
}

void bench_expect(size_t at, struct sink_changes want)
{
    cr_assert_lt(at, bench.visited, "slice %zu was not visited", at);
    struct sink_changes got = bench.changes[at];
    want.earlier = got.earlier;
    cr_assert(memcmp(&got, &want, sizeof got) == 0,
              "slice %zu: +%d ~%d =%d -%d kept %d, wanted +%d ~%d =%d -%d kept %d", at, (int)got.inserted,
              (int)got.updated, (int)got.unchanged, (int)got.vanished, (int)got.kept, (int)want.inserted,
              (int)want.updated, (int)want.unchanged, (int)want.vanished, (int)want.kept);
}

const char *bench_read(const char *path)
{
    free(read_text);
    read_text = NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    struct stat info;
    cr_assert_eq(fstat(fileno(file), &info), 0);
    read_text = calloc((size_t)info.st_size + 1, 1);
    cr_assert_not_null(read_text);
    cr_assert_eq(fread(read_text, 1, (size_t)info.st_size, file), (size_t)info.st_size);
    fclose(file);
    return read_text;
}

void bench_write(const char *path, const char *text)
{
    char folder[256];
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        (void)mkdir(folder, 0777);
    }
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "cannot write %s", path);
    cr_assert(fputs(text, file) >= 0);
    cr_assert_eq(fclose(file), 0);
}

void bench_expect_file(const char *path, const char *want)
{
    const char *got = bench_read(path);
    cr_assert_not_null(got, "%s is not there", path);
    cr_assert_str_eq(got, want);
}

size_t bench_entries(const char *path)
{
    DIR *folder = opendir(path);
    cr_assert_not_null(folder, "%s is not there", path);
    size_t count = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return count;
}

bool bench_says(const char *part)
{
    return strstr(problem.message, part) != NULL;
}
