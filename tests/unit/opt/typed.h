/* A command line as a person types it, for the tests: words between blanks; '' is an empty word. */
#ifndef OCCUPORT_TEST_TYPED_H
#define OCCUPORT_TEST_TYPED_H

#include <string.h>

#include "opt.h"

enum { TYPED_WORDS_MAX = 32 };

struct typed {
    char text[512];
    int argc;
    char *argv[TYPED_WORDS_MAX + 1];
};

static inline struct typed *typed(struct typed *line, const char *text)
{
    *line = (struct typed){0};
    memcpy(line->text, text, strnlen(text, sizeof line->text - 1));
    char *rest = NULL;
    for (char *word = strtok_r(line->text, " ", &rest); word != NULL && line->argc < TYPED_WORDS_MAX;
         word = strtok_r(NULL, " ", &rest)) {
        if (strcmp(word, "''") == 0)
            word[0] = '\0';
        line->argv[line->argc++] = word;
    }
    return line;
}

#endif
