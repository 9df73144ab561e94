#!/usr/bin/env bash
# Checks the protos, builds and tests the TypeScript packages, measures the client, compiles the examples of the README, and builds a fresh project with
# both packages. Needs npm and Node 20.19 or newer.
set -euo pipefail
cd "$(dirname "$0")"

# web/build.sh installs a newer Node if that of the machine is too old.
for node in ../../web/.node/node_modules/node-linux-*/bin; do [ ! -d "$node" ] || PATH=$PWD/$node:$PATH; done

npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
npm run protos
npm run build
npm test
npm run size
npm run readme
npm run fresh
