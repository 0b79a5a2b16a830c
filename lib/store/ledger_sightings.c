#include "store/arrays.h"
#include "store/ledger_internal.h"
#include "store/ledger_many.h"

#include <stdlib.h>

enum status ledger_sightings_read(struct ledger *ledger, const char *series, const char *run_id,
                                  struct ledger_sighting **ret_sightings, size_t *ret_count, struct err *err)
{
    struct db_statement *query;
    enum status status = db_prepare(ledger->db,
                                    "SELECT series_id, day, (run_id = ?2)::integer FROM empty_sightings"
                                    " WHERE series_id = ANY (?1::integer[]) ORDER BY series_id, day",
                                    &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, series);
    db_bind_string(query, 2, run_id);
    void *array = NULL;
    size_t capacity = 0;
    size_t count = 0;
    bool row;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        status = ledger_reserve(&array, &capacity, count, sizeof(struct ledger_sighting), err);
        if (status != STATUS_OK)
            break;
        ((struct ledger_sighting *)array)[count++] = (struct ledger_sighting){
            db_column_integer(query, 0), (civil_day)db_column_integer(query, 1), db_column_integer(query, 2) != 0};
    }
    db_finalize(query);
    if (status != STATUS_OK) {
        free(array);
        return status;
    }
    *ret_sightings = array;
    *ret_count = count;
    return STATUS_OK;
}

static enum status write_sightings(struct ledger *ledger, const char *sql, const char *run_id, size_t count,
                                   const struct ledger_sighting *sightings, struct err *err)
{
    struct arrays arrays = arrays_new(2);
    struct db_statement *statement;
    for (size_t i = 0; i < count; i++) {
        arrays_add_number(&arrays, 0, sightings[i].series_id);
        arrays_add_number(&arrays, 1, sightings[i].day);
    }
    enum status status = count > 0 ? arrays_bind(ledger->db, sql, &arrays, &statement, err) : STATUS_OK;
    if (status == STATUS_OK && count > 0) {
        if (run_id != NULL)
            db_bind_string(statement, 3, run_id);
        status = db_run(statement, err);
        db_finalize(statement);
    }
    arrays_release(&arrays);
    return status;
}

enum status ledger_sightings_write(struct ledger *ledger, const char *run_id, size_t add_count,
                                   const struct ledger_sighting *add, size_t drop_count,
                                   const struct ledger_sighting *drop, struct err *err)
{
    enum status status = write_sightings(ledger,
                                         "INSERT INTO empty_sightings (series_id, day, run_id)"
                                         " SELECT u.*, ?3::text FROM unnest(?1::integer[], ?2::integer[])"
                                         " AS u (series_id, day) ON CONFLICT DO NOTHING",
                                         run_id, add_count, add, err);
    if (status != STATUS_OK)
        return status;
    return write_sightings(ledger,
                           "DELETE FROM empty_sightings e USING unnest(?1::integer[], ?2::integer[])"
                           " AS u (series_id, day) WHERE e.series_id = u.series_id AND e.day = u.day",
                           NULL, drop_count, drop, err);
}
