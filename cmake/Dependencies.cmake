# The third-party libraries, each used by one folder only (design: adapters).
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(jsonc REQUIRED IMPORTED_TARGET json-c)
pkg_check_modules(sqlite REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(microhttpd REQUIRED IMPORTED_TARGET libmicrohttpd)
if(OCCUPORT_TESTS)
  pkg_check_modules(criterion REQUIRED IMPORTED_TARGET criterion)
endif()

# For a program that runs where only libcurl is installed. libcurl stays shared: what it needs itself is not there as
# archives (Kerberos), and a TLS library must get its fixes from the system.
if(OCCUPORT_STATIC)
  foreach(pair jsonc=json-c sqlite=sqlite3 yaml=yaml)
    string(REPLACE "=" ";" pair ${pair})
    list(GET pair 0 name)
    list(GET pair 1 library)
    find_library(${name}_archive lib${library}.a REQUIRED)
    set_target_properties(PkgConfig::${name} PROPERTIES
      INTERFACE_LINK_LIBRARIES "${${name}_archive};Threads::Threads;m")
  endforeach()
endif()
