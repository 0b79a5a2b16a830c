#include "history.h"

/* What keeps the chances of the three apart from each other and from those of gaps. */
enum { SALT_LATE = 0x6C617465, SALT_DROP = 0x64726F70, SALT_RESTATE = 0x72657374 };

bool history_published(const struct world *world, const struct slice *slice)
{
    uint64_t hours = (uint64_t)world->history.late_hours;
    if (hours == 0)
        return true;
    int64_t since = world->now - world_day_end(world, slice);
    if (since < 0 || since >= (int64_t)hours * 3600)
        return since >= 0;
    uint64_t chance = world_mix(world_series_chance(world, slice, SALT_LATE), (uint64_t)slice->day);
    return since >= (int64_t)(chance % (hours + 1)) * 3600;
}

static bool is_among(const struct world *world, const struct slice *slice, int64_t start, uint64_t salt, int percent)
{
    return world_mix(world_series_chance(world, slice, salt), (uint64_t)start) % 100 < (uint64_t)percent;
}

bool history_drops(const struct world *world, const struct slice *slice)
{
    return world->history.drop_percent > 0 && world_day_age(world, slice) >= world->history.drop_days;
}

bool history_dropped(const struct world *world, const struct slice *slice, int64_t start)
{
    return is_among(world, slice, start, SALT_DROP, world->history.drop_percent);
}

int history_revision(const struct world *world, const struct slice *slice, int64_t start)
{
    int age = world_day_age(world, slice);
    if (world->history.restate_percent == 0 || age <= 0 ||
        !is_among(world, slice, start, SALT_RESTATE, world->history.restate_percent))
        return 0;
    return age < world->history.restate_days ? age : world->history.restate_days;
}
