#include "store/corrections.h"

#define SUMS                                                                                                           \
    "count(*), coalesce(sum(c.inserted), 0), coalesce(sum(c.updated), 0), coalesce(sum(c.vanished), 0)"                \
    " FROM corrections c JOIN runs r ON r.run_id = c.run_id WHERE r.job = ?1"

static struct correction_counts read_counts(struct db_statement *query, int at)
{
    return (struct correction_counts){
        .slices = (uint64_t)db_column_integer(query, at),
        .inserted = (uint64_t)db_column_integer(query, at + 1),
        .updated = (uint64_t)db_column_integer(query, at + 2),
        .vanished = (uint64_t)db_column_integer(query, at + 3),
    };
}

enum status corrections_total(struct db *db, const char *job, struct correction_counts *ret_counts, struct err *err)
{
    struct db_statement *query;
    enum status status = db_prepare(db, "SELECT " SUMS, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, job);
    bool row;
    status = db_step(query, &row, err);
    if (status == STATUS_OK)
        *ret_counts = read_counts(query, 0);
    db_finalize(query);
    return status;
}

enum status corrections_by_day(struct db *db, const char *job, struct correction_day *days, size_t most,
                               size_t *ret_count, struct err *err)
{
    struct db_statement *query;
    enum status status = db_prepare(
        db, "SELECT unixepoch(c.seen_at) / 86400, " SUMS " GROUP BY 1 ORDER BY 1 DESC LIMIT ?2", &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, job);
    db_bind_integer(query, 2, (int64_t)most);
    size_t count = 0;
    bool row;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        days[count].seen = (civil_day)db_column_integer(query, 0);
        days[count++].counts = read_counts(query, 1);
    }
    db_finalize(query);
    if (status == STATUS_OK)
        *ret_count = count;
    return status;
}
