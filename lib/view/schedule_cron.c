#include "view/schedule.h"

#include <string.h>

/* A word for the shell of cron, which takes an unescaped % for the end of the command. */
static void append_word(struct buf *out, const char *text)
{
    buf_append_char(out, '\'');
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'')
            buf_append_text(out, "'\\''");
        else if (*at == '%')
            buf_append_text(out, "'\\%'");
        else
            buf_append_char(out, *at);
    }
    buf_append_char(out, '\'');
}

void schedule_cron(const struct schedule *schedule, struct buf *out)
{
    struct buf secrets = {0};
    buf_append_text(&secrets, "/etc/occuport/");
    schedule_append_name(&secrets, schedule->name, false);
    buf_append_text(&secrets, ".env");
    buf_append_text(
        out, "# For `crontab -e`. The hour is that of the machine. What a failed run says comes by mail. A night on\n"
             "# which the machine is off is not made up for, but the next run fetches its days as well.\n");
    if (schedule->variable_count > 0) {
        buf_appendf(out, "# %s, readable by this user only (chmod 600), holds:\n", buf_text(&secrets));
        for (size_t i = 0; i < schedule->variable_count; i++)
            buf_appendf(out, "#   export %s='...'\n", schedule->variables[i]);
    }
    buf_appendf(out, "%d %d * * * ", schedule_minute(schedule->job), SCHEDULE_HOUR);
    if (schedule->variable_count > 0) {
        buf_append_text(out, ". ");
        append_word(out, buf_text(&secrets));
        buf_append_text(out, " && ");
    }
    buf_append_text(out, "exec ");
    append_word(out, schedule->program);
    buf_append_text(out, " run -q ");
    append_word(out, schedule->job);
    buf_append_char(out, '\n');
    buf_release(&secrets);
}
