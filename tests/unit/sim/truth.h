/* Every row of a simulator, read back from --dump csv: the truth, past filters, order and paging. */
#ifndef TEST_SIM_TRUTH_H
#define TEST_SIM_TRUTH_H

#include "service.h"

enum { TRUTH_TEXT_SIZE = 64 };

struct truth_row {
    int64_t building;
    int64_t site;
    char group[TRUTH_TEXT_SIZE];
    char granularity[TRUTH_TEXT_SIZE];
    int64_t partition;
    char start[TRUTH_TEXT_SIZE];
    bool has_mean;
    double mean;
    bool has_zone;
};

struct truth {
    struct truth_row *rows; /* owned, in the order of the dump */
    size_t count;
};

/* Asserts that the dump is well-formed. */
void truth_read(struct truth *truth, const struct service *service);
void truth_release(struct truth *truth);

#endif
