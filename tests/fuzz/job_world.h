/*
 * The world that the job target reads: no real file and no real variable, whatever a job names. The linker puts the
 * functions __wrap_* of job_world.c in front of those of the C library and of lib/ (CMakeLists.txt).
 */
#ifndef OCCUPORT_TEST_FUZZ_JOB_WORLD_H
#define OCCUPORT_TEST_FUZZ_JOB_WORLD_H

#include <stddef.h>

#define JOB_PATH "/job/night.yaml"

/*
 * Until job_world_leave: the job file is this text (borrowed), /job has a few more files, and there are a few
 * variables. What is secret among them holds the mark, in one of two forms of equal length.
 */
void job_world_enter(const char *text, size_t size, int form);
void job_world_leave(void);

/* The mark; every form has the same shape, and no name of a variable looks like it. */
const char *job_world_mark(int form);

#endif
