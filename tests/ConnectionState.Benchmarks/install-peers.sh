#!/usr/bin/env bash
# Installs the servers that the benchmarks compare with, from Debian's packages. Run it as root.
# The benchmarks start their own instances on free ports; services that the packages start are not used.
set -euo pipefail
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server etcd-server postgresql
