#include "view/schedule.h"

#include <inttypes.h>
#include <string.h>

int schedule_minute(const char *job)
{
    uint32_t hash = 2166136261u;
    for (const char *at = job; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    return (int)(hash % 60);
}

/* With "occuport-" before it and what Kubernetes puts behind the name of a CronJob. */
enum { KUBERNETES_NAME_MAX = 40 };

static char name_letter(char c, bool lower_case)
{
    if (c >= 'A' && c <= 'Z')
        return lower_case ? (char)(c - 'A' + 'a') : c;
    bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (!lower_case && (c == '_' || c == '.'));
    return plain ? c : '-';
}

void schedule_append_name(struct buf *out, const char *name, bool lower_case)
{
    size_t begin = 0;
    size_t end = strlen(name);
    while (end > 0 && name_letter(name[end - 1], lower_case) == '-') /* Kubernetes wants a letter at both ends */
        end--;
    while (begin < end && name_letter(name[begin], lower_case) == '-')
        begin++;
    if (lower_case && end - begin > KUBERNETES_NAME_MAX)
        end = begin + KUBERNETES_NAME_MAX;
    while (end > begin && name_letter(name[end - 1], lower_case) == '-')
        end--;
    for (size_t i = begin; i < end; i++)
        buf_append_char(out, name_letter(name[i], lower_case));
    if (begin == end)
        buf_append_text(out, "job");
}

/* A word of a setting: in quotes, with what systemd would take for a specifier, a variable or an escape made plain. */
static void append_word(struct buf *out, const char *text, bool is_command)
{
    buf_append_char(out, '"');
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            buf_append_char(out, '\\');
        if (*at == '%' || (*at == '$' && is_command))
            buf_append_char(out, *at);
        buf_append_char(out, *at);
    }
    buf_append_char(out, '"');
}

static bool is_below(const char *path, const char *folder)
{
    size_t size = strlen(folder);
    return strncmp(path, folder, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

/* The job or what it writes lies in one of the folders that a sandbox hides. */
static bool any_below(const struct schedule *schedule, size_t count, const char *const *hidden)
{
    for (size_t i = 0; i < count; i++) {
        if (is_below(schedule->job, hidden[i]))
            return true;
        for (size_t f = 0; f < schedule->folder_count; f++) {
            if (is_below(schedule->folders[f], hidden[i]))
                return true;
        }
        for (size_t n = 0; n < schedule->needed_count; n++) {
            if (is_below(schedule->needed[n], hidden[i]))
                return true;
        }
    }
    return false;
}

/* Who else is at the job is looked up in /proc, so that ProtectProc and ProcSubset are left out. */
static const char sandbox[] = "NoNewPrivileges=yes\n"
                              "CapabilityBoundingSet=\n"
                              "AmbientCapabilities=\n"
                              "ProtectSystem=strict\n"
                              "PrivateDevices=yes\n"
                              "DevicePolicy=closed\n"
                              "PrivateIPC=yes\n"
                              "KeyringMode=private\n"
                              "ProtectHostname=yes\n"
                              "ProtectClock=yes\n"
                              "ProtectKernelTunables=yes\n"
                              "ProtectKernelModules=yes\n"
                              "ProtectKernelLogs=yes\n"
                              "ProtectControlGroups=yes\n"
                              "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX\n"
                              "RestrictNamespaces=yes\n"
                              "RestrictRealtime=yes\n"
                              "RestrictSUIDSGID=yes\n"
                              "LockPersonality=yes\n"
                              "MemoryDenyWriteExecute=yes\n"
                              "SystemCallArchitectures=native\n"
                              "SystemCallFilter=@system-service\n"
                              "SystemCallFilter=~@privileged @resources\n"
                              "SystemCallErrorNumber=EPERM\n";

static void append_sandbox(const struct schedule *schedule, struct buf *out)
{
    static const char *const homes[] = {"/home", "/root", "/run/user"};
    static const char *const temporary[] = {"/tmp", "/var/tmp"};
    buf_append_text(out, sandbox);
    buf_appendf(out, "ProtectHome=%s\n", any_below(schedule, 3, homes) ? "read-only" : "yes");
    buf_appendf(out, "PrivateTmp=%s\n", any_below(schedule, 2, temporary) ? "no" : "yes");
    for (size_t i = 0; i < schedule->folder_count; i++) {
        buf_append_text(out, "ReadWritePaths=");
        append_word(out, schedule->folders[i], false);
        buf_append_char(out, '\n');
    }
}

static void append_file_name(const struct schedule *schedule, const char *ending, struct buf *out)
{
    buf_append_text(out, "# /etc/systemd/system/occuport-");
    schedule_append_name(out, schedule->name, false);
    buf_appendf(out, "%s\n", ending);
}

static void append_environment(const struct schedule *schedule, struct buf *out)
{
    if (schedule->variable_count > 0)
        buf_append_text(out,
                        "# Each file holds what the variable of that name would; readable by root only (chmod 600).\n");
    for (size_t i = 0; i < schedule->variable_count; i++) {
        buf_appendf(out, "LoadCredential=%s:/etc/occuport/", schedule->variables[i]);
        schedule_append_name(out, schedule->name, false);
        buf_appendf(out, "/%s\n", schedule->variables[i]);
    }
    buf_append_text(out, "# What else the environment needs, such as https_proxy=...; it need not be there.\n"
                         "EnvironmentFile=-/etc/occuport/");
    schedule_append_name(out, schedule->name, false);
    buf_append_text(out, "/environment\n");
}

static void append_service(const struct schedule *schedule, struct buf *out)
{
    append_file_name(schedule, ".service", out);
    buf_append_text(out, "[Unit]\nDescription=InnerSpace occupancy export of the job ");
    schedule_append_name(out, schedule->name, false);
    buf_append_text(out, "\nDocumentation=man:occuport(1)\nWants=network-online.target\nAfter=network-online.target\n"
                         "StartLimitIntervalSec=6h\nStartLimitBurst=6\n\n[Service]\nType=oneshot\nExecStart=");
    append_word(out, schedule->program, true);
    buf_append_text(out, " run ");
    append_word(out, schedule->job, true);
    buf_append_char(out, '\n');
    if (schedule->user != NULL)
        buf_appendf(out, "User=%s\n", schedule->user);
    buf_append_text(out, "UMask=0077\n");
    append_environment(schedule, out);
    buf_append_text(out, "# 75, 69 and 74 may be better a little later; the other codes need a person.\n"
                         "Restart=on-failure\nRestartSec=10min\nRestartPreventExitStatus=64 65 70 73 77 78\n");
    if (schedule->max_runtime_seconds > 0) /* the program ends by itself before */
        buf_appendf(out, "TimeoutStartSec=%" PRId64 "\n", schedule->max_runtime_seconds + 600);
    append_sandbox(schedule, out);
}

void schedule_systemd(const struct schedule *schedule, struct buf *out)
{
    append_service(schedule, out);
    buf_append_char(out, '\n');
    append_file_name(schedule, ".timer", out);
    buf_append_text(out, "# Start it with: systemctl enable --now occuport-");
    schedule_append_name(out, schedule->name, false);
    buf_append_text(out, ".timer\n[Unit]\nDescription=Nightly InnerSpace occupancy export of the job ");
    schedule_append_name(out, schedule->name, false);
    buf_appendf(out,
                "\n\n[Timer]\nOnCalendar=*-*-* %02d:00:00 %s\nRandomizedDelaySec=45min\nPersistent=true\n\n"
                "[Install]\nWantedBy=timers.target\n",
                SCHEDULE_HOUR, schedule->time_zone);
}
