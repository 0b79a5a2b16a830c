#include "outcomes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void add_rows(struct kept *to, size_t slice, const char *digits)
{
    civil_day day;
    char date[CIVIL_TEXT_SIZE];
    struct err problem;
    (void)unit_series_of(&to->unit, slice, &day);
    for (size_t hour = 0; digits[hour] != '\0' && digits[0] != '-'; hour++) {
        char *text = to->starts[slice][hour];
        int size = snprintf(text, sizeof to->starts[slice][hour], "%sT%02zu:00:00Z", civil_day_format(day, date), hour);
        struct row row = {.slice = slice, .start_text = text, .start_size = (size_t)size};
        cr_assert(moment_parse(text, (size_t)size, &row.start));
        to->values[slice][hour] = (struct value){.kind = VALUE_INTEGER, .integer = digits[hour] - '0'};
        row.values = &to->values[slice][hour];
        cr_assert_eq(batch_add(&to->batch, &row, &problem), STATUS_OK);
    }
}

void outcome_make(struct kept *to, const struct coverage_building *building, const struct fetched *from,
                  int64_t fetched_at)
{
    size_t conflict;
    *to = (struct kept){
        .unit = {.building = building,
                 .granularity = "PT1H",
                 .days = {OUTCOME_MAY_DAY + from->first_day, OUTCOME_MAY_DAY + from->first_day + from->days},
                 .site_count = from->site_count,
                 .sites = building->sites + from->first_site,
                 .group_count = 1,
                 .groups = building->groups}};
    batch_init(&to->batch, 1, 0);
    for (size_t slice = 0; slice < unit_slice_count(&to->unit); slice++)
        add_rows(to, slice, from->slices[slice]);
    batch_finish(&to->batch, &conflict);
    to->outcome = (struct unit_outcome){.unit = &to->unit,
                                        .batch = &to->batch,
                                        .slice_errs = to->errs,
                                        .proofs = SPAN_PROOF_COUNT,
                                        .fetched_at = fetched_at,
                                        .rows_received = to->batch.received};
}

void outcome_job_open(int64_t now, const char *more, struct job *ret_job)
{
    char folder[] = "/tmp/occuport-wire-XXXXXX";
    struct err err = {0};
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
    FILE *file = fopen("job.yaml", "w");
    cr_assert_not_null(file);
    fprintf(file,
            "version: 1\napi: {client_id: a, client_secret: b}\ncoverage: {from: 2025-05-01, until: 2025-05-10}\n"
            "columns: [OCCUPANCY_MEAN]\ngranularities: [PT1H]\n"
            "buildings: [{id: 71, sites: [1, 2], groups: [g]}]\n%s",
            more);
    cr_assert_eq(fchmod(fileno(file), 0600), 0);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(job_open("job.yaml", true, now, ret_job, &err), STATUS_OK, "%s", err.message);
}

void outcome_job_close(struct job *job)
{
    job_release(job);
    cr_assert_eq(system("rm -rf \"$PWD\""), 0); /* NOLINT(cert-env33-c): a folder of our own */
}
