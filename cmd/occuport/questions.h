/*
 * The few questions that `init` asks a person: which building, sites and group, since when, where to.
 */
#ifndef OCCUPORT_CMD_QUESTIONS_H
#define OCCUPORT_CMD_QUESTIONS_H

#include "config/config.h"

#include <stdio.h>

enum { QUESTIONS_COUNT = 7, QUESTIONS_ANSWER_MAX = 500 };

struct questions {
    char texts[QUESTIONS_COUNT][QUESTIONS_ANSWER_MAX + 1];
    struct config_starter_answers answers; /* point into texts; what was left empty keeps its example */
};

/*
 * Asks on out, reads lines from in; an answer that cannot be right is asked for again. STATUS_INTERRUPTED: the input
 * ended before the last answer.
 */
enum status questions_ask(FILE *in, FILE *out, struct questions *ret_questions, struct err *err) MUST_CHECK;

#endif
