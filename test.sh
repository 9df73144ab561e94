#!/usr/bin/env bash
# Builds everything and runs the tests. The last line is "N passed, N failed".
#
#   ./test.sh        everything: about 15 minutes on two processors
#   ./test.sh fast   only the tests that start no processes: one to two minutes after the build
#   ./test.sh long   everything with more rounds, seeds and load, and the tests of the test tools
#
# Needs the .NET SDK. Installs what else the tests need from Debian packages (as root) and npm. CHROMIUM can name another browser.
set -uo pipefail
cd "$(dirname "$0")"

# Commands that the tests call, and their Debian packages. It does not matter whether a package starts a service: the tests start their
# own processes on free ports.
declare -A needs=([strace]=strace [${CHROMIUM:-chromium-headless-shell}]=chromium-headless-shell [redis-server]=redis-server [faketime]=faketime [/usr/sbin/nginx]=nginx-light [node]=nodejs [npm]=npm)

# Modules of Debian's Python that the tests import, and their packages. Another python3 in the PATH does not have them.
declare -A modules=([grpc]=python3-grpcio)

# The longest first. The system tests run several classes at a time (Parallelism.cs); the second worker runs the others beside them.
suites=(ConnectionState.SystemTests ConnectionState.Tests typescript)
workers=2
processes=yes
thorough=
case "${1:-}" in
  "") ;;
  fast) suites=(ConnectionState.Tests) needs=() modules=() processes= ;;
  long) export CONNECTIONSTATE_LONG_RUN=1; thorough=yes; suites=(ConnectionState.TestSupportTests "${suites[@]}") ;;
  *) echo "usage: ./test.sh [fast | long]" >&2; exit 2 ;;
esac

# The tests start hundreds of short-lived processes, for which profiling costs more than it gains.
export DOTNET_TieredPGO=0

passed=0
failed=0
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Runs a check that is not a test suite, and counts it.
check() {
  local what=$1
  shift
  echo "== $what"
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $what"; return 1; fi
}

finish() {
  wait
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
}

install_needs() {
  local missing=()
  local command module
  for command in "${!needs[@]}"; do
    command -v "$command" > /dev/null || missing+=("${needs[$command]}")
  done
  for module in "${!modules[@]}"; do
    /usr/bin/python3 -c "import $module" 2> /dev/null || missing+=("${modules[$module]}")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}"
  else
    echo "The tests need: sudo apt-get install -y ${missing[*]}    (./test.sh fast does not)"
    return 1
  fi
}

# Runs a command and keeps its output and exit code. "report" prints the one and returns the other.
record() {
  local name=$1
  shift
  "$@" > "$results/$name.log" 2>&1
  echo $? > "$results/$name.code"
}

report() {
  cat "$results/$1.log"
  return "$(cat "$results/$1.code")"
}

# Runs the suites that no other worker has taken.
run_worker() {
  local name
  for name in "${suites[@]}"; do
    mkdir "$results/$name.taken" 2> /dev/null || continue
    case "$name" in
      typescript) record typescript clients/typescript/check.sh ;;
      *) record "$name" run_suite "$name" ;;
    esac
    echo "$name: done after $((SECONDS - started)) s"
  done
}

check_format() {
  # The whole of dotnet format takes ten times as long. CodeStyleTests checks what it would find beside white space.
  if [ "$thorough" ]; then
    dotnet format ConnectionState.sln --no-restore --verify-no-changes
  else
    dotnet format whitespace . --folder --verify-no-changes
  fi
}

# The program as it is deployed, for the tests that start it. It needs a third less processor time than a build, which has no machine code. A folder
# of its own: the build may run at the same time.
publish_server() {
  dotnet publish src/ConnectionState --use-current-runtime --self-contained false --artifacts-path "$results/artifacts" --output "$results/server" \
    -p:RunAnalyzers=false -v quiet -nologo
}

prepare_browser_tests() {
  npm ci --prefix tests/ConnectionState.SystemTests/Web --ignore-scripts --no-audit --no-fund --loglevel=error && web/build.sh check
}

run_suite() {
  local suite=$1
  local settings=()
  case "$suite" in
    # The system tests start services, which live for seconds. Compiling the methods that are called often a second time costs a seventh of
    # their processor time.
    ConnectionState.SystemTests) settings=(DOTNET_TC_CallCounting=0) ;;
    # Fewer and shorter collections: the processor time of these tests is a fifth less.
    ConnectionState.Tests) settings=(DOTNET_GCgen0size=0x4000000 DOTNET_gcConcurrent=0) ;;
  esac
  env "${settings[@]}" dotnet test "tests/$suite" --no-build --nologo --results-directory "$results" --logger "trx;LogFileName=$suite.trx"
}

# Says when the machine stood still for five seconds or more, for those who look into a failed test: virtual machines do, even for half a minute.
watch_for_standstills() {
  local before now still
  read -r before _ < /proc/uptime
  while sleep 1 && kill -0 $$ 2> /dev/null; do
    read -r now _ < /proc/uptime
    still=$(((${now/./} - ${before/./}) / 100 - 1))
    [ "$still" -lt 5 ] || echo "the machine stood still for $still s before $(date -u +%T)"
    before=$now
  done
}

report_suite() {
  echo "== $1"
  local before=$failed code
  report "$1"
  code=$?
  count "$results/$1.trx"
  # A non-zero exit code with every test passed is a crash at the end of the run.
  if [ "$code" -ne 0 ] && [ "$failed" -eq "$before" ]; then failed=$((failed + 1)); echo "FAILED: $1 ended with $code"; fi
}

# Adds the counts of a suite. A suite without tests has failed, and so has every test that did not pass, skipped ones included.
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
check "tools for the tests" install_needs || finish
[ -z "$processes" ] || { record browsers prepare_browser_tests; record publish publish_server; } &
check "restore" dotnet restore ConnectionState.sln -v quiet || finish
[ "$thorough" ] || record format check_format &
check "build" dotnet build ConnectionState.sln --no-restore -v quiet -nologo || finish
wait
if [ "$processes" ]; then
  check "console build is up to date" report browsers
  check "publish" report publish || finish
  export CONNECTIONSTATE_SERVER=$results/server/ConnectionState.dll
fi
[ -z "$thorough" ] || record format check_format
check "format" report format
started=$SECONDS
watch_for_standstills &
watcher=$!
running=()
for ((worker = 0; worker < workers; worker++)); do run_worker & running+=($!); done
wait "${running[@]}"
kill "$watcher"
for name in "${suites[@]}"; do
  case "$name" in
    typescript) check "TypeScript packages" report typescript ;;
    *) report_suite "$name" ;;
  esac
done
finish
