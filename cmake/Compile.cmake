# How every target is compiled. One CMake target a folder: occuport_library(core err.c ...).

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_library(occuport_flags INTERFACE)
target_compile_definitions(occuport_flags INTERFACE _GNU_SOURCE)
target_include_directories(occuport_flags INTERFACE ${PROJECT_SOURCE_DIR}/lib)
if(OCCUPORT_SANITIZE OR OCCUPORT_COVERAGE OR CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(OCCUPORT_COMMIT_POINTS ON)
endif()
if(OCCUPORT_COMMIT_POINTS) # lib/core/commit_point.h; no trace of it is in a release
  target_compile_definitions(occuport_flags INTERFACE OCCUPORT_COMMIT_POINTS)
endif()
target_compile_options(occuport_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
  -Wmissing-prototypes -Wold-style-definition -Wwrite-strings -Wcast-qual -Wcast-align -Wpointer-arith
  -Wvla -Wformat=2 -Wundef -Wswitch-enum -Wnull-dereference -Wdouble-promotion -Wimplicit-fallthrough -fno-common)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(occuport_flags INTERFACE
    -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init)
endif()

if(OCCUPORT_FUZZ)
  # Every library is instrumented; the fuzz targets add libFuzzer's main when they are linked.
  target_compile_options(occuport_flags INTERFACE
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(occuport_flags INTERFACE -fsanitize=address,undefined)
elseif(OCCUPORT_SANITIZE)
  target_compile_options(occuport_flags INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(occuport_flags INTERFACE -fsanitize=address,undefined)
elseif(OCCUPORT_TSAN)
  target_compile_options(occuport_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer -g1)
  target_link_options(occuport_flags INTERFACE -fsanitize=thread)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  # tests/house/hardening.sh looks for all of it in the binary. -ftrivial-auto-var-init=zero is left out: valgrind could
  # then no longer see that something uninitialised is used.
  target_compile_options(occuport_flags INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection)
  target_link_options(occuport_flags INTERFACE -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
if(OCCUPORT_COVERAGE)
  # Unoptimised, so that a branch of the source is a branch of the code; atomic, since threads count the same branch.
  target_compile_options(occuport_flags INTERFACE --coverage -O0 -fprofile-update=atomic)
  target_link_options(occuport_flags INTERFACE --coverage)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # The same bytes wherever it is built.
  target_compile_options(occuport_flags INTERFACE
    -ffile-prefix-map=${PROJECT_BINARY_DIR}=. -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")

# occuport_library(NAME SOURCES... [LINK LIBS...]) makes the static library occuport_NAME of lib/NAME.
function(occuport_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(occuport_${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(occuport_${name} PUBLIC occuport_flags ${ARG_LINK})
endfunction()
