#!/usr/bin/env bash
# Builds the container image without a container engine, as an archive that "docker load" and "podman load" read.
#
#   deploy/build-image.sh [FILE]   default: artifacts/connectionstate.tar.gz
#
# The base image comes from mcr.microsoft.com; BASE_IMAGE=registry.example/dotnet/aspnet:10.0-noble-chiseled names a mirror.
set -euo pipefail
cd "$(dirname "$0")/.."
archive=$(realpath -m "${1:-artifacts/connectionstate.tar.gz}")
mkdir -p "$(dirname "$archive")"
dotnet publish src/ConnectionState -c Release --os linux -t:PublishContainer \
  -p:ContainerArchiveOutputPath="$archive" ${BASE_IMAGE:+-p:ContainerBaseImage="$BASE_IMAGE"}
echo "$archive"
