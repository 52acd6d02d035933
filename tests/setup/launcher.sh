#!/usr/bin/env bash
# The launcher, in a scratch tree with stand-ins for the binary, cmake, dpkg-query and apt-get: what it
# says, what it calls, and that it hands over cleanly. The stand-ins write down each call of theirs.
set -u
source_root=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0
check() { # check WHAT EXPECTED ACTUAL
  if [ "$2" != "$3" ]; then
    printf 'FAIL: %s\n  expected: %s\n  actual:   %s\n' "$1" "$2" "$3"
    failures=$((failures + 1))
  fi
}
check_has() { # check_has WHAT PART ACTUAL
  case $3 in *"$2"*) ;; *) check "$1" "... $2 ..." "$3" ;; esac
}

tree=$scratch/a\ tree # a path with a space
tools=$scratch/tools
calls=$scratch/calls
export calls tree
mkdir -p "$tree"/{sim,profiles,planner,real,cli} "$tools"
cp -r "$source_root"/{seqspan,cmake,debian-packages.txt,CMakeLists.txt,CMakePresets.json} "$tree"
stand_in() { # stand_in NAME, its body on standard input
  { printf '#!/bin/bash\necho "%s $*" >>"$calls"\n' "$1"; cat; } >"$tools/$1"
  chmod +x "$tools/$1"
}
stand_in cmake <<'END'
cat >/dev/null # a build that reads standard input would eat the binary's
if [ "$1" = --build ]; then
  sleep 0.2
  [ -z "${break_build:-}" ] || { echo "error: broken source"; exit 1; }
  mkdir -p "$tree/build/release/bin"
  printf '#!/bin/bash\necho "args:$(printf "<%%s>" "$@")"; cat; exit 7\n' >"$tree/build/release/bin/seqspan"
  chmod +x "$tree/build/release/bin/seqspan"
  echo "build output"
fi
END
stand_in dpkg-query <<'END'
for package in g++ cmake ninja-build libcli11-dev nlohmann-json3-dev libboost-dev libboost-graph-dev libexpected-dev; do
  printf '%s=installed ' "$package"
done
[ -n "${no_fmt:-}" ] || printf 'libfmt-dev=installed '
END
stand_in apt-get <<'END'
[ -z "${break_apt:-}" ] || { echo "E: no network"; exit 100; }
END
stand_in sudo <<'END'
[ "$1" != -n ] || shift
exec "$@"
END
export PATH=$tools:$PATH

launch() { # launch COMMAND...: sets code, out, err, called
  : >"$calls"
  printf 'input' | "$@" >"$scratch/out" 2>"$scratch/err"
  code=${PIPESTATUS[1]} out=$(cat "$scratch/out") err=$(cat "$scratch/err") called=$(cat "$calls")
}
cd "$tree" || exit 1

no_fmt=1 break_apt=1 launch ./seqspan
check "without packages: exit code" 3 "$code"
check_has "without packages: names them" "missing Debian packages: libfmt-dev" "$err"
check_has "without packages: what to do" "apt-get install libfmt-dev" "$err"
check "without packages: standard output" "" "$out"

no_fmt=1 launch ./seqspan 'a b' c
check "first start: exit code is the binary's" 7 "$code"
check "first start: arguments and input reach the binary" "args:<a b><c>
input" "$out"
check_has "first start: says what it builds" "seqspan: building" "$err"
check_has "first start: installs what is missing" \
  "apt-get install -y --no-install-recommends libfmt-dev" "$called"
check_has "first start: configures" "cmake --preset release" "$called"
check_has "first start: builds the one target" "--target seqspan" "$called"

launch ./seqspan
check "second start: silent" "" "$err"
check "second start: calls nothing" "" "$called"

cd /
launch "$tree/seqspan" x
check "other folder" "7 args:<x>
input" "$code $out"
ln -s "$tree/seqspan" "$scratch/absolute"
ln -s "a tree/seqspan" "$scratch/relative"
launch "$scratch/absolute" x
check "absolute link" "7 " "$code $called"
launch "$scratch/relative" x
check "relative link" "7 " "$code $called"
PATH=$tree:$PATH launch seqspan x
check "found in PATH" "7 " "$code $called"
cd "$tree" || exit 1
launch bash seqspan x
check "started as bash seqspan" "7 " "$code $called"

touch sim/new.cpp
launch ./seqspan
check_has "new source: builds" "cmake --build" "$called"
launch ./seqspan
check "new source: once" "" "$called"
rm sim/new.cpp
launch ./seqspan
check_has "removed source: builds" "cmake --build" "$called"

touch sim/new.cpp
break_build=1 launch ./seqspan
check "broken source: exit code" 3 "$code"
check "broken source: standard output" "" "$out"
check_has "broken source: shows the log" "error: broken source" "$err"
: >"$calls"
for _ in 1 2 3; do ./seqspan </dev/null >>"$scratch/outs" 2>/dev/null & done
wait
check "three at once: one build" 1 "$(grep -c -e --build "$calls")"
check "three at once: all run" 3 "$(grep -c args: "$scratch/outs")"

# Measured, not judged: what the launcher adds to the binary.
now() { date +%s%N; }
start=$(now)
for _ in {1..20}; do build/release/bin/seqspan </dev/null >/dev/null; done
direct=$(now)
for _ in {1..20}; do ./seqspan </dev/null >/dev/null; done
launched=$(now)
echo "a fresh launcher adds $(((launched - direct - direct + start) / 20000)) us to a start (small tree)"
[ $failures = 0 ]
