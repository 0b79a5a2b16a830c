#include "view/month.h"

civil_day month_first(civil_day day)
{
    struct civil_date date = civil_date_from_day(day);
    date.day = 1;
    return civil_day_from_date(date);
}

civil_day month_next(civil_day first)
{
    struct civil_date date = civil_date_from_day(first);
    return first + civil_days_in_month(date.year, date.month);
}

int months_between(civil_day a, civil_day b)
{
    struct civil_date from = civil_date_from_day(a);
    struct civil_date to = civil_date_from_day(b);
    return (to.year - from.year) * 12 + to.month - from.month;
}

bool month_is_settled(const struct tally_building *tally, civil_day first)
{
    const struct day_range *days = &tally->building->days;
    for (civil_day day = first; day < month_next(first); day++) {
        if (day >= days->first && day < days->end && tally_day_state(&tally->days[day - days->first]) != SLICE_SETTLED)
            return false;
    }
    return true;
}

const char *month_name(int month)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return month >= 1 && month <= 12 ? names[month - 1] : "";
}
