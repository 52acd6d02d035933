#!/usr/bin/env bash
# docs/pictures/memory.svg must be what the program says today.
#
#   picture.sh BINARY        from the root of the tree; UPDATE_DOCS=1 draws it anew
set -u
picture=docs/pictures/memory.svg
drawn=$(mktemp)
trap 'rm -f "$drawn"' EXIT
tests/docs/draw_memory.sh "$1" configs/jobs/qwen3-235b-128k.json \
  ring=32,ep=32,etp=1 \
  tp=4,ring=8,ep=32,etp=1 \
  tp=4,ring=8,ep=32,etp=1,recompute=full \
  tp=4,ring=4,pp=8,ep=16,etp=1,recompute=full \
  ring=16,ep=8,kv_exchange=all_gather,recompute=full,sharding=parameters \
  ring=4,ep=2,kv_exchange=all_gather,recompute=full,sharding=parameters \
  >"$drawn" || exit 1
if [ "${UPDATE_DOCS:-0}" = 1 ]; then
  cat "$drawn" >$picture
elif ! diff -u $picture "$drawn"; then
  echo "The picture is out of date. Draw it anew: UPDATE_DOCS=1 tests/run --quick -R docs.picture"
  exit 1
fi
