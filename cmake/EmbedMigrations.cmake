# Run as a script: turns migrations/*.sql into one C file with the list that lib/db/migrate.h declares.
#   cmake -DSOURCE_DIR=... -DOUTPUT=... -P EmbedMigrations.cmake
file(GLOB files ${SOURCE_DIR}/*.sql)
list(SORT files)
set(bytes_text "")
set(list_text "")
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  string(REGEX MATCH "^[0-9]+" number ${name})
  string(REGEX REPLACE "^0+" "" plain ${number})
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  string(APPEND bytes_text "static const char sql_${number}[] = {${hex}0x00};\n")
  string(APPEND list_text "    {${plain}, \"${name}\", sql_${number}},\n")
endforeach()
file(WRITE ${OUTPUT} "/* Made from the SQL files in migrations by cmake/EmbedMigrations.cmake. */
#include \"db/migrate.h\"

${bytes_text}
static const struct migration list[] = {
${list_text}};

const struct migration *migrations_embedded(size_t *ret_count)
{
    *ret_count = sizeof list / sizeof list[0];
    return list;
}
")
