#include "check_online.h"
#include "command.h"
#include "wire.h"

#include <inttypes.h>
#include <time.h>

/* Told only when there is something to tell: several, or one that is described in the job. */
static void describe_dataset(const struct job *job, const struct job_dataset *dataset, struct buf *out)
{
    if (job->dataset_count == 1 && dataset_built_in(dataset->dataset->name) != NULL)
        return;
    buf_appendf(out, "  dataset %s: %s, keys", dataset->dataset->name, dataset->dataset->root_field);
    for (size_t i = 0; i < dataset->dataset->key_count; i++)
        buf_appendf(out, "%s %s", i > 0 ? "," : "", dataset->dataset->keys[i]);
    buf_appendf(out, "%s; %" PRIu64 " slices\n", dataset->dataset->key_count == 0 ? " none" : "",
                coverage_slice_count(&dataset->coverage));
}

/* A connection string is not told: it may hold a password. */
static void describe_destination(const struct config_destination *destination, struct buf *out)
{
    static const char *const kinds[] = {[CONFIG_DESTINATION_SQLITE] = "sqlite",
                                        [CONFIG_DESTINATION_CSV] = "csv",
                                        [CONFIG_DESTINATION_POSTGRES] = "postgres, schema"};
    bool is_postgres = destination->kind == CONFIG_DESTINATION_POSTGRES;
    buf_appendf(out, "  destination: %s %s\n", kinds[destination->kind],
                is_postgres ? destination->schema : destination->path);
}

static void describe(const struct job *job, struct buf *out)
{
    const struct coverage *coverage = &job->datasets[0].coverage; /* all share the buildings */
    char first[CIVIL_TEXT_SIZE];
    char last[CIVIL_TEXT_SIZE];
    buf_appendf(out, "%s: ok\n", job->config->path);
    buf_appendf(out, "  api: %s\n", job->config->api.base_url);
    size_t series = 0;
    uint64_t slices = 0;
    for (size_t i = 0; i < job->dataset_count; i++) {
        series += coverage_series_count(&job->datasets[i].coverage);
        slices += coverage_slice_count(&job->datasets[i].coverage);
    }
    buf_appendf(out, "  coverage: %zu building%s, %zu series, %" PRIu64 " slices\n", coverage->building_count,
                coverage->building_count == 1 ? "" : "s", series, slices);
    for (size_t i = 0; i < job->dataset_count; i++)
        describe_dataset(job, &job->datasets[i], out);
    for (size_t i = 0; i < coverage->building_count; i++) {
        const struct coverage_building *building = &coverage->buildings[i];
        buf_appendf(out, "  building %" PRId64 ": %zu sites, %zu groups, ", building->id, building->site_count,
                    building->group_count);
        if (building->days.first == building->days.end)
            buf_appendf(out, "nothing due yet (%s)\n", zone_name(building->zone));
        else
            buf_appendf(out, "%s to %s (%s)\n", civil_day_format(building->days.first, first),
                        civil_day_format(building->days.end - 1, last), zone_name(building->zone));
    }
    for (size_t i = 0; i < job->config->destination_count; i++)
        describe_destination(&job->config->destinations[i], out);
}

int cmd_check(const struct command_context *context, const char *job_path)
{
    struct job job;
    struct err err;
    struct clock clock = clock_system();
    if (job_open(job_path, false, clock_wall(&clock), &job, &err) != STATUS_OK)
        return command_fail(&err);
    if (context->is_last_job)
        config_forget_environment(job.config);
    struct buf out = {.max = (size_t)16 << 20};
    int code = 0;
    if (context->opt->online)
        code = check_online(context, &job, &out);
    else
        describe(&job, &out);
    code = exit_code_worse(code, command_print(&out));
    buf_release(&out);
    job_release(&job);
    return code;
}
