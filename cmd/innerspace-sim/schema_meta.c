#include "schema_build.h"

/* The introspection types of the specification (October 2021, section 4.2). flags: the field takes includeDeprecated.
 */
struct meta_row {
    const char *type;
    const char *field; /* NULL: a value of the enum follows in ref */
    const char *ref;
    bool may_include_deprecated;
};

static const struct meta_row rows[] = {
    {"__Schema", "description", "String", false},
    {"__Schema", "types", "[__Type!]!", false},
    {"__Schema", "queryType", "__Type!", false},
    {"__Schema", "mutationType", "__Type", false},
    {"__Schema", "subscriptionType", "__Type", false},
    {"__Schema", "directives", "[__Directive!]!", false},
    {"__Type", "kind", "__TypeKind!", false},
    {"__Type", "name", "String", false},
    {"__Type", "description", "String", false},
    {"__Type", "specifiedByURL", "String", false},
    {"__Type", "fields", "[__Field!]", true},
    {"__Type", "interfaces", "[__Type!]", false},
    {"__Type", "possibleTypes", "[__Type!]", false},
    {"__Type", "enumValues", "[__EnumValue!]", true},
    {"__Type", "inputFields", "[__InputValue!]", true},
    {"__Type", "ofType", "__Type", false},
    {"__Field", "name", "String!", false},
    {"__Field", "description", "String", false},
    {"__Field", "args", "[__InputValue!]!", true},
    {"__Field", "type", "__Type!", false},
    {"__Field", "isDeprecated", "Boolean!", false},
    {"__Field", "deprecationReason", "String", false},
    {"__InputValue", "name", "String!", false},
    {"__InputValue", "description", "String", false},
    {"__InputValue", "type", "__Type!", false},
    {"__InputValue", "defaultValue", "String", false},
    {"__InputValue", "isDeprecated", "Boolean!", false},
    {"__InputValue", "deprecationReason", "String", false},
    {"__EnumValue", "name", "String!", false},
    {"__EnumValue", "description", "String", false},
    {"__EnumValue", "isDeprecated", "Boolean!", false},
    {"__EnumValue", "deprecationReason", "String", false},
    {"__Directive", "name", "String!", false},
    {"__Directive", "description", "String", false},
    {"__Directive", "locations", "[__DirectiveLocation!]!", false},
    {"__Directive", "args", "[__InputValue!]!", true},
    {"__Directive", "isRepeatable", "Boolean!", false},
    {"__TypeKind", NULL, "SCALAR", false},
    {"__TypeKind", NULL, "OBJECT", false},
    {"__TypeKind", NULL, "INTERFACE", false},
    {"__TypeKind", NULL, "UNION", false},
    {"__TypeKind", NULL, "ENUM", false},
    {"__TypeKind", NULL, "INPUT_OBJECT", false},
    {"__TypeKind", NULL, "LIST", false},
    {"__TypeKind", NULL, "NON_NULL", false},
    {"__DirectiveLocation", NULL, "FIELD", false},
    {"__DirectiveLocation", NULL, "FRAGMENT_SPREAD", false},
    {"__DirectiveLocation", NULL, "INLINE_FRAGMENT", false},
};

void schema_build_meta(struct schema_builder *builder, struct schema_type *query_root, bool introspection)
{
    if (!introspection)
        return;
    schema_build_field(builder, query_root, "__schema", "__Schema!", FIELD_META_SCHEMA);
    struct schema_field *by_name = schema_build_field(builder, query_root, "__type", "__Type", FIELD_META_TYPE);
    schema_build_input(builder, &by_name->args, "name", "String!");
    struct schema_type *type = NULL;
    const char *open = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct meta_row *row = &rows[i];
        if (open == NULL || row->type != open) {
            type = schema_build_type(builder, row->field != NULL ? SCHEMA_OBJECT : SCHEMA_ENUM, row->type);
            open = row->type;
        }
        if (row->field == NULL) {
            schema_build_value(builder, type, row->ref);
            continue;
        }
        struct schema_field *field = schema_build_field(builder, type, row->field, row->ref, FIELD_META);
        if (row->may_include_deprecated)
            schema_build_input(builder, &field->args, "includeDeprecated", "Boolean");
    }
}
