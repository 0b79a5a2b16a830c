/*
 * Job files for tests: written into a directory of their own, loaded, and
 * what came out of it.
 */
#ifndef OCCUPORT_TESTS_CONFIG_FIXTURE_H
#define OCCUPORT_TESTS_CONFIG_FIXTURE_H

#include "config/config.h"

/* The smallest job that is right, twelve lines. */
extern const char minimal_job[];

struct loaded {
    enum status status;
    struct config *config; /* NULL when it failed */
    struct diagnostics diagnostics;
    struct buf problems; /* "LINE:COLUMN: message" lines, without excerpts; "MESSAGE" for the whole file */
};

/* Makes a directory and returns its path; it goes away with fixture_end. */
const char *fixture_begin(void);
void fixture_end(void);

/* The path of a file in the directory. Valid until the next call. */
const char *fixture_path(const char *name);

/* Writes a file into the directory and returns its path. */
const char *fixture_write(const char *name, const char *bytes, size_t size);

/* Writes the text as job.yaml and loads it. */
struct loaded fixture_load(const char *text);
struct loaded fixture_load_with(const char *text, const struct config_options *options);

/* Loads a file as it is. */
struct loaded fixture_load_path(const char *path, const struct config_options *options);

/* The minimal job with one line (from 1) replaced, or with lines added at its end (line 0). The caller frees it. */
char *fixture_job(unsigned line, const char *replacement);

void loaded_release(struct loaded *loaded);

#endif
