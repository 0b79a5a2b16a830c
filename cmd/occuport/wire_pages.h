/*
 * A table of the server, asked for page by page until nothing comes any more: how long a page is may be up to a hidden
 * limit of rows, so a short one says nothing.
 */
#ifndef OCCUPORT_CMD_WIRE_PAGES_H
#define OCCUPORT_CMD_WIRE_PAGES_H

#include "api/table_query.h"
#include "wire_ask.h"

/* Takes the rows of a page; may keep the table, and then leaves a zeroed one behind. */
typedef enum status pages_take(void *context, struct table *rows, struct err *err);

enum { PAGES_MAX = 1000, PAGES_KEYS_MAX = 4 };

/*
 * query->order NULL: the server may not know an order, and one page is asked for. *ret_whole: nothing lay behind the
 * last row. A failure behind the first page that says nothing of others is told in the log and is no failure; it is not
 * whole then, as with more than PAGES_MAX pages. Otherwise the failure of the first page, or of take.
 */
enum status pages_ask(const struct asker *asker, const struct table_query *query, pages_take *take, void *context,
                      bool *ret_whole, struct err *err) MUST_CHECK;

#endif
