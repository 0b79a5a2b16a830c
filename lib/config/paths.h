/* Paths of a job file: relative ones are relative to the directory of the file, not to where the program was started.
 */
#ifndef OCCUPORT_CONFIG_PATHS_H
#define OCCUPORT_CONFIG_PATHS_H

#include "core/status.h"

#include <limits.h>
#include <stddef.h>

enum { PATHS_TEXT_MAX = PATH_MAX };

/* The absolute directory of a file. False when the working directory is not known, or the path is too long. */
bool paths_directory(const char *file, char out[PATHS_TEXT_MAX]) MUST_CHECK;

/* Makes a path absolute against a directory; a leading "./" goes. False when the result is too long. */
bool paths_resolve(const char *directory, const char *path, size_t size, char out[PATHS_TEXT_MAX]) MUST_CHECK;

/*
 * True when two absolute paths are the same but for slashes and parts that are only a dot. Two dots are not looked at:
 * what they mean depends on links.
 */
bool paths_same(const char *a, const char *b);

/* True for "~" and "~/...": a shell would put the home directory there, occuport does not. */
bool paths_has_tilde(const char *path, size_t size);

/* The name of a file without its directory, and without .yaml or .yml; its size in *ret_size. */
const char *paths_name(const char *file, size_t *ret_size);

#endif
