#include "store/ledger_internal.h"

/* What the ledger remembers of rows that the API returned once and no longer does. */

static struct db_statement *of_slice(struct db_statement *query, int64_t series_id, civil_day day)
{
    db_bind_integer(query, 1, series_id);
    db_bind_integer(query, 2, day);
    return query;
}

enum status ledger_sight_empty(struct ledger *ledger, int64_t series_id, civil_day day, const char *run_id,
                               bool *ret_confirmed, struct err *err)
{
    struct db_statement *query;
    enum status status = ledger_query(ledger, LEDGER_SIGHTING_FIND, &query, err);
    if (status != STATUS_OK)
        return status;
    bool row;
    db_bind_string(of_slice(query, series_id, day), 3, run_id);
    status = db_step(query, &row, err);
    if (status != STATUS_OK)
        return status;
    *ret_confirmed = row && db_column_integer(query, 0) != 0;
    if (row) {
        db_reset(query);
        return STATUS_OK;
    }
    status = ledger_query(ledger, LEDGER_SIGHTING_ADD, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(of_slice(query, series_id, day), 3, run_id);
    return db_run(query, err);
}

enum status ledger_forget_empty(struct ledger *ledger, int64_t series_id, civil_day day, struct err *err)
{
    struct db_statement *query;
    enum status status = ledger_query(ledger, LEDGER_SIGHTING_DELETE, &query, err);
    return status == STATUS_OK ? db_run(of_slice(query, series_id, day), err) : status;
}

/* *ret_changed: it was not so before. */
static enum status mark_row(struct ledger *ledger, enum ledger_query which, int64_t series_id, civil_day day,
                            const char *start, size_t start_size, bool *ret_changed, struct err *err)
{
    struct db_statement *query;
    enum status status = ledger_query(ledger, which, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_text(of_slice(query, series_id, day), 3, start, start_size);
    status = db_run(query, err);
    if (status == STATUS_OK)
        *ret_changed = db_changes(ledger->db) > 0;
    return status;
}

enum status ledger_miss_row(struct ledger *ledger, int64_t series_id, civil_day day, const char *start,
                            size_t start_size, bool *ret_first, struct err *err)
{
    return mark_row(ledger, LEDGER_MISS_ADD, series_id, day, start, start_size, ret_first, err);
}

enum status ledger_unmiss_row(struct ledger *ledger, int64_t series_id, civil_day day, const char *start,
                              size_t start_size, bool *ret_was, struct err *err)
{
    return mark_row(ledger, LEDGER_MISS_DROP, series_id, day, start, start_size, ret_was, err);
}

enum status ledger_forget_missed(struct ledger *ledger, int64_t series_id, civil_day day, struct err *err)
{
    struct db_statement *query;
    enum status status = ledger_query(ledger, LEDGER_MISS_DELETE, &query, err);
    return status == STATUS_OK ? db_run(of_slice(query, series_id, day), err) : status;
}
