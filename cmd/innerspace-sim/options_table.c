#include "options.h"

#include "breakage.h"
#include "flaws.h"
#include "garble.h"
#include "quota.h"

#define AT(member) offsetof(struct sim_options, member)

static const struct option_row rows[] = {
    {"help", OPTION_FLAG, AT(help), NULL, NULL, 0, 0, "print this and exit"},
    {"version", OPTION_FLAG, AT(version), NULL, NULL, 0, 0, "print the version and exit"},
    {"listen", OPTION_TEXT, AT(listen), "ADDRESS", "127.0.0.1", 0, 0, "numeric address to listen on"},
    {"port", OPTION_INTEGER, AT(port), "N", "8071", 0, 65535, "port; 0 lets the kernel choose"},
    {"port-file", OPTION_TEXT, AT(port_file), "PATH", NULL, 0, 0, "write the port there once the socket listens"},
    {"stats-file", OPTION_TEXT, AT(stats_file), "PATH", NULL, 0, 0, "write counts of requests there at exit, as JSON"},
    {"sessions-file", OPTION_TEXT, AT(sessions_file), "PATH", NULL, 0, 0,
     "add every session id that is handed out, one a line"},
    {"log", OPTION_FLAG, AT(log), NULL, NULL, 0, 0, "one line per request on stderr"},
    {"time-limit", OPTION_INTEGER, AT(time_limit), "SECONDS", "0", 0, 1000000, "end by itself after that; 0: never"},
    {"client-id", OPTION_TEXT, AT(client_id), "TEXT", "demo", 0, 0, "accepted client_id"},
    {"client-secret", OPTION_TEXT, AT(client_secret), "TEXT", "demo-secret", 0, 0, "accepted client_secret"},
    {"audience", OPTION_TEXT, AT(audience), "URL", "https://global-config.innerspace.io", 0, 0, "accepted audience"},
    {"session-requests", OPTION_INTEGER, AT(session_requests), "N", "0", 0, INT64_MAX,
     "requests a session answers before it expires; 0: any number"},
    {"session-seconds", OPTION_INTEGER, AT(session_seconds), "N", "0", 0, 1000000000,
     "seconds a session lives; 0: for ever"},
    {"expiry-style", OPTION_CHOICE, AT(expiry), "401|200", "401", 0, 0,
     "an expired session is HTTP 401, or 200 with an auth code"},
    {"seed", OPTION_INTEGER, AT(seed), "N", "1", 0, INT64_MAX, "all values are a function of it"},
    {"buildings", OPTION_INTEGER, AT(buildings), "N", "3", 1, WORLD_BUILDINGS_MAX, "buildings 71, 72, ..."},
    {"sites", OPTION_INTEGER, AT(sites), "N", "2", 1, WORLD_SITES_MAX, "sites per building"},
    {"groups", OPTION_INTEGER, AT(groups), "N", "3", 1, WORLD_GROUPS_MAX,
     "groups per site; the first is the zero UUID"},
    {"granularities", OPTION_TEXT, AT(granularities), "LIST", "PT1H,P1D", 0, 0, "of PT15M, PT1H, P1D, P1W, P1M"},
    {"from", OPTION_DATE, AT(from), "DATE", "2024-01-01", 0, 0, "first day with rows"},
    {"to", OPTION_DATE, AT(to), "DATE", NULL, 0, 0, "last day with rows, at most today (default yesterday)"},
    {"zones", OPTION_TEXT, AT(zones), "LIST", "America/Toronto,Europe/London,Australia/Sydney", 0, 0,
     "time zones of the buildings, in turn"},
    {"timestamps", OPTION_CHOICE, AT(spelling), SPELLING_CHOICES, "iso-z", 0, 0, "how DATE_TIME_START is written"},
    {"partitions", OPTION_CHOICE, AT(partitions), "local|utc", "local", 0, 0, "which day DATE_PARTITION is"},
    {"gaps", OPTION_INTEGER, AT(gaps), "PERCENT", "0", 0, 100, "series-days that are missing whole"},
    {"late", OPTION_INTEGER, AT(late), "HOURS", "0", 0, 10000,
     "a series-day is published 0 to so many hours after its end"},
    {"restate", OPTION_INTEGER, AT(restate), "PERCENT", "0", 0, 100, "rows whose values change once a day at first"},
    {"restate-days", OPTION_INTEGER, AT(restate_days), "N", "2", 0, 1000,
     "days after the end of a row's day on which its values change"},
    {"drop", OPTION_INTEGER, AT(drop), "PERCENT", "0", 0, 100, "rows that vanish"},
    {"drop-after", OPTION_INTEGER, AT(drop_after), "DAYS", "1", 0, 10000,
     "days after the end of a row's day from which it is gone"},
    {"numbers", OPTION_CHOICE, AT(numbers), "plain|string|exponent", "plain", 0, 0, "how metrics are written"},
    {"stringify-ids", OPTION_FLAG, AT(stringify_ids), NULL, NULL, 0, 0, "ids and DATE_PARTITION as JSON strings"},
    {"row-cap", OPTION_INTEGER, AT(row_cap), "N", "0", 0, INT64_MAX, "silent limit of rows per answer; 0: none"},
    {"count-capped", OPTION_FLAG, AT(count_capped), NULL, NULL, 0, 0, "the row cap bounds _aggregate counts as well"},
    {"no-aggregates", OPTION_FLAG, AT(no_aggregates), NULL, NULL, 0, 0, "no _aggregate fields"},
    {"no-introspection", OPTION_FLAG, AT(no_introspection), NULL, NULL, 0, 0, "no __schema and __type"},
    {"dialect", OPTION_CHOICE, AT(dialect), "hasura|documented", "hasura", 0, 0,
     "documented: only _eq filters, no limit, offset or aggregates"},
    {"deny-columns", OPTION_TEXT, AT(deny_columns), "LIST", NULL, 0, 0, "columns that the role cannot see"},
    {"latency", OPTION_INTEGER, AT(latency), "MS", "0", 0, 600000, "wait before every answer"},
    {"gzip", OPTION_CHOICE, AT(gzip), "on|off", "on", 0, 0, "compress answers of 700 bytes and more when asked to"},
    {"remember", OPTION_FLAG, AT(remember), NULL, NULL, 0, 0,
     "keep every answer in memory, for benchmarks: the same question again costs nothing, and is not compressed"},
    {"fail", OPTION_INTEGER, AT(fail), "PERCENT", "0", 0, 100, "requests to /v2/api that are answered with a fault"},
    {"garble", OPTION_TEXT, AT(garble), "LIST", NULL, 0, 0,
     "good answers that are spoilt, KIND:PERCENT,...; kinds: " GARBLE_KINDS},
    {"break", OPTION_TEXT, AT(breaks), "LIST", NULL, 0, 0,
     "requests to /v2/api that meet a fault of the connection, KIND@N, KIND@N-M (their numbers) or KIND:PERCENT,...; "
     "kinds: " BREAK_KINDS},
    {"break-logins", OPTION_TEXT, AT(break_logins), "LIST", NULL, 0, 0, "the same for requests to /v2/oauth/token"},
    {"break-seed", OPTION_INTEGER, AT(break_seed), "N", "-1", -1, INT64_MAX,
     "which requests --break hits by chance is a function of it; -1: of --seed"},
    {"break-ms", OPTION_INTEGER, AT(break_ms), "MS", "300", 1, 600000, "how long --break refuse lasts"},
    {"blanks", OPTION_INTEGER, AT(blanks), "BYTES", "1000000", 0, 200000000, "white space that --garble blanks sends"},
    {"flaws", OPTION_TEXT, AT(flaws), "LIST", NULL, 0, 0, "rows that are odd, KIND:PERCENT,...; kinds: " FLAW_KINDS},
    {"choke-rows", OPTION_INTEGER, AT(choke_rows), "N", "0", 0, INT64_MAX,
     "an answer that would hold more rows fails; 0: none"},
    {"choke-style", OPTION_CHOICE, AT(choke_style), CHOKE_CHOICES, "error", 0, 0, "how it fails"},
    {"in-limit", OPTION_INTEGER, AT(in_limit), "N", "0", 0, INT64_MAX, "items of an _in list; 0: any number"},
    {"node-limit", OPTION_INTEGER, AT(node_limit), "N", "0", 0, INT64_MAX, "nodes of a query; 0: any number"},
    {"count-off", OPTION_INTEGER, AT(count_off), "N", "0", -1000000, 1000000, "added to every count: it is wrong"},
    {"order-keys", OPTION_INTEGER, AT(order_keys), "N", "0", 0, 32,
     "keys of order_by that are obeyed, the others are not; 0: all"},
    {"change-after", OPTION_INTEGER, AT(change_after), "N", "-1", -1, INT64_MAX,
     "queries after which the --change switches hold; -1: never"},
    {"change-values", OPTION_FLAG, AT(change_values), NULL, NULL, 0, 0, "all rows are published anew, some are gone"},
    {"change-without", OPTION_TEXT, AT(change_without), "LIST", NULL, 0, 0, "columns that are gone"},
    {"change-text", OPTION_TEXT, AT(change_text), "LIST", NULL, 0, 0, "columns of numbers that become strings"},
    {"change-new", OPTION_FLAG, AT(change_new), NULL, NULL, 0, 0, "there is a column more, DWELL_MINUTES"},
    {"dump", OPTION_CHOICE, AT(dump), "none|csv|job|json|zones|zone-types", "none", 0, 0,
     "do not serve: print every row of BUILDING_INSIGHTS as CSV or as the API gives it, of ZONE_INSIGHTS or "
     "ZONE_TYPE_INSIGHTS as CSV, or the buildings of a job file"},
};

const struct option_row *sim_options_table(size_t *ret_count)
{
    *ret_count = sizeof rows / sizeof *rows;
    return rows;
}
