# shellcheck shell=bash
# What ./seqspan and tests/run share: Debian packages, and builds that do not get in each other's way.
# Sourced; every message goes to standard error.

say() { printf 'seqspan: %s\n' "$*" >&2; }

# list_packages ROOT GROUP...: the packages of these groups.
list_packages() {
  local list=$1/debian-packages.txt group package _
  shift
  while read -r group package _; do
    case " $* " in *" $group "*) printf '%s\n' "$package" ;; esac
  done <"$list"
}

# install_packages ROOT GROUP...: installs what these groups name and this machine lacks.
# Where there is no dpkg, the libraries may have come another way: the build will tell.
install_packages() {
  local root=$1 missing=() installed package as_root=()
  shift
  command -v dpkg-query >/dev/null || return 0
  installed=" $(dpkg-query -W -f='${Package}=${db:Status-Status} ' 2>/dev/null) "
  while read -r package; do
    case $installed in
      *" $package=installed "*) ;;
      *) missing+=("$package") ;;
    esac
  done < <(list_packages "$root" "$@")
  [ ${#missing[@]} -gt 0 ] || return 0

  say "missing Debian packages: ${missing[*]}"
  if [ "$(id -u)" != 0 ]; then
    as_root=(sudo)
    # Without a terminal nobody can type a password.
    [ -t 2 ] || as_root=(sudo -n)
    if ! command -v sudo >/dev/null; then
      say "cannot install them: not root, and no sudo here. As root: apt-get install ${missing[*]}"
      return 3
    fi
  fi
  say "installing them with apt-get"
  local log
  log=$(mktemp)
  apt_install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null
  }
  if ! apt_install; then
    # The package lists may be old or absent.
    "${as_root[@]}" apt-get update >>"$log" 2>&1 </dev/null
    if ! apt_install; then
      cat "$log" >&2
      rm -f "$log"
      say "cannot install them. By hand: apt-get update && apt-get install ${missing[*]}"
      return 3
    fi
  fi
  rm -f "$log"
}

# jobs: how many compilers at once. The heaviest sources take about 1 GB each.
jobs() {
  local cores
  cores=$(nproc 2>/dev/null || echo 1)
  echo $((cores < ${SEQSPAN_JOBS:-2} ? cores : ${SEQSPAN_JOBS:-2}))
}

# build_preset ROOT PRESET [TARGET...] [-- CMAKE_OPTION...]: configures where needed, and builds.
# A build folder that came from another place (a copied tree) is started anew.
build_preset() {
  local root preset=$2 targets=() home
  root=$(cd "$1" && pwd -P)
  shift 2
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    targets+=(--target "$1")
    shift
  done
  [ $# -eq 0 ] || shift
  cd "$root" || return
  local dir=build/$preset
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$dir/CMakeCache.txt" 2>/dev/null)
  if [ -n "$home" ] && [ "$home" != "$root" ]; then
    cmake --fresh --preset "$preset" "$@" || return
  elif [ $# -gt 0 ] || [ ! -e "$dir/build.ninja" ]; then
    cmake --preset "$preset" "$@" || return
  fi
  cmake --build "$dir" -j "$(jobs)" "${targets[@]}"
}

# with_build_lock ROOT COMMAND...: one build at a time in this tree.
with_build_lock() {
  local root=$1
  shift
  if ! mkdir -p "$root/build" 2>/dev/null || ! : 2>/dev/null >>"$root/build/lock"; then
    say "cannot write to $root/build"
    return 3
  fi
  if command -v flock >/dev/null; then
    (
      flock -n 9 || { say "waiting for another build of this tree"; flock 9; }
      "$@" 9>&-
    ) 9>>"$root/build/lock"
  else
    "$@"
  fi
}

# build_release ROOT [ARG...]: builds the release preset; the stamp tells ./seqspan what is in it.
build_release() {
  local root=$1 dir=$1/build/release
  shift
  mkdir -p "$dir"
  : >"$dir/built.new" || return
  build_preset "$root" release "$@" && mv "$dir/built.new" "$dir/built"
}

# build_once ROOT: for ./seqspan; quiet unless it fails, and nothing if another start has just built it.
build_once() {
  with_build_lock "$1" build_once_locked "$1"
}

build_once_locked() {
  local root=$1 log=$1/build/launcher.log
  if is_fresh; then return 0; fi
  install_packages "$root" build || return
  say "building (log: build/launcher.log)"
  if ! (build_release "$root" seqspan) >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    say "the build failed; its log is above"
    return 3
  fi
}
