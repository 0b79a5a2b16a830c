/* What libyaml found wrong, in words for the person who wrote the file. Part of the reader. */
#ifndef OCCUPORT_CONFIG_YAML_ERROR_H
#define OCCUPORT_CONFIG_YAML_ERROR_H

#include "config/diagnostics.h"
#include "config/source.h"

#include <yaml.h>

/* Adds the error that stopped the parser. */
void yaml_error_report(const yaml_parser_t *parser, const struct source *source, struct diagnostics *diagnostics);

#endif
