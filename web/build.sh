#!/usr/bin/env bash
# Builds the console into src/ConnectionState/wwwroot, always to the same bytes. "./build.sh check" fails when what is checked in
# is not what is built. Needs npm, and Node 20.19 or newer.
set -euo pipefail
cd "$(dirname "$0")"

checked_in=../src/ConnectionState/wwwroot
built=
if [ "${1:-}" = check ]; then
  built=$(mktemp -d)
  trap 'rm -rf "$built"' EXIT
fi

# A distribution's own node may be older: then one from npm is used, in this folder alone.
is_new_enough() {
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'
}
if ! is_new_enough; then
  case $(uname -m) in aarch64) machine=arm64 ;; *) machine=x64 ;; esac
  npm install --prefix .node --no-save --no-audit --no-fund "node-linux-$machine@20.20.2"
  PATH=$PWD/.node/node_modules/node-linux-$machine/bin:$PATH
fi

npm ci --no-audit --no-fund
npm run build -- ${built:+--outDir "$built"}
npm test

[ -z "$built" ] || diff -rq "$built" "$checked_in" || { echo "Build the console (web/build.sh) and commit what it makes."; exit 1; }
