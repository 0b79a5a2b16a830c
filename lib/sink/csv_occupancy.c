#include "sink/csv_occupancy.h"

#include "core/text.h"
#include "sink/csv_files.h"
#include "sink/csv_reader.h"

#include <string.h>

/* The columns that are read; the last two bear the names that the pictures want. */
enum wanted {
    WANTED_BUILDING_ID,
    WANTED_SITE_ID,
    WANTED_GROUP_ID,
    WANTED_GRANULARITY,
    WANTED_PARTITION,
    WANTED_LOCAL_DATE,
    WANTED_LOCAL_HOUR,
    WANTED_MEAN,
    WANTED_PEAK,
    WANTED_COUNT
};

struct file {
    struct occupancy *occupancy;
    struct csv_reader *reader;
    size_t field_count;
    size_t at[WANTED_COUNT]; /* SIZE_MAX: the file has no such column */
    bool has_place;          /* building and site of the last row: rows of a site stand together */
    int64_t building_id;
    int64_t site_id;
    bool is_shown;
    size_t building;
    size_t site;
};

static bool is_text(const struct csv_field *field, const char *text)
{
    return field->size == strlen(text) && memcmp(field->text, text, field->size) == 0;
}

/* A file begins with the key columns and ends with the derived ones: a column of the job may be called like either. */
static size_t find_column(const struct csv_field *header, size_t count, const char *name, bool last)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < count && (last || found == SIZE_MAX); i++) {
        if (is_text(&header[i], name))
            found = i;
    }
    return found;
}

static enum status read_header(struct file *file, const struct csv_field *header, size_t count, struct err *err)
{
    const struct {
        const char *name;
        bool last;
        bool needed;
    } wanted[WANTED_COUNT] = {
        [WANTED_BUILDING_ID] = {"BUILDING_ID", false, true},
        [WANTED_SITE_ID] = {"SITE_ID", false, true},
        [WANTED_GROUP_ID] = {"GROUP_ID", false, true},
        [WANTED_GRANULARITY] = {"GRANULARITY", false, true},
        [WANTED_PARTITION] = {"DATE_PARTITION", false, true},
        [WANTED_LOCAL_DATE] = {"LOCAL_DATE", true, true},
        [WANTED_LOCAL_HOUR] = {"LOCAL_HOUR", true, true},
        [WANTED_MEAN] = {file->occupancy->mean_column, false, false},
        [WANTED_PEAK] = {file->occupancy->peak_column, false, false},
    };
    file->field_count = count;
    for (size_t i = 0; i < WANTED_COUNT; i++) {
        file->at[i] = find_column(header, count, wanted[i].name, wanted[i].last);
        if (file->at[i] == SIZE_MAX && wanted[i].needed)
            return csv_reader_refuse(file->reader, &header[0], "the header is not one of ours", err);
    }
    return STATUS_OK;
}

static struct occupancy_value value_of(const struct file *file, const struct csv_field *fields, enum wanted wanted)
{
    if (file->at[wanted] == SIZE_MAX || fields[file->at[wanted]].is_null)
        return (struct occupancy_value){.is_null = true};
    return occupancy_value_of_text(fields[file->at[wanted]].text, fields[file->at[wanted]].size);
}

static void find_place(struct file *file, int64_t building_id, int64_t site_id)
{
    if (file->has_place && file->building_id == building_id && file->site_id == site_id)
        return;
    file->has_place = true;
    file->building_id = building_id;
    file->site_id = site_id;
    file->is_shown = occupancy_find_building(file->occupancy, building_id, &file->building) &&
                     occupancy_find_site(&file->occupancy->buildings[file->building], site_id, &file->site);
}

static enum status add_row(struct file *file, const struct csv_field *fields, struct err *err)
{
    const struct csv_field *building = &fields[file->at[WANTED_BUILDING_ID]];
    const struct csv_field *site = &fields[file->at[WANTED_SITE_ID]];
    const struct csv_field *partition = &fields[file->at[WANTED_PARTITION]];
    const struct csv_field *date = &fields[file->at[WANTED_LOCAL_DATE]];
    const struct csv_field *hour = &fields[file->at[WANTED_LOCAL_HOUR]];
    int64_t building_id;
    int64_t site_id;
    int64_t number;
    int64_t local_hour;
    struct occupancy_row row;
    if (!text_to_int64(building->text, building->size, &building_id))
        return csv_reader_refuse(file->reader, building, "BUILDING_ID is no number", err);
    if (!text_to_int64(site->text, site->size, &site_id))
        return csv_reader_refuse(file->reader, site, "SITE_ID is no number", err);
    find_place(file, building_id, site_id);
    if (!file->is_shown || !is_text(&fields[file->at[WANTED_GRANULARITY]], file->occupancy->granularity) ||
        !is_text(&fields[file->at[WANTED_GROUP_ID]], file->occupancy->buildings[file->building].group))
        return STATUS_OK;
    if (!text_to_int64(partition->text, partition->size, &number) || !civil_day_from_partition(number, &row.partition))
        return csv_reader_refuse(file->reader, partition, "DATE_PARTITION is no date", err);
    if (!civil_day_parse(date->text, date->size, &row.local_day))
        return csv_reader_refuse(file->reader, date, "LOCAL_DATE is no date", err);
    if (!text_to_int64(hour->text, hour->size, &local_hour) || local_hour < 0 || local_hour > 23)
        return csv_reader_refuse(file->reader, hour, "LOCAL_HOUR is no hour", err);
    row.local_hour = (int)local_hour;
    row.mean = value_of(file, fields, WANTED_MEAN);
    row.peak = value_of(file, fields, WANTED_PEAK);
    occupancy_add(file->occupancy, file->building, file->site, &row);
    return STATUS_OK;
}

static enum status read_file(const char *path, struct occupancy *occupancy, struct err *err)
{
    struct file file = {.occupancy = occupancy};
    const struct csv_field *fields;
    size_t count;
    enum status status = csv_reader_open(path, &file.reader, err);
    if (status != STATUS_OK || file.reader == NULL)
        return status;
    status = csv_reader_next(file.reader, &fields, &count, err);
    if (status == STATUS_OK && count > 0)
        status = read_header(&file, fields, count, err);
    while (status == STATUS_OK && count > 0) {
        status = csv_reader_next(file.reader, &fields, &count, err);
        if (status != STATUS_OK || count == 0)
            break;
        if (count != file.field_count)
            status = csv_reader_refuse(file.reader, &fields[0], "the row has not as many fields as the header", err);
        else
            status = add_row(&file, fields, err);
    }
    csv_reader_close(file.reader);
    return status;
}

enum status csv_occupancy_read(const char *directory, enum sink_csv_layout layout, const struct dataset *dataset,
                               struct occupancy *occupancy, struct err *err)
{
    char path[PATH_MAX];
    enum status status = STATUS_OK;
    if (occupancy->granularity == NULL || occupancy->mean_column == NULL)
        return STATUS_OK;
    if (layout == SINK_CSV_SINGLE) {
        status = csv_files_single(directory, dataset->name, path, err);
        return status == STATUS_OK ? read_file(path, occupancy, err) : status;
    }
    for (size_t i = 0; status == STATUS_OK && i < occupancy->building_count; i++) {
        const struct occupancy_building *building = &occupancy->buildings[i];
        for (civil_day day = building->days.first; status == STATUS_OK && day < building->days.end; day++) {
            status = csv_files_partition(directory, dataset->name, civil_day_to_partition(day), building->building->id,
                                         path, err);
            if (status == STATUS_OK)
                status = read_file(path, occupancy, err);
        }
    }
    return status;
}
