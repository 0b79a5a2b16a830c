#include "questions.h"

#include "core/civil.h"
#include "core/zone.h"

#include <stdlib.h>
#include <string.h>

static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits < 19 && text[digits] == '\0';
}

/* Blanks between numbers, where a comma belongs. */
static bool has_two_words(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == ' ' && at > text && at[-1] != ',' && at[-1] != ' ' && at[strspn(at, " ")] != ',')
            return at[strspn(at, " ")] != '\0';
    }
    return false;
}

static bool is_numbers(const char *text)
{
    char copy[QUESTIONS_ANSWER_MAX + 1];
    snprintf(copy, sizeof copy, "%s", text);
    char *rest = NULL;
    const char *words[QUESTIONS_ANSWER_MAX];
    size_t count = 0;
    for (char *word = strtok_r(copy, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        word += strspn(word, " ");
        word[strcspn(word, " ")] = '\0';
        for (size_t i = 0; i < count; i++) {
            if (strcmp(words[i], word) == 0)
                return false;
        }
        if (!is_number(word))
            return false;
        words[count++] = word;
    }
    return count > 0 && strstr(text, ",,") == NULL && text[strlen(text) - 1] != ',' && !has_two_words(text);
}

static bool is_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7F || *text == '$')
            return false;
    }
    return true;
}

static bool is_path(const char *text)
{
    return is_text(text) && text[0] != '~';
}

static bool is_zone(const char *text)
{
    struct zone *zone = NULL;
    struct err err;
    bool known = zone_load(text, &zone, &err) == STATUS_OK;
    if (known)
        zone_free(zone);
    return known;
}

static bool is_from(const char *text)
{
    civil_day day;
    size_t digits = strspn(text, "0123456789");
    return civil_day_parse(text, strlen(text), &day) ||
           (digits > 0 && digits < 6 && text[digits] == 'd' && text[digits + 1] == '\0');
}

/* In the order of the members of struct config_starter_answers. */
static const struct {
    const char *words;
    const char *example;
    bool (*is_right)(const char *text);
    const char *must; /* "must be ..." */
} questions[QUESTIONS_COUNT] = {
    {"Building id", "71, the demo building", is_number, "a whole number"},
    {"Its name", "Demo building", is_text, "plain text without $"},
    {"Site ids, with commas", "900000222", is_numbers,
     "different whole numbers with commas, such as 900000222, 900000223"},
    {"Group id", "00000000-0000-0000-0000-000000000000, probably everyone", is_text, "plain text without $"},
    {"Time zone of the building", "UTC", is_zone, "a time zone that this system knows, such as America/Toronto"},
    {"Data since, a date or days", "30d", is_from, "a date such as 2025-01-01, or days such as 90d"},
    {"SQLite file", "occupancy.db", is_path, "a path without $, which does not begin with ~"},
};

/* One line without its end and blanks around; false at the end of the input. */
static bool read_line(FILE *in, char text[QUESTIONS_ANSWER_MAX + 1])
{
    if (fgets(text, QUESTIONS_ANSWER_MAX + 1, in) == NULL)
        return false;
    size_t size = strcspn(text, "\r\n");
    if (text[size] == '\0') { /* the rest of a line that is too long belongs to no answer */
        for (int c = getc(in); c != '\n' && c != EOF; c = getc(in)) {
        }
    }
    while (size > 0 && text[size - 1] == ' ')
        size--;
    text[size] = '\0';
    size_t blanks = strspn(text, " ");
    memmove(text, text + blanks, size - blanks + 1);
    return true;
}

static enum status ask_one(FILE *in, FILE *out, size_t at, char text[QUESTIONS_ANSWER_MAX + 1], struct err *err)
{
    while (true) {
        fprintf(out, "%s [%s]: ", questions[at].words, questions[at].example);
        fflush(out);
        if (!read_line(in, text)) {
            fputc('\n', out);
            return err_set(err, STATUS_INTERRUPTED, "the input ended; nothing was written");
        }
        if (text[0] == '\0' || questions[at].is_right(text))
            return STATUS_OK;
        fprintf(out, "  must be %s\n", questions[at].must);
    }
}

enum status questions_ask(FILE *in, FILE *out, struct questions *ret_questions, struct err *err)
{
    struct config_starter_answers *answers = &ret_questions->answers;
    const char **const members[QUESTIONS_COUNT] = {&answers->building, &answers->name,      &answers->sites,
                                                   &answers->group,    &answers->time_zone, &answers->from,
                                                   &answers->database};
    fputs("An empty answer takes what stands in brackets. `occuport discover` can list the ids later.\n", out);
    for (size_t i = 0; i < QUESTIONS_COUNT; i++) {
        enum status status = ask_one(in, out, i, ret_questions->texts[i], err);
        if (status != STATUS_OK)
            return status;
        *members[i] = ret_questions->texts[i][0] != '\0' ? ret_questions->texts[i] : NULL;
    }
    return STATUS_OK;
}
