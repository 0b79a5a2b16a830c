/* What the tests of lib/api share: a small unit, its query, and pages made of rows. */
#ifndef TEST_API_FIXTURE_H
#define TEST_API_FIXTURE_H

#include "api/answer.h"
#include "api/pager.h"

#define GROUP_A "00000000-0000-0000-0000-000000000000"
#define GROUP_B "all-e707b3a8"

/* One column, OCCUPANCY_MEAN. */
extern const char *const fixture_columns[1];

/* Building 71, PT1H, 2025-05-01 and 2025-05-02, sites 9 and 10, groups GROUP_A and GROUP_B: 8 slices. */
struct unit fixture_unit(void);

/* The first site and group of it on 2025-05-01. */
struct unit fixture_single(void);

/* The first page of the unit in the hasura dialect, without count. */
struct page_query fixture_query(const struct unit *unit);

/* `{"DATE_PARTITION":20250501,"BUILDING_ID":71,...,"OCCUPANCY_MEAN":VALUE}` with START as it stands, quotes included.
 */
void fixture_row(struct buf *out, int partition, long long site, const char *group, const char *start,
                 const char *value);

/* Rows of the hours from to below to of a slice of the unit; the value is the hour. */
void fixture_hours(struct buf *out, const struct unit *unit, size_t slice, int from, int to);

/* Puts {"data":{"BUILDING_INSIGHTS":[...]}} around rows; count < 0: no aggregate. */
void fixture_page(struct buf *out, const char *rows, long long count);

#endif
