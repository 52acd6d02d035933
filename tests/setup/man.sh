#!/usr/bin/env bash
# The manual page is read by man without a warning, and has every command and every option of --help.
#
#   man.sh BINARY
set -u
command -v man >/dev/null || { echo "skipped: no man here (Debian: man-db)"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$1" man >"$scratch/seqspan.1" || exit 1
export LC_ALL=C.UTF-8 MANWIDTH=100 MAN_KEEP_FORMATTING=
warnings=$(man --warnings -E UTF-8 -l -Tutf8 -Z "$scratch/seqspan.1" 2>&1 >/dev/null)
if [ -n "$warnings" ]; then
  printf '%s\n' "$warnings"
  exit 1
fi
man -E UTF-8 -P cat -l "$scratch/seqspan.1" 2>/dev/null | sed 's/.\x08//g' >"$scratch/text"
failures=0
for command in $("$1" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]\+\)  .*/\1/p'); do
  grep -q "^ *$command\$" "$scratch/text" || { echo "no section of $command"; failures=1; }
  for option in $("$1" "$command" --help | grep -oE '^  (-[a-z],)?--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
    grep -q -- "$option" "$scratch/text" || { echo "$option of $command is missing"; failures=1; }
  done
done
exit $failures
