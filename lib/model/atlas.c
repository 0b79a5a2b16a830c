#include "model/atlas.h"

#include <string.h>

const char *atlas_copy(struct atlas *atlas, const char *text, size_t size)
{
    const char *copy = arena_copy(&atlas->arena, text, size);
    atlas->is_cut = atlas->is_cut || copy == NULL;
    return copy;
}

static void *room(struct atlas *atlas, size_t size)
{
    void *entry = atlas->entry_count < ATLAS_ENTRIES_MAX ? arena_calloc(&atlas->arena, 1, size) : NULL;
    atlas->entry_count += entry != NULL;
    atlas->is_cut = atlas->is_cut || entry == NULL;
    return entry;
}

struct atlas_building *atlas_building_add(struct atlas *atlas, int64_t id)
{
    struct atlas_building **at = &atlas->buildings;
    while (*at != NULL && (*at)->id < id)
        at = &(*at)->next;
    if (*at != NULL && (*at)->id == id)
        return *at;
    struct atlas_building *building =
        atlas->building_count < ATLAS_BUILDINGS_MAX ? room(atlas, sizeof *building) : NULL;
    if (building == NULL) {
        atlas->is_cut = true;
        return NULL;
    }
    *building = (struct atlas_building){.next = *at, .id = id};
    *at = building;
    atlas->building_count++;
    return building;
}

struct atlas_site *atlas_site_add(struct atlas *atlas, struct atlas_building *building, int64_t id)
{
    struct atlas_site **at = &building->sites;
    while (*at != NULL && (*at)->id < id)
        at = &(*at)->next;
    if (*at != NULL && (*at)->id == id)
        return *at;
    struct atlas_site *site = room(atlas, sizeof *site);
    if (site == NULL)
        return NULL;
    *site = (struct atlas_site){.next = *at, .id = id};
    *at = site;
    return site;
}

/* Texts hold no NUL, so bytes in order are strings in order. */
static int compare(const char *entry, const char *text, size_t size)
{
    int order = strncmp(entry, text, size);
    return order != 0 ? order : entry[size] != '\0';
}

struct atlas_text *atlas_text_add(struct atlas *atlas, struct atlas_text **list, const char *text, size_t size)
{
    struct atlas_text **at = list;
    while (*at != NULL && compare((*at)->text, text, size) < 0)
        at = &(*at)->next;
    if (*at != NULL && compare((*at)->text, text, size) == 0)
        return *at;
    const char *copy = atlas_copy(atlas, text, size);
    struct atlas_text *entry = copy != NULL ? room(atlas, sizeof *entry) : NULL;
    if (entry == NULL)
        return NULL;
    *entry = (struct atlas_text){.next = *at, .text = copy};
    *at = entry;
    return entry;
}

const struct atlas_text *atlas_text_find(const struct atlas_text *list, const char *text)
{
    while (list != NULL && strcmp(list->text, text) != 0)
        list = list->next;
    return list;
}

void atlas_zone_add(struct atlas *atlas, struct atlas_building *building, const char *zone, size_t size)
{
    if (building->zones_differ)
        return;
    if (building->time_zone == NULL)
        building->time_zone = atlas_copy(atlas, zone, size);
    else if (compare(building->time_zone, zone, size) != 0) {
        building->zones_differ = true;
        building->time_zone = NULL;
    }
}

void atlas_release(struct atlas *atlas)
{
    arena_release(&atlas->arena);
    *atlas = (struct atlas){0};
}
