/*
 * A job file, read and checked.
 *
 * config_load reads the YAML of design section 3 against the table of keys
 * (keys.c), expands ${NAME}, ${file:PATH} and $$, checks every value and
 * either returns a complete struct config or a list of diagnostics, all of them
 * at once. A job file is only data: it is never executed and never fetched.
 *
 * Everything in struct config is owned by it and freed by config_free; strings
 * are UTF-8 and NUL-terminated; paths are made absolute against the directory
 * of the job file. A loaded config is never changed.
 */
#ifndef OCCUPORT_CONFIG_CONFIG_H
#define OCCUPORT_CONFIG_CONFIG_H

#include "config/diagnostics.h"
#include "config/inputs.h"
#include "core/arena.h"
#include "core/civil.h"
#include "model/dataset.h"

enum config_dialect { CONFIG_DIALECT_AUTO, CONFIG_DIALECT_HASURA, CONFIG_DIALECT_DOCUMENTED };
enum config_verify { CONFIG_VERIFY_AUTO, CONFIG_VERIFY_COUNT, CONFIG_VERIFY_PAGES };
enum config_until { CONFIG_UNTIL_YESTERDAY, CONFIG_UNTIL_TODAY, CONFIG_UNTIL_DATE };
enum config_vanished { CONFIG_VANISHED_KEEP, CONFIG_VANISHED_DELETE };
enum config_destination_kind { CONFIG_DESTINATION_SQLITE, CONFIG_DESTINATION_CSV, CONFIG_DESTINATION_POSTGRES };
enum config_csv_layout { CONFIG_CSV_PARTITIONED, CONFIG_CSV_SINGLE };

struct config_api {
    const char *base_url; /* no trailing slash; https, or http to a loopback address */
    const char *audience;
    const char *client_id;     /* NULL when loaded without credentials and the variable is unset */
    const char *client_secret; /* as client_id; wiped by config_free */
    enum config_dialect dialect;
    const char *ca_file; /* NULL: the system's */
};

struct config_fetch {
    int concurrency;            /* 1 to 256 */
    double requests_per_second; /* 0: no limit */
    int page_size;              /* rows, 1 to 1,000,000 */
    enum config_verify verify;
    int64_t timeout_seconds;     /* of one request */
    int max_attempts;            /* of one request, 1 to 100 */
    int64_t max_runtime_seconds; /* of one run; 0: no limit */
};

struct config_coverage {
    bool from_is_relative;
    civil_day from;    /* when not relative */
    int from_days_ago; /* when relative: "90d" is 90; coverage then begins 90 days before today */
    enum config_until until;
    civil_day until_day; /* with CONFIG_UNTIL_DATE: the last day covered */
    int64_t settle_seconds;
    const char *time_zone; /* IANA name, known to this system */
};

struct config_building {
    int64_t id;
    const char *name;      /* NULL: not given */
    const char *time_zone; /* never NULL: its own, or the coverage's */
    size_t site_count;
    const int64_t *sites;
    size_t group_count;
    const char *const *groups;
};

struct config_dataset {
    struct dataset dataset; /* complete */
    size_t column_count;
    const char *const *columns; /* its own, or those of the job */
    size_t granularity_count;
    const char *const *granularities; /* likewise */
};

struct config_destination {
    enum config_destination_kind kind;
    const char *path;              /* SQLite: the database file; CSV: the directory; PostgreSQL: NULL */
    enum config_csv_layout layout; /* CSV only */
    bool excel_safe;               /* CSV only: texts that a spreadsheet would run as a formula are disarmed */
    const char *dsn;               /* PostgreSQL only: as libpq reads it (lib/config/dsn.h). May hold a password: never
                                      shown, wiped by config_free. NULL as client_id is */
    const char *schema;            /* PostgreSQL only: an identifier that needs no quotes */
};

struct config_notify {
    size_t on_failure_count;
    const char *const *on_failure; /* argument vector */
    const char *heartbeat_url;     /* NULL: none */
};

struct config {
    struct arena arena;
    const char *path; /* the job file as it was named on the command line */
    const char *name; /* its file name without .yaml or .yml: names the job in the ledger */
    struct config_api api;
    struct config_fetch fetch;
    struct config_coverage coverage;
    const char *dataset;  /* of the key `dataset`; what to fetch stands in datasets */
    size_t dataset_count; /* at least 1 */
    const struct config_dataset *datasets;
    bool all_columns; /* columns: all */
    size_t column_count;
    const char *const *columns; /* beside the key columns, in the order of the job */
    size_t granularity_count;
    const char *const *granularities;
    size_t building_count;
    const struct config_building *buildings;
    enum config_vanished on_vanished;
    int file_mode; /* permissions of the files that a run makes: 0600 to 0666 */
    size_t destination_count;
    const struct config_destination *destinations;
    struct config_notify notify;
    const char *metrics_textfile; /* NULL: none */
    bool has_literal_secret;      /* a secret stands in the file itself, and not behind ${} */
    struct config_inputs inputs;  /* where values come from, beside the file */
    struct diagnostics warnings;  /* what is not wrong, but should be known */
};

struct config_options {
    /* An unset variable in api.client_id, api.client_secret or the DSN of a destination is then no error: for commands
     * that send nothing. */
    bool without_credentials;
};

/*
 * Reads a job. On STATUS_OK the caller owns *ret_config. Otherwise *ret_config is untouched and the reasons
 * stand in diagnostics (initialised by the caller, at least one entry):
 * STATUS_CONFIG for anything wrong with the file or what it says, also when it
 * is missing, empty, binary or a directory; STATUS_NOMEM.
 * Not thread-safe (time zone names are looked up).
 */
enum status config_load(const char *path, const struct config_options *options, struct config **ret_config,
                        struct diagnostics *diagnostics) MUST_CHECK;

/*
 * Takes the credentials out of the environment of the process, where the job has them from: its memory, and what
 * another program is started with. No job that needs them can be loaded after that.
 */
void config_forget_environment(const struct config *config);

/*
 * Reads the file again for the excerpts and appends the diagnostics as text (diagnostics.h says how they look).
 */
void config_explain(const char *path, const struct diagnostics *diagnostics, struct buf *out);

/* The commented starter job that `occuport init` writes; passes config_load once its two variables are set. */
const char *config_starter(void);

/* What the starter job says in place of its examples; NULL: the example. */
struct config_starter_answers {
    const char *building;  /* a whole number */
    const char *name;      /* of the building */
    const char *sites;     /* whole numbers with commas */
    const char *group;     /* a group id */
    const char *time_zone; /* an IANA name */
    const char *from;      /* a date, or days such as 30d */
    const char *database;  /* the path of a SQLite file */
};

/* Appends the starter job with the answers of a person; texts are quoted. Whether they are right, config_load tells. */
void config_starter_fill(const struct config_starter_answers *answers, struct buf *out);

/* Appends the JSON Schema (draft 2020-12) of a job file, made from the table of keys; config/schema.json is this text.
 */
void config_schema(struct buf *out);

/* Appends the reference of all keys as a Markdown table, made from the table of keys; docs/configuration.md holds it.
 */
void config_reference(struct buf *out);

/* Frees, wiping the secrets; accepts NULL. */
void config_free(struct config *config);

#endif
