#!/usr/bin/env bash
# Every source under version control is named in the CMakeLists.txt of its library or test folder, so
# that no file is silently left out of the build; and none includes by ../ .
set -u
failed=0
git rev-parse --is-inside-work-tree >/dev/null 2>&1 || exit 0 # an unpacked archive: nothing to ask
while IFS= read -r file; do
  [ -e "$file" ] || continue
  folder=${file%/*}
  while [ ! -e "$folder/CMakeLists.txt" ] && [[ $folder == */* ]]; do folder=${folder%/*}; done
  name=${file#"$folder"/}
  grep -qF -- "$name" "$folder/CMakeLists.txt" 2>/dev/null || {
    echo "FAIL: $file is not named in $folder/CMakeLists.txt"
    failed=1
  }
done < <(git ls-files -- '*.cpp')
git grep -nE '^ *# *include *[<"]([^>"]*/)?\.\./' -- '*.cpp' '*.hpp' && failed=1
exit $failed
