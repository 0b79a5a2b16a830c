#include "command.h"
#include "core/log.h"
#include "view/buildings_block.h"
#include "wire_atlas.h"

#include <inttypes.h>

enum { LINE_MAX_WANTED = 76, OUTPUT_MAX = 64 << 20 };

/* Begins a comment of many words; later ones go to a new line where this one is full. */
static void append_words(struct buf *out, size_t *line, const char *word, const char *type, bool is_first)
{
    struct buf text = {0};
    buf_appendf(&text, type != NULL ? "%s (%s)" : "%s%s", word, type != NULL ? type : "");
    if (!is_first && *line + text.size > LINE_MAX_WANTED) {
        buf_append_text(out, ",\n#   ");
        *line = 4;
    } else {
        buf_append_text(out, is_first ? " " : ", ");
    }
    buildings_block_comment(out, buf_text(&text));
    *line += text.size + 2;
    buf_release(&text);
}

static void describe_columns(const struct atlas_notes *notes, struct buf *out)
{
    const struct schema_table *table = notes->insights != NULL ? schema_probe_table(notes->insights) : NULL;
    if (table == NULL || !table->exists) {
        buf_append_text(out, "# The columns of BUILDING_INSIGHTS are not shown to this login.\n");
        return;
    }
    size_t line = 31;
    bool is_first = true;
    buf_append_text(out, "# Columns of BUILDING_INSIGHTS:");
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].is_object)
            continue;
        append_words(out, &line, table->columns[i].name, table->columns[i].type, is_first);
        is_first = false;
    }
    buf_append_text(out, "\n");
}

static void describe_granularities(const struct atlas *atlas, const struct atlas_notes *notes, struct buf *out)
{
    size_t line = 0;
    if (atlas->granularities == NULL) {
        buf_appendf(out, "# No rows were seen in the last %d days.\n", ATLAS_DAYS_MAX);
        return;
    }
    buf_append_text(out, "# Granularities seen:");
    for (const struct atlas_text *at = atlas->granularities; at != NULL; at = at->next)
        append_words(out, &line, at->text, NULL, at == atlas->granularities);
    buf_append_text(out, "\n# Groups and granularities without rows on the day that is named are left out.\n");
    if (notes->rows_unproved)
        buf_append_text(out, "# Nothing shows that all rows of that day came: there may be more sites and groups.\n");
}

static int print(const struct job *job, const struct atlas *atlas, const struct atlas_notes *notes)
{
    struct buf out = {.max = OUTPUT_MAX};
    char now[CLOCK_TEXT_SIZE];
    buf_appendf(&out, "# What %s shows to this login,\n# %s. It takes the place of buildings: in a job.\n",
                job->config->api.base_url, clock_format_utc(job->now, now));
    describe_columns(notes, &out);
    describe_granularities(atlas, notes, &out);
    if (notes->tables_unproved)
        buf_append_text(
            &out, "# Nothing shows that all rows of SITE and FLOOR came: there may be more buildings and sites.\n");
    size_t count = buildings_block_format(atlas, &out);
    int code = command_print(&out);
    buf_release(&out);
    if (count > 0)
        return code;
    log_error("no building with a site and a group is shown to this login");
    return exit_code_worse(code, status_exit_code(STATUS_CONFIG));
}

int cmd_discover(const struct command_context *context, const char *job_path)
{
    struct job job;
    struct network network;
    struct atlas atlas = {0};
    struct atlas_notes notes = {0};
    struct err err;
    struct clock clock = clock_system();
    if (job_open(job_path, false, clock_wall(&clock), &job, &err) != STATUS_OK)
        return command_fail(&err);
    if (context->is_last_job)
        config_forget_environment(job.config);
    enum status status = network_open(&job, INT64_MAX, NULL, NULL, &network, &err);
    if (status == STATUS_OK) {
        struct asker asker = {network.client, context->interrupted};
        status = atlas_fill(&asker, &job, &atlas, &notes, &err);
        network_release(&network);
    }
    int code = status == STATUS_OK ? print(&job, &atlas, &notes) : command_fail(&err);
    schema_probe_free(notes.insights);
    atlas_release(&atlas);
    job_release(&job);
    return code;
}
