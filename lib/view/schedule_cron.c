#include "view/schedule.h"

#include <string.h>

/* cron takes an unescaped % for the end of the command. */
static void append_command(struct buf *out, const char *command)
{
    for (const char *at = command; *at != '\0'; at++) {
        if (*at == '%')
            buf_append_char(out, '\\');
        buf_append_char(out, *at);
    }
}

static void append_secrets_path(const struct schedule *schedule, struct buf *out)
{
    buf_append_text(out, "/etc/occuport/");
    schedule_append_name(out, schedule->name, false);
    buf_append_text(out, ".env");
}

static void append_comment(const struct schedule *schedule, struct buf *out)
{
    buf_append_text(
        out,
        "# For `crontab -e`. The hour is that of the machine. A run that ends well says nothing; what another one\n"
        "# says comes by mail, to you or to whom a line MAILTO=... above it names. A night on which the machine\n"
        "# is off is not made up for, but the next run fetches its days as well.\n");
    if (schedule->variable_count == 0)
        return;
    buf_append_text(out, "# ");
    append_secrets_path(schedule, out);
    buf_append_text(out, ", readable by you only (chmod 600), holds:\n");
    for (size_t i = 0; i < schedule->variable_count; i++)
        buf_appendf(out, "#   export %s='...'\n", schedule->variables[i]);
}

enum status schedule_cron(const struct schedule *schedule, struct buf *out, struct err *err)
{
    struct buf command = {0};
    if (schedule->variable_count > 0) {
        buf_append_text(&command, ". ");
        append_secrets_path(schedule, &command);
        buf_append_text(&command, " && ");
    }
    buf_append_text(&command, "exec ");
    buf_append_shell_word(&command, schedule->program);
    buf_append_text(&command, " run -q ");
    buf_append_shell_word(&command, schedule->job);
    append_comment(schedule, out);
    buf_appendf(out, "%d %d * * * ", schedule_minute(schedule->job), SCHEDULE_HOUR);
    size_t before = out->size;
    append_command(out, buf_text(&command));
    size_t size = out->size - before;
    buf_append_char(out, '\n');
    buf_release(&command);
    if (size > SCHEDULE_CRON_COMMAND_MAX)
        return err_set(err, STATUS_CONFIG,
                       "the command has %zu bytes, and cron takes no more than %d; give the job a "
                       "shorter path",
                       size, SCHEDULE_CRON_COMMAND_MAX);
    return STATUS_OK;
}
