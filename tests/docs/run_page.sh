#!/usr/bin/env bash
# Checks a page of the documentation against the program and the tree.
#
#   run_page.sh BINARY PAGE        from the root of the tree
#
#   ```sh block      every line that starts with ./seqspan or seqspan is run (a trailing \ joins lines)
#                    and must exit with 0, or with N after a line "<!-- exit N -->" before the block.
#   ```text block    below an sh block: its lines must follow one another in the output of that
#                    block's commands (standard output, then standard error). "..." stands for any
#                    lines; empty ones do not count.
#   ```json block    after a line "<!-- file PATH -->": must equal that file.
#   links            files and headings of this tree that are linked must exist.
# The pages are updated by hand: run the command, copy what changed.
set -u -o pipefail
binary=$(realpath "$1")
page=$2
export LC_ALL=C.UTF-8 NO_COLOR=1 COLUMNS=100
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
commands=0

fail() {
  printf '%s:%s: %s\n' "$page" "$1" "$2"
  failures=$((failures + 1))
}

# run LINE EXPECTED COMMAND...: appends to $scratch/out.
run() {
  local code
  bash -c "seqspan() { \"$binary\" \"\$@\"; }; ${3/#.\/seqspan/seqspan}" \
    >"$scratch/stdout" 2>"$scratch/stderr" </dev/null
  code=$?
  cat "$scratch/stdout" "$scratch/stderr" >>"$scratch/out"
  commands=$((commands + 1))
  if [ "$code" != "$2" ]; then
    fail "$1" "exit code $code instead of $2: $3"
    tail -n 5 "$scratch/stderr"
  fi
}

# The lines of $scratch/text in $scratch/out: those between two "..." without a gap, and behind the
# ones before them. Says the first line that is not where it should be.
compare_text() {
  local missing
  missing=$(awk '
    { sub(/[ \t]+$/, "") }
    $0 == "" { next }
    NR == FNR { output[++lines] = $0; next }
    $0 == "..." { gap = 1; next }
    { text[++wanted] = $0; opens[wanted] = gap || wanted == 1; gap = 0 }
    END {
      for (first = 1; first <= wanted; first += length_of) {
        length_of = 1
        while (first + length_of <= wanted && !opens[first + length_of]) ++length_of
        best = 0
        while (1) {
          same = 0
          while (same < length_of && output[at + 1 + same] == text[first + same]) ++same
          if (same > best) best = same
          if (same == length_of) break
          if (++at >= lines) { print text[first + best]; exit }
        }
        at += length_of
      }
    }' "$scratch/out" "$scratch/text")
  [ -z "$missing" ] || fail "$1" "not printed (here): $missing"
}

# "Not modelled, and why?" is linked as #not-modelled-and-why.
has_heading() {
  grep -E '^#+ ' "$1" | sed -E 's/^#+ //' | tr '[:upper:]' '[:lower:]' |
    sed -E 's/[^a-z0-9 _-]//g; s/ /-/g' | grep -qx -- "$2"
}

check_links() {
  local line target file folder
  folder=$(dirname "$page")
  while IFS=: read -r line target; do
    target=${target#*(}
    target=${target%)}
    case $target in http://* | https://*) continue ;; esac
    file=${target%%#*}
    if [ -z "$file" ]; then file=$page; else file=$folder/$file; fi
    if [ ! -e "$file" ]; then
      fail "$line" "no such file: $target"
    elif [ "$target" != "${target#*#}" ] && ! has_heading "$file" "${target#*#}"; then
      fail "$line" "no such heading: $target"
    fi
  done < <(grep -noE '\]\([^) ]+\)' "$page")
}

kind=      # of the block that we are in
expected=0 # exit code of the next block's commands
after_commands=no
file=
number=0
command=
while IFS= read -r line || [ -n "$line" ]; do
  number=$((number + 1))
  if [ -n "$kind" ]; then
    if [ "$line" = '```' ]; then
      [ "$kind" = checked_text ] && compare_text "$number"
      if [ "$kind" = json ] && [ -n "$file" ]; then
        diff "$file" "$scratch/text" || fail "$number" "differs from $file"
        file=
      fi
      [ "$kind" = sh ] && expected=0 after_commands=yes
      kind=
    elif [ "$kind" = sh ]; then
      case $command$line in
        *\\)
          command=$command${line%\\}
          continue
          ;;
      esac
      command=$command$line
      case $command in ./seqspan* | seqspan*) run "$number" "$expected" "$command" ;; esac
      command=
    else
      printf '%s\n' "$line" >>"$scratch/text"
    fi
    continue
  fi
  case $line in
    '```sh')
      kind="sh"
      : >"$scratch/out"
      ;;
    '```'*)
      kind=${line#'```'}
      [ "$kind" = text ] && [ $after_commands = yes ] && kind=checked_text
      [ -n "$kind" ] || kind=plain
      : >"$scratch/text"
      ;;
    '<!-- exit '*' -->')
      expected=${line#'<!-- exit '}
      expected=${expected%' -->'}
      ;;
    '<!-- file '*' -->')
      file=${line#'<!-- file '}
      file=${file%' -->'}
      ;;
  esac
done <"$page"
[ -z "$kind" ] || fail "$number" "a block that does not end"
check_links
echo "$page: $commands commands, $failures failures"
[ $failures = 0 ]
