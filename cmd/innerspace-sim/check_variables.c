#include "check.h"

#include <stdio.h>
#include <string.h>

static struct binding *find_binding(const struct check *check, const char *name)
{
    struct binding *binding = check->bindings;
    while (binding != NULL && strcmp(binding->variable->name, name) != 0)
        binding = binding->next;
    return binding;
}

static void mark_value(const struct check *check, const struct gql_value *value)
{
    for (; value != NULL; value = value->next) {
        struct binding *binding = value->kind == GQL_VARIABLE ? find_binding(check, value->text) : NULL;
        if (binding != NULL)
            binding->used = true;
        mark_value(check, value->first);
    }
}

static void mark_directives(const struct check *check, const struct gql_directive *directive)
{
    for (; directive != NULL; directive = directive->next)
        mark_value(check, directive->args);
}

/* Marks every variable that stands in the selections themselves; fragments are marked by the caller. */
static void mark_selections(const struct check *check, const struct gql_selection *selection)
{
    for (; selection != NULL; selection = selection->next) {
        mark_value(check, selection->args);
        mark_directives(check, selection->directives);
        mark_selections(check, selection->selections);
    }
}

static enum status bind_one(struct check *check, struct gql_variable *variable, const struct gql_value *variables)
{
    const struct gql_type *named = variable->type;
    while (named->name == NULL)
        named = named->item;
    const struct schema_type *type = schema_find_type(check->schema, named->name);
    if (type == NULL || type->kind == SCHEMA_OBJECT)
        return refusal_set(check->refusal, "validation-failed", NULL,
                           "variable '%s' is declared with type '%s', which is no input type", variable->name,
                           named->name);
    if (find_binding(check, variable->name) != NULL)
        return refusal_set(check->refusal, "validation-failed", NULL, "multiple definitions for variable \"%s\"",
                           variable->name);
    struct binding *binding = arena_calloc(check->arena, 1, sizeof *binding);
    if (binding == NULL)
        return refusal_exhausted(check->refusal);
    binding->variable = variable;
    binding->value = gql_value_find(variables, variable->name);
    if (binding->value == NULL)
        binding->value = variable->fallback;
    if (variable->type->non_null && (binding->value == NULL || binding->value->kind == GQL_NULL))
        return refusal_set(check->refusal, "validation-failed", NULL,
                           binding->value == NULL ? "expecting a value for non-nullable variable: \"%s\""
                                                  : "null value found for non-nullable variable: \"%s\"",
                           variable->name);
    binding->next = check->bindings;
    check->bindings = binding;
    return STATUS_OK;
}

enum status check_bind(struct check *check, const struct gql_operation *operation, const struct gql_value *variables)
{
    for (struct gql_variable *variable = operation->variables; variable != NULL; variable = variable->next) {
        enum status status = bind_one(check, variable, variables);
        if (status != STATUS_OK)
            return status;
    }
    mark_directives(check, operation->directives);
    mark_selections(check, operation->selections);
    for (const struct gql_fragment *fragment = check->document->fragments; fragment != NULL; fragment = fragment->next)
        mark_selections(check, fragment->selections);
    char names[REFUSAL_TEXT_MAX / 2] = "";
    size_t used = 0;
    for (const struct gql_value *sent = variables; sent != NULL; sent = sent->next) {
        const struct binding *binding = find_binding(check, sent->name);
        if (binding != NULL && binding->used)
            continue;
        int size = snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", sent->name);
        if (size > 0 && (size_t)size < sizeof names - used)
            used += (size_t)size;
        else
            break; /* enough of them to read */
    }
    if (names[0] != '\0')
        return refusal_set(check->refusal, "validation-failed", NULL, "unexpected variables in variableValues: %s",
                           names);
    return STATUS_OK;
}

/* May a variable of the declared type stand where ref is wanted? A default value makes it as good as non-null. */
static bool is_compatible(const struct gql_type *declared, bool has_default, const struct schema_ref *ref)
{
    if (ref->non_null && !declared->non_null && !has_default)
        return false;
    if (!ref->list)
        return declared->name != NULL && strcmp(declared->name, ref->type->name) == 0;
    const struct gql_type *item = declared->item;
    return declared->name == NULL && item->name != NULL && strcmp(item->name, ref->type->name) == 0 &&
           (item->non_null || !ref->item_non_null);
}

static const char *format_type(const struct gql_type *type, char out[SCHEMA_REF_TEXT_SIZE])
{
    const struct gql_type *inner = type->name == NULL ? type->item : type;
    bool is_list = type->name == NULL;
    snprintf(out, SCHEMA_REF_TEXT_SIZE, "%s%s%s%s%s", is_list ? "[" : "", inner->name != NULL ? inner->name : "[...]",
             is_list && inner->non_null ? "!" : "", is_list ? "]" : "", type->non_null ? "!" : "");
    return out;
}

enum status check_variable(struct check *check, const struct schema_ref *ref, const char *name, const struct path *at,
                           const struct gql_value **ret_value)
{
    const struct binding *binding = find_binding(check, name);
    if (binding == NULL)
        return refusal_set(check->refusal, "validation-failed", at, "unbound variable \"%s\"", name);
    const struct gql_variable *variable = binding->variable;
    if (!is_compatible(variable->type, variable->fallback != NULL, ref)) {
        char declared[SCHEMA_REF_TEXT_SIZE];
        char wanted[SCHEMA_REF_TEXT_SIZE];
        return refusal_set(check->refusal, "validation-failed", at,
                           "variable '%s' is declared as '%s', but used where '%s' is expected", name,
                           format_type(variable->type, declared), schema_ref_format(ref, wanted));
    }
    *ret_value = binding->value;
    return STATUS_OK;
}
