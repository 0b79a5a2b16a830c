/*
 * The ledger of many series at once, for a database on the other side of a network: what lib/store/ledger.h does one
 * series after the other costs a way there and back each. PostgreSQL only.
 */
#ifndef OCCUPORT_STORE_LEDGER_MANY_H
#define OCCUPORT_STORE_LEDGER_MANY_H

#include "store/ledger.h"

/* Days of a series; past has one element a day. */
struct ledger_stretch {
    int64_t series_id;
    struct day_range days;
    enum ledger_past *past;
};

/* ledger_look_back for all of them. */
enum status ledger_look_back_many(struct ledger *ledger, size_t count, const struct ledger_stretch *stretches,
                                  struct err *err) MUST_CHECK;

struct ledger_put {
    int64_t series_id;
    struct span span; /* columns_id is not looked at; its maps must stay during the call */
};

/*
 * ledger_put_fetched for all of them, as if one after the other in their order. The caller holds locks on the rows of
 * their series. Sorts puts by series. must_be_new: the caller took their days for days that the ledger never saw,
 * before it had the locks; *ret_changed: one of them is there by now, and nothing was written.
 */
enum status ledger_put_many(struct ledger *ledger, size_t count, struct ledger_put *puts, bool must_be_new,
                            bool *ret_changed, struct err *err) MUST_CHECK;

/* A slice that had rows and came back empty, and the run that saw it first. */
struct ledger_sighting {
    int64_t series_id;
    civil_day day;
    bool is_of_run; /* the run in question saw it itself */
};

/*
 * Those of some series ("{1,2,3}"), sorted by series and day. The caller frees *ret_sightings.
 */
enum status ledger_sightings_read(struct ledger *ledger, const char *series, const char *run_id,
                                  struct ledger_sighting **ret_sightings, size_t *ret_count,
                                  struct err *err) MUST_CHECK;

/* Adds sightings of the run, and takes others away; either may be none. */
enum status ledger_sightings_write(struct ledger *ledger, const char *run_id, size_t add_count,
                                   const struct ledger_sighting *add, size_t drop_count,
                                   const struct ledger_sighting *drop, struct err *err) MUST_CHECK;

#endif
