#!/usr/bin/env bash
# The presets that people and tests/run call by name are there.
set -u
failed=0
for kind in configure build workflow test; do
  names='release dev'
  [ $kind = test ] || names="$names tidy"
  for name in $names; do
    "$1" --list-presets=$kind | grep -q "\"$name\"" ||
      { echo "FAIL: no $kind preset $name"; failed=1; }
  done
done
exit $failed
