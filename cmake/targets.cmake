# The four kinds of target that this tree has. CONTRIBUTING.md shows each in use.
#
#   seqspan_library(NAME sim SOURCES a.cpp ... [ALONE a.cpp ...] [DEPENDS sim ...] [LIBRARIES fmt::fmt ...])
#   seqspan_test(NAME sim LABEL unit SOURCES a_test.cpp ... [ALONE ...] [DEPENDS ...] [LIBRARIES ...]
#                [RANKS n ...])
#   seqspan_golden_tests(CASES plan_small ...)
#   seqspan_benchmark(NAME link SOURCES link_benchmark.cpp [DEPENDS ...] [LIBRARIES ...])
include(GoogleTest)

# Which of our libraries each one may read. An include against this table fails the build, because
# a library sees an include directory for each of its DEPENDS and for nothing else of ours.
set(seqspan_allowed_sim "")
set(seqspan_allowed_profiles sim)
set(seqspan_allowed_planner sim)
set(seqspan_allowed_real sim)
set(seqspan_allowed_cli sim profiles planner real)

# Tests include their own helpers as "tests/...", the same way.
set(seqspan_tests_include_dir "${PROJECT_BINARY_DIR}/include/tests")
file(MAKE_DIRECTORY "${seqspan_tests_include_dir}")
file(CREATE_LINK "${PROJECT_SOURCE_DIR}/tests" "${seqspan_tests_include_dir}/tests" SYMBOLIC)

# RapidCheck draws its cases from this seed, so that a test run can be repeated.
set(seqspan_test_seed 20260101)

# Compiles the sources of a target eight at a time, because reading headers is most of a compilation. Names in
# anonymous namespaces then meet: where two are equal the build stops. Rename one, or add its source to ALONE:
# it is compiled by itself, as every source is without SEQSPAN_UNITY (the tidy preset).
function(seqspan_unity target alone)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${SEQSPAN_UNITY} UNITY_BUILD_BATCH_SIZE 8)
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS alone)
    if(NOT source IN_LIST sources)
      message(FATAL_ERROR "${target}: ${source} is in ALONE and not in SOURCES")
    endif()
  endforeach()
  set_source_files_properties(${alone} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# Links a target of kind `scope` with our flags, our libraries and those of others.
function(seqspan_link target scope depends libraries)
  foreach(name IN LISTS depends)
    if(NOT TARGET seqspan_${name})
      message(FATAL_ERROR "${target} depends on ${name}, which is no library of ours (yet)")
    endif()
    target_link_libraries(${target} ${scope} seqspan_${name})
  endforeach()
  target_link_libraries(${target} ${scope} ${libraries})
endfunction()

# A static library seqspan_NAME of the sources of this folder. Dependants include its headers as
# "NAME/...", through a directory that holds a link to this folder and nothing else.
# Without sources it is a library of headers only.
function(seqspan_library)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES;ALONE;DEPENDS;LIBRARIES")
  foreach(name IN LISTS arg_DEPENDS)
    if(NOT name IN_LIST seqspan_allowed_${arg_NAME})
      message(FATAL_ERROR "${arg_NAME} must not depend on ${name}; it may read: ${seqspan_allowed_${arg_NAME}}")
    endif()
  endforeach()

  set(include_dir "${PROJECT_BINARY_DIR}/include/${arg_NAME}")
  file(MAKE_DIRECTORY "${include_dir}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${include_dir}/${arg_NAME}" SYMBOLIC)

  set(target seqspan_${arg_NAME})
  if(arg_SOURCES)
    set(scope PUBLIC)
    add_library(${target} STATIC ${arg_SOURCES})
    seqspan_unity(${target} "${arg_ALONE}")
    target_link_libraries(${target} PRIVATE seqspan_compiler)
    target_compile_options(${target} PRIVATE "-fmacro-prefix-map=${include_dir}/=")
  else()
    set(scope INTERFACE)
    add_library(${target} INTERFACE)
  endif()
  target_include_directories(${target} ${scope} "${include_dir}")
  seqspan_link(${target} ${scope} "${arg_DEPENDS}" "${arg_LIBRARIES}")
endfunction()

# What the sanitizers run: they are built for nothing else (tests/run, preset dev).
add_custom_target(unit_tests)

# One executable of GoogleTest and RapidCheck tests, NAME the folder that they test; ctest lists every
# test in it as LABEL.NAME.Suite.Test. DEPENDS is NAME where it is left out. Tests run in the root of the
# tree, and reach helpers under tests/ by includes of "tests/...". With RANKS n ... the whole executable is
# one test for each n, LABEL.NAME.n_ranks, run by mpirun on n ranks, and left out where MPI is absent.
function(seqspan_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;LABEL" "SOURCES;ALONE;DEPENDS;LIBRARIES;RANKS")
  if(NOT arg_LABEL MATCHES "^(unit|golden|peer|published|real)$")
    message(FATAL_ERROR "seqspan_test ${arg_NAME}: LABEL is unit, golden, peer, published or real")
  endif()
  if(NOT SEQSPAN_BUILD_TESTS OR (arg_RANKS AND NOT SEQSPAN_HAS_MPI))
    return()
  endif()
  if(NOT arg_DEPENDS)
    set(arg_DEPENDS ${arg_NAME})
  endif()

  set(target ${arg_LABEL}_${arg_NAME}_test)
  add_executable(${target} ${arg_SOURCES})
  seqspan_unity(${target} "${arg_ALONE}")
  target_include_directories(${target} PRIVATE "${seqspan_tests_include_dir}")
  target_link_libraries(${target} PRIVATE seqspan_compiler)
  seqspan_link(${target} PRIVATE "${arg_DEPENDS}" "${arg_LIBRARIES}")
  target_link_libraries(${target} PRIVATE rapidcheck_gtest GTest::gtest)
  if(arg_LABEL STREQUAL "unit")
    add_dependencies(unit_tests ${target})
  endif()

  if(arg_RANKS)
    target_link_libraries(${target} PRIVATE seqspan::mpi) # and its own main, which starts MPI
    foreach(ranks IN LISTS arg_RANKS)
      set(test ${arg_LABEL}.${arg_NAME}.${ranks}_ranks)
      add_test(NAME ${test}
        COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} --oversubscribe
                $<TARGET_FILE:${target}>
        WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
      # Ranks share cores, so they yield while they wait; a container may forbid reading each other's
      # memory, so they copy through what they share.
      set(environment "RC_PARAMS=seed=${seqspan_test_seed}"
        OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
        OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_btl_vader_single_copy_mechanism=none)
      set_tests_properties(${test} PROPERTIES
        LABELS ${arg_LABEL} TIMEOUT 120 PROCESSORS 2 ENVIRONMENT "${environment}")
    endforeach()
  else()
    target_link_libraries(${target} PRIVATE GTest::gtest_main)
    gtest_discover_tests(${target}
      TEST_PREFIX "${arg_LABEL}.${arg_NAME}."
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
      DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
      PROPERTIES LABELS ${arg_LABEL} TIMEOUT 120
                 ENVIRONMENT "RC_PARAMS=seed=${seqspan_test_seed}")
  endif()
endfunction()

# Golden runs of the command line: tests/golden/CASE.txt holds commands and what they must print.
# cmake/golden.sh has the format; UPDATE_GOLDEN=1 ctest -R golden rewrites the files.
function(seqspan_golden_tests)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "CASES")
  foreach(name IN LISTS arg_CASES)
    add_test(NAME golden.${name}
      COMMAND "${PROJECT_SOURCE_DIR}/cmake/golden.sh"
              $<TARGET_FILE:seqspan> "${CMAKE_CURRENT_SOURCE_DIR}/${name}.txt"
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_tests_properties(golden.${name} PROPERTIES LABELS golden TIMEOUT 120)
  endforeach()
endfunction()

# A Google Benchmark executable, built without sanitizers only; ctest runs each benchmark for the
# shortest time it can, to see that it still works. For numbers: build/release/bin/NAME_benchmark.
function(seqspan_benchmark)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "SOURCES;DEPENDS;LIBRARIES")
  if(NOT SEQSPAN_BUILD_TESTS OR NOT CMAKE_BUILD_TYPE STREQUAL "Release")
    return()
  endif()
  set(target ${arg_NAME}_benchmark)
  add_executable(${target} ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  target_link_libraries(${target} PRIVATE seqspan_compiler)
  seqspan_link(${target} PRIVATE "${arg_DEPENDS}" "${arg_LIBRARIES}")
  target_link_libraries(${target} PRIVATE benchmark::benchmark benchmark::benchmark_main)
  add_test(NAME benchmark.${arg_NAME} COMMAND ${target} --benchmark_min_time=0)
  set_tests_properties(benchmark.${arg_NAME} PROPERTIES LABELS benchmark TIMEOUT 120)
endfunction()
