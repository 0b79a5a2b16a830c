/*
 * What a server shows of its buildings: sites, groups and granularities, put together from several tables. Pure.
 *
 * Life cycle: `struct atlas a = {0}`, add, read, atlas_release. Everything is kept sorted and once; the texts
 * are copied. Nothing beyond the maxima is added: the atlas then says that it is not whole.
 */
#ifndef OCCUPORT_MODEL_ATLAS_H
#define OCCUPORT_MODEL_ATLAS_H

#include "core/arena.h"
#include "core/civil.h"

#include <stdbool.h>
#include <stdint.h>

enum { ATLAS_BUILDINGS_MAX = 1000, ATLAS_ENTRIES_MAX = 100000 };

/* A text with what is said of it: a group and its name, a granularity. */
struct atlas_text {
    struct atlas_text *next;
    const char *text;
    const char *note; /* NULL: nothing */
};

struct atlas_site {
    struct atlas_site *next;
    int64_t id;
    const char *note; /* code, floor, level; NULL: the server's table of sites does not have it */
};

struct atlas_building {
    struct atlas_building *next;
    int64_t id;
    const char *name;      /* NULL: not known */
    const char *time_zone; /* as the server says; NULL: not known, or its sites say different ones */
    bool zones_differ;
    struct atlas_site *sites;  /* by id */
    struct atlas_text *groups; /* by bytes */
    bool has_rows;
    civil_day seen_on; /* with has_rows: the partition that they were seen in */
};

struct atlas {
    struct arena arena;
    size_t building_count;
    size_t entry_count;
    bool is_cut;                      /* more than the maxima */
    struct atlas_building *buildings; /* by id */
    struct atlas_text *granularities;
    struct atlas_text *group_names; /* of all buildings */
};

/* Each finds or adds; NULL: no room or no memory (is_cut is then set). */
struct atlas_building *atlas_building_add(struct atlas *atlas, int64_t id);
struct atlas_site *atlas_site_add(struct atlas *atlas, struct atlas_building *building, int64_t id);
struct atlas_text *atlas_text_add(struct atlas *atlas, struct atlas_text **list, const char *text, size_t size);

/* The entry of that text, or NULL. */
const struct atlas_text *atlas_text_find(const struct atlas_text *list, const char *text);

/* A site of the building is in this zone; sites in different zones leave the building without one. */
void atlas_zone_add(struct atlas *atlas, struct atlas_building *building, const char *zone, size_t size);

/* A NUL-terminated copy, or NULL (is_cut is then set). */
const char *atlas_copy(struct atlas *atlas, const char *text, size_t size);

void atlas_release(struct atlas *atlas);

#endif
