#!/usr/bin/env bash
# Builds the console into src/ConnectionState/wwwroot, always to the same bytes. "./build.sh check" fails when what is checked in
# is not what is built. Needs Node 20.19 or newer.
set -euo pipefail
cd "$(dirname "$0")"

npm ci --no-audit --no-fund
npm run build
npm test

if [ "${1:-}" = check ]; then
  changed=$(git status --porcelain -- ../src/ConnectionState/wwwroot ../docs/state-machine.svg src/machine)
  [ -z "$changed" ] || { echo "Build the console (web/build.sh) and commit what it makes:"; echo "$changed"; exit 1; }
fi
