#include "converge.h"

#include <inttypes.h>
#include <string.h>

static bool has_building(const struct coverage *coverage, int64_t id)
{
    for (size_t i = 0; i < coverage->building_count; i++) {
        if (coverage->buildings[i].id == id)
            return true;
    }
    return false;
}

static bool has_site(const struct coverage *coverage, int64_t id)
{
    for (size_t i = 0; i < coverage->building_count; i++) {
        for (size_t s = 0; s < coverage->buildings[i].site_count; s++) {
            if (coverage->buildings[i].sites[s] == id)
                return true;
        }
    }
    return false;
}

static bool has_group(const struct coverage *coverage, const char *id)
{
    for (size_t i = 0; i < coverage->building_count; i++) {
        for (size_t g = 0; g < coverage->buildings[i].group_count; g++) {
            if (strcmp(coverage->buildings[i].groups[g], id) == 0)
                return true;
        }
    }
    return false;
}

enum plan_reprocess selection_reprocess(enum opt_reprocess wanted)
{
    static const enum plan_reprocess all[] = {
        [OPT_DUE] = PLAN_CONVERGE, [OPT_MISSING] = PLAN_MISSING, [OPT_FAILED] = PLAN_FAILED, [OPT_ALL] = PLAN_ALL};
    return all[wanted];
}

static enum status check_ids(const struct coverage *coverage, const char *job_path, const struct opt_result *opt,
                             struct err *err)
{
    for (size_t i = 0; i < opt->buildings.count; i++) {
        if (!has_building(coverage, opt->buildings.ids[i]))
            return err_set(err, STATUS_USAGE, "--building %" PRId64 ": %s has no such building", opt->buildings.ids[i],
                           job_path);
    }
    for (size_t i = 0; i < opt->sites.count; i++) {
        if (!has_site(coverage, opt->sites.ids[i]))
            return err_set(err, STATUS_USAGE, "--site %" PRId64 ": %s has no such site", opt->sites.ids[i], job_path);
    }
    for (size_t i = 0; i < opt->groups.count; i++) {
        if (!has_group(coverage, opt->groups.texts[i]))
            return err_set(err, STATUS_USAGE, "--group %s: %s has no such group", opt->groups.texts[i], job_path);
    }
    return STATUS_OK;
}

/* A backfill may reach before the coverage; never beyond its end, where nothing is published yet. */
static enum status widen(civil_day first, struct arena *arena, struct coverage *coverage, struct err *err)
{
    struct coverage_building *buildings = arena_calloc(arena, coverage->building_count + 1, sizeof *buildings);
    if (buildings == NULL)
        return err_nomem(err);
    memcpy(buildings, coverage->buildings, coverage->building_count * sizeof *buildings);
    for (size_t i = 0; i < coverage->building_count; i++) {
        if (first < buildings[i].days.first)
            buildings[i].days.first = first;
    }
    coverage->buildings = buildings;
    return STATUS_OK;
}

/* A range that holds no day of the coverage is not "all covered". */
static enum status check_days(const struct coverage *coverage, const char *job_path, const struct opt_result *opt,
                              struct err *err)
{
    struct day_range all = {INT32_MAX, INT32_MIN};
    char wanted[CIVIL_TEXT_SIZE];
    char bound[CIVIL_TEXT_SIZE];
    for (size_t i = 0; i < coverage->building_count; i++) {
        const struct day_range *days = &coverage->buildings[i].days;
        all.first = days->first < all.first ? days->first : all.first;
        all.end = days->end > all.end ? days->end : all.end;
    }
    if (coverage->building_count > 0 && opt->from.given && opt->from.day >= all.end)
        return err_set(err, STATUS_USAGE, "--from %s: the last day to fetch of %s is %s",
                       civil_day_format(opt->from.day, wanted), job_path, civil_day_format(all.end - 1, bound));
    if (coverage->building_count > 0 && opt->to.given && opt->to.day < all.first)
        return err_set(err, STATUS_USAGE, "--to %s: the first day to fetch of %s is %s (--from may lie before it)",
                       civil_day_format(opt->to.day, wanted), job_path, civil_day_format(all.first, bound));
    return STATUS_OK;
}

enum status selection_make(const struct job_dataset *dataset, const char *job_path, const struct opt_result *opt,
                           enum plan_reprocess reprocess, struct arena *arena, struct coverage *ret_coverage,
                           struct plan_filter *ret_filter, struct err *err)
{
    *ret_coverage = dataset->coverage;
    *ret_filter = (struct plan_filter){
        .reprocess = reprocess,
        .building_count = opt->buildings.count,
        .buildings = opt->buildings.ids,
        .site_count = opt->sites.count,
        .sites = opt->sites.ids,
        .group_count = opt->groups.count,
        .groups = opt->groups.texts,
    };
    enum status status = check_ids(&dataset->coverage, job_path, opt, err);
    if (status != STATUS_OK || (!opt->from.given && !opt->to.given))
        return status;
    ret_filter->limit_days = true;
    ret_filter->days = (struct day_range){INT32_MIN, INT32_MAX};
    if (opt->from.given)
        ret_filter->days.first = opt->from.day;
    if (opt->to.given)
        ret_filter->days.end = opt->to.day + 1;
    if (ret_filter->days.first >= ret_filter->days.end)
        return err_set(err, STATUS_USAGE, "--from lies after --to");
    if (opt->from.given)
        status = widen(opt->from.day, arena, ret_coverage, err);
    return status == STATUS_OK ? check_days(ret_coverage, job_path, opt, err) : status;
}
