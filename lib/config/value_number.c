#include "config/value.h"

#include "core/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool has_range(const struct key *key)
{
    return key->min != INT64_MIN || key->max != INT64_MAX;
}

/* Says what is wrong with a value; one that is right but for its quotes is told to lose them. */
static enum value_result wrong_or_quoted(struct check *check, const struct key *key, const struct value *value,
                                         enum scalar_form form, const char *words)
{
    const struct node *node = value->node;
    if (!node->quoted || value->expanded || scalar_form(value->text, value->size) != form)
        return value_wrong(check, key, value, words);
    check_complain(check, node, "'%s' must be %s, not text: remove the quotes around %.64s", key->path, words,
                   check_may_show(check, node) ? node->text : "it");
    return VALUE_WRONG;
}

static enum value_result wrong_number(struct check *check, const struct key *key, const struct value *value)
{
    char words[128];
    const char *type = key_type_words(key->type);
    if (key->min == key->max)
        snprintf(words, sizeof words, "%" PRId64, key->min);
    else if (has_range(key))
        snprintf(words, sizeof words, "%s between %" PRId64 " and %" PRId64, type, key->min, key->max);
    else
        snprintf(words, sizeof words, "%s of at most 64 bits", type);
    return wrong_or_quoted(check, key, value, SCALAR_INTEGER, words);
}

enum value_result value_read_integer(struct check *check, const struct key *key, const struct value *value, void *field)
{
    int64_t number;
    if (value->form != SCALAR_INTEGER || !scalar_to_int64(value->text, value->size, &number) || number < key->min ||
        number > key->max)
        return wrong_number(check, key, value);
    if (key->size == sizeof(int))
        *(int *)field = (int)number;
    else if (key->size == sizeof(int64_t))
        *(int64_t *)field = number;
    if (key->unique != NULL && !unique_add(&check->unique, key, number, "", value->node))
        check->out_of_memory = true;
    return VALUE_STORED;
}

enum value_result value_read_number(struct check *check, const struct key *key, const struct value *value, void *field)
{
    double number;
    bool form = value->form == SCALAR_INTEGER || value->form == SCALAR_FLOAT;
    if (!form || !scalar_to_double(value->text, value->size, &number) || number < (double)key->min ||
        number > (double)key->max)
        return wrong_number(check, key, value);
    *(double *)field = number;
    return VALUE_STORED;
}

enum value_result value_read_boolean(struct check *check, const struct key *key, const struct value *value, void *field)
{
    if (value->form != SCALAR_BOOLEAN)
        return wrong_or_quoted(check, key, value, SCALAR_BOOLEAN, key_type_words(key->type));
    *(bool *)field = value->text[0] == 't' || value->text[0] == 'T';
    return VALUE_STORED;
}

const char *value_format_duration(int64_t seconds, char *out, size_t size)
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;
    while (seconds == 0 ? i < 3 : seconds % units[i].seconds != 0)
        i++;
    snprintf(out, size, "%" PRId64 "%c", seconds / units[i].seconds, units[i].unit);
    return out;
}

enum value_result value_read_duration(struct check *check, const struct key *key, const struct value *value,
                                      void *field)
{
    int64_t seconds;
    char words[128];
    char min[32];
    char max[32];
    if (value->form == SCALAR_INTEGER) {
        snprintf(words, sizeof words, "%s, with a unit", key_type_words(key->type));
        return value_wrong(check, key, value, words);
    }
    if (!text_to_duration(value->text, &seconds))
        return value_wrong(check, key, value, key_type_words(key->type));
    if (seconds < key->min || seconds > key->max) {
        snprintf(words, sizeof words, "between %s and %s", value_format_duration(key->min, min, sizeof min),
                 value_format_duration(key->max, max, sizeof max));
        return value_wrong(check, key, value, words);
    }
    *(int64_t *)field = seconds;
    return VALUE_STORED;
}

/* True for what has the form of a date: 2025-02-30 is one that does not exist, 30.02.2025 is none. */
static bool looks_like_date(const struct value *value)
{
    static const char form[] = "0000-00-00";
    if (value->size != sizeof form - 1)
        return false;
    for (size_t i = 0; i < value->size; i++) {
        bool fits = form[i] == '0' ? isdigit((unsigned char)value->text[i]) != 0 : value->text[i] == form[i];
        if (!fits)
            return false;
    }
    return true;
}

static enum value_result no_such_date(struct check *check, const struct key *key, const struct value *value)
{
    int64_t year;
    bool early = text_to_int64(value->text, 4, &year) && year < CIVIL_YEAR_MIN;
    return value_wrong(check, key, value, early ? "a date from 1970-01-01 on" : "a date that exists");
}

enum value_result value_read_since(struct check *check, const struct key *key, const struct value *value, void *field)
{
    struct config_coverage *coverage = field;
    civil_day day;
    int64_t days;
    if (civil_day_parse(value->text, value->size, &day)) {
        coverage->from = day;
        return VALUE_STORED;
    }
    if (looks_like_date(value))
        return no_such_date(check, key, value);
    bool unit = value->size > 1 && value->text[value->size - 1] == 'd';
    if (!unit || !text_to_int64(value->text, value->size - 1, &days))
        return value_wrong(check, key, value, key_type_words(key->type));
    if (days < key->min || days > key->max) {
        char words[64];
        snprintf(words, sizeof words, "between %" PRId64 "d and %" PRId64 "d", key->min, key->max);
        return value_wrong(check, key, value, words);
    }
    coverage->from_is_relative = true;
    coverage->from_days_ago = (int)days;
    return VALUE_STORED;
}

enum value_result value_read_until(struct check *check, const struct key *key, const struct value *value, void *field)
{
    struct config_coverage *coverage = field;
    civil_day day;
    int word = value_find_word(key, value->text);
    if (word >= 0) {
        coverage->until = word == CONFIG_UNTIL_TODAY ? CONFIG_UNTIL_TODAY : CONFIG_UNTIL_YESTERDAY;
        return VALUE_STORED;
    }
    if (!civil_day_parse(value->text, value->size, &day))
        return looks_like_date(value) ? no_such_date(check, key, value)
                                      : value_wrong(check, key, value, key_type_words(key->type));
    coverage->until = CONFIG_UNTIL_DATE;
    coverage->until_day = day;
    return VALUE_STORED;
}

/* Octal, however it is written: what YAML takes for a number is looked at as text. */
enum value_result value_read_mode(struct check *check, const struct key *key, const struct value *value, void *field)
{
    const char *digits = value->text;
    if (strncmp(digits, "0o", 2) == 0)
        digits += 2;
    else if (digits[0] == '0')
        digits++;
    bool fits = strlen(digits) == 3 && digits[0] == '6' && strchr("046", digits[1]) != NULL &&
                strchr("046", digits[2]) != NULL && value->size == strlen(value->text);
    if (!fits)
        return value_wrong(check, key, value, key_type_words(key->type));
    *(int *)field = 0600 + (digits[1] - '0') * 010 + (digits[2] - '0');
    return VALUE_STORED;
}
