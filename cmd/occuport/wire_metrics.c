#include "core/fsout.h"
#include "core/log.h"
#include "overview.h"
#include "view/metrics.h"
#include "wire_notify.h"

/* node_exporter usually runs as somebody else. */
enum { METRICS_MODE = 0644 };

/* What the ledgers hold is left out when they cannot be read: the exit code tells why. */
static enum status describe(const struct job *job, struct metrics *metrics, struct err *err)
{
    struct overview overview;
    enum status status = overview_open(job, &overview, err);
    if (status == STATUS_OK) {
        metrics->has_held = true;
        metrics->held = overview.counts;
        metrics->has_newest = overview.has_newest;
        metrics->newest_end = overview.newest_end;
    }
    if (status == STATUS_OK)
        status = overview_last_success(&overview, &metrics->succeeded_at, err);
    overview_release(&overview);
    return status;
}

static enum status write_file(const char *path, const struct buf *text, struct err *err)
{
    struct fsout out = {0};
    enum status status = fsout_open(&out, path, METRICS_MODE, err);
    if (status != STATUS_OK)
        return status;
    fsout_write(&out, buf_text(text), text->size);
    return fsout_commit(&out, err);
}

void metrics_write(const struct job *job, const struct summary *summary, int exit_code)
{
    if (job->config->metrics_textfile == NULL)
        return;
    struct clock clock = clock_system();
    struct metrics metrics = {
        .summary = summary, .version = OCCUPORT_VERSION, .exit_code = exit_code, .ended_at = clock_wall(&clock)};
    struct buf text = {0};
    struct err err;
    if (describe(job, &metrics, &err) != STATUS_OK)
        log_warn("metrics.textfile is written without the coverage: %s", err.message);
    metrics_format(&metrics, &text);
    enum status status = buf_status(&text, &err);
    if (status == STATUS_OK)
        status = write_file(job->config->metrics_textfile, &text, &err);
    if (status != STATUS_OK)
        log_warn("metrics.textfile: %s", err.message);
    buf_release(&text);
}
