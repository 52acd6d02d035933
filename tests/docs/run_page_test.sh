#!/usr/bin/env bash
# run_page.sh itself: what it must accept, and what it must refuse.
set -u
check=$PWD/tests/docs/run_page.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck disable=SC2016,SC1003
printf '#!/bin/sh\necho "first  "; echo second; echo third; echo "$1" >&2; exit "${2:-0}"\n' >"$scratch/program"
chmod +x "$scratch/program"
printf '{"a": 1}\n' >"$scratch/a.json"
cd "$scratch" || exit 1

# expect CODE NAME: the page on standard input.
expect() {
  local code
  cat >page.md
  "$check" ./program page.md >said 2>&1
  code=$?
  if [ $code != "$1" ]; then
    printf 'FAIL: %s: exit code %s\n' "$2" $code
    cat said
    echo "$2" >>failed # in a pipeline: no variable would survive
  fi
}
sh='```sh' text='```text' end='```'

printf '%s\n' '# A page, of mine' $sh './seqspan x' $end $text first ... third x $end \
  '[here](#a-page-of-mine) [there](a.json) [far](https://example.org/x)' | expect 0 "a good page"
printf '%s\n' $sh './seqspan x \' '  1' $end | expect 1 "a command that fails"
printf '%s\n' '<!-- exit 1 -->' $sh 'seqspan x 1' $end | expect 0 "a failure that is announced"
printf '%s\n' '<!-- exit 1 -->' $sh 'seqspan x 0' $end | expect 1 "an announced failure that does not come"
printf '%s\n' $sh './seqspan x' $end '' 'Prose.' $text third second $end | expect 1 "lines out of order"
printf '%s\n' $sh './seqspan x' $end $text first third $end | expect 1 "a line that is left out in silence"
printf '%s\n' $sh './seqspan x' $end $text first '' second ... x $end | expect 0 "lines that follow one another"
printf '%s\n' $sh './seqspan x' './seqspan first' $end $text first ... x first second third first $end |
  expect 0 "a run of lines that begins like an earlier one"
printf '%s\n' $sh './seqspan x' $end $text ... $end | expect 0 "anything"
printf '%s\n' $sh './seqspan x' $end $text fourth $end | expect 1 "a line that is not printed"
printf '%s\n' $text fourth $end $sh 'rm -rf nothing' $end | expect 0 "text before a command, other commands"
printf '%s\n' '[gone](b.md)' | expect 1 "a link to no file"
printf '%s\n' '[gone](#nowhere)' | expect 1 "a link to no heading"
printf '%s\n' '<!-- file a.json -->' '```json' '{"a": 1}' $end | expect 0 "a file as it is"
printf '%s\n' '<!-- file a.json -->' '```json' '{"a": 2}' $end | expect 1 "a file that changed"
printf '%s\n' $sh './seqspan x' | expect 1 "a block without an end"
[ ! -e failed ] && echo "all pages judged as they should be"
[ ! -e failed ]
