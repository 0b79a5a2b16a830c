#include "view/metrics.h"

#include <inttypes.h>

/* A value of a label: backslash, quote and newline are escaped. */
static void append_label(struct buf *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\\' || *at == '"')
            buf_append_char(out, '\\');
        if (*at == '\n')
            buf_append_text(out, "\\n");
        else
            buf_append_char(out, *at);
    }
}

static void append_head(struct buf *out, const char *name, const char *help)
{
    buf_appendf(out, "# HELP occuport_%s %s\n# TYPE occuport_%s gauge\n", name, help, name);
}

/* One value; label NULL: with no label but the job's. */
static void append_value(const struct metrics *metrics, const char *name, const char *label, const char *word,
                         double value, struct buf *out)
{
    buf_appendf(out, "occuport_%s{export=\"", name);
    append_label(out, metrics->summary->job);
    if (label != NULL)
        buf_appendf(out, "\",%s=\"%s", label, word);
    buf_appendf(out, "\"} %.15g\n", value);
}

static void append_one(const struct metrics *metrics, const char *name, const char *help, double value, struct buf *out)
{
    append_head(out, name, help);
    append_value(metrics, name, NULL, NULL, value, out);
}

struct word_value {
    const char *word;
    uint64_t value;
};

static void append_words(const struct metrics *metrics, const char *name, const char *help, const char *label,
                         size_t count, const struct word_value *values, struct buf *out)
{
    append_head(out, name, help);
    for (size_t i = 0; i < count; i++)
        append_value(metrics, name, label, values[i].word, (double)values[i].value, out);
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void append_run(const struct metrics *metrics, struct buf *out)
{
    const struct run_counts *c = &metrics->summary->counts;
    const struct word_value slices[] = {{"due", c->slices_due},
                                        {"fetched", c->slices_fetched},
                                        {"failed", c->slices_failed},
                                        {"empty", c->slices_empty}};
    const struct word_value rows[] = {{"received", c->rows_received}, {"inserted", c->rows_inserted},
                                      {"updated", c->rows_updated},   {"unchanged", c->rows_unchanged},
                                      {"vanished", c->rows_vanished}, {"rejected", c->rows_rejected}};
    append_one(metrics, "run_end_timestamp_seconds", "When the last run ended.", (double)metrics->ended_at, out);
    append_one(metrics, "run_exit_code", "Exit code of the last run; 0: all is covered.", metrics->exit_code, out);
    append_one(metrics, "run_duration_seconds", "How long the last run took.", metrics->summary->seconds, out);
    append_words(metrics, "run_slices", "Slices of the last run.", "result", COUNT(slices), slices, out);
    append_words(metrics, "run_rows", "Rows of the last run, by what became of them.", "result", COUNT(rows), rows,
                 out);
    append_one(metrics, "run_requests", "Requests of the last run.", (double)c->requests, out);
    append_one(metrics, "run_retries", "Requests of the last run that were asked again.", (double)c->retries, out);
    append_one(metrics, "run_logins", "Logins of the last run.", (double)c->logins, out);
    append_one(metrics, "run_throttled", "Answers of the last run that asked to slow down.", (double)c->throttled, out);
    append_one(metrics, "run_received_bytes", "Bytes that the last run received.", (double)c->bytes_received, out);
}

/* A series that is not there is not nought: alerts on slices that are missing or failed must not fall silent by it. */
static void append_held(const struct metrics *metrics, struct buf *out)
{
    const struct tally_counts *held = &metrics->held;
    const struct word_value states[] = {
        {"settled", held->settled}, {"open", held->open}, {"missing", held->missing}, {"failed", held->failed}};
    append_one(metrics, "coverage_known", "1: the ledgers of all destinations could be read; 0: no coverage is told.",
               metrics->has_held, out);
    if (!metrics->has_held)
        return;
    append_words(metrics, "coverage_slices", "Slices of the coverage, by state.", "state", COUNT(states), states, out);
    append_one(metrics, "coverage_empty_slices", "Slices that are held and have no row.", (double)held->empty, out);
    if (metrics->has_newest)
        append_one(metrics, "newest_partition_end_timestamp_seconds", "When the newest day that is held ended.",
                   (double)metrics->newest_end, out);
}

void metrics_format(const struct metrics *metrics, struct buf *out)
{
    append_head(out, "build_info", "The version of occuport, as a label.");
    append_value(metrics, "build_info", "version", metrics->version, 1, out);
    append_run(metrics, out);
    if (metrics->succeeded_at != 0)
        append_one(metrics, "run_success_timestamp_seconds", "When a run last ended with exit code 0.",
                   (double)metrics->succeeded_at, out);
    append_held(metrics, out);
}
