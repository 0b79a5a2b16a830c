# How tests run under the sanitizers: abort_on_error, since Criterion ignores the exit code with which LeakSanitizer ends
# a test, but not an abort. tests/house has a canary that proves it.
set(OCCUPORT_TEST_ENVIRONMENT "ASAN_OPTIONS=abort_on_error=1;UBSAN_OPTIONS=print_stacktrace=1")

# Criterion's macros define test functions without prototypes and compare with their own signedness.
function(occuport_relax_for_criterion target)
  target_compile_options(${target} PRIVATE
    -Wno-missing-prototypes -Wno-sign-conversion -Wno-pedantic -Wno-conversion)
endfunction()

# occuport_unit_test(NAME LIBS...) builds test_NAME.c with Criterion and adds it to CTest as unit.NAME.
function(occuport_unit_test name)
  add_executable(test_${name} test_${name}.c)
  target_link_libraries(test_${name} PRIVATE ${ARGN} occuport_flags PkgConfig::criterion)
  occuport_relax_for_criterion(test_${name})
  add_test(NAME unit.${name} COMMAND test_${name} --jobs 1)
  set_tests_properties(unit.${name} PROPERTIES ENVIRONMENT "${OCCUPORT_TEST_ENVIRONMENT}" TIMEOUT 120)
endfunction()

# occuport_postgres_program(NAME LIBS...): builds test_NAME.c, which needs a PostgreSQL.
function(occuport_postgres_program name)
  add_executable(test_${name} test_${name}.c)
  target_link_libraries(test_${name} PRIVATE ${ARGN} occuport_flags PkgConfig::criterion)
  occuport_relax_for_criterion(test_${name})
endfunction()

# occuport_run_with_postgres(NAME PROGRAMS...): adds the test unit.NAME, which runs the programs beside one PostgreSQL of
# their own; skipped, which is said, where that is not installed.
function(occuport_run_with_postgres name)
  list(TRANSFORM ARGN REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE programs)
  add_test(NAME unit.${name} COMMAND ${PROJECT_SOURCE_DIR}/tests/unit/pg/with_postgres.sh sh -c
    [[worst=0; for program; do "$program" --jobs 1 || worst=1; done; exit "$worst"]] sh ${programs})
  set_tests_properties(unit.${name} PROPERTIES ENVIRONMENT "${OCCUPORT_TEST_ENVIRONMENT}" TIMEOUT 300 SKIP_RETURN_CODE 77)
endfunction()

# occuport_postgres_test(NAME LIBS...): both, for one program.
function(occuport_postgres_test name)
  occuport_postgres_program(${name} ${ARGN})
  occuport_run_with_postgres(${name} test_${name})
endfunction()
