#!/usr/bin/env bash
# Fetches uPlot from the npm registry, checks it, and puts the files that reports embed beside this
# script. Building seqspan does not need it: the files are in the tree.
#
#   get.sh            fetches
#   get.sh --check    only compares the files here with their digests
set -eu
version=1.6.32
digest=4b8a8191e425658e3ea8c8c1314b0fc679c861ee3a1af2b20c7b16ba50b5133d # of the package
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
if [ "${1:-}" != --check ]; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  curl -sSf "https://registry.npmjs.org/uplot/-/uplot-$version.tgz" -o "$scratch/uplot.tgz"
  echo "$digest  $scratch/uplot.tgz" | sha256sum --check --quiet
  tar -xzf "$scratch/uplot.tgz" -C "$scratch"
  cp "$scratch"/package/{LICENSE,dist/uPlot.iife.min.js,dist/uPlot.min.css} .
fi
sha256sum --check --quiet <<'DIGESTS'
19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f  uPlot.iife.min.js
df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04  uPlot.min.css
8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd  LICENSE
DIGESTS
