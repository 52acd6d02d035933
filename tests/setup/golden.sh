#!/usr/bin/env bash
# The golden runner passes on what matches, shows a diff on what does not, and updates on request.
set -u
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/binary" <<'BINARY'
#!/bin/sh
echo "got $*"
echo "warned" >&2
exit 2
BINARY
chmod +x "$scratch/binary"
printf '%s\n' '# says what it got' '$ seqspan a "b c"' 'got a b c' '! warned' '[exit 2]' \
  '$ seqspan x 2>/dev/null | wc -l' '1' >"$scratch/right.txt"
sed 's/got a/got z/' "$scratch/right.txt" >"$scratch/wrong.txt"
fail() { echo "FAIL: $*"; exit 1; }
run() { cmake/golden.sh "$scratch/binary" "$@"; }

unset UPDATE_GOLDEN
run "$scratch/right.txt" || fail "a matching file does not pass"
output=$(run "$scratch/wrong.txt") && fail "a wrong file passes"
[[ $output == *"-got z b c"*"+got a b c"* ]] || fail "no diff shown: $output"
UPDATE_GOLDEN=1 run "$scratch/wrong.txt" || fail "cannot update"
cmp "$scratch/right.txt" "$scratch/wrong.txt" || fail "the update differs"
