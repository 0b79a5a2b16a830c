# Run as a script: turns migrations/*.sql and migrations/postgres/*.sql into one C file with the lists that lib/db/migrate.h
# declares. What is no numbered file (migrations/postgres/roles.sql) is for people.
#   cmake -DSOURCE_DIR=... -DOUTPUT=... -P EmbedMigrations.cmake
set(bytes_text "")
foreach(kind sqlite postgres)
  set(list_text "")
  set(folder ${SOURCE_DIR})
  if(kind STREQUAL "postgres")
    set(folder ${SOURCE_DIR}/postgres)
  endif()
  file(GLOB files ${folder}/[0-9][0-9][0-9][0-9]_*.sql)
  list(SORT files)
  foreach(file ${files})
    get_filename_component(name ${file} NAME)
    string(REGEX MATCH "^[0-9]+" number ${name})
    string(REGEX REPLACE "^0+" "" plain ${number})
    file(READ ${file} hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
    string(APPEND bytes_text "static const char ${kind}_${number}[] = {${hex}0x00};\n")
    string(APPEND list_text "    {${plain}, \"${name}\", ${kind}_${number}},\n")
  endforeach()
  set(${kind}_list "${list_text}")
endforeach()
file(WRITE ${OUTPUT} "/* Made from the SQL files in migrations by cmake/EmbedMigrations.cmake. */
#include \"db/migrate.h\"

${bytes_text}
static const struct migration sqlite_list[] = {
${sqlite_list}};

static const struct migration postgres_list[] = {
${postgres_list}};

const struct migration *migrations_embedded(enum db_kind kind, size_t *ret_count)
{
    *ret_count = kind == DB_POSTGRES ? sizeof postgres_list / sizeof postgres_list[0]
                                     : sizeof sqlite_list / sizeof sqlite_list[0];
    return kind == DB_POSTGRES ? postgres_list : sqlite_list;
}
")
