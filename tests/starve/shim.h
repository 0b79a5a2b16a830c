/* What the two files of the preloaded library share. */
#ifndef TEST_STARVE_SHIM_H
#define TEST_STARVE_SHIM_H

/* The function of that name that would be called without this library. Never NULL. */
void *shim_next(const char *name);

/* The number that an environment variable holds; 0: none. */
long shim_number(const char *name);

#endif
