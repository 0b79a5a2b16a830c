#include "small_job.h"

void small_job_init(struct small_job *small, const char *name)
{
    *small = (struct small_job){
        .sites = {1, 2},
        .groups = {"everyone", "owls"},
        .granularities = {"PT1H", "P1D"},
        .columns = {"MEAN", "PEAK", "LOW"},
    };
    must(zone_load("UTC", &small->zone, &problem));
    small->building = (struct coverage_building){
        .id = 71,
        .name = "Demo",
        .zone = small->zone,
        .days = {MAY_DAY, MAY_DAY + 10},
        .site_count = 2,
        .sites = small->sites,
        .group_count = 2,
        .groups = small->groups,
    };
    small->coverage = (struct coverage){
        .job = name,
        .granularity_count = 2,
        .granularities = small->granularities,
        .building_count = 1,
        .buildings = &small->building,
        .settle_seconds = 3 * 86400,
    };
    small->job = (struct ledger_job){
        .dataset = "building_insights",
        .coverage = &small->coverage,
        .column_count = 1,
        .columns = small->columns,
    };
}

void small_job_release(struct small_job *small)
{
    zone_free(small->zone);
}

struct ledger *small_job_declare(const struct small_job *small)
{
    struct ledger *ledger = NULL;
    must(ledger_open(db, &small->job, &ledger, &problem));
    must(ledger_declare(ledger, &problem));
    return ledger;
}

void small_job_declare_only(const struct small_job *small)
{
    ledger_close(small_job_declare(small));
}

int64_t small_job_series(struct ledger *ledger, const struct small_job *small, size_t site, size_t group)
{
    struct series_key key = {small->building.id, small->sites[site], small->groups[group], small->granularities[0]};
    int64_t id = 0;
    must(ledger_series_id(ledger, &key, &id, &problem));
    cr_assert_neq(id, 0);
    return id;
}

void small_job_fetch(struct ledger *ledger, int64_t series_id, civil_day first, civil_day end, bool settled)
{
    const struct span span = {.days = {first, end}, .settled = settled, .proofs = SPAN_PROOF_COUNT, .fetched_at = NOW};
    must(ledger_put_fetched(ledger, series_id, &span, &problem));
}
