/* What kind of thing a file descriptor writes to. */
#ifndef OCCUPORT_VIEW_TERMINAL_H
#define OCCUPORT_VIEW_TERMINAL_H

#include <stdbool.h>

bool terminal_is_one(int fd);

/* Its columns now (it may have been resized); 80 when it does not say. */
int terminal_width(int fd);

#endif
