#!/usr/bin/env bash
# Runs the commands of a golden file and compares what they print with what the file says.
#
#   golden.sh BINARY FILE        (UPDATE_GOLDEN=1 rewrites FILE instead of comparing)
#
# A golden file is what a terminal would show, run from the root of the tree:
#
#   # a comment
#   $ seqspan version             the command: a line of bash; seqspan is the binary under test
#   seqspan 0.1.0                 what it printed
#   [exit 2]                      its exit code, where that is not 0
#
# What is printed with a "#" or "$ " at the start of a line stands there behind a "|".
# Standard error follows standard output, each line marked "! ". Empty output lines are kept. $TMP is
# an empty directory for files that commands write; its name appears as $TMP.
set -u -o pipefail
binary=$(realpath "$1")
golden=$2
if [ ! -x "$binary" ] || [ ! -e "$golden" ]; then
  echo "golden.sh: no $binary or no $golden"
  exit 2
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TMP=$scratch/tmp BINARY=$binary COLUMNS=100 LC_ALL=C NO_COLOR=1
mkdir "$TMP"
seqspan() { "$BINARY" "$@"; }
export -f seqspan

while IFS= read -r line; do
  case $line in
    '#'*) printf '%s\n' "$line" ;;
    '$ '*)
      printf '%s\n' "$line"
      bash -c "${line#'$ '}" >"$scratch/out" 2>"$scratch/err" </dev/null
      code=$?
      # Where output does not end in a newline, say so, as a diff does.
      for stream in out err; do
        if [ -s "$scratch/$stream" ] && [ -n "$(tail -c 1 "$scratch/$stream")" ]; then
          printf '\n\\ no newline at end\n' >>"$scratch/$stream"
        fi
      done
      sed -e "s|$TMP|\$TMP|g" -e 's/^[#|]/|&/' -e 's/^\$ /|&/' "$scratch/out"
      sed -e "s|$TMP|\$TMP|g" -e 's/^/! /' "$scratch/err"
      [ "$code" = 0 ] || printf '[exit %s]\n' "$code"
      ;;
  esac
done <"$golden" >"$scratch/actual"

if [ "${UPDATE_GOLDEN:-0}" = 1 ]; then
  cmp -s "$golden" "$scratch/actual" || cp "$scratch/actual" "$golden"
  exit 0
fi
if ! diff -u --label "$(basename "$golden")" --label actual "$golden" "$scratch/actual"; then
  echo "To accept what is printed now: UPDATE_GOLDEN=1 tests/run --quick -R golden, then review the diff."
  exit 1
fi
