#include "view/buildings_block.h"

#include "core/text.h"
#include "core/zone.h"

#include <inttypes.h>
#include <string.h>

/* Longer ones are refused by a job. */
enum { TEXT_MAX = 256 };

enum { CHARACTER_MAX = 4 }; /* bytes */

/* What must not reach a terminal is also all that YAML refuses or takes for a break of the line. */
static size_t next_character(const char *text, bool *ret_safe)
{
    return text_character(text, strnlen(text, CHARACTER_MAX), ret_safe);
}

static bool is_usable(const char *text)
{
    return text != NULL && text[0] != '\0' && strlen(text) <= TEXT_MAX;
}

/* An id must be the one that the server has: with such a character in it a job cannot name it. */
static bool is_usable_id(const char *text)
{
    bool safe = true;
    for (const char *at = text; safe && *at != '\0';)
        at += next_character(at, &safe);
    return safe && is_usable(text);
}

/* In double quotes, on one line: a job takes no other text. A dollar sign is doubled, since a job would take it for a
 * reference. */
static void append_quoted(struct buf *out, const char *text)
{
    buf_append_char(out, '"');
    while (*text != '\0') {
        bool safe;
        size_t size = next_character(text, &safe);
        if (*text == '"' || *text == '\\')
            buf_append_char(out, '\\');
        if (*text == '$')
            buf_append_char(out, '$');
        buf_append(out, safe ? text : "?", safe ? size : 1);
        text += size;
    }
    buf_append_char(out, '"');
}

void buildings_block_comment(struct buf *out, const char *text)
{
    while (*text != '\0') {
        bool safe;
        size_t size = next_character(text, &safe);
        buf_append(out, safe ? text : "?", safe ? size : 1);
        text += size;
    }
}

static void append_note(struct buf *out, const char *note)
{
    if (note != NULL && note[0] != '\0') {
        buf_append_text(out, "  # ");
        buildings_block_comment(out, note);
    }
    buf_append_char(out, '\n');
}

static void append_zone(struct buf *out, const struct atlas_building *building)
{
    struct zone *zone = NULL;
    if (building->zones_differ)
        buf_append_text(out, "    # its sites are in different time zones\n");
    if (!is_usable(building->time_zone))
        return;
    bool is_known = zone_load(building->time_zone, &zone, NULL) == STATUS_OK;
    zone_free(zone);
    buf_append_text(out, is_known ? "    time_zone: " : "    # not known to this system: ");
    if (is_known)
        append_quoted(out, building->time_zone);
    else
        buildings_block_comment(out, building->time_zone);
    buf_append_char(out, '\n');
}

static void append_groups(struct buf *out, const struct atlas *atlas, const struct atlas_building *building)
{
    char day[CIVIL_TEXT_SIZE];
    buf_append_text(out, "    groups:");
    if (building->has_rows)
        buf_appendf(out, "  # seen in the rows of %s", civil_day_format(building->seen_on, day));
    buf_append_char(out, '\n');
    for (const struct atlas_text *group = building->groups; group != NULL; group = group->next) {
        const struct atlas_text *known = atlas_text_find(atlas->group_names, group->text);
        if (!is_usable_id(group->text))
            continue;
        buf_append_text(out, "      - ");
        append_quoted(out, group->text);
        append_note(out, known != NULL && known->note != NULL ? known->note : group->note);
    }
}

static bool has_group(const struct atlas_building *building)
{
    const struct atlas_text *group = building->groups;
    while (group != NULL && !is_usable_id(group->text))
        group = group->next;
    return group != NULL;
}

static void append_building(struct buf *out, const struct atlas *atlas, const struct atlas_building *building)
{
    buf_appendf(out, "  - id: %" PRId64 "\n", building->id);
    if (is_usable(building->name)) {
        buf_append_text(out, "    name: ");
        append_quoted(out, building->name);
        buf_append_char(out, '\n');
    }
    append_zone(out, building);
    buf_append_text(out, "    sites:\n");
    for (const struct atlas_site *site = building->sites; site != NULL; site = site->next) {
        buf_appendf(out, "      - %" PRId64, site->id);
        append_note(out, site->note);
    }
    append_groups(out, atlas, building);
}

size_t buildings_block_format(const struct atlas *atlas, struct buf *out)
{
    size_t count = 0;
    for (const struct atlas_building *at = atlas->buildings; at != NULL; at = at->next) {
        bool has_sites = at->sites != NULL;
        if (has_sites && has_group(at)) {
            if (count++ == 0)
                buf_append_text(out, "buildings:\n");
            append_building(out, atlas, at);
            continue;
        }
        buf_appendf(out, "  # building %" PRId64, at->id);
        if (at->name != NULL) {
            buf_append_text(out, ", ");
            buildings_block_comment(out, at->name);
        }
        buf_appendf(out, ": no %s\n", has_sites ? "group is known, and no rows were seen" : "site is known");
    }
    if (atlas->is_cut)
        buf_append_text(out, "  # There is more than can be shown here.\n");
    return count;
}
