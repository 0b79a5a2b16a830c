"""A crontab(5) of a user, read as strictly as Debian's cron 3.0pl1 does, and in places more strictly.

Written for the tests, since the package cron would start its service on the machine that they run on. test_schedule_cron
holds it against verdicts of Debian's `crontab -n`.
"""
import re

COMMAND_MAX = 998  # bytes; Debian's cron takes no more
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAYS = "sun mon tue wed thu fri sat".split()
FIELDS = [("minute", 0, 59, []), ("hour", 0, 23, []), ("day of month", 1, 31, []), ("month", 1, 12, MONTHS),
          ("day of week", 0, 7, DAYS)]
NICKNAMES = {"@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}


class Mistake(ValueError):
    pass


def number(text, name, low, high, words):
    if text.lower() in words:
        return words.index(text.lower()) + low
    if not re.fullmatch("[0-9]+", text) or not low <= int(text) <= high:
        raise Mistake("bad " + name)
    return int(text)


def field(text, name, low, high, words):
    """The set of numbers that a field means."""
    values = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            begin, end = low, high
        else:
            begin = number(first, name, low, high, words)
            end = number(last, name, low, high, words) if dash else begin
        if slash and (not re.fullmatch("[0-9]+", step) or int(step) == 0 or (span != "*" and not dash)):
            raise Mistake("bad " + name)
        if begin > end:
            raise Mistake("bad " + name)
        values.update(range(begin, end + 1, int(step) if slash else 1))
    return values


def command_and_input(text):
    """An unescaped % ends the command; what follows is its standard input, where % are line breaks."""
    parts = [part.replace("\\%", "%") for part in re.split(r"(?<!\\)%", text)]
    return parts[0], "\n".join(parts[1:]) if len(parts) > 1 else None


def entry(line):
    if line.startswith("@"):
        nickname, _, command = line.partition(" ")
        if nickname not in NICKNAMES:
            raise Mistake("bad time specifier")
        times = [nickname]
    else:
        words = re.split("[ \t]+", line, maxsplit=5)
        times = [field(text, *limits) for text, limits in zip(words, FIELDS)]
        command = words[5] if len(words) == 6 else ""
    if command.strip() == "":
        raise Mistake("bad command")
    if len(command.encode()) > COMMAND_MAX:
        raise Mistake("command too long")
    return (times,) + command_and_input(command)


def parse(text):
    """[(times, command, standard input or None)]; Mistake says what is wrong."""
    if not text.endswith("\n"):
        raise Mistake("missing newline before EOF")
    if re.search("[\x00-\x08\x0b-\x1f\x7f]", text):
        raise Mistake("control character")
    entries = []
    for line in text.split("\n")[:-1]:
        line = line.lstrip(" \t")
        if line == "" or line.startswith("#") or re.match(r"[A-Za-z_]\w*[ \t]*=", line):
            continue
        entries.append(entry(line))
    return entries
