/*
 * The switches of innerspace-sim. One table (options_table.c) feeds the parser and --help.
 */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "core/buf.h"
#include "core/civil.h"
#include "core/err.h"
#include "respond.h"
#include "spelling.h"
#include "world.h"

enum sim_expiry { EXPIRY_401, EXPIRY_200 };
enum sim_dialect { DIALECT_HASURA, DIALECT_DOCUMENTED };
enum sim_gzip { GZIP_ON, GZIP_OFF };
enum sim_dump { DUMP_NOTHING, DUMP_CSV, DUMP_JOB, DUMP_JSON, DUMP_ZONES, DUMP_ZONE_TYPES };

/* Everything is borrowed from argv or constant. */
struct sim_options {
    bool help;
    bool version;
    const char *listen;
    int64_t port;
    const char *port_file;
    const char *stats_file;
    const char *sessions_file;
    bool log;
    bool remember;
    int64_t time_limit; /* seconds; 0: none */
    const char *client_id;
    const char *client_secret;
    const char *audience;
    int64_t session_requests;
    int64_t session_seconds;
    int expiry; /* enum sim_expiry */
    int64_t seed;
    int64_t buildings;
    int64_t sites;
    int64_t groups;
    const char *granularities;
    civil_day from;
    bool has_to;
    civil_day to;
    const char *zones;
    int spelling;   /* enum spelling */
    int partitions; /* enum world_partitions */
    int64_t gaps;
    int64_t late; /* hours */
    int64_t restate;
    int64_t restate_days;
    int64_t drop;
    int64_t drop_after; /* days */
    int64_t fail;
    const char *garble;
    int64_t blanks; /* bytes */
    const char *flaws;
    int64_t choke_rows;
    int choke_style; /* enum choke_style */
    int64_t in_limit;
    int64_t node_limit;
    int64_t count_off;
    int64_t order_keys;
    int64_t change_after; /* queries; -1: never */
    bool change_values;
    const char *change_without;
    const char *change_text;
    bool change_new;
    int numbers; /* enum number_style */
    bool stringify_ids;
    int64_t row_cap;
    bool count_capped;
    bool no_aggregates;
    bool no_introspection;
    int dialect; /* enum sim_dialect */
    const char *deny_columns;
    int64_t latency; /* milliseconds */
    int gzip;        /* enum sim_gzip */
    int dump;        /* enum sim_dump */
};

enum option_kind { OPTION_FLAG, OPTION_INTEGER, OPTION_TEXT, OPTION_DATE, OPTION_CHOICE };

struct option_row {
    const char *name; /* without "--" */
    enum option_kind kind;
    size_t offset;        /* into struct sim_options */
    const char *metavar;  /* NULL for a flag; "a|b" of a choice, in the order of its enum */
    const char *fallback; /* the default as it would be typed; NULL: none */
    int64_t min;          /* integers */
    int64_t max;
    const char *help;
};

/* The table; *ret_count rows. */
const struct option_row *sim_options_table(size_t *ret_count);

/* Defaults and then argv. STATUS_USAGE names the switch and a near miss. */
enum status sim_options_parse(struct sim_options *options, int argc, char **argv, struct err *err) MUST_CHECK;

/* Appends the text of --help. */
void sim_options_help(struct buf *out);

/* The parts that describe the world; now: seconds since the epoch. */
struct world_options sim_options_world(const struct sim_options *options, int64_t now);

#endif
