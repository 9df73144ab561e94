#!/usr/bin/env bash
# Builds everything and runs every test; ends with one line, "N passed, N failed". "./test.sh fast" leaves out the tests that start
# processes; "./test.sh long" gives the tests of Redis and its faults more of everything. Needs the .NET SDK; what else the tests need it
# installs from Debian's packages when it may, and the clients for browsers from npm.
set -uo pipefail
cd "$(dirname "$0")"

# What the tests call, and the Debian package that brings it. Whatever service a package may start does not matter: the tests start
# their own on free ports.
declare -A needs=([strace]=strace [chromium]=chromium [redis-server]=redis-server [faketime]=faketime [node]=nodejs [npm]=npm)
clients=tests/ConnectionState.SystemTests/Web

# Suites of one line run at the same time, those of the next after them. Browsers mind company less than tests of faults do.
suites=("ConnectionState.Tests Console" "ConnectionState.SystemTests")
case "${1:-}" in
  "") ;;
  fast) suites=(ConnectionState.Tests); needs=(); clients= ;;
  long) export CONNECTIONSTATE_LONG_RUN=1 ;;
  *) echo "usage: ./test.sh [fast | long]" >&2; exit 2 ;;
esac

passed=0
failed=0
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Runs one check that is no test suite, and counts it.
check() {
  local what=$1
  shift
  echo "== $what"
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $what"; return 1; fi
}

finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
}

install_needs() {
  local missing=()
  local command
  for command in "${!needs[@]}"; do
    command -v "$command" > /dev/null || missing+=("${needs[$command]}")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}"
  else
    echo "The tests need: sudo apt-get install -y ${missing[*]}    (or ./test.sh fast, which does not)"
    return 1
  fi
}

# The console's tests are those of the system tests that need a browser.
run_suite() {
  local project=$1 filter=
  case $1 in
    Console) project=ConnectionState.SystemTests filter=FullyQualifiedName~SystemTests.Console. ;;
    ConnectionState.SystemTests) filter=FullyQualifiedName!~SystemTests.Console. ;;
  esac
  dotnet test "tests/$project" --no-build --nologo ${filter:+--filter "$filter"} \
    --results-directory "$results" --logger "trx;LogFileName=$1.trx" > "$results/$1.log" 2>&1
  echo $? > "$results/$1.code"
}

report_suite() {
  echo "== $1"
  cat "$results/$1.log"
  local before=$failed code
  code=$(cat "$results/$1.code")
  count "$results/$1.trx"
  # A suite that ends badly with every test passed has crashed on the way out.
  if [ "$code" -ne 0 ] && [ "$failed" -eq "$before" ]; then failed=$((failed + 1)); echo "FAILED: $1 ended with $code"; fi
}

# Adds up what a suite counted. A suite that counted nothing did not run, which is a failure.
count() {
  local counters
  counters=$(grep -o '<Counters [^>]*' "$1" 2> /dev/null | head -n 1)
  local total good
  total=$(sed -n 's/.* total="\([0-9]*\)".*/\1/p' <<< "$counters")
  good=$(sed -n 's/.* passed="\([0-9]*\)".*/\1/p' <<< "$counters")
  if [ "${total:-0}" -eq 0 ]; then failed=$((failed + 1)); return; fi
  passed=$((passed + good))
  failed=$((failed + total - good))
}

command -v dotnet > /dev/null || { echo "The .NET SDK is missing: https://dotnet.microsoft.com/download"; failed=1; finish; }
check "what the tests need" install_needs || finish
[ -z "$clients" ] || check "the clients for browsers" npm ci --prefix "$clients" --ignore-scripts --no-audit --no-fund --loglevel=error
[ -z "$clients" ] || check "the console, built again and compared" web/build.sh check
check "restore" dotnet restore ConnectionState.sln -v quiet || finish
check "build" dotnet build ConnectionState.sln --no-restore -v quiet -nologo || finish
check "format" dotnet format ConnectionState.sln --no-restore --verify-no-changes
for together in "${suites[@]}"; do
  for suite in $together; do run_suite "$suite" & done
  wait
  for suite in $together; do report_suite "$suite"; done
done
finish
