/* Months, as calendars lay them out, a line each. */
#ifndef OCCUPORT_VIEW_MONTH_H
#define OCCUPORT_VIEW_MONTH_H

#include "model/tally.h"

/* The first day of the month that day lies in, and of the month after the one that begins with first. */
civil_day month_first(civil_day day);
civil_day month_next(civil_day first);

/* How many months b is later than a. */
int months_between(civil_day a, civil_day b);

/* True when every day of the month that the coverage of the building has is settled to the last slice. */
bool month_is_settled(const struct tally_building *tally, civil_day first);

/* "Jan" for 1 to "Dec" for 12. */
const char *month_name(int month);

#endif
