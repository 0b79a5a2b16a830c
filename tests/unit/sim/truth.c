#include "truth.h"

#include "dump.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cuts the first field, which is not quoted, off the line. */
static char *next_field(char **line)
{
    char *field = *line;
    cr_assert_not_null(field);
    *line = strchr(field, ',');
    if (*line != NULL)
        *(*line)++ = '\0';
    return field;
}

static void read_row(char *line, struct truth_row *row)
{
    row->building = strtoll(next_field(&line), NULL, 10);
    row->site = strtoll(next_field(&line), NULL, 10);
    snprintf(row->group, sizeof row->group, "%s", next_field(&line));
    snprintf(row->granularity, sizeof row->granularity, "%s", next_field(&line));
    row->partition = strtoll(next_field(&line), NULL, 10);
    snprintf(row->start, sizeof row->start, "%s", next_field(&line));
    const char *mean = next_field(&line);
    row->has_mean = mean[0] != '\0';
    row->mean = strtod(mean, NULL);
    for (int i = 0; i < 3; i++)
        next_field(&line);
    row->has_zone = line[0] == '"';
    cr_assert(row->has_zone || line[0] == '\0', "%s", line);
}

void truth_read(struct truth *truth, const struct service *service)
{
    *truth = (struct truth){0};
    char *text = NULL;
    size_t size = 0;
    struct err err = {0};
    FILE *out = open_memstream(&text, &size);
    cr_assert_not_null(out);
    cr_assert_eq(dump_csv(&service->editions[0].backend, TABLE_INSIGHTS, out, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(fclose(out), 0);
    size_t lines = 0;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    cr_assert_geq(lines, 1);
    truth->rows = calloc(lines, sizeof *truth->rows);
    cr_assert_not_null(truth->rows);
    char *state = NULL;
    char *line = strtok_r(text, "\n", &state);
    cr_assert_str_eq(line, "BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START,OCCUPANCY_MEAN,"
                           "OCCUPANCY_MAX,OCCUPANCY_MEAN_POS,PERCENT_CAPACITY,LARGEST_ZONE");
    while ((line = strtok_r(NULL, "\n", &state)) != NULL)
        read_row(line, &truth->rows[truth->count++]);
    cr_assert_eq(truth->count + 1, lines);
    free(text);
}

void truth_release(struct truth *truth)
{
    free(truth->rows);
    *truth = (struct truth){0};
}
