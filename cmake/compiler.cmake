# How our own sources are compiled: language, warnings, sanitizers, compiler cache.
# Everything hangs on the interface target seqspan_compiler, so that nothing leaks to dependencies.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_library(seqspan_compiler INTERFACE)
target_compile_options(seqspan_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
  -Wno-restrict # g++ 12 sees overlap inside std::string where there is none (GCC bug 105651)
  $<$<BOOL:${SEQSPAN_WARNINGS_AS_ERRORS}>:-Werror>
  # __FILE__ names files as includes do, wherever the tree lies: same input, same bytes out.
  "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")
# A program loads MPI, CUDA and NCCL only if it calls them: loading them costs every start.
target_link_options(seqspan_compiler INTERFACE -Wl,--as-needed)

if(SEQSPAN_SANITIZE)
  # The sanitizers' own instrumentation makes g++ 12 see uninitialised reads that are not there.
  target_compile_options(seqspan_compiler INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
    -Wno-maybe-uninitialized)
  target_link_options(seqspan_compiler INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all)
  target_compile_definitions(seqspan_compiler INTERFACE _GLIBCXX_ASSERTIONS)
endif()

find_program(SEQSPAN_CCACHE ccache)
mark_as_advanced(SEQSPAN_CCACHE)
if(SEQSPAN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${SEQSPAN_CCACHE}")
endif()
