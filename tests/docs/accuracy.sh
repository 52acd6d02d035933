#!/usr/bin/env bash
# docs/accuracy.md and its picture must be what the program says of the published measurements today.
#
#   accuracy.sh BINARY        from the root of the tree; UPDATE_DOCS=1 writes them anew
set -u
page=docs/accuracy.md
picture=docs/pictures/accuracy.svg
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$1" replay tests/published/cases/*.json --markdown --svg "$scratch/picture" >"$scratch/page" || exit 1
if [ "${UPDATE_DOCS:-0}" = 1 ]; then
  cat "$scratch/page" >$page
  cat "$scratch/picture" >$picture
elif ! diff -u $page "$scratch/page" || ! diff -u $picture "$scratch/picture"; then
  echo "The page is out of date. Write it anew: UPDATE_DOCS=1 tests/run --quick -R docs.accuracy_page"
  exit 1
fi
