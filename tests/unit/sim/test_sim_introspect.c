#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sim sim;

static void teardown(void)
{
    sim_close(&sim);
}

TestSuite(sim_introspect, .fini = teardown);

/* Compares the answer with JSON in which ' stands for ". */
static void answers(const char *query, const char *wanted)
{
    char text[4096];
    cr_assert_lt(strlen(wanted), sizeof text);
    memcpy(text, wanted, strlen(wanted) + 1);
    for (char *at = text; *at != '\0'; at++)
        *at = *at == '\'' ? '"' : *at;
    cr_assert_str_eq(sim_ask(&sim, query, NULL), text);
}

Test(sim_introspect, a_type_tells_its_fields_and_their_types)
{
    sim_open(&sim, "--deny-columns FLOOR_CODE,LEVEL,TIME_ZONE");
    answers(
        "{__type(name:\"FLOOR\"){kind name __typename fields{name type{kind name ofType{name}} isDeprecated "
        "args{name}}}}",
        "{'data':{'__type':{'kind':'OBJECT','name':'FLOOR','__typename':'__Type','fields':["
        "{'name':'ID','type':{'kind':'SCALAR','name':'Int','ofType':null},'isDeprecated':false,'args':[]},"
        "{'name':'BUILDING_ID','type':{'kind':'SCALAR','name':'Int','ofType':null},'isDeprecated':false,'args':[]},"
        "{'name':'NAME','type':{'kind':'SCALAR','name':'String','ofType':null},'isDeprecated':false,'args':[]}]}}}");
}

Test(sim_introspect, wrapped_types_are_unwrapped_by_of_type)
{
    sim_open(&sim, "");
    answers(
        "{__type(name:\"query_root\"){fields{name type{kind name ofType{kind ofType{kind ofType{kind name "
        "ofType{name}}}}}}}}",
        "{'data':{'__type':{'fields':["
        "{'name':'BUILDING_INSIGHTS','type':{'kind':'NON_NULL','name':null,'ofType':{'kind':'LIST','ofType':{'kind':"
        "'NON_NULL','ofType':{'kind':'OBJECT','name':'BUILDING_INSIGHTS','ofType':null}}}}},"
        "{'name':'BUILDING_INSIGHTS_aggregate','type':{'kind':'NON_NULL','name':null,'ofType':{'kind':'OBJECT',"
        "'ofType':null}}},"
        "{'name':'SITE','type':{'kind':'NON_NULL','name':null,'ofType':{'kind':'LIST','ofType':{'kind':'NON_NULL',"
        "'ofType':{'kind':'OBJECT','name':'SITE','ofType':null}}}}},"
        "{'name':'SITE_aggregate','type':{'kind':'NON_NULL','name':null,'ofType':{'kind':'OBJECT','ofType':null}}},"
        "{'name':'FLOOR','type':{'kind':'NON_NULL','name':null,'ofType':{'kind':'LIST','ofType':{'kind':'NON_NULL',"
        "'ofType':{'kind':'OBJECT','name':'FLOOR','ofType':null}}}}},"
        "{'name':'FLOOR_aggregate','type':{'kind':'NON_NULL','name':null,'ofType':{'kind':'OBJECT','ofType':null}}},"
        "{'name':'ZONE_INSIGHTS','type':{'kind':'NON_NULL','name':null,'ofType':{'kind':'LIST','ofType':{'kind':'NON_"
        "NULL',"
        "'ofType':{'kind':'OBJECT','name':'ZONE_INSIGHTS','ofType':null}}}}},"
        "{'name':'ZONE_INSIGHTS_aggregate','type':{'kind':'NON_NULL','name':null,'ofType':{'kind':'OBJECT','ofType':"
        "null}}},"
        "{'name':'ZONE_TYPE_INSIGHTS','type':{'kind':'NON_NULL','name':null,'ofType':{'kind':'LIST','ofType':{'kind':'"
        "NON_NULL',"
        "'ofType':{'kind':'OBJECT','name':'ZONE_TYPE_INSIGHTS','ofType':null}}}}},"
        "{'name':'ZONE_TYPE_INSIGHTS_aggregate','type':{'kind':'NON_NULL','name':null,'ofType':{'kind':'OBJECT','"
        "ofType':null}}}"
        "]}}}");
}

Test(sim_introspect, inputs_arguments_and_enums_are_listed)
{
    sim_open(&sim, "--dialect documented");
    answers(
        "{a:__type(name:\"order_by\"){kind enumValues{name} fields{name}} "
        "b:__type(name:\"Int_comparison_exp\"){kind inputFields{name type{name}}} "
        "c:__type(name:\"Nothing\"){name} "
        "d:__type(name:\"BUILDING_INSIGHTS_order_by\"){inputFields{name type{kind name} defaultValue}}}",
        "{'data':{'a':{'kind':'ENUM','enumValues':[{'name':'asc'},{'name':'desc'}],'fields':null},"
        "'b':{'kind':'INPUT_OBJECT','inputFields':[{'name':'_eq','type':{'name':'Int'}}]},'c':null,"
        "'d':{'inputFields':[{'name':'DATE_TIME_START','type':{'kind':'ENUM','name':'order_by'},'defaultValue':null}"
        "]}}}");
}

Test(sim_introspect, the_schema_tells_its_root_and_its_directives)
{
    sim_open(&sim, "");
    answers("{__schema{queryType{name} mutationType{name} subscriptionType{name} description "
            "directives{name locations isRepeatable args{name type{kind ofType{name}}}}}}",
            "{'data':{'__schema':{'queryType':{'name':'query_root'},'mutationType':null,'subscriptionType':null,"
            "'description':null,'directives':["
            "{'name':'include','locations':['FIELD','FRAGMENT_SPREAD','INLINE_FRAGMENT'],'isRepeatable':false,"
            "'args':[{'name':'if','type':{'kind':'NON_NULL','ofType':{'name':'Boolean'}}}]},"
            "{'name':'skip','locations':['FIELD','FRAGMENT_SPREAD','INLINE_FRAGMENT'],'isRepeatable':false,"
            "'args':[{'name':'if','type':{'kind':'NON_NULL','ofType':{'name':'Boolean'}}}]}]}}}");
}

/* Every type that some reference names is in the list of types, and every one is named once. */
Test(sim_introspect, the_list_of_types_is_closed)
{
    static const char *const worlds[] = {"", "--no-aggregates --timestamps date", "--dialect documented"};
    for (size_t i = 0; i < 3; i++) {
        sim_open(&sim, worlds[i]);
        for (const struct schema_type *type = sim.service.editions[0].schema.types; type != NULL; type = type->next) {
            cr_assert_eq(schema_find_type(&sim.service.editions[0].schema, type->name), type, "%s is there twice",
                         type->name);
            cr_assert(type->kind != SCHEMA_INPUT || type->inputs != NULL, "%s has no fields", type->name);
            cr_assert(type->kind != SCHEMA_OBJECT || type->fields != NULL, "%s has no fields", type->name);
            for (const struct schema_field *field = type->fields; field != NULL; field = field->next)
                cr_assert_not_null(field->ref.type, "%s.%s", type->name, field->name);
            for (const struct schema_input *input = type->inputs; input != NULL; input = input->next)
                cr_assert_not_null(input->ref.type, "%s.%s", type->name, input->name);
        }
        if (i < 2)
            sim_close(&sim);
    }
}

Test(sim_introspect, without_introspection_the_fields_do_not_exist)
{
    sim_open(&sim, "--no-introspection");
    sim_refuses(&sim, "{__schema{queryType{name}}}", NULL, "validation-failed", "$.selectionSet.__schema",
                "field \"__schema\" not found in type: 'query_root'");
    sim_refuses(&sim, "{__type(name:\"SITE\"){name}}", NULL, "validation-failed", "$.selectionSet.__type", "not found");
    cr_assert_str_eq(sim_ask(&sim, "{__typename}", NULL), "{\"data\":{\"__typename\":\"query_root\"}}");
}
