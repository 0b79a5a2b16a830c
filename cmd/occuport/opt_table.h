/*
 * THE table of commands and options. Parser, usage, help, man page and
 * completion files are all made from it; a new command or option is a new row.
 * Everything in it is constant.
 */
#ifndef OCCUPORT_CMD_OPT_TABLE_H
#define OCCUPORT_CMD_OPT_TABLE_H

#include "opt.h"

#define OPT_PROGRAM "occuport"
#define OPT_SUMMARY "keep a local copy of InnerSpace occupancy data true"

enum opt_type {
    OPT_FLAG,     /* bool: set */
    OPT_COUNT,    /* unsigned: one more each time */
    OPT_CHOICE,   /* an enum: the index of the word in choices */
    OPT_DURATION, /* struct opt_duration, within [minimum, maximum] seconds */
    OPT_NUMBER,   /* int, within [minimum, maximum] */
    OPT_FILE,     /* const char *: the name of a file, not empty */
    OPT_DAY,      /* struct opt_day */
    OPT_ID,       /* struct opt_ids: one more whole number */
    OPT_TEXT      /* struct opt_texts: one more text, not empty */
};

struct opt_option {
    const char *name; /* long, without the dashes */
    char letter;      /* short; 0: none */
    enum opt_type type;
    const char *word;           /* what its argument is called in help; NULL: it takes none */
    unsigned commands;          /* a bit (1 << command) for each that takes it; OPT_GLOBAL: all, and none */
    size_t offset;              /* of its field in struct opt_result; the type says what stands there */
    const char *const *choices; /* OPT_CHOICE: NULL-terminated */
    int64_t minimum;
    int64_t maximum;
    bool repeatable; /* giving it again adds to it */
    const char *help;
};

#define OPT_GLOBAL (~0u)

struct opt_example {
    const char *line; /* as typed */
    const char *says; /* what it does */
};

enum { OPT_EXAMPLES_MAX = 3 };

struct opt_command_row {
    const char *name;
    const char *summary;     /* one line of 68 characters at most, no full stop */
    const char *description; /* sentences */
    const char *operands;    /* "JOB.yaml..." */
    size_t operands_min;
    size_t operands_max;
    struct opt_example examples[OPT_EXAMPLES_MAX]; /* the rest zeroed */
};

/* A name and what it means: exit codes, files, environment. */
struct opt_fact {
    const char *name;
    const char *says;
};

enum { OPT_OPTIONS_MAX = 32 };

extern const struct opt_option opt_options[];
extern const size_t opt_option_count;

/* By enum opt_command. The row of COMMAND_NONE is the program itself: no name, examples for its help. */
extern const struct opt_command_row opt_commands[COMMAND_COUNT];

extern const struct opt_fact opt_exit_codes[];
extern const size_t opt_exit_code_count;
extern const struct opt_fact opt_environment[];
extern const size_t opt_environment_count;
extern const struct opt_fact opt_files[];
extern const size_t opt_file_count;

/* True when the command (or, for COMMAND_NONE, every command) takes the option. */
bool opt_belongs(const struct opt_option *option, enum opt_command command);

/* The command of that name, or COMMAND_NONE. */
enum opt_command opt_command_named(const char *name);

#endif
