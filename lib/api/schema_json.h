/*
 * Reads the pieces of an introspection answer: fields, arguments and types. The text was found to be sound
 * JSON before (envelope_read); what is read here is only its shape. [GraphQL specification, October 2021, section 4.2]
 */
#ifndef OCCUPORT_API_SCHEMA_JSON_H
#define OCCUPORT_API_SCHEMA_JSON_H

#include "api/json_scan.h"
#include "api/schema.h"

enum { SCHEMA_TYPE_TEXT_SIZE = SCHEMA_NAME_MAX + 16 };

/* As deep as a type is asked for: [[T!]!]! is five. */
#define SCHEMA_TYPE_SELECTION                                                                                          \
    "type {kind name ofType {kind name ofType {kind name ofType {kind name ofType {kind name ofType {kind name}}}}}}"

/* A type with its wrappings taken off. */
struct schema_type_ref {
    char name[SCHEMA_NAME_MAX + 1];   /* of the innermost type; "" when the chain ends before it */
    char text[SCHEMA_TYPE_TEXT_SIZE]; /* "Int", "[Float]" */
    bool is_object;                   /* OBJECT, INTERFACE or UNION */
    bool is_required;                 /* NON_NULL on the outside */
};

/* The member of an object; false when it is absent, null, or the span is no object. Twice: false as well. */
bool schema_json_member(struct json_span object, const char *name, struct json_span *ret_value);

/* The "name" of a field, argument or type. STATUS_BAD_ANSWER: there is none, or it is no GraphQL name. */
enum status schema_json_name(struct json_span object, char name[SCHEMA_NAME_MAX + 1], struct err *err) MUST_CHECK;

/* The "type" of a field or argument. A type that is too deep or has no name leaves ret_type->name empty. */
void schema_json_type(struct json_span field, struct schema_type_ref *ret_type);

/* True when a list of named things has one of this name. A list that is null or absent has none. */
bool schema_json_list_has(struct json_span list, const char *name, struct json_span *ret_item);

#endif
