#include "core/clock.h"
#include "core/fsout.h"
#include "dump.h"
#include "front.h"
#include "options.h"
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static enum status write_file(const char *path, const struct buf *text, struct err *err)
{
    struct fsout out = {0};
    enum status status = buf_status(text, err);
    if (status == STATUS_OK)
        status = fsout_open(&out, path, 0644, err);
    if (status != STATUS_OK)
        return status;
    fsout_write(&out, buf_text(text), text->size);
    return fsout_commit(&out, err);
}

static enum status write_port(const char *path, unsigned port, struct err *err)
{
    struct buf text = {0};
    buf_appendf(&text, "%u\n", port);
    enum status status = write_file(path, &text, err);
    buf_release(&text);
    return status;
}

static enum status write_stats(const char *path, struct stats *stats, struct err *err)
{
    struct buf text = {0};
    stats_format(stats, &text);
    enum status status = write_file(path, &text, err);
    buf_release(&text);
    return status;
}

/* Until SIGINT, SIGTERM (both blocked, so that no thread is interrupted) or the time limit. */
static void wait_for_end(const sigset_t *signals, int64_t time_limit)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += time_limit;
    for (;;) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        struct timespec left = {.tv_sec = until.tv_sec - now.tv_sec, .tv_nsec = until.tv_nsec - now.tv_nsec};
        if (left.tv_nsec < 0) {
            left.tv_sec--;
            left.tv_nsec += 1000000000;
        }
        if (time_limit > 0 && left.tv_sec < 0)
            return;
        if (sigtimedwait(signals, NULL, time_limit > 0 ? &left : &(struct timespec){.tv_sec = 3600}) > 0)
            return;
        if (errno != EINTR && errno != EAGAIN)
            return;
    }
}

struct doors {
    struct server *server;
    struct front *front; /* NULL without faults of the connection */
};

/* The HTTP server listens itself, or lets the front do so. */
static enum status open_doors(struct service *service, struct doors *doors, unsigned *ret_port, struct err *err)
{
    const struct sim_options *options = service->options;
    unsigned port = (unsigned)options->port;
    if (options->breaks == NULL && options->break_logins == NULL)
        return server_start(service, options->listen, port, &doors->server, ret_port, err);
    struct front_options front = {
        .listen = options->listen,
        .port = port,
        .breaks = options->breaks,
        .login_breaks = options->break_logins,
        .seed = (uint64_t)(options->break_seed >= 0 ? options->break_seed : options->seed),
        .refuse_ms = options->break_ms,
        .log = options->log,
        .stats = &service->stats,
    };
    stats_set_break_seed(&service->stats, front.seed);
    enum status status = server_start(service, "127.0.0.1", 0, &doors->server, &front.inner_port, err);
    return status == STATUS_OK ? front_start(&front, &doors->front, ret_port, err) : status;
}

static enum status serve(struct service *service, struct err *err)
{
    const struct sim_options *options = service->options;
    struct doors doors = {0};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    unsigned port = 0;
    enum status status = open_doors(service, &doors, &port, err);
    if (status != STATUS_OK) {
        server_stop(doors.server);
        return status;
    }
    bool is_v6 = strchr(options->listen, ':') != NULL;
    fprintf(stderr, "innerspace-sim: listening on http://%s%s%s:%u\n", is_v6 ? "[" : "", options->listen,
            is_v6 ? "]" : "", port);
    if (service->stats.has_breaks)
        fprintf(stderr, "innerspace-sim: break seed %llu\n", (unsigned long long)service->stats.break_seed);
    if (options->port_file != NULL)
        status = write_port(options->port_file, port, err);
    if (status == STATUS_OK)
        wait_for_end(&signals, options->time_limit);
    server_stop(doors.server);
    front_stop(doors.front);
    if (status == STATUS_OK && options->stats_file != NULL)
        status = write_stats(options->stats_file, &service->stats, err);
    return status;
}

static enum status run(const struct sim_options *options, struct err *err)
{
    struct clock clock = clock_system();
    struct service service;
    enum status status = service_init(&service, options, clock_wall(&clock), err);
    const struct backend *shown = &service_edition(&service, 0)->backend;
    if (status == STATUS_OK && options->dump == DUMP_CSV)
        status = dump_csv(shown, TABLE_INSIGHTS, stdout, err);
    else if (status == STATUS_OK && options->dump == DUMP_ZONES)
        status = dump_csv(shown, TABLE_ZONES, stdout, err);
    else if (status == STATUS_OK && options->dump == DUMP_ZONE_TYPES)
        status = dump_csv(shown, TABLE_ZONE_TYPES, stdout, err);
    else if (status == STATUS_OK && options->dump == DUMP_JSON)
        status = dump_json(shown, stdout, err);
    else if (status == STATUS_OK && options->dump == DUMP_JOB)
        status = dump_job(shown->world, stdout, err);
    else if (status == STATUS_OK)
        status = serve(&service, err);
    service_release(&service);
    return status;
}

static enum status print_help(struct err *err)
{
    struct buf text = {0};
    sim_options_help(&text);
    enum status status = buf_status(&text, err);
    if (status == STATUS_OK && (fputs(buf_text(&text), stdout) == EOF || fflush(stdout) != 0))
        status = err_set_errno(err, STATUS_IO, errno, "cannot write to stdout");
    buf_release(&text);
    return status;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct sim_options options;
    enum status status = sim_options_parse(&options, argc, argv, &err);
    if (status == STATUS_OK && options.help)
        status = print_help(&err);
    else if (status == STATUS_OK && options.version)
        printf("innerspace-sim %s\n", SIM_VERSION);
    else if (status == STATUS_OK)
        status = run(&options, &err);
    if (status != STATUS_OK)
        fprintf(stderr, "innerspace-sim: %s\n", err.message);
    return status_exit_code(status);
}
