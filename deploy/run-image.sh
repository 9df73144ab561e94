#!/usr/bin/env bash
# Runs an image archive without a container engine, to check it: as the image's user, without capabilities, on a read-only root with writable
# /data and /tmp, in namespaces of its own. Waits until it is ready, looks at what it may do, and stops it.
#
#   deploy/run-image.sh [FILE]   default: artifacts/connectionstate.tar.gz
#
# Needs root, python3, curl and util-linux.
set -euo pipefail
archive=$(realpath "${1:-$(dirname "$0")/../artifacts/connectionstate.tar.gz}")
work=$(mktemp -d)
runner=
trap '[ -z "$runner" ] || kill "$runner" 2> /dev/null || true; wait; rm -rf "$work"' EXIT

fail() { echo "FAILED: $1"; cat "$work/log"; exit 1; }
image() { python3 -c "import json; m = json.load(open('$work/image/manifest.json'))[0]; c = json.load(open('$work/image/' + m['Config']))['config']; print(*$1, sep='\n')"; }
free_port() { python3 -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"; }

mkdir "$work/image" "$work/root"
tar -xf "$archive" -C "$work/image"
while read -r layer; do tar -xf "$work/image/$layer" -C "$work/root"; done < <(image "m['Layers']")
mkdir -p "$work/root"/{data,tmp,proc,dev}
user=$(image "[c['User']]")
mapfile -t environment < <(image "c.get('Env', [])")
mapfile -t command < <(image "[*(c.get('Entrypoint') or []), *(c.get('Cmd') or [])]")
folder=$(image "[c.get('WorkingDir') or '/']")
echo "user $user, folder $folder, command ${command[*]}"

# Becomes the first process of its namespace. The network is that of this machine: loopback, on ports that are free.
cat > "$work/enter" <<'ENTER'
set -e
root=$1 user=$2 folder=$3
shift 3
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o "mode=0700,uid=$user,gid=$user" tmpfs "$root/data"
mount -t proc proc "$root/proc"
for device in null zero random urandom; do touch "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
mount -o remount,bind,ro "$root"
exec env -i "${@:1:$COUNT}" chroot --userspec="$user:$user" --groups= "$root" "${@:$((COUNT + 1))}"
ENTER
http=$(free_port)
environment+=("Listen__Address=127.0.0.1" "Listen__HttpPort=$http" "Listen__GrpcPort=$(free_port)")
COUNT=${#environment[@]} setpriv --no-new-privs unshare --mount --pid --ipc --uts --fork --kill-child \
  bash "$work/enter" "$work/root" "$user" "$folder" "${environment[@]}" "${command[@]}" > "$work/log" 2>&1 &
runner=$!
for _ in $(seq 300); do
  [ "$(curl -s "http://127.0.0.1:$http/health/ready")" = ready ] && break
  kill -0 "$runner" 2> /dev/null || fail "it ended"
  sleep 0.1
done
[ "$(curl -s "http://127.0.0.1:$http/health/ready")" = ready ] || fail "it is not ready"

service=$(pgrep -P "$runner")
status() { awk -v name="$1:" '$1 == name { $1 = ""; print substr($0, 2) }' "/proc/$service/status"; }
[ "$(status Uid)" = "$user $user $user $user" ] || fail "it runs as $(status Uid)"
[ "$(status CapEff)" = 0000000000000000 ] || fail "it has the capabilities $(status CapEff)"
! touch "/proc/$service/root/app/written" 2> /dev/null || fail "its root is writable"
[ -s "/proc/$service/root/data/connectionstate.db" ] || fail "it has no database in /data"
kill -TERM "$service"
wait "$runner" || fail "it did not stop with exit code 0"
runner=
cat "$work/log"
echo "ready as user $user without capabilities on a read-only root; stopped with exit code 0"
