#include "config/yaml_error.h"

#include <string.h>

/* What libyaml says, and what most likely was meant. */
static const struct {
    const char *problem;
    const char *hint;
} hints[] = {
    {"mapping values are not allowed", "check the indentation, or put quotes around a value that holds ': '"},
    {"cannot start any token", "put quotes around the value"},
    {"could not find expected ':'", "a key is followed by ':' and a blank"},
    {"did not find expected key", "check the indentation"},
    {"did not find expected '-' indicator", "check the indentation"},
    {"unexpected end of stream", "a quote is not closed"},
    {"did not find expected node content", "a bracket is not closed, or a value is missing"},
    {"did not find expected ',' or", "a bracket or a comma is missing"},
    {"unknown escape character", "write \\\\ for a backslash, or use single quotes"},
};

static const char *hint_for(const yaml_parser_t *parser, const struct source *source, size_t offset)
{
    const char *problem = parser->problem != NULL ? parser->problem : "";
    const char *context = parser->context != NULL ? parser->context : "";
    const char *at = source->text + offset;
    if (offset < source->size && at[0] == '\t')
        return "indent with blanks, not with tabs";
    /* [${NAME}] reads as a '$' and a mapping, because a brace is YAML's own inside brackets. */
    if (strstr(context, "flow") != NULL && offset > 0 && offset < source->size && at[0] == '{' && at[-1] == '$')
        return "inside [] and {} put quotes around a value with ${...}";
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        if (strstr(problem, hints[i].problem) != NULL)
            return hints[i].hint;
    }
    return NULL;
}

void yaml_error_report(const yaml_parser_t *parser, const struct source *source, struct diagnostics *diagnostics)
{
    struct source_cursor cursor = source_begin();
    if (parser->error == YAML_SCANNER_ERROR || parser->error == YAML_PARSER_ERROR)
        source_advance(source, &cursor, parser->problem_mark.index);
    const char *problem = parser->problem != NULL ? parser->problem : "it cannot be read";
    const char *hint = hint_for(parser, source, cursor.offset);
    const char *separator = hint != NULL ? "; " : "";
    if (hint == NULL)
        hint = "";
    if (parser->context == NULL || parser->context_mark.line == parser->problem_mark.line) {
        diagnostics_add(diagnostics, cursor.place.line, cursor.place.column, "not valid YAML: %s%s%s", problem,
                        separator, hint);
        return;
    }
    struct source_cursor began = source_begin();
    source_advance(source, &began, parser->context_mark.index);
    diagnostics_add(diagnostics, cursor.place.line, cursor.place.column, "not valid YAML: %s %s of line %zu%s%s",
                    problem, parser->context, began.place.line, separator, hint);
}
