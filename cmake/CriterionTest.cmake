# occuport_unit_test(NAME LIBS...) builds test_NAME.c with Criterion and adds it to CTest as unit.NAME.
# abort_on_error: Criterion ignores the exit code with which LeakSanitizer ends a test, but not an abort.
function(occuport_unit_test name)
  add_executable(test_${name} test_${name}.c)
  target_link_libraries(test_${name} PRIVATE ${ARGN} occuport_flags PkgConfig::criterion)
  # Criterion's macros define test functions without prototypes and compare with their own signedness.
  target_compile_options(test_${name} PRIVATE -Wno-missing-prototypes -Wno-sign-conversion -Wno-pedantic -Wno-conversion)
  add_test(NAME unit.${name} COMMAND test_${name} --jobs 1)
  set_tests_properties(unit.${name} PROPERTIES
    ENVIRONMENT "ASAN_OPTIONS=abort_on_error=1;UBSAN_OPTIONS=print_stacktrace=1" TIMEOUT 120)
endfunction()
