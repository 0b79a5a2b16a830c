#include "view/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

bool terminal_is_one(int fd)
{
    return isatty(fd) == 1;
}

int terminal_width(int fd)
{
    struct winsize size = {0};
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}
