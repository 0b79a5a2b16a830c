#include "man.h"

#include "opt_table.h"

/* Options as words: "-q --quiet ...". */
static void append_words(struct buf *out, enum opt_command command)
{
    const char *glue = "";
    for (size_t i = 0; i < opt_option_count; i++) {
        if (!opt_belongs(&opt_options[i], command))
            continue;
        if (opt_options[i].letter != '\0')
            buf_appendf(out, "%s-%c", glue, opt_options[i].letter);
        buf_appendf(out, "%s--%s", opt_options[i].letter != '\0' ? " " : glue, opt_options[i].name);
        glue = " ";
    }
}

/* A text inside single quotes of a shell; shown is what stands for a quote. */
static void append_quoted(struct buf *out, const char *text, const char *shown)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'')
            buf_append_text(out, shown);
        else
            buf_append_char(out, *at);
    }
}

static void append_choices(struct buf *out, const struct opt_option *option)
{
    for (size_t i = 0; option->choices[i] != NULL; i++)
        buf_appendf(out, "%s%s", i == 0 ? "" : " ", option->choices[i]);
}

static void append_bash_arguments(struct buf *out)
{
    for (size_t i = 0; i < opt_option_count; i++) {
        const struct opt_option *option = &opt_options[i];
        if (option->word == NULL)
            continue;
        buf_append_text(out, "    ");
        if (option->letter != '\0')
            buf_appendf(out, "-%c | ", option->letter);
        buf_appendf(out, "--%s)\n", option->name);
        if (option->type == OPT_CHOICE) {
            buf_append_text(out, "        mapfile -t COMPREPLY < <(compgen -W '");
            append_choices(out, option);
            buf_append_text(out, "' -- \"$current\")\n");
        } else if (option->type == OPT_FILE) {
            buf_append_text(out, "        _occuport_files\n");
        }
        buf_append_text(out, "        return\n        ;;\n");
    }
}

void completion_bash(struct buf *out)
{
    buf_append_text(out, "# bash completion for occuport, made from its table of options\n"
                         "_occuport_files() {\n"
                         "    compopt -o filenames 2>/dev/null\n"
                         "    mapfile -t COMPREPLY < <(\n"
                         "        compgen -d -- \"$current\"\n"
                         "        compgen -f -X '!*.yaml' -- \"$current\"\n"
                         "        compgen -f -X '!*.yml' -- \"$current\"\n"
                         "    )\n"
                         "}\n\n"
                         "_occuport() {\n"
                         "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
                         "    local word command='' options\n"
                         "    COMPREPLY=()\n"
                         "    # bash makes '=' a word of its own\n"
                         "    if [[ $current == '=' ]]; then\n"
                         "        current=''\n"
                         "    elif [[ $previous == '=' ]]; then\n"
                         "        previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
                         "    fi\n"
                         "    case $previous in\n");
    append_bash_arguments(out);
    buf_append_text(out, "    esac\n"
                         "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                         "        case $word in\n        ");
    for (size_t i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
        buf_appendf(out, "%s%s", i == COMMAND_NONE + 1 ? "" : " | ", opt_commands[i].name);
    buf_append_text(out, ")\n            command=$word\n            break\n            ;;\n        esac\n    done\n"
                         "    case $command in\n");
    for (unsigned i = COMMAND_NONE; i < COMMAND_COUNT; i++) {
        buf_appendf(out, "    %s) options='", i == COMMAND_NONE ? "''" : opt_commands[i].name);
        append_words(out, (enum opt_command)i);
        buf_append_text(out, "' ;;\n");
    }
    buf_append_text(out, "    esac\n"
                         "    if [[ $current == -* ]]; then\n"
                         "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
                         "    elif [[ -z $command ]]; then\n"
                         "        mapfile -t COMPREPLY < <(compgen -W '");
    for (size_t i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++)
        buf_appendf(out, "%s%s", i == COMMAND_NONE + 1 ? "" : " ", opt_commands[i].name);
    buf_append_text(out, "' -- \"$current\")\n"
                         "    else\n"
                         "        _occuport_files\n"
                         "    fi\n"
                         "}\n\n"
                         "complete -F _occuport occuport\n");
}

/* '--color=[help]:WHEN:(auto always never)', once for the long and once for the short form. */
static void append_zsh_option(struct buf *out, const struct opt_option *option, bool letter)
{
    buf_append_text(out, " \\\n        '");
    if (option->repeatable)
        buf_append_char(out, '*');
    if (letter)
        buf_appendf(out, "-%c%s", option->letter, option->word != NULL ? "+" : "");
    else
        buf_appendf(out, "--%s%s", option->name, option->word != NULL ? "=" : "");
    buf_append_char(out, '[');
    append_quoted(out, option->help, "'\\''");
    buf_append_char(out, ']');
    if (option->word != NULL)
        buf_appendf(out, ":%s:", option->word);
    if (option->type == OPT_CHOICE) {
        buf_append_char(out, '(');
        append_choices(out, option);
        buf_append_char(out, ')');
    } else if (option->type == OPT_FILE) {
        buf_append_text(out, "_files");
    }
    buf_append_char(out, '\'');
}

static void append_zsh_options(struct buf *out, enum opt_command command)
{
    for (size_t i = 0; i < opt_option_count; i++) {
        if (!opt_belongs(&opt_options[i], command))
            continue;
        append_zsh_option(out, &opt_options[i], false);
        if (opt_options[i].letter != '\0')
            append_zsh_option(out, &opt_options[i], true);
    }
}

void completion_zsh(struct buf *out)
{
    buf_append_text(out, "#compdef occuport\n"
                         "# zsh completion for occuport, made from its table of options\n\n"
                         "_occuport_commands() {\n"
                         "    local -a commands=(\n");
    for (size_t i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
        buf_appendf(out, "        '%s:", opt_commands[i].name);
        append_quoted(out, opt_commands[i].summary, "'\\''");
        buf_append_text(out, "'\n");
    }
    buf_append_text(out, "    )\n"
                         "    _describe -t commands command commands\n"
                         "}\n\n"
                         "_occuport() {\n"
                         "    local curcontext=$curcontext state state_descr line\n"
                         "    typeset -A opt_args\n"
                         "    _arguments -C -s -S");
    append_zsh_options(out, COMMAND_NONE);
    buf_append_text(out, " \\\n        '1:command:_occuport_commands' '*::argument:->arguments'\n"
                         "    [[ $state == arguments ]] || return\n"
                         "    case $words[1] in\n");
    for (unsigned i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
        buf_appendf(out, "    %s)\n        _arguments -s -S", opt_commands[i].name);
        append_zsh_options(out, (enum opt_command)i);
        buf_appendf(out, " \\\n        '%s:job file:_files -g \"*.y(a|)ml\"'\n        ;;\n",
                    opt_commands[i].operands_max > 1 ? "*" : "1");
    }
    buf_append_text(out, "    esac\n}\n\n_occuport \"$@\"\n");
}

static void append_fish_option(struct buf *out, const struct opt_option *option)
{
    buf_append_text(out, "complete -c occuport");
    if (option->commands != OPT_GLOBAL) {
        buf_append_text(out, " -n '__fish_seen_subcommand_from");
        for (unsigned i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
            if (opt_belongs(option, (enum opt_command)i))
                buf_appendf(out, " %s", opt_commands[i].name);
        }
        buf_append_char(out, '\'');
    }
    if (option->letter != '\0')
        buf_appendf(out, " -s %c", option->letter);
    buf_appendf(out, " -l %s", option->name);
    if (option->type == OPT_FILE) {
        buf_append_text(out, " -r -F");
    } else if (option->word != NULL) {
        buf_append_text(out, " -x");
    }
    if (option->type == OPT_CHOICE) {
        buf_append_text(out, " -a '");
        append_choices(out, option);
        buf_append_char(out, '\'');
    }
    buf_append_text(out, " -d '");
    append_quoted(out, option->help, "\\'");
    buf_append_text(out, "'\n");
}

void completion_fish(struct buf *out)
{
    buf_append_text(out, "# fish completion for occuport, made from its table of options\n"
                         "complete -c occuport -n __fish_use_subcommand -f\n");
    for (size_t i = COMMAND_NONE + 1; i < COMMAND_COUNT; i++) {
        buf_appendf(out, "complete -c occuport -n __fish_use_subcommand -a %s -d '", opt_commands[i].name);
        append_quoted(out, opt_commands[i].summary, "\\'");
        buf_append_text(out, "'\n");
    }
    for (size_t i = 0; i < opt_option_count; i++)
        append_fish_option(out, &opt_options[i]);
}
