#!/usr/bin/env bash
# Builds the console into src/ConnectionState/wwwroot. The build is reproducible: "./build.sh check" builds into a temporary folder and
# fails if the committed files differ. Needs npm and Node 20.19 or newer.
set -euo pipefail
cd "$(dirname "$0")"

committed=../src/ConnectionState/wwwroot
built=
if [ "${1:-}" = check ]; then
  built=$(mktemp -d)
  trap 'rm -rf "$built"' EXIT
fi

# If the installed Node is too old, install one from npm into web/.node.
is_new_enough() {
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'
}
if ! is_new_enough; then
  case $(uname -m) in aarch64) machine=arm64 ;; *) machine=x64 ;; esac
  npm install --prefix .node --no-save --no-audit --no-fund "node-linux-$machine@20.20.2"
  PATH=$PWD/.node/node_modules/node-linux-$machine/bin:$PATH
fi

npm ci --no-audit --no-fund
CONSOLE_FILES=${built:-$committed} npm run build
npm test

[ -z "$built" ] || diff -rq "$built" "$committed" || { echo "The committed console is outdated: run web/build.sh and commit src/ConnectionState/wwwroot."; exit 1; }
