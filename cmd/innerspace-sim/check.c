#include "check.h"

#include <string.h>

struct gql_fragment *gql_fragment_find(const struct gql_document *document, const char *name)
{
    struct gql_fragment *fragment = document->fragments;
    while (fragment != NULL && strcmp(fragment->name, name) != 0)
        fragment = fragment->next;
    return fragment;
}

static bool equal_values(const struct gql_value *a, const struct gql_value *b);

/* Named members may stand in any order, list items may not. */
static bool equal_chains(const struct gql_value *a, const struct gql_value *b, bool named)
{
    const struct gql_value *others = b;
    for (; a != NULL && b != NULL; a = a->next, b = b->next) {
        const struct gql_value *other = named ? gql_value_find(others, a->name) : b;
        if (other == NULL || !equal_values(a, other))
            return false;
    }
    return a == NULL && b == NULL;
}

static bool equal_values(const struct gql_value *a, const struct gql_value *b)
{
    if (a->kind != b->kind || a->boolean != b->boolean || a->size != b->size)
        return false;
    if (a->size > 0 && memcmp(a->text, b->text, a->size) != 0)
        return false;
    return equal_chains(a->first, b->first, a->kind == GQL_OBJECT);
}

/* Obeys @include and @skip; *ret_wanted false: as if the selection were not there. */
static enum status obey_directives(struct check *check, const struct gql_directive *directive, const struct path *at,
                                   bool *ret_wanted)
{
    bool wanted = true;
    const struct schema_ref boolean = {.type = schema_find_type(check->schema, "Boolean"), .non_null = true};
    for (; directive != NULL; directive = directive->next) {
        bool includes = strcmp(directive->name, "include") == 0;
        if (!includes && strcmp(directive->name, "skip") != 0)
            return refusal_set(check->refusal, "validation-failed", at, "directive '%s' is not defined in the schema",
                               directive->name);
        const struct gql_value *condition = directive->args;
        if (condition == NULL || condition->next != NULL || strcmp(condition->name, "if") != 0)
            return refusal_set(check->refusal, "validation-failed", at, "directive '%s' takes exactly 'if'",
                               directive->name);
        const struct gql_value *checked = NULL;
        enum status status = check_coerce(check, &boolean, true, condition, at, &checked);
        if (status != STATUS_OK)
            return status;
        wanted = wanted && checked->boolean == includes;
    }
    *ret_wanted = wanted;
    return STATUS_OK;
}

static enum status collect(struct check *check, const struct schema_type *type, struct gql_selection *selections,
                           const struct path *at, struct selected **list);

/* A field with the same response key was selected before: they must be the same. */
static enum status merge(struct check *check, const struct selected *before, const struct schema_field *field,
                         const struct gql_value *args, const struct path *at)
{
    if (before->field != field)
        return refusal_set(check->refusal, "validation-failed", at,
                           "selection of both '%s' and '%s' specify the same response name, '%s'", before->field->name,
                           field->name, before->response);
    if (!equal_chains(before->args, args, true))
        return refusal_set(check->refusal, "validation-failed", at,
                           "inconsistent arguments between multiple selections of field '%s'", field->name);
    return STATUS_OK;
}

/* The entry of a field in the list, made when it is new. */
static enum status enter_field(struct check *check, const struct schema_type *type,
                               const struct gql_selection *selection, const struct schema_field *field,
                               const struct path *at, struct selected **list, struct selected **ret_entry)
{
    for (const struct gql_value *arg = selection->args; arg != NULL; arg = arg->next) {
        if (schema_find_input(field->args, arg->name) == NULL)
            return refusal_set(check->refusal, "validation-failed", at, "'%s' has no argument named '%s'", field->name,
                               arg->name);
    }
    struct path args_at = {.up = at, .name = "args"};
    const struct gql_value *args = NULL;
    enum status status = check_coerce_members(check, field->args, selection->args, &args_at, &args);
    if (status != STATUS_OK)
        return status;
    while (*list != NULL && strcmp((*list)->response, selection->response) != 0)
        list = &(*list)->next;
    if (*list != NULL) {
        *ret_entry = *list;
        return merge(check, *list, field, args, at);
    }
    struct selected *made = arena_calloc(check->arena, 1, sizeof *made);
    if (made == NULL || ++check->field_count > CHECK_FIELDS_MAX)
        return refusal_exhausted(check->refusal);
    *made = (struct selected){.response = selection->response, .field = field, .parent = type, .args = args};
    *list = made;
    *ret_entry = made;
    return STATUS_OK;
}

static enum status collect_field(struct check *check, const struct schema_type *type, struct gql_selection *selection,
                                 const struct path *at, struct selected **list)
{
    struct path place = {.up = at, .name = selection->name};
    const struct schema_field *field = schema_find_field(check->schema, type, selection->name);
    if (field == NULL)
        return refusal_set(check->refusal, "validation-failed", &place, "field \"%s\" not found in type: '%s'",
                           selection->name, type->name);
    struct selected *entry = NULL;
    enum status status = enter_field(check, type, selection, field, &place, list, &entry);
    if (status != STATUS_OK)
        return status;
    bool is_object = field->ref.type->kind == SCHEMA_OBJECT;
    if (is_object && !selection->has_selections)
        return refusal_set(check->refusal, "validation-failed", &place, "missing selection set for '%s'", field->name);
    if (!is_object && selection->has_selections)
        return refusal_set(check->refusal, "validation-failed", &place,
                           "unexpected subselection set for non-object field");
    if (!is_object)
        return STATUS_OK;
    struct path below = {.up = &place, .name = "selectionSet"};
    return collect(check, field->ref.type, selection->selections, &below, &entry->children);
}

static enum status collect_fragment(struct check *check, const struct schema_type *type,
                                    struct gql_selection *selection, const struct path *at, struct selected **list)
{
    if (selection->kind == GQL_INLINE) {
        if (selection->on != NULL && schema_find_type(check->schema, selection->on) == NULL)
            return refusal_set(check->refusal, "validation-failed", at, "no such type exists in the schema: '%s'",
                               selection->on);
        bool fits = selection->on == NULL || strcmp(selection->on, type->name) == 0;
        return fits ? collect(check, type, selection->selections, at, list) : STATUS_OK;
    }
    struct gql_fragment *fragment = gql_fragment_find(check->document, selection->name);
    if (fragment == NULL)
        return refusal_set(check->refusal, "validation-failed", at, "reference to undefined fragment \"%s\"",
                           selection->name);
    if (fragment->open)
        return refusal_set(check->refusal, "validation-failed", at, "the fragment definition(s) %s form a cycle",
                           fragment->name);
    if (schema_find_type(check->schema, fragment->on) == NULL)
        return refusal_set(check->refusal, "validation-failed", at, "no such type exists in the schema: '%s'",
                           fragment->on);
    if (strcmp(fragment->on, type->name) != 0)
        return STATUS_OK;
    fragment->open = true;
    enum status status = collect(check, type, fragment->selections, at, list);
    fragment->open = false;
    return status;
}

static enum status collect(struct check *check, const struct schema_type *type, struct gql_selection *selections,
                           const struct path *at, struct selected **list)
{
    if (check->depth == CHECK_DEPTH_MAX)
        return refusal_set(check->refusal, "validation-failed", at, "nested deeper than %d levels", CHECK_DEPTH_MAX);
    check->depth++;
    enum status status = STATUS_OK;
    for (struct gql_selection *selection = selections; selection != NULL && status == STATUS_OK;
         selection = selection->next) {
        bool wanted = true;
        status = obey_directives(check, selection->directives, at, &wanted);
        if (status != STATUS_OK || !wanted)
            continue;
        status = selection->kind == GQL_FIELD ? collect_field(check, type, selection, at, list)
                                              : collect_fragment(check, type, selection, at, list);
    }
    check->depth--;
    return status;
}

/* The operation that is meant, or NULL with the refusal set. */
static struct gql_operation *pick_operation(const struct check_request *request, struct refusal *refusal)
{
    struct gql_operation *operation = request->document->operations;
    const char *name = request->operation_name;
    if (name == NULL && (operation == NULL || operation->next != NULL)) {
        (void)refusal_set(refusal, "validation-failed", NULL,
                          "exactly one operation has to be present in the document when operationName is not "
                          "specified");
        return NULL;
    }
    while (name != NULL && operation != NULL && (operation->name == NULL || strcmp(operation->name, name) != 0))
        operation = operation->next;
    if (operation == NULL) {
        (void)refusal_set(refusal, "validation-failed", NULL, "no such operation found in the document: \"%.100s\"",
                          name != NULL ? name : "");
        return NULL;
    }
    if (operation->kind == GQL_QUERY)
        return operation;
    (void)refusal_set(refusal, "validation-failed", NULL, "no %s exist",
                      operation->kind == GQL_MUTATION ? "mutations" : "subscriptions");
    return NULL;
}

enum status check_operation(const struct schema *schema, struct arena *arena, const struct check_request *request,
                            struct selected **ret_selected, struct refusal *refusal)
{
    struct check check = {.schema = schema, .arena = arena, .document = request->document, .refusal = refusal};
    const struct gql_operation *operation = pick_operation(request, refusal);
    if (operation == NULL)
        return STATUS_REFUSED;
    enum status status = check_bind(&check, operation, request->variables);
    bool wanted = true;
    if (status == STATUS_OK)
        status = obey_directives(&check, operation->directives, NULL, &wanted);
    struct selected *selected = NULL;
    struct path at = {.name = "selectionSet"};
    if (status == STATUS_OK)
        status = collect(&check, schema_query_root(schema), operation->selections, &at, &selected);
    if (status == STATUS_OK)
        *ret_selected = selected;
    return status;
}
