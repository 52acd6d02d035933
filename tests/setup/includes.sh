#!/usr/bin/env bash
# includes.sh COMPILER LIBRARY READABLE,... INCLUDE_DIR:...
# A source in LIBRARY, compiled with the include directories of that library, must find the files of
# the libraries that it may read, and must fail to compile if it includes those of any other.
set -u
compiler=$1 library=$2 readable=",$3," include_dirs=$4
flags=()
IFS=: read -ra dirs <<<"$include_dirs"
for dir in "${dirs[@]}"; do flags+=(-I "$dir"); done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
fail() { echo "FAIL: $*"; failed=1; }

for other in sim profiles planner real cli; do
  # Every library has a CMakeLists.txt, so that is the file to reach for; an empty header stands in
  # for it where it can be found, because it is not C++.
  printf '#if !__has_include("%s/CMakeLists.txt")\n#error cannot be seen\n#endif\n' \
    "$other" >"$scratch/see.cpp"
  printf '#include "%s/CMakeLists.txt"\n' "$other" >"$scratch/include.cpp"
  # -iquote: as if the source lay in the library's own folder.
  compile() { "$compiler" -std=c++20 -fsyntax-only -iquote "$library" "${flags[@]}" "$1" 2>&1; }
  case $readable in
    *",$other,"*) compile "$scratch/see.cpp" || fail "$library must see $other, and does not" ;;
    *)
      if output=$(compile "$scratch/include.cpp"); then
        fail "$library must not see $other, and does"
      elif [[ $output != *"No such file"* ]]; then
        fail "$library must not see $other; the compiler failed for another reason: $output"
      fi
      # The same by text: neither a system path nor a new flag may open a way. A benchmark is a
      # program of its own, with dependencies of its own.
      grep -rnE "^ *# *include *[<\"]$other/" --include='*.hpp' --include='*.cpp' \
        --exclude='*_benchmark.cpp' "$library" &&
        fail "$library must not include $other"
      ;;
  esac
done
grep -rnE '^ *# *include *[<"]([^>"]*/)?\.\./' --include='*.hpp' --include='*.cpp' "$library" &&
  fail 'write includes from the root ("sim/network/link.hpp"), not with ../'
exit $failed
