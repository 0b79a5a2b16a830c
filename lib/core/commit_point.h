/*
 * The moments at which what is on disk changes its meaning, by name, so that a test can kill the program at each of
 * them (tests/kill). Nothing of it is in a program that is built without OCCUPORT_COMMIT_POINTS, as the release is: the
 * arguments are not even evaluated.
 *
 * COMMIT_POINT(name) stands before or after each such change. The names are literals, "part.moment". Any thread.
 *
 * The environment of a program built with them:
 *   OCCUPORT_KILL_AT=NAME:N     it kills itself (SIGKILL) at the N-th pass of that point, counted from 1
 *   OCCUPORT_COMMIT_LOG=FILE    each pass adds the name to the file, a line each
 *   OCCUPORT_LIMITS=NAME=N,...  limits that are lowered, so that a small job passes through what a large one does
 */
#ifndef OCCUPORT_CORE_COMMIT_POINT_H
#define OCCUPORT_CORE_COMMIT_POINT_H

#ifdef OCCUPORT_COMMIT_POINTS

#include <stddef.h>

#define COMMIT_POINT(name)      commit_point(name)
#define TEST_LIMIT(name, limit) test_limit(name, limit)

/* name must stay readable for the life of the program. */
void commit_point(const char *name);

/* The limit, or the lower one that OCCUPORT_LIMITS gives for the name. */
size_t test_limit(const char *name, size_t limit);

#else

#define COMMIT_POINT(name)      ((void)0)
#define TEST_LIMIT(name, limit) (limit)

#endif

#endif
