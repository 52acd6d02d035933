#!/usr/bin/env bash
# Runs a test of pages in Chromium without a window:  run.sh BINARY TEST.js SCRATCH
#
# Chromium and node come from Debian (debian-packages.txt: test). playwright-core, which drives the
# browser, is fetched once from the npm registry into SCRATCH and checked against its digest. Where one
# of them is not here, this says so in a line and exits with 77: skipped.
set -u
binary=$(realpath "$1")
test=$2
scratch=$3
version=1.52.0
digest=4426ed32575cba6adf394e297a0e845eba2887dee776c4acee1d178e00f990f7
skip() {
  echo "skipped: $*"
  exit 77
}
command -v node >/dev/null || skip "no node here (Debian: nodejs)"
chromium=$(command -v chromium || command -v chromium-browser) || skip "no chromium here (Debian: chromium)"
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 18 ] || skip "node $major is older than 18"

playwright=$scratch/playwright-core-$version
if [ ! -e "$playwright/package/index.js" ]; then
  mkdir -p "$scratch"
  package=$scratch/playwright-core-$version.tgz
  if ! { echo "$digest  $package" | sha256sum --check --quiet; } >/dev/null 2>&1; then
    command -v curl >/dev/null || skip "no curl here to fetch playwright-core"
    curl -sSf --retry 3 "https://registry.npmjs.org/playwright-core/-/playwright-core-$version.tgz" \
      -o "$package.$$" || skip "playwright-core cannot be fetched from registry.npmjs.org"
    mv "$package.$$" "$package"
  fi
  echo "$digest  $package" | sha256sum --check --quiet || exit 1
  rm -rf "$playwright.$$"
  mkdir -p "$playwright.$$" && tar -xzf "$package" -C "$playwright.$$"
  mv -T "$playwright.$$" "$playwright" 2>/dev/null || rm -rf "$playwright.$$" # another test was first
fi
export SEQSPAN=$binary CHROMIUM=$chromium PLAYWRIGHT=$playwright/package
exec node "$test"
