/* What a job takes from outside of its file: the variables and files that its references name. */
#ifndef OCCUPORT_CONFIG_INPUTS_H
#define OCCUPORT_CONFIG_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

enum { CONFIG_INPUTS_MAX = 64 };

struct config_input {
    const char *name; /* of the variable; or of the file, as the job writes it */
    const char *path; /* of the file, absolute; NULL: a variable */
};

/* Each once, in the order in which the keys are read, whether it is there or not. Texts live as long as the config. */
struct config_inputs {
    size_t count;
    struct config_input items[CONFIG_INPUTS_MAX];
    bool has_more; /* than are told here */
};

#endif
