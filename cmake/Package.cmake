# What is given to others. `cpack` makes a Debian package out of the components `program` and `debian`; ./dev package
# also makes the tarball, out of `program` and `man` (cmake/package.sh). `cmake --install` installs all but `debian`.
# The simulator is in neither: a stand-in for the API has no place beside a real job, and it would bring a web server.

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME program)
set(OCCUPORT_MAINTAINER "occuport authors <authors@occuport.example>" CACHE STRING "Who answers for the Debian package")

# The time of everything that is packed: given, or that of the last commit, or (in sources without git) that of the last
# change to the changelog.
if(NOT "$ENV{SOURCE_DATE_EPOCH}" STREQUAL "")
  set(OCCUPORT_EPOCH $ENV{SOURCE_DATE_EPOCH})
else()
  execute_process(COMMAND git -c safe.directory=* log -1 --format=%ct
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE OCCUPORT_EPOCH ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT OCCUPORT_EPOCH)
    file(TIMESTAMP ${PROJECT_SOURCE_DIR}/CHANGELOG.md OCCUPORT_EPOCH "%s" UTC)
  endif()
endif()

# The copyright file in the format that machines read, out of LICENSE, which Debian calls "Expat".
function(occuport_write_copyright output)
  file(READ ${PROJECT_SOURCE_DIR}/LICENSE text)
  if(NOT text MATCHES "^MIT License\n\nCopyright \\(c\\) ([^\n]+)\n\n(Permission .*[^\n])\n*$")
    message(FATAL_ERROR "LICENSE is not the text that cmake/Package.cmake expects")
  endif()
  set(holder "${CMAKE_MATCH_1}")
  string(REPLACE "\n\n" "\n.\n" terms "${CMAKE_MATCH_2}")
  string(REPLACE "\n" "\n " terms "${terms}")
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: occuport

Files: *
Copyright: @holder@
License: Expat

License: Expat
 @terms@
")
endfunction()

# occuport_package(MAN_PAGE): the files that are made for a package, and CPack's settings. Called after all else.
function(occuport_package man_page)
  set(folder ${PROJECT_BINARY_DIR}/debian)
  set(source ${PROJECT_SOURCE_DIR}/cmake/debian)
  file(WRITE ${folder}/epoch "${OCCUPORT_EPOCH}\n")
  occuport_write_copyright(${folder}/copyright)
  add_custom_command(OUTPUT ${folder}/changelog.gz
    COMMAND ${source}/changelog.sh ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${OCCUPORT_EPOCH} ${OCCUPORT_MAINTAINER}
            ${folder}/changelog
    COMMAND gzip -9nkf ${folder}/changelog
    DEPENDS ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${source}/changelog.sh
    VERBATIM)
  add_custom_command(OUTPUT ${folder}/occuport.1.gz
    COMMAND ${CMAKE_COMMAND} -E copy ${man_page} ${folder}/occuport.1
    COMMAND gzip -9nkf ${folder}/occuport.1
    DEPENDS ${man_page}
    VERBATIM)
  add_custom_target(debian_documents ALL DEPENDS ${folder}/changelog.gz ${folder}/occuport.1.gz)
  add_dependencies(debian_documents documents)

  install(FILES ${folder}/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(FILES ${folder}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT debian EXCLUDE_FROM_ALL)
  install(FILES ${folder}/occuport.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT debian EXCLUDE_FROM_ALL)
  install(FILES ${source}/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME occuport
    COMPONENT debian EXCLUDE_FROM_ALL)

  # The man page names its files by the prefix: a Debian package can only be made of a build for /usr.
  if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    return()
  endif()
  file(WRITE ${folder}/cpack.cmake "set(ENV{SOURCE_DATE_EPOCH} ${OCCUPORT_EPOCH})\n")
  set(CPACK_PROJECT_CONFIG_FILE ${folder}/cpack.cmake)
  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGE_NAME occuport)
  set(CPACK_PACKAGE_CONTACT "${OCCUPORT_MAINTAINER}")
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_COMPONENTS_ALL program debian)
  set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
  set(CPACK_DEB_COMPONENT_INSTALL ON)
  set(CPACK_STRIP_FILES ON)
  set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
  set(CPACK_DEBIAN_PACKAGE_SECTION net)
  set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
  set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "scheduled exporter for InnerSpace occupancy data")
  set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"occuport keeps a local copy of InnerSpace occupancy data true, in SQLite or
CSV. A job file in YAML says which buildings, sites, groups, granularities and
dates must be covered. Every run compares that with what is already stored,
fetches what is missing, failed or not yet settled, and commits rows and
bookkeeping together.
.
It is started by cron or by the systemd timer occuport@.timer, of which
nothing is enabled by installing the package.")
  # What it links is found by dpkg-shlibdeps. Beside that: the API speaks https, and jobs name time zones.
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, tzdata")
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS "sqlite3")
  set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${source}/postinst ${source}/prerm ${source}/postrm)
  set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
  include(CPack)
endfunction()
